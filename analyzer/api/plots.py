"""`run.plot`: the pictures of an analysis as matplotlib Figures."""

from __future__ import annotations

import difflib
from datetime import datetime
from typing import TYPE_CHECKING

import polars as pl

from analyzer.errors import UsageError
from analyzer.render import charts

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from analyzer.api.analysis import Analysis

_SHOWN = 3
# Bucket widths in seconds: the smallest that keeps a chart readable is taken.
_BUCKETS = (1, 5, 15, 60, 300, 900, 3_600, 21_600, 86_400)
_MOST_BUCKETS = 240


class Plots:
    """Pictures of one analysis; each method returns a Figure that a notebook shows."""

    def __init__(self, analysis: Analysis) -> None:
        """Draw from `analysis`."""
        self._analysis = analysis

    def graph(self) -> Figure:
        """The message graph, users on the left, coloured by context."""
        return charts.graph_figure(self._analysis.graph)

    def hotspots(self, top: int = 8) -> Figure:
        """Baseline against peak for the worst hotspots of each kind."""
        return charts.hotspot_figure(self._analysis.hotspots(top))

    def latency(self, service: str | None = None, operation: str | None = None) -> Figure:
        """Latency over time of one operation, of a service, or of all journeys.

        Raises:
            UsageError: no call of such a service or operation was seen.
        """
        self._demand_known(service, operation)
        subject = " ".join(part for part in (service, operation) if part) or "all journeys"
        return self._figure(subject, service, operation)

    def latencies(self) -> list[tuple[str, Figure]]:
        """The charts a report shows: all journeys, then the worst ranked operations."""
        drawn = [("all journeys", self.latency())] if self._has_time() else []
        ranked = self._analysis.hotspots(top=_SHOWN)
        pairs = ranked.select("service_name", "operation").unique(maintain_order=True)
        for service, operation in pairs.head(_SHOWN).rows():
            series = self._series(service, operation)
            if series.height > 1:
                drawn.append((f"{service} {operation}", self.latency(service, operation)))
        return drawn

    def _figure(self, subject: str, service: str | None, operation: str | None) -> Figure:
        series = self._series(service, operation)
        peak = series["p50_ms"].max()
        middle = series["p50_ms"].median()
        told = ""
        if isinstance(peak, float) and isinstance(middle, float) and middle > 0:
            told = f": median {_short(middle)} ms, at worst {_short(peak)} ms"
        return charts.latency_figure(series, f"{subject}{told}", self._analysis.windows)

    def _demand_known(self, service: str | None, operation: str | None) -> None:
        if service is None:
            if operation is not None:
                raise UsageError(f"operation {operation!r} needs its service before it")
            return
        seen = self._analysis.relation("timed_operations").rows()
        services = sorted({name for name, _ in seen})
        if service not in services:
            raise UsageError(f"no service {service!r} in this analysis{_near(service, services)}")
        operations = sorted(name for of, name in seen if of == service)
        if operation is not None and operation not in operations:
            near = _near(operation, operations)
            raise UsageError(f"{service} serves no operation {operation!r}{near}")

    def _series(self, service: str | None, operation: str | None) -> pl.DataFrame:
        return self._analysis.series(self._bucket_seconds(), service, operation)

    def _has_time(self) -> bool:
        return self._series(None, None).height > 1

    def _bucket_seconds(self) -> int:
        first, last = (self._analysis.totals[name] for name in ("first_time", "last_time"))
        if not isinstance(first, datetime) or not isinstance(last, datetime):
            return _BUCKETS[0]
        length = (last - first).total_seconds()
        return next((b for b in _BUCKETS if length / b <= _MOST_BUCKETS), _BUCKETS[-1])


def _near(word: str, known: list[str]) -> str:
    close = difflib.get_close_matches(word, known, n=1)
    if close:
        return f"; did you mean {close[0]!r}?"
    return f"; there are {', '.join(known[:8])}{' ...' if len(known) > 8 else ''}"


def _short(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
