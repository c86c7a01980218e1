"""What support does that no message asks for: promises, albums, privacy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from consolidated_bot.core.messages import Scope, TopicLost
from consolidated_bot.published import AccountErased, AuthorAt, SupportHoldingsOf, TicketClosed
from consolidated_bot.support.commands import CloseSilent, HandAlbumsOn, WatchPromises
from consolidated_bot.support.domain import Promised
from consolidated_bot.support.results import (
    AlbumsComplete,
    PromisesWatched,
    SilentClosed,
    TicketsErased,
    TopicRestored,
    Watched,
)
from consolidated_bot.support.tickets import TRANSCRIPT, Policy, Tickets

WATCHED_AT_ONCE = 200
CLOSED_AT_ONCE = 5  # a group takes 20 messages a minute
ALBUM_MS = 1_200  # Telegram delivers the parts of an album within a fraction of a second


class Upkeep:
    """Timers, questions of other contexts, and what their events mean for tickets."""

    def __init__(self, policy: Policy) -> None:
        """Work by `policy`."""
        self._policy = policy

    def watch(self, tickets: Tickets, scope: Scope, command: WatchPromises) -> PromisesWatched:
        """Warn staff once when three quarters of the promised time are over; record breaches."""
        now = scope.now_ms
        seen = []
        for what in Promised:
            late = tickets.overdue(what, now, WATCHED_AT_ONCE)
            for ticket in late:
                tickets.save(ticket.broken(what, now))
                scope.audit("promise.breach", f"ticket:{ticket.number}", reason=what.value)
            soon = tickets.due_for_warning(what, now, WATCHED_AT_ONCE)
            for ticket in soon:
                tickets.save(ticket.warned(what, now))
            seen.append(Watched(what, tuple(soon), tuple(late)))
        return PromisesWatched(tuple(seen))

    def close_silent(self, tickets: Tickets, scope: Scope, command: CloseSilent) -> SilentClosed:
        """Close what has waited too long for its author; their next word opens it again."""
        after_ms = self._policy.close_silent_ms
        if not after_ms:
            return SilentClosed(())
        closed = []
        for ticket in tickets.silent(scope.now_ms - after_ms, CLOSED_AT_ONCE):
            over = ticket.closed(scope.now_ms)
            tickets.save(over)
            scope.audit(
                "ticket.close",
                f"ticket:{ticket.number}",
                before=ticket.state,
                after=over.state,
                reason="its author said nothing",
            )
            scope.publish(TicketClosed(over.number, over.user_id, over.chat_id))
            closed.append(over)
        return SilentClosed(tuple(closed))

    def restore_topic(
        self, tickets: Tickets, scope: Scope, event: TopicLost
    ) -> TopicRestored | None:
        """A new topic says nothing by itself: it gets the card and what was said lately."""
        ticket = tickets.about(event.key)
        if ticket is None or ticket.agent_id is None:
            return None
        return TopicRestored(ticket, tuple(tickets.entries(ticket.number, TRANSCRIPT)))

    def hand_albums_on(
        self, tickets: Tickets, scope: Scope, command: HandAlbumsOn
    ) -> AlbumsComplete:
        """Albums that have come whole go to the other side, each as one."""
        now = scope.now_ms
        albums = []
        for parts in tickets.complete_albums(now - ALBUM_MS, now):
            ticket = tickets.get(parts[0].ticket_number or 0)
            if ticket is not None:
                albums.append((ticket, tuple(parts)))
        return AlbumsComplete(tuple(albums))

    def author_at(self, tickets: Tickets, scope: Scope, question: AuthorAt) -> int | None:
        number = None
        if question.replied_to is not None:
            number = tickets.subject_of(question.chat_id, question.replied_to)
        if number is None and question.thread_id is not None:
            number = tickets.subject_of_thread(question.chat_id, question.thread_id)
        ticket = tickets.get(number) if number is not None else None
        return ticket.user_id if ticket else None

    def erase(self, tickets: Tickets, scope: Scope, event: AccountErased) -> TicketsErased:
        return TicketsErased(tuple(tickets.erase(event.user_id)))

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
                "rating": ticket.rating,
                "messages": [
                    {"author": e.author, "at_ms": e.at_ms, "text": e.body}
                    for e in tickets.entries(ticket.number, 1000)
                    if e.author != "note"
                ],
            }
            for ticket in tickets.of_user(question.user_id, 10_000)
        ]

    @property
    def handlers(self) -> dict[type, Callable[..., Any]]:
        """By command or question."""
        return {
            WatchPromises: self.watch,
            CloseSilent: self.close_silent,
            HandAlbumsOn: self.hand_albums_on,
            AuthorAt: self.author_at,
            SupportHoldingsOf: self.holdings,
        }
