"""A ticket as its author sees it, and how a message to anybody is made."""

from __future__ import annotations

from typing import Any

from consolidated_bot.core.keyboards import button
from consolidated_bot.core.lengths import cut, pieces
from consolidated_bot.core.messages import Send, Sender
from consolidated_bot.support.domain import Ticket
from consolidated_bot.support.moments import moment
from consolidated_bot.support.staff_cards import part_of
from consolidated_bot.support.texts import MARKS, say


def card_text(ticket: Ticket, language: str) -> str:
    """State, text and due times of a ticket."""
    zone = ticket.zone
    if ticket.first_response_ms is not None:
        response = say(language, "given", at=moment(ticket.first_response_ms, zone))
    else:
        response = say(language, "not_yet", due=moment(ticket.first_response_due_ms, zone))
    return say(
        language,
        "card",
        number=ticket.number,
        state=say(language, f"state_{ticket.state}"),
        body=cut(ticket.body, 700),
        response=response,
        resolution_due=moment(ticket.resolution_due_ms, zone),
        zone=zone,
    )


def to_sender(
    to: Sender,
    text: str,
    markup: dict[str, Any] | None = None,
    *,
    slot: str | None = None,
    about: Ticket | None = None,
) -> Send:
    params: dict[str, Any] = {"text": text, "parse_mode": "HTML", "reply_markup": markup}
    if to.thread_id is not None:
        params["message_thread_id"] = to.thread_id
    subject = f"ticket:{about.number}" if about else None
    return Send(to.chat_id, params, slot=slot, about=subject)


def to_author(
    ticket: Ticket, text: str, markup: dict[str, Any] | None = None, *, slot: str | None = None
) -> Send:
    params = {"text": text, "parse_mode": "HTML", "reply_markup": markup}
    return Send(ticket.chat_id, params, slot=slot, about=f"ticket:{ticket.number}")


def answers_to(ticket: Ticket, text: str, slot: str | None) -> list[Send]:
    """An agent's words, in as many messages as they take."""
    return [
        to_author(
            ticket,
            say(ticket.language, "answer", number=ticket.number, body=piece),
            slot=part_of(slot, position),
        )
        for position, piece in enumerate(pieces(text))
    ]


def close_button(ticket: Ticket, language: str) -> dict[str, str]:
    return button(say(language, "button_close"), f"tk:close:{ticket.number}")


def toggle_button(ticket: Ticket, language: str) -> dict[str, str]:
    if ticket.state == "closed":
        return button(say(language, "button_reopen"), f"tk:reopen:{ticket.number}")
    return close_button(ticket, language)


def list_line(ticket: Ticket) -> str:
    """A ticket in a button: plain text, so nothing is escaped."""
    return f"#{ticket.number} {MARKS[ticket.state]} {cut(ticket.body, 40)}"
