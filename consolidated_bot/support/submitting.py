"""Support's use cases of the people who ask: submit, add, edit, look up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from consolidated_bot.core.messages import Conversation, Said, Scope, Sender, StandingOf, Turn
from consolidated_bot.published import TicketHearing, TicketSubmitted
from consolidated_bot.support.commands import (
    AddToTicket,
    AlbumPart,
    Cancel,
    ChooseCategory,
    Entered,
    ListTickets,
    Revise,
    ShowTicket,
    StartTicket,
    SubmitTicket,
)
from consolidated_bot.support.domain import ANNOUNCED_PER_MINUTE, Ticket
from consolidated_bot.support.outreach import meet
from consolidated_bot.support.results import (
    Added,
    Cancelled,
    CategoryAsked,
    Found,
    Ignored,
    Listed,
    Revised,
    Shown,
    Submitted,
    TextAsked,
)
from consolidated_bot.support.tickets import (
    Policy,
    Tickets,
    described,
    for_anyone,
    own,
    queue_card,
    save,
)

DIALOGUE = "support/ticket"


class Submitting:
    """From a person's words to a ticket and what is said on it."""

    def __init__(self, policy: Policy) -> None:
        """Work by `policy`."""
        self._policy = policy

    def submit(self, tickets: Tickets, scope: Scope, command: SubmitTicket) -> Submitted:
        sender = command.sender
        ticket = self._fresh(scope, command)
        own_card = tickets.announced_since(scope.now_ms - 60_000) < ANNOUNCED_PER_MINUTE
        if own_card:
            ticket = replace(ticket, announced_ms=scope.now_ms)
        number = tickets.insert(ticket)
        meet(tickets, sender)
        if number is None:
            known = tickets.submitted_by(sender.chat_id, sender.message_id)
            assert known is not None
            return Submitted(known, fresh=False)
        ticket = replace(ticket, number=number)
        scope.converse(sender, None)
        scope.publish(TicketSubmitted(number, ticket.user_id, ticket.category))
        if command.after and (tried := self._policy.handbook.described(command.after)):
            note = (number, "note", sender.user_id, tried, sender.chat_id, -sender.message_id)
            tickets.add_entry(Entered(*note, scope.now_ms))
        in_album = False
        if command.attachment:
            if command.album is not None:
                tickets.add_part(_part(sender, command.album, number), scope.now_ms)
            in_album = tickets.give_album(sender.chat_id, sender.message_id, number)
        queue = None if own_card else queue_card(tickets)
        return Submitted(ticket, queue, in_album=in_album)

    def _fresh(self, scope: Scope, command: SubmitTicket) -> Ticket:
        policy, sender, now = self._policy, command.sender, scope.now_ms
        category = command.category if command.category in policy.priorities else "other"
        priority = policy.priorities.get(category, "normal")
        promise = policy.promises[priority]
        standing = scope.ask(StandingOf(sender.user_id, sender.language))
        return Ticket(
            number=0,
            chat_id=sender.chat_id,
            message_id=sender.message_id,
            user_id=sender.user_id,
            author_name=sender.name,
            language=standing.language,
            category=category,
            priority=priority,
            body=described(command.text, command.attachment),
            state="open",
            created_ms=now,
            first_response_due_ms=policy.hours.add(now, promise.first_response_minutes),
            resolution_due_ms=policy.hours.add(now, promise.resolution_minutes),
            attachment=command.attachment,
            zone=standing.zone,
        )

    def start(self, tickets: Tickets, scope: Scope, command: StartTicket) -> CategoryAsked:
        draft = {"after": command.after} if command.after else {}
        scope.converse(command.sender, Conversation(DIALOGUE, "category", draft))
        return CategoryAsked()

    def choose(
        self, tickets: Tickets, scope: Scope, command: ChooseCategory
    ) -> TextAsked | CategoryAsked:
        if command.category not in self._policy.priorities:
            return self.start(tickets, scope, StartTicket(command.sender))
        begun = scope.conversation(command.sender)
        known = begun.draft if begun is not None and begun.topic == DIALOGUE else {}
        draft = {**known, "category": command.category}
        scope.converse(command.sender, Conversation(DIALOGUE, "text", draft))
        return TextAsked(command.category)

    def cancel(self, tickets: Tickets, scope: Scope, command: Cancel) -> Cancelled:
        idle = scope.conversation(command.sender) is None
        scope.converse(command.sender, None)
        return Cancelled(idle)

    def continue_dialogue(self, tickets: Tickets, scope: Scope, turn: Turn) -> Submitted:
        said, conversation = turn.said, turn.conversation
        draft = conversation.draft if conversation else {}
        command = SubmitTicket(
            said.sender,
            said.text,
            str(draft.get("category", "other")),
            said.attachment,
            said.album,
            draft.get("after"),
        )
        return self.submit(tickets, scope, command)

    def hear(
        self, tickets: Tickets, scope: Scope, turn: Turn
    ) -> Added | Found | Submitted | Ignored:
        """Something said outside any dialogue: it belongs to a ticket, or is a free question.

        While an agent is at work on somebody's ticket, what they say belongs to that ticket.
        """
        said = turn.said
        sender = said.sender
        if said.album is not None and (first := tickets.album(sender.chat_id, said.album)):
            return self._add_part(tickets, scope, said, first)
        ticket = _hearing(tickets, sender.user_id, sender.chat_id, said.replied_to)
        if ticket is not None:
            return self._add(tickets, scope, ticket, said)
        if said.album is not None:
            tickets.add_part(_part(sender, said.album, None), scope.now_ms)
        entries = tuple(self._policy.handbook.search(said.text, 3))
        latest = tickets.unfinished_of(sender.user_id)
        open_ticket = latest.number if latest else None
        return Found(said.text, entries, True, sender.message_id, open_ticket)

    def belongs(self, tickets: Tickets, scope: Scope, question: TicketHearing) -> int | None:
        """As `hear` decides it."""
        asked = question
        if asked.album is not None and (first := tickets.album(asked.chat_id, asked.album)):
            return first.ticket_number
        ticket = _hearing(tickets, asked.user_id, asked.chat_id, asked.replied_to)
        return ticket.number if ticket else None

    def add(self, tickets: Tickets, scope: Scope, command: AddToTicket) -> Added:
        """The button under a free question: it belongs to the ticket after all."""
        ticket = own(tickets, command.said.sender, command.number)
        added = self._add(tickets, scope, ticket, command.said)
        sender = command.said.sender
        in_album = tickets.give_album(sender.chat_id, sender.message_id, ticket.number)
        return replace(added, in_album=added.in_album or in_album)

    def revise(self, tickets: Tickets, scope: Scope, command: Revise) -> Revised | Ignored:
        """The author of a message has changed it: what we keep follows, by whomever it is."""
        sender = command.sender
        where = (sender.chat_id, sender.message_id)
        ticket = None if sender.is_operations else tickets.submitted_by(*where)
        if ticket is not None:
            after = replace(ticket, body=described(command.text, command.attachment))
            save(tickets, scope, ticket, after, sender, "ticket.edit")
            return Ignored() if after == ticket else Revised(after, "ticket", command)
        text = described(command.text, command.attachment, shortest=1)
        entry = tickets.revise_entry(*where, text)
        ticket = tickets.get(entry.ticket_number) if entry else None
        if entry is None or ticket is None:
            return Ignored()
        return Revised(ticket, entry.author, command)

    def list_own(self, tickets: Tickets, scope: Scope, command: ListTickets) -> Listed:
        return Listed(tuple(tickets.of_user(command.sender.user_id, 10)))

    def show(self, tickets: Tickets, scope: Scope, command: ShowTicket) -> Shown:
        ticket, by_staff = for_anyone(tickets, scope, command.sender, command.number)
        history = tickets.entries(ticket.number, 10)
        return Shown(ticket, tuple(e for e in history if by_staff or e.author != "note"))

    def _add(self, tickets: Tickets, scope: Scope, ticket: Ticket, said: Said) -> Added:
        sender = said.sender
        reopened = ticket.reopened()
        heard = reopened.heard()
        if heard != ticket:
            tickets.save(heard)
        if reopened != ticket:
            scope.audit(
                "ticket.reopen",
                f"ticket:{ticket.number}",
                actor_id=sender.user_id,
                before=ticket.state,
                after=heard.state,
            )
        text = described(said.text, said.attachment, shortest=1)
        entry = Entered(
            ticket.number,
            "user",
            sender.user_id,
            text,
            sender.chat_id,
            sender.message_id,
            scope.now_ms,
            said.attachment,
        )
        fresh = tickets.add_entry(entry)
        if fresh and said.album is not None:
            tickets.add_part(_part(sender, said.album, ticket.number), scope.now_ms)
        return Added(heard, text, said, fresh, reopened=reopened != ticket)

    def _add_part(self, tickets: Tickets, scope: Scope, said: Said, first: AlbumPart) -> Ignored:
        """A further picture of an album: one message on the ticket, one answer to it."""
        assert said.album is not None
        part = _part(said.sender, said.album, first.ticket_number)
        tickets.add_part(part, scope.now_ms)
        return Ignored("support/ticket-add", first.ticket_number)

    @property
    def handlers(self) -> dict[type, Callable[..., Any]]:
        """By command."""
        return {
            SubmitTicket: self.submit,
            StartTicket: self.start,
            ChooseCategory: self.choose,
            Cancel: self.cancel,
            AddToTicket: self.add,
            Revise: self.revise,
            ListTickets: self.list_own,
            ShowTicket: self.show,
            TicketHearing: self.belongs,
        }


def _part(sender: Sender, album: str, number: int | None) -> AlbumPart:
    return AlbumPart(sender.chat_id, sender.message_id, album, number, "user")


def _hearing(
    tickets: Tickets, user_id: int, chat_id: int, replied_to: int | None
) -> Ticket | None:
    """The ticket that is replied to, or else the one that an agent has taken."""
    if replied_to is not None:
        number = tickets.subject_of(chat_id, replied_to)
        ticket = tickets.get(number) if number is not None else None
        if ticket is not None and ticket.user_id == user_id:
            return ticket
    latest = tickets.unfinished_of(user_id)
    return latest if latest is not None and latest.agent_id is not None else None
