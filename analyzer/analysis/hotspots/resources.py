"""What services log of their pools, queues and processors, peak beside baseline.

A pool that has run dry, a queue that grows or a processor without a pause makes work wait that is
no slower by itself: these figures tell saturation from slow code. Names are OpenTelemetry's, as
reading gives them; a plain word in the name (queue, pending) is enough for figures of one's own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import polars as pl

from analyzer.analysis.hotspots.windows import Baseline, Window

FULL: Final = 0.95
"""A pool counts as full from this part of its size on."""
OFTEN: Final = 0.1
"""In so large a part of the peak's readings a resource must be exhausted."""
BUSY_PROCESSOR: Final = 0.85
QUEUE_GROWTH: Final = 3.0
LEAST_QUEUE: Final = 5.0

_USED: Final = r"connections?\.(?:used|usage)$"
_SIZE: Final = r"connections?\.max$"
_PENDING: Final = r"(?:pending|waiting|waiters|queued_requests|pending_requests)"
_TIMEOUTS: Final = r"connections?\.timeouts$"
_QUEUE: Final = r"queue"
_PROCESSOR: Final = r"(?:process|container|k8s|system)\.(?:pod\.)?cpu\.(?:utilization|usage)$"


@dataclass(frozen=True, slots=True)
class Exhaustion:
    """A resource that a service ran out of in the peak; `words` hold the figures.

    `kind` is pool, processor or queue.
    """

    kind: str
    words: str


def exhaustion_of(
    measurements: pl.DataFrame, service: str, window: Window, baseline: Baseline
) -> Exhaustion | None:
    """The resource that `service` ran out of in `window` and not in the baseline, if any.

    The pool first, then the processor, then a queue; None where nothing says so.
    """
    mine = measurements.filter(pl.col("service_name") == service)
    if mine.is_empty():
        return None
    peak, base = mine.filter(window.contains()), mine.filter(baseline.contains())
    return _pool(peak, base, mine) or _processor(peak, base) or _queue(peak, base)


def _values(rows: pl.DataFrame, pattern: str) -> pl.Series:
    return rows.filter(pl.col("name").cast(pl.String).str.contains(pattern))["value"]


def _share(values: pl.Series, least: float) -> float:
    """The part of the readings at or above `least`; 0 without a reading."""
    return int((values >= least).sum()) / len(values) if len(values) else 0.0


def _largest(values: pl.Series) -> float:
    found = values.max()
    return float(found) if isinstance(found, int | float) else 0.0


def _median(values: pl.Series) -> float:
    found = values.median()
    return float(found) if isinstance(found, int | float) else 0.0


def _pool(peak: pl.DataFrame, base: pl.DataFrame, whole: pl.DataFrame) -> Exhaustion | None:
    """A pool whose connections are all in use, or whose takers wait, more often than before."""
    size = _largest(_values(whole, _SIZE))
    waits, waited = (_share(_values(part, _PENDING), 1.0) for part in (peak, base))
    full = fuller = 0.0
    if size > 0:
        full, fuller = (_share(_values(part, _USED), FULL * size) for part in (peak, base))
    if max(waits, full) < OFTEN or (waits < 2 * waited and full < 2 * fuller):
        return None
    parts = []
    if size > 0 and full > 0:
        parts.append(
            f"{_largest(_values(peak, _USED)):.0f} of {size:.0f} connections in use in "
            f"{full:.0%} of the readings ({fuller:.0%} before)"
        )
    if waits > 0:
        most = _largest(_values(peak, _PENDING))
        before = _largest(_values(base, _PENDING))
        parts.append(f"up to {most:.0f} waiting for one ({before:.0f} before)")
    gave_up = _values(peak, _TIMEOUTS)
    if len(gave_up) > 1 and (rise := _largest(gave_up) - _least(gave_up)) > 0:
        parts.append(f"{rise:,.0f} gave up")
    return Exhaustion("pool", "its connection pool is exhausted: " + ", ".join(parts))


def _least(values: pl.Series) -> float:
    found = values.min()
    return float(found) if isinstance(found, int | float) else 0.0


def _processor(peak: pl.DataFrame, base: pl.DataFrame) -> Exhaustion | None:
    busy, usual = (_median(_values(part, _PROCESSOR)) for part in (peak, base))
    if busy < BUSY_PROCESSOR or busy < 1.2 * usual:
        return None
    return Exhaustion(
        "processor",
        f"its processor is busy: {busy:.0%} in the median reading ({usual:.0%} before)",
    )


def _queue(peak: pl.DataFrame, base: pl.DataFrame) -> Exhaustion | None:
    deep, usual = (_median(_values(part, _QUEUE)) for part in (peak, base))
    if deep < LEAST_QUEUE or deep < QUEUE_GROWTH * usual:
        return None
    return Exhaustion(
        "queue", f"its queue grows: {deep:,.0f} in the median reading ({usual:,.0f} before)"
    )
