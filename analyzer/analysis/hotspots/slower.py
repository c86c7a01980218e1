"""Latency hotspots: operations whose own time or wait rose, and why (METHODS section 5.5)."""

from __future__ import annotations

from math import sqrt
from typing import Any, Final

import polars as pl

from analyzer.analysis.hotspots.compare import Comparison
from analyzer.analysis.hotspots.errors import milliseconds
from analyzer.analysis.hotspots.hotspot import Hotspot
from analyzer.analysis.hotspots.latency import MIN_SAMPLES, latency_shifts
from analyzer.analysis.hotspots.period import charged
from analyzer.analysis.hotspots.resources import exhaustion_of
from analyzer.analysis.hotspots.saturation import LoadSigns, load_signs

MIN_SHIFT: Final = 0.25
STANDARD_ERRORS: Final = 3.0
MIN_RATIO: Final = 1.2
MIN_SHARE: Final = 0.05
_EXPLAINED: Final = 10
"""How many of the first rows get their load signs; the rest say where the time went."""

_EXHAUSTED: Final = (
    r"(?i)\bpool|exhaust|too many (?:connections|clients|open files)|"
    r"no (?:free|available|idle) (?:connection|worker|thread|slot)|queue (?:is )?full|"
    r"reject(?:ed)?.?execution|back.?pressure|overload|out of (?:memory|file)"
)
"""How logs say that something ran out."""

Medians = dict[tuple[str, str], tuple[float | None, float | None]]
Candidate = dict[str, Any]
"""A row of `latency_shifts` and `side`: own, gap, or shared (then the caller's own row)."""


def latency_rows(comparison: Comparison) -> list[Hotspot]:
    """Operations whose own time or wait rose beyond chance and matters, the thin ones last.

    Beyond chance: by at least a quarter of the baseline's IQR and three standard errors of the
    difference of two medians (1.2533 sigma/sqrt(n) each, sigma = IQR/1.349).
    """
    served, called = _medians(comparison, "served"), _medians(comparison, "called")
    entry_of = _slowest_operations(served)
    best: dict[tuple[str, str], Candidate] = {}
    for shift in latency_shifts(comparison.base, comparison.peak).iter_rows(named=True):
        for candidate in _candidates(shift, entry_of):
            key = (candidate["service_name"], candidate["operation"])
            if key not in best or _score(candidate) > _score(best[key]):
                best[key] = candidate
    rows = []
    for key in sorted(best, key=lambda key: (-_score(best[key]), key)):
        candidate = best[key]
        pair = (called if candidate["side"] == "gap" else served).get(key, (None, None))
        if candidate["score"] is None:
            rows.append(_thin(candidate))
        elif _beyond_chance(candidate) and _matters(key, pair, comparison):
            words = _where(candidate)
            if len(rows) < _EXPLAINED:
                words = _cause(candidate, comparison)
            rows.append(_row(candidate, words, pair, comparison))
    return rows


def _matters(
    key: tuple[str, str], medians: tuple[float | None, float | None], comparison: Comparison
) -> bool:
    """What users can notice: a fifth slower, or a twentieth of the slow journeys' time."""
    base, peak = medians
    slower = base is None or peak is None or peak >= MIN_RATIO * base
    return slower or (comparison.share_of_slow_time(*key) or 0.0) >= MIN_SHARE


def _score(candidate: Candidate) -> float:
    return -1.0 if candidate["score"] is None else float(candidate["score"])


def _medians(comparison: Comparison, figure: str) -> Medians:
    pairs: Medians = {}
    for side, period in enumerate((comparison.base, comparison.peak)):
        for row in getattr(period, figure).iter_rows(named=True):
            key = (row["service_name"], row["operation"])
            base, peak = pairs.get(key, (None, None))
            pairs[key] = (base, row["p50"]) if side else (row["p50"], peak)
    return pairs


def _slowest_operations(served: Medians) -> dict[str, str]:
    """Per service the operation whose duration rose most: where its callers notice it."""
    slowest: dict[str, tuple[float, str]] = {}
    for (service, operation), (base, peak) in sorted(served.items()):
        excess = (peak or 0.0) - (base or 0.0)
        if service not in slowest or excess > slowest[service][0]:
            slowest[service] = (excess, operation)
    return {service: operation for service, (_, operation) in slowest.items()}


def _candidates(shift: Candidate, entry_of: dict[str, str]) -> list[Candidate]:
    """The hotspot a shift speaks for, and the caller's where all its calls wait alike."""
    found = [{**shift, "side": "own" if shift["caller"] is None else "gap"}]
    caller = shift["caller"]
    if shift["shared_score"] and caller in entry_of:
        found.append(
            {
                **shift,
                "service_name": caller,
                "operation": entry_of[caller],
                "caller": None,
                "score": shift["shared_score"],
                "side": "shared",
            }
        )
    return found


def _beyond_chance(candidate: Candidate) -> bool:
    errors = sqrt(1 / candidate["n_base"] + 1 / candidate["n_peak"]) * 1.2533 / 1.349
    return bool(candidate["score"] >= max(MIN_SHIFT, STANDARD_ERRORS * errors))


def _where(candidate: Candidate) -> str:
    if candidate["side"] == "own":
        return "its own work takes longer"
    if candidate["side"] == "shared":
        return "all its outgoing calls wait alike: short of CPU, threads or connections itself"
    return f"{candidate['caller']} waits in front of it: network, pool or queue"


def _cause(candidate: Candidate, comparison: Comparison) -> str:
    """Why, as far as the logs tell: what ran dry, else what load and failures say; with evidence.

    A service that waits for its own pool, queue or processor does not work longer; who waits in
    front of a service waits for what that service has run out of.
    """
    service, side = candidate["service_name"], candidate["side"]
    signs = _signs(candidate, comparison)
    found = exhaustion_of(
        comparison.frames.measurements, service, comparison.window, comparison.baseline
    )
    told = _told(candidate, comparison)
    if found is not None:
        head = f"saturation, not slow code: {found.words}"
    elif told:
        head = f"saturation, not slow code: {told}"
    else:
        head = "; ".join(part for part in (_where(candidate), signs.verdict(side)) if part)
    held = _held(candidate, comparison) if found is not None and found.kind == "pool" else ""
    return "; ".join(part for part in (head, held, signs.evidence()) if part)


def _held(candidate: Candidate, comparison: Comparison) -> str:
    """Whom the service waits for longest while it holds what is exhausted, if that rose most."""
    service = candidate["service_name"]
    inside = comparison.window.contains()
    waiting = comparison.frames.times.filter(
        (pl.col("service_name") == service) & pl.col("callee").is_not_null()
    )
    if waiting.is_empty():
        return ""
    longest = (
        waiting.group_by(pl.col("callee").cast(pl.String))
        .agg(
            pl.col("duration_ns").filter(inside).mean().alias("peak"),
            pl.col("duration_ns").filter(comparison.baseline.contains()).mean().alias("base"),
        )
        .drop_nulls()
        .with_columns((pl.col("peak") - pl.col("base")).alias("rise"))
        .sort(["rise", "callee"], descending=[True, False])
    )
    if longest.is_empty():
        return ""
    callee, peak, base, rise = longest.row(0)
    if rise < max(base, 0.25 * (candidate["excess"] or 0.0)):
        return ""
    return (
        f"what it holds is held while it waits for {callee} "
        f"({base / 1e6:,.0f} -> {peak / 1e6:,.0f} ms a call)"
    )


def _told(candidate: Candidate, comparison: Comparison) -> str:
    """What failed lines or error types of the operation say of a resource that ran out."""
    service, operation = candidate["service_name"], candidate["operation"]
    mine = comparison.peak.causes.filter(
        (pl.col("service_name") == service)
        & (pl.col("operation").is_null() | (pl.col("operation") == operation))
        & pl.col("cause").str.contains(_EXHAUSTED)
    ).sort(["n", "cause"], descending=[True, False])
    served = comparison.peak.served.filter(
        (pl.col("service_name") == service) & (pl.col("operation") == operation)
    )
    if mine.is_empty() or served.is_empty():
        return ""
    share = mine["n"][0] / served["calls"][0]
    return f"{min(share, 1.0):.0%} fail with '{mine['cause'][0]}'" if share >= MIN_SHARE else ""


def _signs(candidate: Candidate, comparison: Comparison) -> LoadSigns:
    service, operation = candidate["service_name"], candidate["operation"]
    frames = comparison.frames
    name = pl.col("service_name") == service
    spans = frames.times.filter(name & (pl.col("operation") == operation))
    if candidate["side"] == "gap":
        waiting = (pl.col("callee") == service) & (
            pl.coalesce("callee_operation", "operation") == operation
        )
        samples = charged(
            frames.times.filter(waiting & (pl.col("service_name") == candidate["caller"]))
        )
    else:
        samples = charged(spans)
    calls = frames.calls.filter((pl.col("callee") == service) & (pl.col("message") == operation))
    return load_signs(samples, spans, calls, comparison.window, comparison.baseline)


def _row(
    candidate: Candidate,
    words: str,
    medians: tuple[float | None, float | None],
    comparison: Comparison,
) -> Hotspot:
    base, peak = medians
    service, operation = candidate["service_name"], candidate["operation"]
    return Hotspot(
        rank=None,
        service_name=service,
        operation=operation,
        kind="latency",
        baseline_p50_ms=milliseconds(base),
        peak_p50_ms=milliseconds(peak),
        baseline_error_rate=None,
        peak_error_rate=None,
        ratio=peak / base if base and peak is not None else None,
        score=candidate["score"],
        share_of_slow_time=comparison.share_of_slow_time(service, operation),
        cause=words,
        evidence_n=candidate["n_peak"],
    )


def _thin(candidate: Candidate) -> Hotspot:
    return Hotspot(
        rank=None,
        service_name=candidate["service_name"],
        operation=candidate["operation"],
        kind="latency",
        baseline_p50_ms=None,
        peak_p50_ms=None,
        baseline_error_rate=None,
        peak_error_rate=None,
        ratio=None,
        score=None,
        share_of_slow_time=None,
        cause=(
            f"not enough data ({candidate['n_peak']} at peak, {candidate['n_base']} before, "
            f"{MIN_SAMPLES} needed on both sides)"
        ),
        evidence_n=candidate["n_peak"],
    )
