"""Support's use cases: commands in, results out, over a store that knows no SQL here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol

from consolidated_bot.core.messages import Conversation, LanguageOf, Said, Scope, Sender, Turn
from consolidated_bot.published import (
    RANK,
    AccountErased,
    RoleOf,
    SupportHoldingsOf,
    TicketClosed,
    TicketSubmitted,
)
from consolidated_bot.support.commands import (
    Added,
    Answered,
    AnswerTicket,
    Cancel,
    Cancelled,
    CategoryAsked,
    Changed,
    ChooseCategory,
    CloseTicket,
    Entered,
    Found,
    Listed,
    ListTickets,
    PromisesWatched,
    Queue,
    RateTicket,
    ReopenTicket,
    Shown,
    ShowTicket,
    StartTicket,
    Submitted,
    SubmitTicket,
    TakeTicket,
    TextAsked,
    WatchPromises,
)
from consolidated_bot.support.domain import (
    ANNOUNCED_PER_MINUTE,
    BusinessHours,
    Promise,
    SupportRefused,
    Ticket,
    checked_body,
)
from consolidated_bot.support.faq import Handbook

DIALOGUE = "support/ticket"
WATCHED_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class Policy:
    """What the operator decides: the handbook, promises by priority, hours of work."""

    handbook: Handbook
    priorities: Mapping[str, str]  # category -> priority
    promises: Mapping[str, Promise]  # priority -> promise
    hours: BusinessHours


class Tickets(Protocol):
    """What support needs to have stored."""

    def insert(self, ticket: Ticket) -> int | None:
        """The number it got; None if a ticket of the same message is there."""
        ...

    def submitted_by(self, chat_id: int, message_id: int) -> Ticket | None: ...

    def get(self, number: int) -> Ticket | None: ...

    def save(self, ticket: Ticket) -> None: ...

    def of_user(self, user_id: int, most: int) -> list[Ticket]: ...

    def unfinished(self, most: int) -> list[Ticket]: ...

    def count_unfinished(self) -> int: ...

    def announced_since(self, at_ms: int) -> int: ...

    def due_for_warning(self, now_ms: int, most: int) -> list[Ticket]: ...

    def breached(self, now_ms: int, most: int) -> list[Ticket]: ...

    def add_entry(self, entry: Entered) -> bool:
        """False if an entry of the same message is there."""
        ...

    def entries(self, number: int, most: int) -> list[Entered]: ...

    def subject_of(self, chat_id: int, message_id: int) -> int | None:
        """The number of the ticket that a sent message is about."""
        ...

    def erase(self, user_id: int) -> int: ...


class Support:
    """The use cases under one operator's policy."""

    def __init__(self, policy: Policy) -> None:
        """Work by `policy`."""
        self._policy = policy

    def submit(self, tickets: Tickets, scope: Scope, command: SubmitTicket) -> Submitted:
        sender = command.sender
        body = _described(command.text, command.attachment)
        category = command.category if command.category in self._policy.priorities else "other"
        priority = self._policy.priorities.get(category, "normal")
        promise = self._policy.promises[priority]
        now = scope.now_ms
        ticket = Ticket(
            number=0,
            chat_id=sender.chat_id,
            message_id=sender.message_id,
            user_id=sender.user_id,
            author_name=sender.name,
            language=scope.ask(LanguageOf(sender.user_id, sender.language)),
            category=category,
            priority=priority,
            body=body,
            state="open",
            created_ms=now,
            first_response_due_ms=self._policy.hours.add(now, promise.first_response_minutes),
            resolution_due_ms=self._policy.hours.add(now, promise.resolution_minutes),
        )
        individually = tickets.announced_since(now - 60_000) < ANNOUNCED_PER_MINUTE
        if individually:
            ticket = replace(ticket, announced_ms=now)
        number = tickets.insert(ticket)
        if number is None:
            known = tickets.submitted_by(sender.chat_id, sender.message_id)
            assert known is not None
            return Submitted(known, Queue(0, (), individually=True), fresh=False)
        ticket = replace(ticket, number=number)
        scope.converse(sender, None)
        scope.publish(TicketSubmitted(number, ticket.user_id, category))
        queue = _queue(tickets, individually=individually)
        return Submitted(ticket, queue, attachment=command.attachment)

    def start(self, tickets: Tickets, scope: Scope, command: StartTicket) -> CategoryAsked:
        scope.converse(command.sender, Conversation(DIALOGUE, "category"))
        return CategoryAsked()

    def choose(self, tickets: Tickets, scope: Scope, command: ChooseCategory) -> TextAsked:
        draft = {"category": command.category}
        scope.converse(command.sender, Conversation(DIALOGUE, "text", draft))
        return TextAsked(command.category)

    def cancel(self, tickets: Tickets, scope: Scope, command: Cancel) -> Cancelled:
        scope.converse(command.sender, None)
        return Cancelled()

    def continue_dialogue(self, tickets: Tickets, scope: Scope, turn: Turn) -> Submitted:
        said, conversation = turn.said, turn.conversation
        category = str(conversation.draft.get("category", "other")) if conversation else "other"
        command = SubmitTicket(said.sender, said.text, category, said.attachment)
        return self.submit(tickets, scope, command)

    def hear(self, tickets: Tickets, scope: Scope, turn: Turn) -> Added | Found:
        """Something said outside any dialogue: it belongs to a ticket, or is a free question."""
        said = turn.said
        sender = said.sender
        ticket = self._replied_about(tickets, said)
        if ticket is None:
            entries = tuple(self._policy.handbook.search(said.text, 3))
            return Found(said.text, entries, freely=True, message_id=sender.message_id)
        reopened = ticket.reopened()
        _save(tickets, scope, ticket, reopened, sender, "ticket.reopen")
        text = _described(said.text, said.attachment, shortest=1)
        fresh = tickets.add_entry(_entry(ticket, "user", sender, text, scope.now_ms))
        return Added(reopened, text, sender, said.attachment, fresh)

    def _replied_about(self, tickets: Tickets, said: Said) -> Ticket | None:
        if said.replied_to is None:
            return None
        number = tickets.subject_of(said.sender.chat_id, said.replied_to)
        ticket = tickets.get(number) if number is not None else None
        return ticket if ticket and ticket.user_id == said.sender.user_id else None

    def list_own(self, tickets: Tickets, scope: Scope, command: ListTickets) -> Listed:
        return Listed(tuple(tickets.of_user(command.sender.user_id, 10)))

    def show(self, tickets: Tickets, scope: Scope, command: ShowTicket) -> Shown:
        ticket, _ = _for_anyone(tickets, scope, command.sender, command.number)
        return Shown(ticket, tuple(tickets.entries(ticket.number, 10)))

    def take(self, tickets: Tickets, scope: Scope, command: TakeTicket) -> Changed:
        sender = command.sender
        _require_agent(scope, sender)
        before = _existing(tickets, command.number)
        ticket = before.taken_by(sender.user_id, sender.name)
        if ticket.announced_ms is None:
            ticket = replace(ticket, announced_ms=scope.now_ms)
        _save(tickets, scope, before, ticket, sender, "ticket.take")
        return Changed(ticket, "taken", by_staff=True)

    def close(self, tickets: Tickets, scope: Scope, command: CloseTicket) -> Changed:
        before, by_staff = _for_anyone(tickets, scope, command.sender, command.number)
        ticket = before.closed(scope.now_ms)
        _save(tickets, scope, before, ticket, command.sender, "ticket.close")
        if before.state != "closed":
            scope.publish(TicketClosed(ticket.number, ticket.user_id, ticket.chat_id))
        return Changed(ticket, "closed", by_staff)

    def reopen(self, tickets: Tickets, scope: Scope, command: ReopenTicket) -> Changed:
        before, by_staff = _for_anyone(tickets, scope, command.sender, command.number)
        ticket = before.reopened()
        _save(tickets, scope, before, ticket, command.sender, "ticket.reopen")
        return Changed(ticket, "reopened", by_staff)

    def rate(self, tickets: Tickets, scope: Scope, command: RateTicket) -> Changed:
        before = _own(tickets, command.sender, command.number)
        ticket = before.rated(command.stars)
        _save(tickets, scope, before, ticket, command.sender, "ticket.rate")
        return Changed(ticket, "rated", by_staff=False)

    def answer(self, tickets: Tickets, scope: Scope, command: AnswerTicket) -> Answered:
        sender = command.sender
        number = tickets.subject_of(sender.chat_id, command.replied_to)
        if number is None:
            raise SupportRefused("no_ticket_there")
        _require_agent(scope, sender)
        before = _existing(tickets, number)
        ticket = before.answered(sender.user_id, sender.name, scope.now_ms)
        text = _described(command.text, command.attachment, shortest=1)
        fresh = tickets.add_entry(_entry(ticket, "agent", sender, text, scope.now_ms))
        if fresh:
            _save(tickets, scope, before, ticket, sender, "ticket.answer")
        return Answered(ticket, text, sender, command.attachment, fresh)

    def watch(self, tickets: Tickets, scope: Scope, command: WatchPromises) -> PromisesWatched:
        """Warn staff once when three quarters of the promised time are over; record breaches."""
        now = scope.now_ms
        breached = tickets.breached(now, WATCHED_AT_ONCE)
        for ticket in breached:
            tickets.save(replace(ticket, breached_ms=now, warned_ms=ticket.warned_ms or now))
            scope.audit("promise.breach", f"ticket:{ticket.number}")
        warned = tickets.due_for_warning(now, WATCHED_AT_ONCE)
        for ticket in warned:
            tickets.save(replace(ticket, warned_ms=now))
        return PromisesWatched(tuple(warned), tuple(breached))

    def erase(self, tickets: Tickets, scope: Scope, event: AccountErased) -> None:
        tickets.erase(event.user_id)

    def holdings(
        self, tickets: Tickets, scope: Scope, question: SupportHoldingsOf
    ) -> list[dict[str, Any]]:
        """Everything about a person, as plain values for an export."""
        return [
            {
                "ticket": ticket.number,
                "state": ticket.state,
                "category": ticket.category,
                "created_ms": ticket.created_ms,
                "text": ticket.body,
                "messages": [e.body for e in tickets.entries(ticket.number, 1000)],
            }
            for ticket in tickets.of_user(question.user_id, 10_000)
        ]

    @property
    def dialogues(self) -> dict[str, Callable[..., Any]]:
        """By topic of a conversation; "" is said outside of any."""
        return {DIALOGUE: self.continue_dialogue, "": self.hear}

    @property
    def handlers(self) -> dict[type, Callable[..., Any]]:
        """By command."""
        return {
            SubmitTicket: self.submit,
            StartTicket: self.start,
            ChooseCategory: self.choose,
            Cancel: self.cancel,
            ListTickets: self.list_own,
            ShowTicket: self.show,
            TakeTicket: self.take,
            CloseTicket: self.close,
            ReopenTicket: self.reopen,
            RateTicket: self.rate,
            AnswerTicket: self.answer,
            WatchPromises: self.watch,
            SupportHoldingsOf: self.holdings,
        }


def _described(text: str, attachment: str | None, shortest: int | None = None) -> str:
    """What is kept of a message: its words, or the kind of its attachment."""
    stripped = text.strip()
    if not stripped and attachment:
        return f"[{attachment}]"
    if shortest is not None and len(stripped) >= shortest:
        return stripped[:4000]
    return checked_body(text)


def _queue(tickets: Tickets, *, individually: bool) -> Queue:
    """What waits, for the queue card; nothing to count while tickets have cards of their own."""
    if individually:
        return Queue(0, (), individually=True)
    waiting = tuple(tickets.unfinished(5))
    return Queue(tickets.count_unfinished(), waiting, individually=False)


def _existing(tickets: Tickets, number: int) -> Ticket:
    ticket = tickets.get(number)
    if ticket is None:
        raise SupportRefused("unknown_ticket", number=number)
    return ticket


def _own(tickets: Tickets, sender: Sender, number: int) -> Ticket:
    """A person's own ticket; a stranger's is unknown to them."""
    ticket = tickets.get(number)
    if ticket is None or ticket.user_id != sender.user_id:
        raise SupportRefused("unknown_ticket", number=number)
    return ticket


def _for_anyone(
    tickets: Tickets, scope: Scope, sender: Sender, number: int
) -> tuple[Ticket, bool]:
    """The ticket for its author, or for staff in the operations chat; and whether it is staff."""
    if not sender.is_operations:
        return _own(tickets, sender, number), False
    _require_agent(scope, sender)
    return _existing(tickets, number), True


def _require_agent(scope: Scope, sender: Sender) -> None:
    role = scope.ask(RoleOf(sender.user_id, sender.is_operations))
    if RANK[role] < RANK["agent"]:
        raise SupportRefused("staff_only")


def _save(
    tickets: Tickets, scope: Scope, before: Ticket, after: Ticket, sender: Sender, action: str
) -> None:
    if before == after:
        return
    tickets.save(after)
    scope.audit(
        action,
        f"ticket:{after.number}",
        actor_id=sender.user_id,
        before=before.state,
        after=after.state,
    )


def _entry(ticket: Ticket, author: str, sender: Sender, text: str, at_ms: int) -> Entered:
    return Entered(
        ticket.number, author, sender.user_id, text, sender.chat_id, sender.message_id, at_ms
    )
