"""The degraded mode: which level the load asks for, and what each level turns away.

The level rises at once and falls a step at a time, after it has been better for a while: a service
that gives back too early falls ill again. Tickets are never shed (BOT section 8).
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, Protocol

from analyzer.slo.watch import Snapshot
from consolidated_bot.core.messages import Answer, Said, Scope, Sender
from consolidated_bot.operations.commands import (
    LevelChanged,
    LevelShown,
    SetLevel,
    ShowLevel,
    WatchLoad,
)
from consolidated_bot.operations.domain import DegradedRules, Level, LevelHold, OperationsRefused
from consolidated_bot.operations.staff import require
from consolidated_bot.operations.texts import say
from consolidated_bot.published import ServiceLevel, TicketHearing

SUBJECT = "service-level"
LONGEST_HOLD_S = 86_400.0
LONGEST_REASON = 200
LATE = frozenset({"support/ticket-submit"})
"""Journeys that go on at the last level, and take longer."""


@dataclass(frozen=True, slots=True)
class Load:
    """What decides: the age of the oldest update, and the least budget left among those that burn.

    `budget_left` None: nothing burns faster than its budget allows.
    """

    inbox_age_s: float
    budget_left: Fraction | None
    objective: str = ""


def load_of(inbox_age_s: float, snapshots: Collection[Snapshot]) -> Load:
    """The load; a budget counts only while it burns, or a lost one would shed for a month."""
    burning = [
        (left, snapshot.objective.name)
        for snapshot in snapshots
        if (left := snapshot.budget.left) is not None and _burns(snapshot)
    ]
    left, name = min(burning, default=(None, ""))
    return Load(inbox_age_s, left, name)


def _burns(snapshot: Snapshot) -> bool:
    """Whether the quickest pair burns now, beyond what chance explains: slower ones look back."""
    quickest = min(snapshot.readings, key=lambda r: r.pair.short_s, default=None)
    return (
        quickest is not None
        and quickest.burn_short is not None
        and quickest.burn_short >= quickest.pair.burn
        and quickest.long.bad >= quickest.guard
    )


def level_for(load: Load, rules: DegradedRules, ratio: float = 1.0) -> tuple[Level, str]:
    """The highest level that the load asks for, and why; `ratio` scales the ages."""
    for index in (2, 1, 0):
        if load.inbox_age_s >= rules.inbox_age_s[index] * ratio:
            return Level(index + 1), f"the oldest update waits for {load.inbox_age_s:.0f} s"
        limit = rules.budget_left[index]
        if limit is not None and load.budget_left is not None and load.budget_left <= limit:
            left = f"{float(max(load.budget_left, Fraction(0))):.0%}".replace("%", " %")
            return Level(index + 1), f"{left} of the budget of {load.objective} is left"
    return Level.NORMAL, "the load is back to normal"


class LoadStore(Protocol):
    """What the degraded mode needs to have stored."""

    def level(self) -> Level: ...

    def level_and_reason(self) -> tuple[Level, str]: ...

    def held(self, now_ms: int) -> LevelHold | None: ...

    def hold(self, hold: LevelHold, at_ms: int) -> None: ...

    def release(self, hold: LevelHold, at_ms: int) -> None: ...

    def change_level(self, before: Level, level: Level, reason: str, at_ms: int) -> None: ...

    def oldest_waiting_ms(self, except_chat: int | None) -> int | None: ...


class Present(Protocol):
    """The objectives as they stand."""

    def snapshots(self) -> tuple[Snapshot, ...]: ...


class DegradedMode:
    """Watches the load (by a timer) and answers how far the service is degraded."""

    def __init__(self, present: Present, rules: DegradedRules, ops_chat_id: int | None) -> None:
        """A backlog in the operations chat never counts."""
        self._present = present
        self._rules = rules
        self._ops_chat_id = ops_chat_id
        self._better_since_ms: int | None = None

    def watch(self, store: LoadStore, scope: Scope, command: WatchLoad) -> LevelChanged | None:
        """Raise the level at once, give it back step by step; leave it where somebody holds it."""
        if store.held(scope.now_ms):
            self._better_since_ms = None
            return None
        since_ms = store.oldest_waiting_ms(self._ops_chat_id)
        age_s = 0.0 if since_ms is None else max(0.0, (scope.now_ms - since_ms) / 1000)
        load = load_of(age_s, self._present.snapshots())
        before = store.level()
        level, reason = level_for(load, self._rules)
        if level <= before:
            level, reason = self._after_hold(before, load, scope.now_ms)
        if level == before:
            return None
        self._better_since_ms = None
        store.change_level(before, level, reason, scope.now_ms)
        return LevelChanged(before, level, reason)

    def _after_hold(self, before: Level, load: Load, now_ms: int) -> tuple[Level, str]:
        """One step down once the load has asked for less, clearly and for long enough."""
        asked, reason = level_for(load, self._rules, self._rules.ratio)
        if asked >= before:
            self._better_since_ms = None
            return before, reason
        if self._better_since_ms is None:
            self._better_since_ms = now_ms
        if now_ms - self._better_since_ms < self._rules.hold_s * 1000:
            return before, reason
        return Level(before - 1), reason

    def set(self, store: LoadStore, scope: Scope, command: SetLevel) -> LevelShown:
        """By a lead: hold a level for a while, or let the load decide again."""
        sender, now_ms, reason = command.sender, scope.now_ms, command.reason.strip()
        require(scope, sender, "lead")
        before, why = store.level_and_reason()
        if command.level is None:
            store.release(LevelHold(before, now_ms, _name(sender), reason), now_ms)
            scope.audit("level.auto", SUBJECT, actor_id=sender.user_id, reason=reason)
            return LevelShown(before, before, why, None)
        if command.level not in set(Level) or not 0 < command.seconds <= LONGEST_HOLD_S:
            raise OperationsRefused("bad_level")
        if not reason:
            raise OperationsRefused("level_needs_reason")
        level = Level(command.level)
        until_ms = now_ms + round(command.seconds * 1000)
        hold = LevelHold(level, until_ms, _name(sender), reason[:LONGEST_REASON])
        store.hold(hold, now_ms)
        if level is not before:
            why = f"held by {hold.by_name}: {hold.reason}"
            store.change_level(before, level, why, now_ms)
        scope.audit(
            "level.hold",
            SUBJECT,
            actor_id=sender.user_id,
            before=f"L{int(before)}",
            after=f"L{int(level)} for {command.seconds / 60:g} min",
            reason=hold.reason,
        )
        return LevelShown(before, level, why, hold)

    def show(self, store: LoadStore, scope: Scope, command: ShowLevel) -> LevelShown:
        require(scope, command.sender, "agent")
        level, reason = store.level_and_reason()
        return LevelShown(level, level, reason, store.held(scope.now_ms))

    def level(self, store: LoadStore, scope: Scope, question: ServiceLevel) -> int:
        return int(store.level())

    @property
    def handlers(self) -> dict[type, Callable[..., Any]]:
        """By command or question."""
        return {
            WatchLoad: self.watch,
            SetLevel: self.set,
            ShowLevel: self.show,
            ServiceLevel: self.level,
        }


def _name(sender: Sender) -> str:
    return sender.name or "somebody"


@dataclass(frozen=True, slots=True)
class Shed:
    """Result: the request was turned away because of the level."""

    level: Level


class Shedding:
    """The gate in front of all use cases; `level` is the present one, as last read."""

    def __init__(
        self, kept: Collection[type], topics: Collection[str], count: Callable[[Level], None]
    ) -> None:
        """At the last level only the commands `kept` and the dialogues `topics` go on."""
        self.level = Level.NORMAL
        self._kept = frozenset(kept)
        self._topics = frozenset(topics)
        self._count = count

    def refuses(self, command: Any, sender: Sender, scope: Scope) -> Shed | None:
        """A `Shed` to be presented instead of running `command`; staff is never turned away."""
        if self.level < Level.TICKETS_ONLY or sender.is_operations:
            return None
        if type(command) in self._kept:
            return None
        if isinstance(command, Said) and self._is_of_a_ticket(command, scope):
            return None
        self._count(self.level)
        return Shed(self.level)

    def _is_of_a_ticket(self, said: Said, scope: Scope) -> bool:
        """Whether what somebody says belongs to a ticket, being written or with an agent."""
        talk = scope.conversation(said.sender)
        if talk is not None:
            return talk.topic in self._topics
        sender = said.sender
        place = TicketHearing(sender.user_id, sender.chat_id, said.replied_to, said.album)
        return scope.ask(place) is not None

    def remark(self, answer: Answer, sender: Sender) -> Answer:
        """A ticket is always taken; at the last level its author learns that it may take long."""
        if self.level < Level.TICKETS_ONLY or answer.journey not in LATE or not answer.sends:
            return answer
        first, *others = answer.sends
        text = f"{first.params['text']}\n{say(sender.language, 'late')}"
        first = replace(first, params={**first.params, "text": text})
        return replace(answer, sends=(first, *others))
