"""Support on Telegram: updates become commands, results become messages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from aiogram.types import CallbackQuery, Message

from consolidated_bot.core.attachments import kind_of
from consolidated_bot.core.messages import Said, Sender
from consolidated_bot.core.routes import Routes
from consolidated_bot.support import commands as c

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
        return c.SubmitTicket(sender, words, attachment=attachment)
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
    return c.Greet(sender)


@routes.command("help")
def help_(sender: Sender, words: str, message: Message) -> Any:
    return c.AskHelp(sender)


@routes.button("tk")
def ticket_button(sender: Sender, words: str, query: CallbackQuery) -> Any:
    """`tk:action:value`."""
    action, _, value = words.partition(":")
    if action == "cat":
        return c.ChooseCategory(sender, value)
    if action == "rate":
        number, _, stars = value.partition(":")
        return c.RateTicket(sender, _number(number), _number(stars))
    if action == "new":
        return _ticket_from_said(sender, value, query)
    command = _BY_NUMBER.get(action)
    return command(sender, _number(value)) if command else None


_BY_NUMBER: dict[str, Callable[[Sender, int], Any]] = {
    "show": c.ShowTicket,
    "take": c.TakeTicket,
    "close": c.CloseTicket,
    "reopen": c.ReopenTicket,
}


def _ticket_from_said(sender: Sender, value: str, query: CallbackQuery) -> Any:
    """The button under a free question: the ticket is that message's, however often pressed."""
    asked = query.message.reply_to_message if isinstance(query.message, Message) else None
    if asked is None or str(asked.message_id) != value:
        return c.StartTicket(sender)
    said_by = replace(sender, message_id=asked.message_id)
    return c.SubmitTicket(said_by, asked.text or asked.caption or "", attachment=kind_of(asked))


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


@routes.staff_reply
def staff_reply(sender: Sender, message: Message) -> Any:
    assert message.reply_to_message is not None
    text = message.text or message.caption or ""
    return c.AnswerTicket(sender, message.reply_to_message.message_id, text, kind_of(message))


@routes.text
def said(sender: Sender, message: Message) -> Any:
    replied_to = message.reply_to_message.message_id if message.reply_to_message else None
    return Said(sender, message.text or message.caption or "", kind_of(message), replied_to)


def _number(text: str) -> int:
    """A number out of callback data; what a forged button carries is no ticket."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 16 else 0
