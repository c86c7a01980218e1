"""When the lines of a sheet were written, when their work began and how long it took."""

from __future__ import annotations

from typing import NamedTuple

import polars as pl

from analyzer.ingest.columnar.moments import moments, spans_of_time
from analyzer.ingest.columnar.sheet import Sheet
from analyzer.ingest.line_times import (
    OFFSETS_IN_QUARTERS,
    PROOF_TOLERANCE_NS,
    QUARTER_NS,
    Timing,
)


class SheetTimes(NamedTuple):
    """When lines were written, when their work began and how long it took; null where in doubt.

    `proved` tells the lines whose zone their wrapper proves, where any could be.
    """

    time_ns: pl.Series
    start_ns: pl.Series | None
    duration_ns: pl.Series | None
    proved: pl.Series | None = None

    @property
    def usual(self) -> pl.Series:
        """Tell the lines of which every time is known."""
        good = self.time_ns.is_not_null()
        for times in (self.start_ns, self.duration_ns):
            if times is not None:
                good &= times.is_not_null()
        return good

    def select(self, chosen: pl.Series) -> SheetTimes:
        """Return the times of the lines for which `chosen` is true."""

        def of(times: pl.Series | None) -> pl.Series | None:
            return None if times is None else times.filter(chosen)

        return SheetTimes(
            self.time_ns.filter(chosen), of(self.start_ns), of(self.duration_ns), of(self.proved)
        )


def times_of(sheet: Sheet, timing: Timing) -> SheetTimes | None:
    """Return the times of lines, as `set_times` finds those of one; None: all are in doubt."""
    shape, origins = sheet.shape, sheet.origins
    arrival = None if origins is None else origins.arrival_ns
    read: list[pl.Series | None] = []
    proved: pl.Series | None = None
    for keys in (shape.log_time, shape.start_time, shape.end_time):
        found = moments(sheet.columns[keys[0]], timing.clock, arrival) if keys else None
        if keys and found is None:
            return None
        if found is None:
            read.append(None)
            continue
        epoch = found.epoch
        if arrival is not None and not found.zoned and not timing.clock.zoned:
            if proved is not None:
                return None  # each of several times proves for itself
            epoch, proved = _proved_by(epoch, arrival, zoned=origins is not None and origins.zoned)
        read.append(epoch)
    logged, start, end = read
    anchor = next(times for times in (logged, end, start, arrival) if times is not None)
    spent = None
    if shape.durations:
        key, unit = shape.durations[0]
        spent = spans_of_time(sheet.columns[key], unit or timing.units.get(key))
        if unit is None and key in timing.units:
            timing.used_units.add(key)
    if start is not None and end is not None:
        took = end - start
        in_doubt = took < 0 if spent is None else (took < 0) | spent.is_null()
        spent = took.set(in_doubt.fill_null(value=True), None)
    if spent is not None and start is None:
        start = (anchor if end is None else end) - spent
    return SheetTimes(anchor, start if spent is not None else None, spent, proved)


def _proved_by(
    written: pl.Series, arrival: pl.Series, *, zoned: bool
) -> tuple[pl.Series, pl.Series]:
    """Return zone-less times moved into UTC where their arrival proves it, and where it does.

    `zoned` tells whether the arrivals themselves are in a known zone. `proved_by_arrival` says
    the same of one time.
    """
    gap = arrival - written
    quarters = (gap + QUARTER_NS // 2) // QUARTER_NS
    near = (gap - quarters * QUARTER_NS).abs() <= PROOF_TOLERANCE_NS
    proved = near & (-quarters).is_in(sorted(OFFSETS_IN_QUARTERS)) & zoned
    proved = proved.fill_null(value=False)
    return written.zip_with(~proved, written + quarters * QUARTER_NS), proved
