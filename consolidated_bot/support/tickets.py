"""What support's use cases share: the store they need, the operator's policy, who may do what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from consolidated_bot.core.messages import Scope, Sender
from consolidated_bot.published import RANK, RoleOf
from consolidated_bot.support.commands import AlbumPart, Entered, SpotInOperations
from consolidated_bot.support.domain import (
    BusinessHours,
    Canned,
    Colleague,
    Contact,
    Promise,
    Promised,
    SupportRefused,
    Ticket,
    checked_body,
)
from consolidated_bot.support.faq import Handbook
from consolidated_bot.support.results import Queue
from consolidated_bot.support.statistics import Course

TRANSCRIPT = 20
"""So much of what was said is shown to who takes a ticket over."""


@dataclass(frozen=True, slots=True)
class Policy:
    """What the operator decides: the handbook, promises by priority, hours of work."""

    handbook: Handbook
    priorities: Mapping[str, str]  # category -> priority
    promises: Mapping[str, Promise]  # priority -> promise
    hours: BusinessHours
    canned: Mapping[str, Canned]
    close_silent_ms: int
    """After so long without a word of its author a ticket is closed; 0: never."""


class Tickets(Protocol):
    """What support needs to have stored."""

    def insert(self, ticket: Ticket) -> int | None:
        """The number it got; None if a ticket of the same message is there."""
        ...

    def submitted_by(self, chat_id: int, message_id: int) -> Ticket | None: ...

    def get(self, number: int) -> Ticket | None: ...

    def save(self, ticket: Ticket) -> None: ...

    def of_user(self, user_id: int, most: int) -> list[Ticket]: ...

    def unfinished_of(self, user_id: int) -> Ticket | None:
        """The author's newest ticket that is not closed, one that an agent has taken first."""
        ...

    def waiting(self, most: int, *, unannounced: bool = False) -> list[Ticket]:
        """Tickets no agent has taken, the oldest first; `unannounced`: without a card."""
        ...

    def count_waiting(self, *, unannounced: bool = False) -> int: ...

    def announced_since(self, at_ms: int) -> int: ...

    def of_agent(self, agent_id: int, most: int) -> list[Ticket]:
        """What an agent has taken and not closed, the newest first."""
        ...

    def search(self, words: Sequence[str], most: int) -> list[Ticket]:
        """Tickets in which every word was said or is part of a name, the newest first."""
        ...

    def touched_since(self, at_ms: int) -> list[Course]:
        """How tickets went that were created or closed since then, by number."""
        ...

    def remember(self, colleague: Colleague) -> None: ...

    def colleague(
        self, *, user_id: int | None = None, username: str | None = None
    ) -> Colleague | None: ...

    def due_for_warning(self, what: Promised, now_ms: int, most: int) -> list[Ticket]: ...

    def overdue(self, what: Promised, now_ms: int, most: int) -> list[Ticket]: ...

    def silent(self, since_before_ms: int, most: int) -> list[Ticket]: ...

    def meet(self, contact: Contact) -> None:
        """Remember, or know anew, somebody who writes."""
        ...

    def contact(
        self, *, user_id: int | None = None, username: str | None = None
    ) -> Contact | None: ...

    def lose_contact(self, chat_id: int, at_ms: int) -> Contact | None:
        """Who cannot be reached any more; None if that is known, or they are not."""
        ...

    def add_entry(self, entry: Entered) -> bool:
        """False if an entry of the same message is there."""
        ...

    def entries(self, number: int, most: int) -> list[Entered]: ...

    def revise_entry(self, chat_id: int, message_id: int, body: str) -> Entered | None:
        """Change what was said by a message; None if no entry is that message's."""
        ...

    def subject_of(self, chat_id: int, message_id: int) -> int | None:
        """The number of the ticket that a sent message is about."""
        ...

    def subject_of_thread(self, chat_id: int, thread_id: int) -> int | None:
        """The number of the ticket that a forum topic is about."""
        ...

    def about(self, subject: str) -> Ticket | None:
        """The ticket that a subject (of a send, of a topic) names."""
        ...

    def album(self, chat_id: int, album: str) -> AlbumPart | None:
        """The first known part of an album."""
        ...

    def add_part(self, part: AlbumPart, now_ms: int) -> None: ...

    def give_album(self, chat_id: int, message_id: int, number: int) -> bool:
        """Make the album that a message is part of the ticket's; False if it is part of none."""
        ...

    def complete_albums(self, before_ms: int, now_ms: int) -> list[Sequence[AlbumPart]]:
        """Albums of tickets whose last part came before `before_ms`; each is returned once."""
        ...

    def erase(self, user_id: int) -> list[int]:
        """Forget a person; the numbers of their tickets."""
        ...


def described(text: str, attachment: str | None, shortest: int | None = None) -> str:
    """What is kept of a message: its words, or the kind of its attachment."""
    stripped = text.strip()
    if not stripped and attachment:
        return f"[{attachment}]"
    if shortest is not None and len(stripped) >= shortest:
        return stripped
    return checked_body(text)


def queue_card(tickets: Tickets) -> Queue:
    """What waits without a card of its own, for the queue card."""
    waiting = tuple(tickets.waiting(6, unannounced=True))
    return Queue(tickets.count_waiting(unannounced=True), waiting)


def existing(tickets: Tickets, number: int) -> Ticket:
    """The ticket; refused if there is none."""
    ticket = tickets.get(number)
    if ticket is None:
        raise SupportRefused("unknown_ticket", number=number)
    return ticket


def own(tickets: Tickets, sender: Sender, number: int) -> Ticket:
    """A person's own ticket; a stranger's is unknown to them."""
    ticket = tickets.get(number)
    if ticket is None or ticket.user_id != sender.user_id:
        raise SupportRefused("unknown_ticket", number=number)
    return ticket


def for_anyone(tickets: Tickets, scope: Scope, sender: Sender, number: int) -> tuple[Ticket, bool]:
    """The ticket for its author, or for staff in the operations chat; and whether it is staff."""
    if not sender.is_operations:
        return own(tickets, sender, number), False
    require_agent(scope, sender)
    return existing(tickets, number), True


def require_agent(scope: Scope, sender: Sender) -> None:
    """Refuse whoever is no agent, or not in the operations chat."""
    role = scope.ask(RoleOf(sender.user_id, sender.is_operations))
    if not sender.is_operations or RANK[role] < RANK["agent"]:
        raise SupportRefused("staff_only")


def agent_here(tickets: Tickets, scope: Scope, sender: Sender) -> None:
    """As `require_agent`; whom tickets may be given to is known by this."""
    require_agent(scope, sender)
    username = sender.username.lower() if sender.username else None
    tickets.remember(Colleague(sender.user_id, sender.name, username))


def ticket_at(tickets: Tickets, sender: Sender, spot: SpotInOperations) -> int | None:
    """The ticket that a place in the operations chat is about: a card, a relay, a topic."""
    number = None
    if spot.replied_to is not None:
        number = tickets.subject_of(sender.chat_id, spot.replied_to)
    if number is None and sender.thread_id is not None:
        number = tickets.subject_of_thread(sender.chat_id, sender.thread_id)
    return number


def named(tickets: Tickets, sender: Sender, number: int | None, spot: SpotInOperations) -> int:
    """The number given, else that of the place; refused where neither tells."""
    if number is None and sender.is_operations:
        number = ticket_at(tickets, sender, spot)
    if number is None:
        raise SupportRefused("number_needed")
    return number


def queue_if_left(tickets: Tickets, before: Ticket) -> Queue | None:
    """The queue card as it stands now, if the ticket stood on it before."""
    return queue_card(tickets) if before.announced_ms is None else None


def save(
    tickets: Tickets, scope: Scope, before: Ticket, after: Ticket, sender: Sender, action: str
) -> None:
    """Store a change with its line in the audit log; no change leaves neither."""
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
