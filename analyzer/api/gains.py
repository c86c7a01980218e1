"""What a merge is predicted to bring, as people compare it: a row per journey, and a sentence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import polars as pl

_QUANTILES: Final = (0.5, 0.95, 0.99)
_JUDGED: Final = (0.95, 0.5)
"""The quantile that a saving is told at: the first that n allows."""

_NOTHING: Final = "nothing"
_UNKNOWN: Final = "not enough data"
_MARGINAL: Final = 0.01
_NAMED: Final = 5
_MOST_DIGITS: Final = 3

Pair = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Gain:
    """One journey: (before, predicted) in ms per quantile where n allows, and what is saved.

    `saved`, `low` and `high` speak of `quantile`; the bounds are a nominal 95 % interval, None
    where n allows none.
    """

    context: str
    journey: str
    n: int
    latency: dict[float, Pair | None]
    quantile: float | None
    saved: float
    low: float | None
    high: float | None

    @property
    def touched(self) -> bool:
        """Whether anything changes for the journey."""
        return any(pair is not None and pair[0] != pair[1] for pair in self.latency.values())

    @property
    def certain(self) -> bool:
        """Whether the saving is above 0 beyond chance."""
        return self.low is not None and self.low > 0

    @property
    def judged(self) -> Pair:
        """Before and predicted at `quantile`."""
        return self.latency.get(self.quantile or 0.0) or (0.0, 0.0)

    @property
    def interval(self) -> str:
        """The saving's interval in words; empty without one."""
        if self.low is None or self.high is None:
            return ""
        return f"{_number(self.low, self.high)} to {_ms(self.high)}"


def gains(frame: pl.DataFrame) -> list[Gain]:
    """Return one gain per journey of the relation `whatif`, most time saved in all first."""
    rows: dict[tuple[str, str], dict[float, dict[str, Any]]] = {}
    for row in frame.iter_rows(named=True):
        rows.setdefault((row["context"], row["journey"]), {})[row["quantile"]] = row
    found = [_gain(*names, of) for names, of in rows.items()]
    return sorted(found, key=lambda gain: (-gain.saved * gain.n, gain.context, gain.journey))


def gain_table(found: Sequence[Gain]) -> pl.DataFrame:
    """Return one row per journey: context, journey, runs, p50, p95, p99 and what is saved."""
    rows = [
        (
            gain.context,
            gain.journey,
            gain.n,
            *(_pair(gain.latency.get(quantile)) for quantile in _QUANTILES),
            _saved(gain),
        )
        for gain in found
    ]
    schema = {
        "context": pl.String,
        "journey": pl.String,
        "runs": pl.Int64,
        **dict.fromkeys((f"p{100 * quantile:g}" for quantile in _QUANTILES), pl.String),
        "saved": pl.String,
    }
    return pl.DataFrame(rows, schema=schema, orient="row")


def gain_sentence(found: Sequence[Gain], *, measured: bool = True) -> str | None:
    """Return what the merge brings in one sentence; None where nothing could be predicted.

    `measured`: whether the way of any merged call is known, from its client and its server.
    """
    if not any(gain.quantile for gain in found):
        return None
    certain = [gain for gain in found if gain.certain]
    if not certain and not measured:
        return (
            "Predicted gain of these merges: not known; no log tells both sides of a merged call, "
            "so what its way costs was measured nowhere."
        )
    if not certain:
        return (
            "Predicted gain of these merges: none that is certain for any journey; the calls "
            "between merged services are not what the journeys wait for."
        )
    best = certain[0]
    told = (
        f"Predicted gain of these merges: {best.journey} {_pair(best.judged)} at "
        f"p{100 * (best.quantile or 0):g}, {_ms(best.saved)} less (95 % interval "
        f"{best.interval}; n = {best.n:,}); {len(certain)} of {len(found)} journeys gain for "
        "certain."
    )
    if all(gain.saved < _MARGINAL * gain.judged[0] for gain in certain):
        told += " Below 1 % everywhere: what is slow here is not the way between them."
    return told


def untouched_sentence(found: Sequence[Gain]) -> str | None:
    """Return which journeys a merge leaves as they are, in one line; None for none."""
    names = sorted({gain.journey for gain in found if not gain.touched})
    if not names:
        return None
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    what = "journey stays" if len(names) == 1 else "journeys stay"
    return f"{len(names)} {what} as before: {', '.join(names[:_NAMED])}{more}"


def _gain(context: str, journey: str, rows: dict[float, dict[str, Any]]) -> Gain:
    latency: dict[float, Pair | None] = {}
    for quantile, row in sorted(rows.items()):
        before, after = row["before_ms"], row["predicted_ms"]
        latency[quantile] = None if before is None or after is None else (before, after)
    judged = next((one for one in _JUDGED if latency.get(one)), None)
    pair = None if judged is None else latency[judged]
    bounds = {} if judged is None else rows[judged]
    return Gain(
        context=context,
        journey=journey,
        n=max(row["n"] for row in rows.values()),
        latency=latency,
        quantile=judged,
        saved=0.0 if pair is None else pair[0] - pair[1],
        low=bounds.get("saved_low_ms"),
        high=bounds.get("saved_high_ms"),
    )


def _saved(gain: Gain) -> str:
    if gain.quantile is None:
        return _UNKNOWN
    if not gain.touched:
        return _NOTHING
    interval = f" ({gain.interval})" if gain.interval else ""
    return f"{_ms(gain.saved)} at p{100 * gain.quantile:g}{interval}"


def _pair(pair: Pair | None) -> str:
    """Before and after in one unit: `5.97 → 5.95 s`."""
    if pair is None:
        return _UNKNOWN
    before, after = pair
    if before == after:
        return _ms(before)
    largest, more = max(pair), 0
    while _number(before, largest, more) == _number(after, largest, more) and more < _MOST_DIGITS:
        more += 1
    shown = [_number(value, largest, more) for value in pair]
    return f"{' → '.join(shown)} {_unit(largest)}"


def _ms(value: float) -> str:
    return f"{_number(value, value)} {_unit(value)}"


def _unit(largest: float) -> str:
    return "s" if abs(largest) >= 1_000 else "ms"


def _number(value: float, largest: float, more: int = 0) -> str:
    """The number in the unit of the largest beside it, three digits or so and `more`."""
    shown = value / 1_000 if abs(largest) >= 1_000 else value
    digits = more + (0 if abs(shown) >= 100 else 1 if abs(shown) >= 10 else 2)
    return f"{shown:,.{digits}f}"
