"""Signals from readings, with the words that a person reads at three in the morning."""

from __future__ import annotations

from analyzer.slo.alerts.values import Fingerprint, Signal, SignalKind, WindowCounts
from analyzer.slo.budget import Budget
from analyzer.slo.burn import PairReading
from analyzer.slo.windows import PAGE

NO_DATA_PAIR = "no-data"
DOWN_PAIR = "down"


def burn_signal(slo: str, context: str, reading: PairReading, budget: Budget) -> Signal:
    """The signal of one pair; its text says what went, how fast, and how long the rest lasts."""
    pair = reading.pair
    return Signal(
        Fingerprint(slo, context, pair.name),
        pair.severity,
        reading.condition,
        describe(reading, budget),
        SignalKind.BURN,
        pair.keep_firing_s,
        pair.alert_after_s,
        WindowCounts(reading.long.bad, reading.long.valid, reading.short.bad, reading.short.valid),
    )


def no_data_signal(
    slo: str, context: str, *, absent: bool, alert_after_s: float = 60, severity: str = PAGE
) -> Signal:
    """The SLI itself is missing; it mutes the burn alerts of its context."""
    return Signal(
        Fingerprint(slo, context, NO_DATA_PAIR),
        severity,
        absent,
        f"{NO_DATA_PAIR}: no events arrive, nothing is known about {slo}",
        SignalKind.NO_DATA,
        alert_after_s=alert_after_s,
    )


def describe(reading: PairReading, budget: Budget) -> str:
    """One line: `page-quick: 30 % of the budget went in 5 min (6 of 20), at this pace ...`."""
    pair, long = reading.pair, reading.long
    window = _duration(pair.long_s)
    if (spent := reading.spent_share) is not None:
        share = f"{float(spent):.0%}".replace("%", " %")
        what = f"{share} of the budget went in {window} ({long.bad} of {_count(reading)})"
    else:
        burn = float(reading.burn_long or 0)
        what = f"burns {burn:.3g} times the budget over {window} ({long.bad} of {long.valid} bad)"
    return f"{pair.name}: {what}, {_rest(reading, budget)}"


def _rest(reading: PairReading, budget: Budget) -> str:
    """How long what is left lasts if the short window goes on as it is."""
    left_events = budget.left_events
    if left_events <= 0:
        return "the budget is used up"
    if not reading.short.bad:
        return "the short window has recovered"
    seconds = float(left_events) * reading.pair.short_s / reading.short.bad
    return f"at this pace the rest lasts {_duration(seconds)}"


def _count(reading: PairReading) -> str:
    return f"{float(reading.budget_events or 0):.6g}"


def _duration(seconds: float) -> str:
    for unit, size in (("d", 86_400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * size or (unit == "min" and seconds >= size):
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds:.3g} s"
