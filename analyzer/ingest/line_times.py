"""When a line's work began, ended and how long it took (FORMATS section 3)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from analyzer.ingest import durations
from analyzer.ingest.epochs import Instant
from analyzer.ingest.proof import UnitProof
from analyzer.ingest.record import Record, Rejected
from analyzer.ingest.shapes import Shape
from analyzer.ingest.times import Clock

_UNIT_UNKNOWN = "unit_unknown:"
_PLAIN_NUMBER = re.compile(r"[0-9]{1,18}(?:\.[0-9]{1,18})?$")
_SEVERAL = re.compile(r"(?:\d+\.\d+|-)(?:(?:, | : )(?:\d+\.\d+|-))+$")
_EMPTY: tuple[object, ...] = (None, "")
QUARTER_NS = 900 * 1_000_000_000
PROOF_TOLERANCE_NS = 60 * 1_000_000_000
OFFSETS_IN_QUARTERS = frozenset(
    {4 * hours for hours in range(-12, 15)}
    | {-38, -14, -10, 14, 18, 22, 23, 26, 35, 38, 42, 51, 55}
)
"""The offsets from UTC that are in use: whole hours, and -9:30 to +13:45 where people differ."""
_NO_DURATION = (None, "", "-", -1, "-1")


class Origin(NamedTuple):
    """What the wrapper of a line says about it: who sent it, when it arrived, its stream.

    `source` tells interleaved streams of one file apart, so that continuation lines find their
    record.
    """

    service_name: str | None = None
    arrival: Instant | None = None
    source: str = ""
    depth: int = 0


NO_ORIGIN = Origin()


class Timing:
    """How the times of one file are read.

    `units` are the user's or the data's own answers for keys whose unit is not in their name,
    in ns per unit; `used_units` those that were needed; `proof` collects what may prove others.
    """

    def __init__(self, units: Mapping[str, int], clock: Clock) -> None:
        self.units = units
        self.clock = clock
        self.proof = UnitProof()
        self.used_units: set[str] = set()


def set_times(
    record: Record,
    fields: Mapping[str, Any],
    shape: Shape,
    used: list[str],
    timing: Timing,
    origin: Origin,
) -> Rejected | None:
    """Fill the times of `record`; return why it has none, else None."""
    notes: list[str] = []
    logged, start, end = (
        _instant(keys, fields, timing.clock, origin, used, notes) if keys else None
        for keys in (shape.log_time, shape.start_time, shape.end_time)
    )
    anchor = logged if logged is not None else end if end is not None else start
    if anchor is None:
        if origin.arrival is None:
            return _timeless(fields, shape)
        anchor = origin.arrival.ns
        if any(fields[key] not in _EMPTY for key in shape.log_time):
            notes.append("bad_time")
    duration = None
    if shape.durations:
        duration, fault = _duration(fields, shape, used, timing, notes)
        if fault is not None:
            return fault
    if start is not None and end is not None:
        if end < start:
            return Rejected("end_before_start", f"end is {start - end} ns before start")
        if notes and timing.proof.unknown:
            for key, value in _unknown(fields, notes):
                timing.proof.see_interval(key, value, end - start)
        duration = end - start
    record.duration_ns = duration
    if start is None and duration is not None:
        # A line that reports finished work without its start ends at its own time.
        start = (end if end is not None else anchor) - duration
    record.time_ns, record.start_ns = anchor, start
    record.notes = tuple(notes)
    return None


def _unknown(fields: Mapping[str, Any], notes: list[str]) -> Iterator[tuple[str, float]]:
    """Yield the durations of a line that lack a unit."""
    for note in notes:
        if note.startswith(_UNIT_UNKNOWN):
            key = note.removeprefix(_UNIT_UNKNOWN)
            yield key, float(fields[key])


def see_ids(record: Record, fields: Mapping[str, Any], proof: UnitProof) -> None:
    """Let two lines of one id prove a unit: the first begins the work, the second ends it."""
    identifier = record.span_id or record.correlation_id
    if identifier is None or record.time_ns is None:
        return
    if record.notes and (unknown := next(_unknown(fields, list(record.notes)), None)):
        proof.see_id(identifier, record.time_ns, *unknown)
    elif record.duration_ns is None:
        proof.see_id(identifier, record.time_ns, None, 0.0)


def _instant(
    keys: tuple[str, ...],
    fields: Mapping[str, Any],
    clock: Clock,
    origin: Origin,
    used: list[str],
    notes: list[str],
) -> int | None:
    for key in keys:
        found = clock.instant(fields[key], origin.arrival)
        if found is None:
            continue
        used.append(key)
        if not found.zoned and not clock.zoned:
            if origin.arrival is not None:
                found = _proved_by_arrival(found, origin.arrival)
            notes.append("zone_proved" if found.zoned else "zone_assumed")
        return found.ns
    return None


def _timeless(fields: Mapping[str, Any], shape: Shape) -> Rejected:
    named = shape.log_time + shape.start_time + shape.end_time
    present = [key for key in named if fields[key] not in _EMPTY]
    if present:
        return Rejected("bad_time", f"{present[0]}={str(fields[present[0]])[:40]!r}")
    return Rejected("no_time", "no field names a time")


def _duration(
    fields: Mapping[str, Any],
    shape: Shape,
    used: list[str],
    timing: Timing,
    notes: list[str],
) -> tuple[int | None, Rejected | None]:
    for key, unit in shape.durations:
        value = fields[key]
        if value in _NO_DURATION:
            continue
        found = durations.parse_duration(value, unit or timing.units.get(key))
        if found is not None and found < 0:
            return None, Rejected("bad_duration", f"{key}={value!r} is negative")
        if found is not None:
            used.append(key)
            if unit is None and key in timing.units:
                timing.used_units.add(key)
            return found, None
        if isinstance(value, str) and _SEVERAL.match(value):
            continue  # the attempts of a proxy, one by one: none of them is the whole
        if unit is not None:
            return None, Rejected("bad_duration", f"{key}={str(value)[:40]!r} is not a number")
        if _is_number(value):
            notes.append(f"{_UNIT_UNKNOWN}{key}")
            timing.proof.unknown = True
    return None, None


def _is_number(value: object) -> bool:
    if isinstance(value, str):
        return _PLAIN_NUMBER.match(value) is not None
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _proved_by_arrival(written: Instant, arrival: Instant) -> Instant:
    """Return a zone-less time moved into UTC by the zoned time a wrapper gave its line.

    Only a gap that is some place's offset from UTC counts: a line that reports work begun a
    quarter of an hour ago is no proof of a zone, nor is a wrapper without a zone of its own.
    Otherwise the written time stays as it is.
    """
    gap = arrival.ns - written.ns
    quarters = round(gap / QUARTER_NS)
    near = abs(gap - quarters * QUARTER_NS) <= PROOF_TOLERANCE_NS
    if not arrival.zoned or not near or -quarters not in OFFSETS_IN_QUARTERS:
        return written
    return Instant(written.ns + quarters * QUARTER_NS, zoned=True)
