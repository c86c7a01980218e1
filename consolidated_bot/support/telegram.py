"""Support on Telegram: updates become commands, results become messages."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from aiogram.types import CallbackQuery, Message

from consolidated_bot.core.attachments import kind_of
from consolidated_bot.core.messages import Said, Sender
from consolidated_bot.core.routes import Routes
from consolidated_bot.core.words import number_in
from consolidated_bot.support import commands as c

WEEK_DAYS = 7
COMMAND = re.compile(r"/\w{1,32}(?:@\w+)?(?=\s|$)")

routes = Routes(
    "support",
    {
        "/ticket +": "support/ticket-submit",
        "/faq": "support/faq-read",
        "/faq +": "support/faq-read",
        "faq": "support/faq-read",
        "tk:new": "support/ticket-submit",
    },
)


@routes.command("ticket")
def ticket(sender: Sender, words: str, message: Message) -> Any:
    """`/ticket text` submits at once; `/ticket` alone asks; a picture may carry the command."""
    attachment = kind_of(message)
    if words or attachment:
        album = message.media_group_id
        return c.SubmitTicket(sender, words, attachment=attachment, album=album)
    return c.StartTicket(sender)


@routes.command("cancel")
def cancel(sender: Sender, words: str, message: Message) -> Any:
    return c.Cancel(sender)


@routes.command("tickets")
def tickets(sender: Sender, words: str, message: Message) -> Any:
    return c.ListTickets(sender)


@routes.command("faq")
def faq(sender: Sender, words: str, message: Message) -> Any:
    return c.SearchFaq(sender, words)


@routes.command("troubleshoot")
def troubleshoot(sender: Sender, words: str, message: Message) -> Any:
    return c.Troubleshoot(sender)


@routes.command("start")
def start(sender: Sender, words: str, message: Message) -> Any:
    """A link t.me/BOT?start=TARGET leads on: ticket[_CATEGORY], faq[_ENTRY], fix[_STEP]."""
    target, _, name = words.partition("_")
    toward: Any = None
    if target == "ticket":
        toward = c.ChooseCategory(sender, name)
    elif target == "faq":
        toward = c.ReadEntry(sender, name)
    elif target == "fix":
        toward = c.Troubleshoot(sender, name)
    return c.Greet(sender, toward)


@routes.command("help")
def help_(sender: Sender, words: str, message: Message) -> Any:
    return c.AskHelp(sender)


@routes.command("queue")
def queue(sender: Sender, words: str, message: Message) -> Any:
    """For staff: what waits, at the end of the chat."""
    return c.ShowQueue(sender)


@routes.command("canned")
def canned(sender: Sender, words: str, message: Message) -> Any:
    """For agents, in a topic or as a reply: `/canned` lists, `/canned NAME` answers."""
    return c.AnswerCanned(sender, words.lower(), _spot(message))


@routes.command("note")
def note(sender: Sender, words: str, message: Message) -> Any:
    """For agents, in a topic or as a reply: a remark that the user never sees."""
    return c.NoteTicket(sender, _spot(message), words)


@routes.command("open")
def open_(sender: Sender, words: str, message: Message) -> Any:
    """For agents: `/open PERSON TEXT` writes to somebody who has not asked."""
    reference, _, text = words.partition(" ")
    return c.OpenTicket(sender, reference, text)


@routes.command("close", "reopen")
def close(sender: Sender, words: str, message: Message) -> Any:
    """For agents, in a ticket's topic; with a number, for its author as well."""
    number = _number(words) if words else None
    if (message.text or "").lower().startswith("/close"):
        return c.CloseTicket(sender, number, _spot(message))
    return c.ReopenTicket(sender, number, _spot(message))


@routes.command("take")
def take(sender: Sender, words: str, message: Message) -> Any:
    """For agents: `/take [number]` takes a ticket, from a colleague as well."""
    return c.AssignTicket(sender, _number(words) if words else None, "me", _spot(message))


@routes.command("assign")
def assign(sender: Sender, words: str, message: Message) -> Any:
    """For agents: `/assign [#number] @colleague`."""
    number = None
    if words.startswith("#"):
        head, _, words = words.partition(" ")
        number = _number(head)
    return c.AssignTicket(sender, number, words.strip(), _spot(message))


@routes.command("release")
def release(sender: Sender, words: str, message: Message) -> Any:
    """For agents: `/release [number]`."""
    return c.ReleaseTicket(sender, _number(words) if words else None, _spot(message))


@routes.command("find")
def find(sender: Sender, words: str, message: Message) -> Any:
    """For agents: `/find 12`, `/find words`, `/find mine`."""
    return c.FindTickets(sender, words)


@routes.command("stats")
def stats(sender: Sender, words: str, message: Message) -> Any:
    """For agents: `/stats [days]`."""
    return c.ShowStatistics(sender, _number(words) or WEEK_DAYS)


@routes.button("tk")
def ticket_button(sender: Sender, words: str, query: CallbackQuery) -> Any:
    """`tk:action:value`."""
    action, _, value = words.partition(":")
    if action == "ask":
        return c.StartTicket(sender, value or None)
    if action == "cat":
        return c.ChooseCategory(sender, value)
    if action == "rate":
        number, _, stars = value.partition(":")
        return c.RateTicket(sender, _number(number), _number(stars))
    if action == "new":
        return _ticket_from_said(sender, value, query)
    if action == "add":
        return _added_from_said(sender, value, query)
    command = _BY_NUMBER.get(action)
    return command(sender, _number(value)) if command else None


_BY_NUMBER: dict[str, Callable[[Sender, int], Any]] = {
    "show": c.ShowTicket,
    "take": c.TakeTicket,
    "release": c.ReleaseTicket,
    "close": c.CloseTicket,
    "reopen": c.ReopenTicket,
}


def _ticket_from_said(sender: Sender, value: str, query: CallbackQuery) -> Any:
    """The button under a free question: the ticket is that message's, however often pressed."""
    said = _said_before(sender, value, query)
    if said is None:
        return c.StartTicket(sender)
    return c.SubmitTicket(said.sender, said.text, attachment=said.attachment)


def _added_from_said(sender: Sender, value: str, query: CallbackQuery) -> Any:
    """The same, for a ticket that is there."""
    number, _, message_id = value.partition(":")
    said = _said_before(sender, message_id, query)
    return c.AddToTicket(said, _number(number)) if said else None


def _said_before(sender: Sender, message_id: str, query: CallbackQuery) -> Said | None:
    """The message that the one with the button answers."""
    asked = query.message.reply_to_message if isinstance(query.message, Message) else None
    if asked is None or str(asked.message_id) != message_id:
        return None
    said_by = replace(sender, message_id=asked.message_id)
    return Said(said_by, asked.text or asked.caption or "", kind_of(asked))


@routes.button("faq")
def faq_button(sender: Sender, words: str, query: CallbackQuery) -> Any:
    action, _, value = words.partition(":")
    if action == "c":
        return c.OpenCategory(sender, value)
    if action == "e":
        return c.ReadEntry(sender, value)
    return c.SearchFaq(sender, "")


@routes.button("fix")
def step_button(sender: Sender, words: str, query: CallbackQuery) -> Any:
    return c.Troubleshoot(sender, words)


@routes.button("ca")
def canned_button(sender: Sender, words: str, query: CallbackQuery) -> Any:
    """`ca:number:name`; without a name: the list."""
    number, _, name = words.partition(":")
    return c.AnswerCanned(sender, name, c.SpotInOperations(), _number(number))


@routes.staff
def staff(sender: Sender, message: Message) -> Any:
    """A reply to a card or words in a topic are the answer; closing a topic closes the ticket."""
    if message.forum_topic_closed:
        return c.CloseTicket(sender, None)
    if message.forum_topic_reopened:
        return c.ReopenTicket(sender, None)
    attachment = kind_of(message)
    text = message.text or message.caption or ""
    if text.startswith("/") or (not text and attachment is None):
        return None  # a mistyped command, or a service message: somebody came, one was pinned
    return c.AnswerTicket(sender, _spot(message), text, attachment, message.media_group_id)


@routes.edited
def edited(sender: Sender, message: Message) -> Any:
    text = message.text or message.caption or ""
    if text.startswith("/"):  # an edited `/ticket text`
        text = "".join(text.split(maxsplit=1)[1:])
    return c.Revise(sender, text, kind_of(message))


@routes.stray
def stray(sender: Sender, words: str, query: CallbackQuery) -> Any:
    """A button of an earlier bot, or of an earlier version."""
    return c.PressStray(sender)


@routes.text
def said(sender: Sender, message: Message) -> Any:
    text = message.text or message.caption or ""
    if unknown := COMMAND.match(text):
        return c.AskHelp(sender, unknown[0])
    attachment = kind_of(message)
    if not text and attachment is None:
        return None  # a service message: something was pinned, a timer set
    replied_to = message.reply_to_message.message_id if message.reply_to_message else None
    return Said(sender, text, attachment, replied_to, message.media_group_id)


def _spot(message: Message) -> c.SpotInOperations:
    replied = message.reply_to_message
    if replied is None or replied.forum_topic_created:  # in a topic, everything replies to that
        return c.SpotInOperations()
    by_bot = bool(replied.from_user and replied.from_user.is_bot)
    return c.SpotInOperations(replied.message_id, by_bot)


def _number(text: str) -> int:
    """A number out of callback data; what a forged button carries is no ticket."""
    return number_in(text) or 0
