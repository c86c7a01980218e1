"""Support's use cases of those who answer: take, answer, note, close, reopen; and rating."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from consolidated_bot.core.messages import Scope, Sender
from consolidated_bot.published import TicketClosed
from consolidated_bot.support.commands import (
    AlbumPart,
    AnswerCanned,
    AnswerTicket,
    CloseTicket,
    Entered,
    NoteTicket,
    RateTicket,
    ReopenTicket,
    ShowQueue,
    SpotInOperations,
    TakeTicket,
)
from consolidated_bot.support.domain import SupportRefused, Ticket
from consolidated_bot.support.faq import in_language
from consolidated_bot.support.results import (
    Answered,
    CannedListed,
    Changed,
    Ignored,
    NoteAdded,
    Queue,
    QueueShown,
)
from consolidated_bot.support.tickets import (
    TRANSCRIPT,
    Policy,
    Tickets,
    agent_here,
    described,
    existing,
    for_anyone,
    named,
    own,
    queue_if_left,
    require_agent,
    save,
    ticket_at,
)


class Handling:
    """What happens to a ticket between its submission and its rating."""

    def __init__(self, policy: Policy) -> None:
        """Work by `policy`."""
        self._canned = policy.canned

    def take(self, tickets: Tickets, scope: Scope, command: TakeTicket) -> Changed:
        sender = command.sender
        agent_here(tickets, scope, sender)
        before = existing(tickets, command.number)
        ticket = before.taken_by(sender.user_id, sender.name)
        if ticket.announced_ms is None:
            ticket = replace(ticket, announced_ms=scope.now_ms)
        save(tickets, scope, before, ticket, sender, "ticket.take")
        fresh = before.agent_id is None
        history = tuple(tickets.entries(ticket.number, TRANSCRIPT)) if fresh else ()
        queue = queue_if_left(tickets, before)
        return Changed(ticket, "taken", True, queue, history, fresh=fresh)

    def close(self, tickets: Tickets, scope: Scope, command: CloseTicket) -> Changed | Ignored:
        sender = command.sender
        number = _meant(tickets, command)
        if number is None:
            return Ignored()
        before, by_staff = for_anyone(tickets, scope, sender, number)
        ticket = before.closed(scope.now_ms)
        save(tickets, scope, before, ticket, sender, "ticket.close")
        if before.state != "closed":
            scope.publish(TicketClosed(ticket.number, ticket.user_id, ticket.chat_id))
        return Changed(ticket, "closed", by_staff, queue_if_left(tickets, before))

    def reopen(self, tickets: Tickets, scope: Scope, command: ReopenTicket) -> Changed | Ignored:
        sender = command.sender
        number = _meant(tickets, command)
        if number is None:
            return Ignored()
        before, by_staff = for_anyone(tickets, scope, sender, number)
        ticket = before.reopened()
        save(tickets, scope, before, ticket, sender, "ticket.reopen")
        return Changed(ticket, "reopened", by_staff)

    def rate(self, tickets: Tickets, scope: Scope, command: RateTicket) -> Changed:
        before = own(tickets, command.sender, command.number)
        ticket = before.rated(command.stars)
        save(tickets, scope, before, ticket, command.sender, "ticket.rate")
        return Changed(ticket, "rated", by_staff=False)

    def answer(self, tickets: Tickets, scope: Scope, command: AnswerTicket) -> Answered | Ignored:
        sender = command.sender
        first = tickets.album(sender.chat_id, command.album) if command.album else None
        if command.album and first:
            part = _part(sender, command.album, first.ticket_number)
            tickets.add_part(part, scope.now_ms)
            return Ignored("support/agent-reply", first.ticket_number)
        number = ticket_at(tickets, sender, command.spot)
        if number is None:
            if command.spot.to_bot:
                raise SupportRefused("no_ticket_there")
            return Ignored()  # staff talks to each other
        agent_here(tickets, scope, sender)
        text = described(command.text, command.attachment, shortest=1)
        answered = self._answer(tickets, scope, existing(tickets, number), (command, text))
        if answered.fresh and command.album is not None:
            tickets.add_part(_part(sender, command.album, number), scope.now_ms)
        return answered

    def answer_canned(
        self, tickets: Tickets, scope: Scope, command: AnswerCanned
    ) -> Answered | CannedListed:
        """An answer that is kept ready, in the language of whoever gets it."""
        sender = command.sender
        agent_here(tickets, scope, sender)
        number = command.number or ticket_at(tickets, sender, command.spot)
        if number is None:
            raise SupportRefused("no_ticket_there")
        ticket = existing(tickets, number)
        canned = self._canned.get(command.name)
        if canned is None:
            return CannedListed(ticket, tuple(self._canned.values()))
        text = in_language(canned.text, ticket.language)
        said = AnswerTicket(sender, command.spot, text)
        return self._answer(tickets, scope, ticket, (said, text))

    def note(self, tickets: Tickets, scope: Scope, command: NoteTicket) -> NoteAdded:
        """For colleagues: the author of the ticket never sees it."""
        sender = command.sender
        require_agent(scope, sender)
        number = ticket_at(tickets, sender, command.spot)
        if number is None:
            raise SupportRefused("no_ticket_there")
        text = described(command.text, None, shortest=1)
        tickets.add_entry(_entry(number, "note", sender, text, scope.now_ms))
        return NoteAdded(existing(tickets, number))

    def queue(self, tickets: Tickets, scope: Scope, command: ShowQueue) -> QueueShown:
        require_agent(scope, command.sender)
        return QueueShown(Queue(tickets.count_waiting(), tuple(tickets.waiting(12))))

    def _answer(
        self, tickets: Tickets, scope: Scope, before: Ticket, said: tuple[AnswerTicket, str]
    ) -> Answered:
        command, text = said
        sender = command.sender
        ticket = before.answered(sender.user_id, sender.name, scope.now_ms)
        if ticket.announced_ms is None:
            ticket = replace(ticket, announced_ms=scope.now_ms)
        entry = _entry(ticket.number, "agent", sender, text, scope.now_ms, command.attachment)
        fresh = tickets.add_entry(entry)
        if fresh:
            save(tickets, scope, before, ticket, sender, "ticket.answer")
        return Answered(ticket, text, command, fresh, changed=ticket != before)

    @property
    def handlers(self) -> dict[type, Callable[..., Any]]:
        """By command."""
        return {
            TakeTicket: self.take,
            CloseTicket: self.close,
            ReopenTicket: self.reopen,
            RateTicket: self.rate,
            AnswerTicket: self.answer,
            AnswerCanned: self.answer_canned,
            NoteTicket: self.note,
            ShowQueue: self.queue,
        }


def _meant(tickets: Tickets, command: CloseTicket | ReopenTicket) -> int | None:
    """The ticket to close or reopen; None for a topic that is about none."""
    if command.number is None and command.spot is None:
        return ticket_at(tickets, command.sender, SpotInOperations())
    return named(tickets, command.sender, command.number, command.spot or SpotInOperations())


def _part(sender: Sender, album: str, number: int | None) -> AlbumPart:
    return AlbumPart(sender.chat_id, sender.message_id, album, number, "agent")


def _entry(
    number: int,
    author: str,
    sender: Sender,
    text: str,
    at_ms: int,
    attachment: str | None = None,
) -> Entered:
    where = (sender.chat_id, sender.message_id)
    return Entered(number, author, sender.user_id, text, *where, at_ms, attachment)
