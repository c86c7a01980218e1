"""Hotspot rows of one window: slower operations, and operations that fail more often."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import Any, Final

import polars as pl

from analyzer.analysis.hotspots.errors import cause_shifts, error_cause, error_shifts
from analyzer.analysis.hotspots.frames import TraceFrames, charged
from analyzer.analysis.hotspots.latency import MIN_SAMPLES, latency_shifts
from analyzer.analysis.hotspots.saturation import load_signs
from analyzer.analysis.hotspots.shares import charged_path, slow_time_shares
from analyzer.analysis.hotspots.windows import Baseline, Window

MIN_SHIFT: Final = 0.25
STANDARD_ERRORS: Final = 3.0
ERROR_SCORE: Final = 3.0
_EXPLAINED: Final = 20
"""How many of the first latency rows get their load signs; the rest say where the time went."""


@dataclass(frozen=True, slots=True)
class Hotspot:
    """An operation that changed in the peak; `rank` counts inside its `kind`.

    `kind` is latency or errors. p50s are medians of the operation's duration (its callers' view
    where the wait in front of it won), rates are errors that began there per call. `ratio` is
    peak over baseline of the kind's own figure. `share_of_slow_time` is its part of the slow
    journeys' critical path. `score` and `rank` are None where there is not enough data; `cause`
    then says how much there is.
    """

    rank: int | None
    service_name: str
    operation: str
    kind: str
    baseline_p50_ms: float | None
    peak_p50_ms: float | None
    baseline_error_rate: float | None
    peak_error_rate: float | None
    ratio: float | None
    score: float | None
    share_of_slow_time: float | None
    cause: str
    evidence_n: int

    @property
    def sentence(self) -> str:
        """The finding in words, for people."""
        if self.score is None:
            return f"{self.operation}: {self.cause}"
        if self.kind == "errors":
            if self.ratio is None:
                head = f"{self.operation} errors new at peak ({self.peak_error_rate or 0:.1%})"
            else:
                head = f"{self.operation} errors x {self.ratio:.1f} at peak"
            return f"{head}; {self.cause}" if self.cause else head
        text = f"{self.operation}: "
        text += f"{self.ratio:.1f} x slower at peak" if self.ratio else "slower at peak"
        if self.share_of_slow_time is not None:
            text += f", {self.share_of_slow_time:.0%} of the slow journeys' time"
        return text


def latency_rows(frames: TraceFrames, window: Window, baseline: Baseline) -> list[Hotspot]:
    """Operations whose own time or wait rose beyond chance, best first; the thin ones after them.

    Beyond chance: by at least a quarter of the baseline's IQR and three standard errors of the
    difference of two medians (1.2533 sigma/sqrt(n) each, sigma = IQR/1.349).
    """
    inside, outside = window.contains(), baseline.contains()
    samples = charged(frames.times)
    shifts = latency_shifts(samples, inside, outside)
    shares = slow_time_shares(frames, charged_path(frames), window, baseline)
    medians = _Medians(frames.times, inside, outside)
    best: dict[tuple[str, str], dict[str, Any]] = {}
    for row in shifts.iter_rows(named=True):
        for candidate in _candidates(row, medians):
            key = (candidate["service_name"], candidate["operation"])
            known = best.get(key)
            if known is None or (candidate["score"] or -1) > (known["score"] or -1):
                best[key] = candidate
    ordered = sorted(best.values(), key=lambda row: (-(row["score"] or -1), str(row)))
    rows = []
    for candidate in ordered:
        if candidate["score"] is None:
            rows.append(_thin(candidate))
        elif _beyond_chance(candidate):
            words = _where(candidate)
            if len(rows) < _EXPLAINED:
                signs = _signs(frames, samples, candidate, window, baseline)
                words = f"{words}; {signs}" if signs else words
            rows.append(_latency_row(candidate, words, medians, shares))
    return rows


class _Medians:
    """Median durations in ns by (service, operation), as the server and its callers see them."""

    def __init__(self, times: pl.DataFrame, inside: pl.Expr, outside: pl.Expr) -> None:
        called = times.filter(pl.col("callee").is_not_null()).select(
            pl.col("callee").alias("service_name"),
            pl.coalesce("callee_operation", "operation").alias("operation"),
            "start_ns",
            "duration_ns",
        )
        self.served = _median_pairs(times, inside, outside)
        self.called = _median_pairs(called, inside, outside)
        self._entry = self._slowest_entries(times)

    def _slowest_entries(self, times: pl.DataFrame) -> dict[str, str]:
        parent = pl.col("parent_service")
        entered = (
            times.filter(parent.is_null() | (parent != pl.col("service_name")))
            .select("service_name", "operation")
            .unique()
            .sort("service_name", "operation")
        )
        slowest: dict[str, tuple[float, str]] = {}
        for service, operation in entered.iter_rows():
            base, peak = self.served.get((service, operation), (None, None))
            excess = (peak or 0.0) - (base or 0.0)
            if service not in slowest or excess > slowest[service][0]:
                slowest[service] = (excess, operation)
        return {service: operation for service, (_, operation) in slowest.items()}

    def entry_of(self, service: str) -> str | None:
        """The entry operation of a service whose duration rose most."""
        return self._entry.get(service)

    def of(self, candidate: dict[str, Any]) -> tuple[float | None, float | None]:
        key = (candidate["service_name"], candidate["operation"])
        if candidate["side"] == "gap":
            return self.called.get(key, (None, None))
        return self.served.get(key, (None, None))


def _median_pairs(
    times: pl.DataFrame, inside: pl.Expr, outside: pl.Expr
) -> dict[tuple[str, str], tuple[float | None, float | None]]:
    pairs = times.group_by("service_name", "operation").agg(
        pl.col("duration_ns").filter(outside).median().alias("base"),
        pl.col("duration_ns").filter(inside).median().alias("peak"),
    )
    return {(s, o): (base, peak) for s, o, base, peak in pairs.iter_rows()}


def _candidates(row: dict[str, Any], medians: _Medians) -> list[dict[str, Any]]:
    """The hotspot a shift speaks for, and the caller's where all its calls wait alike."""
    side = "own" if row["caller"] is None else "gap"
    found = [{**row, "side": side}]
    if row["shared_score"]:
        operation = medians.entry_of(row["caller"])
        if operation is not None:
            found.append(
                {
                    **row,
                    "service_name": row["caller"],
                    "operation": operation,
                    "caller": None,
                    "score": row["shared_score"],
                    "side": "shared",
                    "waits_for": row["service_name"],
                }
            )
    return found


def _beyond_chance(candidate: dict[str, Any]) -> bool:
    errors = sqrt(1 / candidate["n_base"] + 1 / candidate["n_peak"]) * 1.2533 / 1.349
    return bool(candidate["score"] >= max(MIN_SHIFT, STANDARD_ERRORS * errors))


def _where(candidate: dict[str, Any]) -> str:
    if candidate["side"] == "own":
        return "its own work takes longer"
    if candidate["side"] == "shared":
        return "all its outgoing calls wait alike: short of CPU, threads or connections itself"
    return f"{candidate['caller']} waits in front of it: network, pool or queue"


def _signs(
    frames: TraceFrames,
    samples: pl.DataFrame,
    candidate: dict[str, Any],
    window: Window,
    baseline: Baseline,
) -> str:
    service, operation = candidate["service_name"], candidate["operation"]
    mine = (pl.col("service_name") == service) & (pl.col("operation") == operation)
    failed = frames.times.filter(mine).select("start_ns", "error_type")
    chosen = samples.filter(mine)
    if candidate["side"] == "gap":
        chosen = chosen.filter(pl.col("caller") == candidate["caller"])
    elif candidate["side"] == "own":
        chosen = chosen.filter(pl.col("caller").is_null())
    calls = frames.calls.filter(
        (pl.col("callee") == service) & (pl.col("message") == operation)
    ).select("start_ns", "retry")
    return load_signs(chosen, failed, calls, window, baseline).words()


def _latency_row(
    candidate: dict[str, Any], words: str, medians: _Medians, shares: pl.DataFrame
) -> Hotspot:
    base, peak = medians.of(candidate)
    service, operation = candidate["service_name"], candidate["operation"]
    part = shares.filter((pl.col("service_name") == service) & (pl.col("operation") == operation))[
        "share"
    ].sum()
    return Hotspot(
        rank=None,
        service_name=service,
        operation=operation,
        kind="latency",
        baseline_p50_ms=_ms(base),
        peak_p50_ms=_ms(peak),
        baseline_error_rate=None,
        peak_error_rate=None,
        ratio=peak / base if base and peak is not None else None,
        score=candidate["score"],
        share_of_slow_time=float(part) if len(shares) else None,
        cause=words,
        evidence_n=candidate["n_peak"],
    )


def _thin(candidate: dict[str, Any]) -> Hotspot:
    words = (
        f"not enough data ({candidate['n_peak']} at peak, {candidate['n_base']} before, "
        f"{MIN_SAMPLES} needed on both sides)"
    )
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
        cause=words,
        evidence_n=candidate["n_peak"],
    )


def error_rows(frames: TraceFrames, window: Window, baseline: Baseline) -> list[Hotspot]:
    """Operations in which more errors begin than the baseline's rate explains, best first."""
    inside, outside = window.contains(), baseline.contains()
    shifts = error_shifts(frames.times, inside, outside)
    if shifts.is_empty():
        return []
    causes = cause_shifts(frames.times, frames.records, inside, outside)
    medians = _median_pairs(frames.times, inside, outside)
    shares = slow_time_shares(frames, charged_path(frames), window, baseline)
    rows = []
    for shift in shifts.iter_rows(named=True):
        if shift["score"] < ERROR_SCORE:
            continue
        base_rate = shift["errors_base"] / shift["calls_base"] if shift["calls_base"] else None
        peak_rate = shift["errors_peak"] / shift["calls_peak"]
        base, peak = medians[shift["service_name"], shift["operation"]]
        part = shares.filter(
            (pl.col("service_name") == shift["service_name"])
            & (pl.col("operation") == shift["operation"])
        )["share"].sum()
        rows.append(
            Hotspot(
                rank=None,
                service_name=shift["service_name"],
                operation=shift["operation"],
                kind="errors",
                baseline_p50_ms=_ms(base),
                peak_p50_ms=_ms(peak),
                baseline_error_rate=base_rate,
                peak_error_rate=peak_rate,
                ratio=peak_rate / base_rate if base_rate else None,
                score=shift["score"],
                share_of_slow_time=float(part) if len(shares) else None,
                cause=error_cause(shift, causes),
                evidence_n=shift["calls_peak"],
            )
        )
    return sorted(rows, key=lambda row: (-(row.score or 0.0), row.service_name, row.operation))


def _ms(duration_ns: float | None) -> float | None:
    return None if duration_ns is None else duration_ns / 1e6
