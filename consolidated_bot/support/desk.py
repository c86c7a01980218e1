"""Support's use cases of the desk as a whole: whose a ticket is, where one is, how it all goes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from consolidated_bot.core.messages import Scope, Sender
from consolidated_bot.core.words import number_in
from consolidated_bot.published import RANK, RoleOf
from consolidated_bot.support.commands import (
    AssignTicket,
    FindTickets,
    ReleaseTicket,
    ShowStatistics,
)
from consolidated_bot.support.domain import Colleague, SupportRefused, Ticket
from consolidated_bot.support.results import Changed, Shown, StatisticsShown, TicketsFound
from consolidated_bot.support.statistics import statistics_of
from consolidated_bot.support.tickets import (
    TRANSCRIPT,
    Tickets,
    agent_here,
    existing,
    named,
    queue_if_left,
    save,
)

MOST_FOUND = 10
DAY_MS = 24 * 3_600_000
LONGEST_DAYS = 366
MINE = "mine"


class Desk:
    """What agents do with tickets besides answering them."""

    def release(self, tickets: Tickets, scope: Scope, command: ReleaseTicket) -> Changed:
        """Back to where any agent may take it."""
        sender = command.sender
        agent_here(tickets, scope, sender)
        before = existing(tickets, named(tickets, sender, command.number, command.spot))
        ticket = before.released()
        save(tickets, scope, before, ticket, sender, "ticket.release")
        return Changed(ticket, "released", by_staff=True, previous=before.agent_name)

    def assign(self, tickets: Tickets, scope: Scope, command: AssignTicket) -> Changed:
        """Into a colleague's hands, whoever has it now."""
        sender = command.sender
        agent_here(tickets, scope, sender)
        before = existing(tickets, named(tickets, sender, command.number, command.spot))
        to = _colleague(tickets, scope, sender, command.to)
        return hand_over(tickets, scope, before, to, sender)

    def find(self, tickets: Tickets, scope: Scope, command: FindTickets) -> TicketsFound | Shown:
        """By number, by words in what was said or in names, or what the sender has taken."""
        sender = command.sender
        agent_here(tickets, scope, sender)
        words = command.words.strip()
        if not words:
            raise SupportRefused("find_usage")
        if (number := number_in(words)) is not None:
            ticket = existing(tickets, number)
            return Shown(ticket, tuple(tickets.entries(ticket.number, TRANSCRIPT)))
        if words.lower() == MINE:
            return TicketsFound(words, tuple(tickets.of_agent(sender.user_id, MOST_FOUND)))
        return TicketsFound(words, tuple(tickets.search(words.split()[:5], MOST_FOUND)))

    def statistics(
        self, tickets: Tickets, scope: Scope, command: ShowStatistics
    ) -> StatisticsShown:
        agent_here(tickets, scope, command.sender)
        days = max(1, min(LONGEST_DAYS, command.days))
        since = scope.now_ms - days * DAY_MS
        figures = statistics_of(tickets.touched_since(since), since, scope.now_ms)
        return StatisticsShown(days, tickets.count_waiting(), figures)

    @property
    def handlers(self) -> dict[type, Callable[..., Any]]:
        """By command."""
        return {
            ReleaseTicket: self.release,
            AssignTicket: self.assign,
            FindTickets: self.find,
            ShowStatistics: self.statistics,
        }


def hand_over(
    tickets: Tickets, scope: Scope, before: Ticket, to: Colleague, sender: Sender
) -> Changed:
    """The ticket in the hands of `to`, with what they must know of it if nobody had it before."""
    ticket = before.given_to(to, scope.now_ms)
    save(tickets, scope, before, ticket, sender, "ticket.assign")
    fresh = before.agent_id is None
    history = tuple(tickets.entries(ticket.number, TRANSCRIPT)) if fresh else ()
    previous = before.agent_name if before.agent_id != to.user_id else None
    queue = queue_if_left(tickets, before)
    return Changed(ticket, "assigned", True, queue, history, fresh=fresh, previous=previous)


def _colleague(tickets: Tickets, scope: Scope, sender: Sender, reference: str) -> Colleague:
    """By @username, user id or `me`; refused whoever is no agent or has not been seen."""
    if reference.lower() == "me":
        return Colleague(sender.user_id, sender.name, sender.username)
    if not reference:
        raise SupportRefused("assign_usage")
    if reference.startswith("@"):
        found = tickets.colleague(username=reference[1:].lower())
    else:
        found = tickets.colleague(user_id=number_in(reference) or 0)
    if found is None:
        raise SupportRefused("assign_unknown", who=reference)
    if RANK[scope.ask(RoleOf(found.user_id, in_operations=True))] < RANK["agent"]:
        raise SupportRefused("assign_unknown", who=reference)
    return found
