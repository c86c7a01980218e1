"""A ticket as staff sees it: cards, the queue, transcripts, where all of it stands in a forum."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

from consolidated_bot.core.keyboards import button, keyboard
from consolidated_bot.core.lengths import cut, units
from consolidated_bot.core.messages import Send, Sender, Topic
from consolidated_bot.support import commands as c
from consolidated_bot.support import results as r
from consolidated_bot.support.domain import Ticket
from consolidated_bot.support.moments import moment

LONGEST_SHOWN = 1500
LONGEST_LINE = 300
TOPIC_CALLS = {"closed": "closeForumTopic", "reopened": "reopenForumTopic"}


def topic_for(ticket: Ticket, *, needed: bool = False) -> Topic:
    """The ticket's topic; `needed`: what is not sent into a topic is not sent at all."""
    title = f"#{ticket.number} {ticket.author_name}: {ticket.body}".replace("\n", " ")
    return Topic(f"ticket:{ticket.number}", title[:100], needed)


def copies(ticket: Ticket, chat_id: int, source: int, message_ids: Sequence[int]) -> Send:
    """Messages with whatever media they carry; several keep together as an album."""
    about = f"ticket:{ticket.number}"
    if len(message_ids) == 1:
        params: dict[str, Any] = {"from_chat_id": source, "message_id": message_ids[0]}
        return Send(chat_id, params, method="copyMessage", about=about)
    params = {"from_chat_id": source, "message_ids": list(message_ids)}
    return Send(chat_id, params, method="copyMessages", about=about)


def relay_slot(source: Sender) -> str:
    """Where the relayed text of a message stands: an edit of the one edits the other."""
    return f"relay:{source.chat_id}:{source.message_id}"


def part_of(slot: str | None, position: int) -> str | None:
    """The slot of a further piece of what stands in `slot`."""
    return slot if slot is None or position == 0 else f"{slot}:{position}"


def queue_text(queue: r.Queue) -> tuple[str, list[list[dict[str, str]]]]:
    """What waits, and buttons to take it."""
    if not queue.waiting:
        return "No ticket waits.", []
    lines = [f"<b>{queue.waiting} tickets wait</b>" if queue.waiting > 1 else "<b>1 waits</b>"]
    lines += [
        f"#{ticket.number} ({escape(ticket.category)}, by "
        f"{moment(ticket.first_response_due_ms)}) {escape(cut(ticket.body, 80))}"
        for ticket in queue.next
    ]
    buttons = [
        button(f"Take #{ticket.number}", f"tk:take:{ticket.number}") for ticket in queue.next
    ]
    return "\n".join(lines), [buttons[i : i + 3] for i in range(0, len(buttons), 3)]


def card_text(ticket: Ticket) -> str:
    """A ticket as staff sees it."""
    who = f", {escape(ticket.agent_name)}" if ticket.agent_name and ticket.state != "open" else ""
    response = (
        f"answered {moment(ticket.first_response_ms)}"
        if ticket.first_response_ms is not None
        else f"first answer by {moment(ticket.first_response_due_ms)}"
    )
    broken = ticket.breached_ms is not None or ticket.resolution_breached_ms is not None
    late = " ⚠ overdue" if broken else ""
    rating = f"\nRating: {'★' * ticket.rating}" if ticket.rating else ""
    return (
        f"<b>#{ticket.number}</b> {ticket.state}{who} · {escape(ticket.category)} · "
        f"{ticket.priority}{late}\n{escape(ticket.author_name)}: "
        f"{escape(cut(ticket.body, LONGEST_SHOWN))}\n{response}, "
        f"solution by {moment(ticket.resolution_due_ms)} (UTC){rating}"
    )


def topic_of(ticket: Ticket) -> Topic | None:
    """Where what concerns the ticket is said: in its topic once an agent has it."""
    return topic_for(ticket) if ticket.agent_id is not None else None


def transcript(history: Sequence[c.Entered]) -> list[str]:
    """What was said, a line each."""
    return [f"{escape(e.author)}: {escape(cut(e.body, LONGEST_LINE))}" for e in history]


def newest_that_fit(lines: Sequence[str], most: int) -> list[str]:
    """The last of `lines` that together take at most `most` of a message."""
    kept: list[str] = []
    for line in reversed(lines):
        most -= units(line) + 1
        if most < 0:
            break
        kept.insert(0, line)
    return kept


def buttons_of(ticket: Ticket) -> dict[str, Any]:
    """What an agent may do with a ticket in its present state."""
    if ticket.state == "closed":
        return keyboard([[button("Open again", f"tk:reopen:{ticket.number}")]])
    close = button("Close", f"tk:close:{ticket.number}")
    canned = button("Answers", f"ca:{ticket.number}:")
    if ticket.state == "open":
        return keyboard([[button("Take", f"tk:take:{ticket.number}"), close]])
    release = button("Release", f"tk:release:{ticket.number}")
    return keyboard([[canned, release, close]])
