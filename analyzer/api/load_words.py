"""The sentences of a load test: how far it got, what broke, how a fault was taken."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from analyzer.replay.integrity import Integrity
from analyzer.replay.load import Reading

if TYPE_CHECKING:
    from analyzer.api.load_checks import Held, LevelResult
    from analyzer.api.load_result import LoadTest

DISTURBANCES = {
    "spike": "spike",
    "database-slow": "slow database",
    "telegram-429": "storm of 429",
    "kill-9": "kill -9",
}


def finding(found: LoadTest) -> str:
    """What the scenario was run to find out, in a sentence."""
    if found.plan.climbs:
        return _climb(found)
    rate = f"{found.options.rate:g} updates/s for {found.lasted_seconds:.0f} s"
    if found.plan.scenario == "soak":
        return f"Soak at {rate}: {drift(found.levels, found.loaded.readings)}."
    disturbed = f"{disturbance(found).capitalize()} in the second quarter of {rate}"
    if found.recovery_seconds is None:
        return f"{disturbed}: the run ended before it was over."
    last = (
        f"the last bad answer was asked for {found.recovery_seconds:.0f} s after its end"
        if found.recovery_seconds
        else "no bad answer after its end"
    )
    return f"{disturbed}: {_during(found)}{last}; {ticket_words(found.integrity)}."


def ticket_words(tickets: Integrity) -> str:
    """What became of the submitted tickets."""
    waiting = (
        f", {tickets.waiting:,} still unconfirmed at the end: too late or lost, which a run that "
        "ends in overload cannot tell"
        if tickets.waiting
        else ""
    )
    return (
        f"{tickets.submitted:,} tickets submitted, {tickets.lost:,} lost, "
        f"{tickets.doubled:,} doubled{waiting}"
    )


def levels_title(found: LoadTest) -> str:
    """What the levels show, as the title of their picture."""
    if found.first_broken is None:
        return f"No objective broke at {found.holds_per_second:.3g} updates/s"
    broke = f"{found.first_broken.broken[0].check.name} broke"
    at = f"{found.first_broken.offered_per_second:.3g} updates/s"
    if not found.plan.climbs:
        return f"{broke} {when(found.first_broken)}"
    return f"Holds {found.holds_per_second:.3g} updates/s; {broke} at {at}"


def broken_words(held: Held) -> str:
    """Like `support-ticket-submit-5s (3 of 120 bad)`."""
    return f"{held.check.name} ({held.bad:,} of {held.valid:,} bad)"


def when(level: LevelResult) -> str:
    """Like `in level 3`, or `before the disturbance`."""
    name = level.level.name
    return f"in level {name}" if name.isdecimal() else f"{name} the disturbance"


def disturbance(found: LoadTest) -> str:
    """What the scenario does to the bot in its second quarter."""
    return DISTURBANCES[found.plan.scenario]


def drift(levels: Sequence[LevelResult], readings: Sequence[Reading]) -> str:
    """Whether the bot became slower or larger while the load stayed the same."""
    waits = [level.p95_ms for level in levels if level.p95_ms is not None]
    told = []
    if len(waits) > 1:
        told.append(f"p95 {waits[0]:,.0f} ms at first, {waits[-1]:,.0f} ms at last")
    elif waits:
        told.append(f"p95 {waits[0]:,.0f} ms; more levels (--step) would show a drift")
    memory = [one.bot.memory_mb for one in readings if one.bot]
    if memory:
        told.append(f"memory {memory[len(memory) // 10]:,.0f} MB, then {memory[-1]:,.0f} MB")
    return "; ".join(told) or "nothing was measured"


def _climb(found: LoadTest) -> str:
    if found.first_broken is None:
        most = f"Holds {found.holds_per_second:.3g} updates/s, the most that was "
        if not found.held:
            return "No level was offered as planned."
        if found.held[-1] is found.levels[-1]:
            return f"{most}tried; no objective broke."
        return f"{most}offered as planned; no objective broke. The limit is {found.limit}."
    rate = f"{found.first_broken.offered_per_second:.3g} updates/s"
    held = f"Holds {found.holds_per_second:.3g} updates/s"
    if not found.held:
        held = f"Does not hold {rate}"
        if found.first_broken.problem:
            held = "Nothing is known to be held"
    return (
        f"{held}; the first to break is {broken_words(found.first_broken.broken[0])} at {rate}; "
        f"the limit is {found.limit}."
    )


def _during(found: LoadTest) -> str:
    """What users had of the disturbance itself, which is tolerated."""
    row = found.frame.row(1, named=True)
    p95 = f", p95 {row['p95_ms']:,.0f} ms," if row["p95_ms"] is not None else ""
    spike = found.plan.scenario == "spike"
    rate = f" at {row['offered_per_second']:.3g} updates/s" if spike else ""
    return f"{row['bad']:,} of {row['valid']:,} bad{p95} while it lasted{rate}, "
