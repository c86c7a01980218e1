"""A comparison in words: verdicts with both values and intervals, and what is missing for one."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Final

from analyzer.analysis.compare import Difference, JourneyComparison, Judged, Verdict, overall
from analyzer.api.recorded import AT_PEAK

_SETTLED: Final = (Verdict.REGRESSED, Verdict.IMPROVED)
_NAMED: Final = 4


def headline(found: JourneyComparison) -> str:
    """One sentence: verdict, then each gate with both values and its interval."""
    told = [gate_words(gate) for gate in found.gates]
    note = f" ({found.note})" if found.note else ""
    return f"{found.journey}: {found.verdict.value}{note}. {'; '.join(told)}."


def tally(journeys: Sequence[JourneyComparison]) -> str:
    """All journeys in one sentence: how many regressed, improved, stayed, or cannot be judged."""
    verdicts: dict[str, list[Verdict]] = {}
    for found in journeys:
        verdicts.setdefault(_base(found), []).append(found.verdict)
    told = []
    for verdict in (*_SETTLED, Verdict.UNCHANGED, Verdict.NOT_ENOUGH_DATA):
        names = [name for name, seen in verdicts.items() if overall(seen) is verdict]
        if names:
            shown = f" ({_listed(names)})" if verdict in _SETTLED else ""
            told.append(f"{len(names)} {verdict.value}{shown}")
    count = len(verdicts)
    return f"Of {count} journey{'s' if count > 1 else ''}: {', '.join(told)}."


def sentences(journeys: Sequence[JourneyComparison]) -> list[str]:
    """The first journey and each that changed by itself; those alike folded, a line a verdict."""
    first = _base(journeys[0])
    told = [one for one in journeys if one.verdict in _SETTLED or _base(one) == first]
    rest = sorted((one for one in journeys if one not in told), key=lambda one: one.verdict)
    folded = [
        f"{verdict.value}: {', '.join(dict.fromkeys(map(_base, alike)))}"
        for verdict, alike in groupby(rest, key=lambda one: one.verdict)
    ]
    return [*map(headline, told), *folded]


def gate_words(gate: Judged) -> str:
    """Like `p95 1,204 to 410 ms, -66 % (95 % interval -843 to -746 ms)`, or what is missing.

    The interval is of the difference itself: as a share of an uncertain value before, it could
    end below -100 %.
    """
    found = gate.difference
    if found.before is None or found.after is None or found.low is None or found.high is None:
        n = min(found.n_before, found.n_after)
        return f"{found.measure} not enough data ({n:,} of {found.needed:,})"
    if found.identical:
        return f"{found.measure} {_values(found)} (unchanged: the same events on both sides)"
    if found.measure == "bad share":
        span = f"{100 * found.low:+.3f} to {100 * found.high:+.3f} points"
        return f"{found.measure} {_values(found)} (95 % interval {span}, {_verdict(gate)})"
    if not found.before:
        return f"{found.measure} {_values(found)} ({gate.verdict.value})"
    change = 100 * (found.difference or 0.0) / found.before
    if gate.verdict is Verdict.NOT_ENOUGH_DATA and found.vague:
        return (
            f"{found.measure} {_values(found)} ({_verdict(gate)}; no interval is shown: too few "
            "independent episodes bound it)"
        )
    return (
        f"{found.measure} {_values(found)}, {change:+.0f} % "
        f"(95 % interval {found.low:+,.0f} to {found.high:+,.0f} ms, {_verdict(gate)})"
    )


def _verdict(gate: Judged) -> str:
    """The verdict; where data are missing, about how many events would settle it."""
    if gate.verdict is not Verdict.NOT_ENOUGH_DATA or gate.wanted is None:
        return gate.verdict.value
    return f"{gate.verdict.value}: about {gate.wanted:,} events a side would settle it"


def _values(found: Difference) -> str:
    before, after = found.before or 0.0, found.after or 0.0
    if found.measure == "bad share":
        return f"{before:.3%} to {after:.3%}"
    return f"{before:,.0f} to {after:,.0f} ms"


def _base(found: JourneyComparison) -> str:
    return found.journey.removesuffix(f" {AT_PEAK}")


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return f"{', '.join(names[:_NAMED])}{more}"
