"""Support's results as messages: to the author, to staff, on cards that are edited in place."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from typing import Any

from consolidated_bot.core.keyboards import button, keyboard
from consolidated_bot.core.lengths import LONGEST_PIECE, cut, pieces, units
from consolidated_bot.core.messages import Answer, Send, Sender
from consolidated_bot.support import commands as c
from consolidated_bot.support import results as r
from consolidated_bot.support.author_cards import (
    answers_to,
    card_text,
    close_button,
    list_line,
    to_author,
    to_sender,
    toggle_button,
)
from consolidated_bot.support.domain import SupportRefused, Ticket
from consolidated_bot.support.faq import Handbook, in_language
from consolidated_bot.support.moments import moment
from consolidated_bot.support.staff import StaffView
from consolidated_bot.support.staff_cards import (
    copies,
    newest_that_fit,
    queue_text,
    relay_slot,
)
from consolidated_bot.support.texts import STAFF_HELP, say

UNTOLD = frozenset({"taken", "assigned", "released"})
"""What a ticket's author sees on the card alone."""


class SupportView:
    """Presenters of support's results."""

    def __init__(self, handbook: Handbook, staff: StaffView) -> None:
        """Speak of `handbook`; staff is spoken to by `staff`."""
        self._handbook = handbook
        self._staff = staff

    @property
    def presenters(self) -> dict[type, Callable[[Any, Sender], Answer]]:
        """By result."""
        return {
            r.Submitted: self.submitted,
            r.CategoryAsked: self.category_asked,
            r.TextAsked: self.text_asked,
            r.Cancelled: self.cancelled,
            r.Listed: self.listed,
            r.Shown: self.shown,
            r.Changed: self.changed,
            r.Answered: self.answered,
            r.Opened: self.opened,
            r.Added: self.added,
            r.Revised: self.revised,
            r.Ignored: self.ignored,
            r.NoteAdded: self.noted,
            r.CannedListed: self.canned,
            r.QueueShown: self.queue,
            r.Greeted: self.greeted,
            r.HelpGiven: self.helped,
            c.PressStray: self.stray,
            SupportRefused: self.refused,
        }

    def submitted(self, result: r.Submitted, to: Sender) -> Answer:
        ticket = result.ticket
        if not result.fresh:
            again = to_sender(to, say(to.language, "again", number=ticket.number))
            return Answer("support/ticket-submit", (again,), ticket_id=ticket.number)
        confirmation = to_sender(
            to,
            say(
                to.language,
                "submitted",
                number=ticket.number,
                category=self._title(ticket.category, to.language),
                response_due=moment(ticket.first_response_due_ms, ticket.zone),
                resolution_due=moment(ticket.resolution_due_ms, ticket.zone),
                zone=ticket.zone,
            ),
            keyboard([[close_button(ticket, to.language)]]),
            slot=f"user-card:{ticket.number}",
            about=ticket,
        )
        sends = (confirmation, *self._staff.submitted(result))
        return Answer("support/ticket-submit", sends, ticket_id=ticket.number)

    def category_asked(self, _: r.CategoryAsked, to: Sender) -> Answer:
        rows = [
            [button(in_language(title, to.language), f"tk:cat:{category}")]
            for category, title in self._handbook.categories.items()
        ]
        asked = to_sender(to, say(to.language, "ask_category"), keyboard(rows))
        return Answer("support/ticket-start", (asked,))

    def text_asked(self, result: r.TextAsked, to: Sender) -> Answer:
        title = self._title(result.category, to.language)
        return Answer(
            "support/ticket-start", (to_sender(to, say(to.language, "ask_text", category=title)),)
        )

    def cancelled(self, result: r.Cancelled, to: Sender) -> Answer:
        text = say(to.language, "nothing_to_stop" if result.idle else "cancelled")
        return Answer("support/ticket-cancel", (to_sender(to, text),))

    def listed(self, result: r.Listed, to: Sender) -> Answer:
        if not result.tickets:
            return Answer("support/ticket-list", (to_sender(to, say(to.language, "no_tickets")),))
        rows = [
            [button(list_line(ticket), f"tk:show:{ticket.number}")] for ticket in result.tickets
        ]
        return Answer(
            "support/ticket-list", (to_sender(to, say(to.language, "list"), keyboard(rows)),)
        )

    def shown(self, result: r.Shown, to: Sender) -> Answer:
        ticket = result.ticket
        if to.is_operations:
            shown = self._staff.shown(result, to)
        else:
            text = card_text(ticket, to.language)
            lines = [
                say(
                    to.language,
                    "history",
                    author=say(to.language, f"author_{entry.author}"),
                    body=cut(entry.body, 300),
                )
                for entry in result.history
            ]
            said = newest_that_fit(lines, LONGEST_PIECE - units(text))
            buttons = keyboard([[toggle_button(ticket, to.language)]])
            shown = to_sender(to, "\n".join([text, *said]), buttons, about=ticket)
        return Answer("support/ticket-show", (shown,), ticket_id=ticket.number)

    def changed(self, result: r.Changed, to: Sender) -> Answer:
        ticket = result.ticket
        sends = []
        if result.what not in UNTOLD:
            sends.append(self._told_author(result))
        sends += [self.author_card(ticket), *self._staff.changed(result)]
        return Answer(f"support/ticket-{result.what}", tuple(sends), ticket_id=ticket.number)

    def opened(self, result: r.Opened, to: Sender) -> Answer:
        ticket = result.ticket
        if not result.fresh:
            return Answer("support/ticket-open", ticket_id=ticket.number)
        *before, last = pieces(ticket.body)
        told = [said for piece in before for said in answers_to(ticket, piece, None)]
        text = say(ticket.language, "opened", number=ticket.number, body=last)
        told.append(to_author(ticket, text, keyboard([[close_button(ticket, ticket.language)]])))
        done = to_sender(
            to, f"Sent to {escape(ticket.author_name)}: ticket #{ticket.number}.", about=ticket
        )
        sends = (done, *told, *self._staff.opened(ticket))
        return Answer("support/ticket-open", sends, ticket_id=ticket.number)

    @property
    def notices(self) -> dict[type, Callable[[Any], Answer]]:
        """What timers and events have to say, to authors and to staff."""
        return {r.SilentClosed: self.silent_closed, **self._staff.notices}

    def silent_closed(self, result: r.SilentClosed) -> Answer:
        sends: list[Send] = []
        for ticket in result.tickets:
            text = say(ticket.language, "closed_silent", number=ticket.number)
            sends.append(self._closing(ticket, text))
            sends += [self.author_card(ticket), *self._staff.closed_for_silence(ticket)]
        return Answer("support/ticket-closed", tuple(sends))

    def _closing(self, ticket: Ticket, text: str) -> Send:
        """The end of a ticket, to be rated or undone."""
        stars = [button("★" * n, f"tk:rate:{ticket.number}:{n}") for n in (1, 2, 3, 4, 5)]
        rows = [stars[:3], stars[3:], [toggle_button(ticket, ticket.language)]]
        return to_author(ticket, text, keyboard(rows), slot=f"closing:{ticket.number}")

    def _told_author(self, result: r.Changed) -> Send:
        ticket = result.ticket
        language = ticket.language
        if result.what == "closed":
            return self._closing(ticket, say(language, "closed", number=ticket.number))
        if result.what == "rated":
            stars_given = "★" * (ticket.rating or 0)
            text = say(language, "rated", number=ticket.number, stars=stars_given)
            return to_author(ticket, text, slot=f"closing:{ticket.number}")
        return to_author(ticket, say(language, "reopened", number=ticket.number))

    def author_card(self, ticket: Ticket) -> Send:
        """The author's card, as it stands now."""
        return to_author(
            ticket,
            card_text(ticket, ticket.language),
            keyboard([[toggle_button(ticket, ticket.language)]]),
            slot=f"user-card:{ticket.number}",
        )

    def answered(self, result: r.Answered, to: Sender) -> Answer:
        ticket, command = result.ticket, result.command
        if not result.fresh:
            return Answer("support/agent-reply", ticket_id=ticket.number)
        sends = []
        if command.attachment:
            text = say(ticket.language, "answer_attached", number=ticket.number)
            sends.append(to_author(ticket, text))
            if command.album is None:
                source = command.sender
                sends.append(copies(ticket, ticket.chat_id, source.chat_id, [source.message_id]))
        else:
            sends += answers_to(ticket, result.text, relay_slot(command.sender))
        if result.changed:  # further answers leave the cards as they are
            sends += [self.author_card(ticket), *self._staff.card(ticket)]
        return Answer("support/agent-reply", tuple(sends), ticket_id=ticket.number)

    def added(self, result: r.Added, to: Sender) -> Answer:
        ticket = result.ticket
        sends = [to_sender(to, say(to.language, "added", number=ticket.number), about=ticket)]
        if result.fresh:
            sends += self._staff.added(result)
        return Answer("support/ticket-add", tuple(sends), ticket_id=ticket.number)

    def revised(self, result: r.Revised, to: Sender) -> Answer:
        """The other side sees the edit: in place if it was a text, as a remark otherwise."""
        ticket, command = result.ticket, result.command
        sends: list[Send] = []
        if result.part == "agent":
            slot = None if command.attachment else relay_slot(command.sender)
            sends += answers_to(ticket, command.text, slot)
        elif result.part != "note":
            sends += self._staff.revised(result)
            if result.part == "ticket":
                sends.insert(0, self.author_card(ticket))
        return Answer("support/edit", tuple(sends), ticket_id=ticket.number)

    def ignored(self, result: r.Ignored, _: Sender) -> Answer:
        return Answer(result.journey, ticket_id=result.ticket_number)

    def noted(self, result: r.NoteAdded, to: Sender) -> Answer:
        number = result.ticket.number
        noted = to_sender(to, f"Noted on #{number}, for staff alone.", about=result.ticket)
        return Answer("support/note", (noted,), ticket_id=number)

    def canned(self, result: r.CannedListed, to: Sender) -> Answer:
        number = result.ticket.number
        rows = [[button(each.title, f"ca:{number}:{each.id}")] for each in result.canned]
        text = f"Answer #{number} by:" if rows else "SUPPORT_FILE has no [[canned]] answers."
        listed = to_sender(to, text, keyboard(rows), about=result.ticket)
        return Answer("support/canned", (listed,), ticket_id=number)

    def queue(self, result: r.QueueShown, to: Sender) -> Answer:
        text, rows = queue_text(result.queue)
        return Answer("support/queue", (to_sender(to, text, keyboard(rows)),))

    def greeted(self, result: r.Greeted, to: Sender) -> Answer:
        return Answer(
            "support/start", (to_sender(to, say(to.language, "start", name=result.name)),)
        )

    def helped(self, result: r.HelpGiven, to: Sender) -> Answer:
        text = STAFF_HELP if to.is_operations else say(to.language, "help")
        if result.unknown is not None:
            text = f"{say(to.language, 'unknown_command', command=result.unknown)}\n\n{text}"
        return Answer("support/help", (to_sender(to, text),))

    def stray(self, _: c.PressStray, to: Sender) -> Answer:
        stray = to_sender(to, say(to.language, "stray_button"))
        return Answer("support/stray", (stray,), outcome="user_error")

    def refused(self, refusal: SupportRefused, to: Sender) -> Answer:
        text = say(to.language, refusal.reason, **refusal.values)
        return Answer("support/refused", (to_sender(to, text),), outcome="user_error")

    def _title(self, category: str, language: str) -> str:
        return in_language(self._handbook.categories.get(category, {"en": category}), language)
