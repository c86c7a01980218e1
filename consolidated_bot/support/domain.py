"""Support's rules: what a ticket is, who may do what to it, and when it is due."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from enum import Enum
from typing import Literal
from zoneinfo import ZoneInfo

from consolidated_bot.core.errors import Refused
from consolidated_bot.core.lengths import LONGEST_TEXT, units

State = Literal["open", "taken", "closed"]

LONGEST_BODY = LONGEST_TEXT
SHORTEST_BODY = 3
ANNOUNCED_PER_MINUTE = 6  # a group takes 20 messages a minute: cards must leave room for answers


class SupportRefused(Refused):
    """Support turns a request down; `reason` is a key of support's texts."""


class Promised(Enum):
    """What a ticket's author is promised, and is told the due time of."""

    FIRST_RESPONSE = "first answer"
    RESOLUTION = "solution"


@dataclass(frozen=True, slots=True)
class Ticket:
    """A request for help, from submission to rating; `zone` is its author's time zone."""

    number: int
    chat_id: int
    message_id: int
    user_id: int
    author_name: str
    language: str
    category: str
    priority: str
    body: str
    state: State
    created_ms: int
    first_response_due_ms: int
    resolution_due_ms: int
    agent_id: int | None = None
    agent_name: str | None = None
    first_response_ms: int | None = None
    closed_ms: int | None = None
    announced_ms: int | None = None
    warned_ms: int | None = None
    breached_ms: int | None = None
    rating: int | None = None
    attachment: str | None = None
    zone: str = "UTC"
    resolution_warned_ms: int | None = None
    resolution_breached_ms: int | None = None
    waiting_since_ms: int | None = None
    """Since when it is the author's turn to say something."""

    def taken_by(self, agent_id: int, agent_name: str) -> Ticket:
        """The same, in an agent's hands; taking one's own ticket again changes nothing."""
        if self.state == "closed":
            raise SupportRefused("closed_already", number=self.number)
        if self.state == "taken" and self.agent_id not in {None, agent_id}:
            raise SupportRefused("taken_already", number=self.number, agent=self.agent_name)
        return replace(self, state="taken", agent_id=agent_id, agent_name=agent_name)

    def given_to(self, colleague: Colleague, at_ms: int) -> Ticket:
        """The same in a colleague's hands, whoever had it."""
        if self.state == "closed":
            raise SupportRefused("closed_already", number=self.number)
        return replace(
            self,
            state="taken",
            agent_id=colleague.user_id,
            agent_name=colleague.name,
            announced_ms=self.announced_ms or at_ms,
        )

    def released(self) -> Ticket:
        """The same, for any agent to take; who had it last is kept, as their topic is."""
        if self.state != "taken":
            raise SupportRefused("not_taken", number=self.number)
        return replace(self, state="open")

    def answered(self, agent_id: int, agent_name: str, at_ms: int) -> Ticket:
        """The same after an agent's answer; whoever answers first has taken it."""
        if self.state == "closed":
            raise SupportRefused("closed_already", number=self.number)
        owned = self if self.state == "taken" else self.taken_by(agent_id, agent_name)
        first_ms = self.first_response_ms or at_ms
        return replace(owned, first_response_ms=first_ms, waiting_since_ms=at_ms)

    def heard(self) -> Ticket:
        """The same once its author has said something: it is our turn."""
        return replace(self, waiting_since_ms=None)

    def warned(self, what: Promised, at_ms: int) -> Ticket:
        """The same, with staff told that little of the time for `what` is left."""
        if what is Promised.RESOLUTION:
            return replace(self, resolution_warned_ms=self.resolution_warned_ms or at_ms)
        return replace(self, warned_ms=self.warned_ms or at_ms)

    def broken(self, what: Promised, at_ms: int) -> Ticket:
        """The same, with its promise of `what` broken; there is nothing left to warn of."""
        if what is Promised.RESOLUTION:
            late = replace(self, resolution_breached_ms=at_ms)
        else:
            late = replace(self, breached_ms=at_ms)
        return late.warned(what, at_ms)

    def closed(self, at_ms: int) -> Ticket:
        """The same, closed; closing twice changes nothing."""
        if self.state == "closed":
            return self
        return replace(self, state="closed", closed_ms=at_ms, waiting_since_ms=None)

    def reopened(self) -> Ticket:
        """The same, open again; the agent is kept."""
        if self.state != "closed":
            return self
        state: State = "taken" if self.agent_id else "open"
        return replace(self, state=state, closed_ms=None, rating=None)

    def rated(self, stars: int) -> Ticket:
        """The same with the user's rating, 1 to 5; only a closed ticket is rated."""
        if self.state != "closed":
            raise SupportRefused("rate_when_closed", number=self.number)
        if not 1 <= stars <= 5:
            raise SupportRefused("bad_rating", number=self.number)
        return replace(self, rating=stars)


@dataclass(frozen=True, slots=True)
class Colleague:
    """An agent who has done something in the operations chat."""

    user_id: int
    name: str
    username: str | None = None


@dataclass(frozen=True, slots=True)
class Contact:
    """Somebody who has written to us; `unreachable_ms` once they have blocked the bot."""

    user_id: int
    chat_id: int
    name: str
    username: str | None
    language: str
    unreachable_ms: int | None = None


def checked_body(text: str) -> str:
    """The text of a ticket, trimmed; refused if there is too little or too much of it."""
    body = text.strip()
    if len(body) < SHORTEST_BODY:
        raise SupportRefused("too_short")
    if units(body) > LONGEST_BODY:
        raise SupportRefused("too_long", most=LONGEST_BODY)
    return body


@dataclass(frozen=True, slots=True)
class BusinessHours:
    """When staff works: weekdays (Monday 0) and a span of the day in a time zone."""

    zone: str = "UTC"
    weekdays: frozenset[int] = frozenset(range(7))
    opens: time = time(0)
    closes: time = time(0)  # midnight: the end of the day

    def add(self, start_ms: int, minutes: int) -> int:
        """The moment at which `minutes` of working time after `start_ms` are over."""
        left = timedelta(minutes=minutes)
        moment = datetime.fromtimestamp(start_ms / 1000, UTC)
        for day in range(3660):  # ten years: a guard, not a limit anyone meets
            begins, ends = self._span(moment, day)
            begins = max(begins, moment)
            if begins >= ends:
                continue
            if ends - begins >= left:
                return round((begins + left).timestamp() * 1000)
            left -= ends - begins
        raise ValueError("business hours leave no working time")

    def _span(self, moment: datetime, days_later: int) -> tuple[datetime, datetime]:
        """The working span of the local day that lies `days_later`, in UTC; maybe empty."""
        zone = ZoneInfo(self.zone)
        day = moment.astimezone(zone).date() + timedelta(days=days_later)
        begins = datetime.combine(day, self.opens, zone).astimezone(UTC)
        if day.weekday() not in self.weekdays:
            return begins, begins
        last = day + timedelta(days=1) if self.closes == time(0) else day
        return begins, datetime.combine(last, self.closes, zone).astimezone(UTC)


@dataclass(frozen=True, slots=True)
class Promise:
    """Within how many working minutes a priority is answered and resolved."""

    first_response_minutes: int
    resolution_minutes: int


@dataclass(frozen=True, slots=True)
class Canned:
    """An answer that agents send by a word."""

    id: str
    title: str
    text: Mapping[str, str]
