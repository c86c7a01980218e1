"""A flat mapping of whatever keys a logger used -> one canonical `Record`.

Every log dialect ends here: its parser only turns a line into keys and values. Which keys mean
what is decided once per *shape* (the tuple of keys, nearly constant within a file), so that the
alias table costs nothing per line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from analyzer.ingest import aliases, durations, ids, outcome, severity, times
from analyzer.ingest.folding import traceback_type
from analyzer.ingest.proof import UnitProof
from analyzer.ingest.record import Record, Rejected
from analyzer.ingest.text import operation_name, template_of
from analyzer.semconv import ERROR, OK, SPAN_KINDS, UNSET

HEAD_KEY = "@head"
"""Where text formats put the words of a message before its pairs: they name the work."""

_UNIT_UNKNOWN = "unit_unknown:"
_PLAIN_NUMBER = re.compile(r"[0-9]{1,18}(?:\.[0-9]{1,18})?$")
_MAX_DEPTH = 32
_MAX_SHAPES = 4096
_EMPTY: tuple[object, ...] = (None, "")
_NO_DURATION = (None, "", "-", -1, "-1")


class Shape(NamedTuple):
    """Which keys of one shape of line feed which canonical field, best first."""

    service_name: tuple[str, ...]
    operation: tuple[str, ...]
    http_method: tuple[str, ...]
    http_path: tuple[str, ...]
    operation_fallback: tuple[str, ...]
    trace_id: tuple[str, ...]
    traceparent: tuple[str, ...]
    span_id: tuple[str, ...]
    parent_span_id: tuple[str, ...]
    span_kind: tuple[str, ...]
    start_time: tuple[str, ...]
    end_time: tuple[str, ...]
    log_time: tuple[str, ...]
    outcome: tuple[str, ...]
    http_status: tuple[str, ...]
    grpc_status: tuple[str, ...]
    error_type: tuple[str, ...]
    error_message: tuple[str, ...]
    traceback: tuple[str, ...]
    peer_service: tuple[str, ...]
    correlation_id: tuple[str, ...]
    update_id: tuple[str, ...]
    user: tuple[str, ...]
    severity: tuple[str, ...]
    body: tuple[str, ...]
    durations: tuple[tuple[str, int | None], ...]
    logger: str


_ALIASES: dict[str, tuple[str, ...]] = {
    name: getattr(aliases, name.upper())
    for name in Shape._fields
    if name not in {"durations", "logger"}
}
_shapes: dict[tuple[str, ...], Shape] = {}


def flatten(nested: Mapping[str, Any]) -> dict[str, Any] | Rejected:
    """Return `nested` with dotted keys; lists stay values. Too deep a nesting is rejected."""
    if not any(isinstance(value, dict) for value in nested.values()):
        return dict(nested)
    flat: dict[str, Any] = {}
    stack: list[tuple[str, Iterator[tuple[str, Any]]]] = [("", iter(nested.items()))]
    while stack:
        prefix, items = stack[-1]
        for key, value in items:
            name = f"{prefix}{key}"
            if isinstance(value, dict) and value:
                if len(stack) >= _MAX_DEPTH:
                    return Rejected("too_deep", f"nested deeper than {_MAX_DEPTH} levels")
                stack.append((f"{name}.", iter(value.items())))
                break
            flat[name] = value
        else:
            stack.pop()
    return flat


class Origin(NamedTuple):
    """What the wrapper of a line says about it: who sent it, when it arrived, its stream.

    `source` tells interleaved streams of one file apart, so that continuation lines find their
    record.
    """

    service_name: str | None = None
    arrival: times.Instant | None = None
    source: str = ""
    depth: int = 0


NO_ORIGIN = Origin()


class Resolver:
    """Resolves the lines of one file.

    `units` are the user's or the data's own answers for keys whose unit is not in their name,
    in ns per unit; `clock` reads the file's times.
    """

    def __init__(self, units: Mapping[str, int], clock: times.Clock) -> None:
        self.units = units
        self.clock = clock
        self.proof = UnitProof()
        self.used_units: set[str] = set()

    def resolve(self, fields: Mapping[str, Any], origin: Origin = NO_ORIGIN) -> Record | Rejected:
        """Return the canonical record of one log line's `fields`.

        Rejects what has no usable time in line or wrapper (`no_time`, `bad_time`) or a broken
        duration.
        """
        return _resolve(fields, self, origin)


def _resolve(fields: Mapping[str, Any], resolver: Resolver, origin: Origin) -> Record | Rejected:
    shape = _shape(tuple(fields))
    used: set[str] = set()
    record = Record(span_kind="server", kind_source="dialect")

    def first(keys: tuple[str, ...]) -> Any:
        for key in keys:
            value = fields[key]
            if value not in _EMPTY:
                used.add(key)
                return value
        return None

    fault = _set_times(record, fields, shape, used, resolver, origin)
    if fault is not None:
        return fault
    _set_ids(record, shape, first)
    record.service_name = _text(first(shape.service_name)) or origin.service_name
    record.severity_text = _severity(first(shape.severity), shape.logger)
    kind = str(first(shape.span_kind) or "").lower().removeprefix("span_kind_")
    if kind in SPAN_KINDS:
        record.span_kind, record.kind_source = kind, "explicit"
    _set_status(record, fields, shape, first)
    record.peer_service = _text(first(shape.peer_service))
    record.user = first(shape.user)
    _set_operation(record, fields, shape, first)
    record.body = _text(first(shape.body)) or record.error_message
    if resolver.proof.unknown:
        _see_ids(record, fields, resolver.proof)
    used.add(HEAD_KEY)
    record.attributes = {
        key: value for key, value in fields.items() if key not in used and value is not None
    }
    return record


def _shape(keys: tuple[str, ...]) -> Shape:
    shape = _shapes.get(keys)
    if shape is None:
        if len(_shapes) >= _MAX_SHAPES:
            _shapes.clear()
        shape = _shapes[keys] = _compile(keys)
    return shape


def _compile(keys: tuple[str, ...]) -> Shape:
    folded: dict[str, str] = {}
    for key in keys:
        folded.setdefault(_fold(key), key)
    present = set(keys)

    def found(spellings: tuple[str, ...]) -> tuple[str, ...]:
        exact = [name for name in spellings if name in present]
        loose = [folded[_fold(name)] for name in spellings if _fold(name) in folded]
        return tuple(dict.fromkeys(exact + loose))

    by_field = {name: found(spellings) for name, spellings in _ALIASES.items()}
    timed = [
        (key, durations.unit_of_key(key)) for key in keys if durations.speaks_of_duration(key)
    ]
    timed.sort(key=lambda pair: pair[1] is None)  # a key that says its unit comes first
    return Shape(**by_field, durations=tuple(timed), logger=_logger(present))


def _fold(key: str) -> str:
    return key.lower().replace("_", "").replace("-", "").replace(".", "")


def _logger(keys: set[str]) -> str:
    """Name the logger by its telltale keys: it alone knows the scale of numeric levels."""
    if {"pid", "hostname"} <= keys:
        return "pino"  # bunyan shares its scale
    if "levelno" in keys or "levelname" in keys:
        return "python"
    if "PRIORITY" in keys:
        return "syslog"
    return ""


def _set_times(
    record: Record,
    fields: Mapping[str, Any],
    shape: Shape,
    used: set[str],
    resolver: Resolver,
    origin: Origin,
) -> Rejected | None:
    notes: list[str] = []
    start, end, logged = (
        _instant(keys, fields, resolver.clock, origin, used, notes)
        for keys in (shape.start_time, shape.end_time, shape.log_time)
    )
    anchor = next((value for value in (logged, end, start) if value is not None), None)
    if anchor is None:
        if origin.arrival is None:
            return _timeless(fields, shape)
        anchor = origin.arrival.ns
        if any(fields[key] not in _EMPTY for key in shape.log_time):
            notes.append("bad_time")
    duration, fault = _duration(fields, shape, used, resolver, notes)
    if fault is not None:
        return fault
    if start is not None and end is not None:
        if end < start:
            return Rejected("end_before_start", f"end is {start - end} ns before start")
        if notes and resolver.proof.unknown:
            for key, value in _unknown(fields, notes):
                resolver.proof.see_interval(key, value, end - start)
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


def _see_ids(record: Record, fields: Mapping[str, Any], proof: UnitProof) -> None:
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
    clock: times.Clock,
    origin: Origin,
    used: set[str],
    notes: list[str],
) -> int | None:
    for key in keys:
        found = clock.instant(fields[key], origin.arrival)
        if found is None:
            continue
        used.add(key)
        if not found.zoned and not clock.zoned:
            if origin.arrival is not None:
                found = times.proved_by_arrival(found, origin.arrival)
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
    used: set[str],
    resolver: Resolver,
    notes: list[str],
) -> tuple[int | None, Rejected | None]:
    for key, unit in shape.durations:
        value = fields[key]
        if value in _NO_DURATION:
            continue
        found = durations.parse_duration(value, unit or resolver.units.get(key))
        if found is not None and found < 0:
            return None, Rejected("bad_duration", f"{key}={value!r} is negative")
        if found is not None:
            used.add(key)
            if unit is None and key in resolver.units:
                resolver.used_units.add(key)
            return found, None
        if unit is not None:
            return None, Rejected("bad_duration", f"{key}={str(value)[:40]!r} is not a number")
        if _is_number(value):
            notes.append(f"{_UNIT_UNKNOWN}{key}")
            resolver.proof.unknown = True
    return None, None


def _is_number(value: object) -> bool:
    if isinstance(value, str):
        return _PLAIN_NUMBER.match(value) is not None
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _set_ids(record: Record, shape: Shape, first: Any) -> None:
    header = ids.traceparent(first(shape.traceparent))
    record.trace_id = ids.trace_id(first(shape.trace_id))
    record.span_id = ids.span_id(first(shape.span_id))
    record.parent_span_id = ids.span_id(first(shape.parent_span_id))
    if header:
        record.trace_id = record.trace_id or header[0]
        if record.parent_span_id is None and record.span_id != header[1]:
            record.parent_span_id = header[1]
    correlation = first(shape.correlation_id)
    if correlation is None:
        update = first(shape.update_id)
        correlation = None if update is None else f"update:{update}"
    record.correlation_id = None if correlation is None else str(correlation)


def _severity(level: object, logger: str) -> str | None:
    if isinstance(level, str) and not (level.isascii() and level.isdigit()):
        return severity.from_word(level)
    if level is None or isinstance(level, (bool, float)):
        return None
    number = int(str(level))
    if logger == "pino":
        return severity.from_pino(number)
    if logger == "python":
        return severity.from_python(number)
    return severity.from_syslog(number) if logger == "syslog" else None


def _set_status(record: Record, fields: Mapping[str, Any], shape: Shape, first: Any) -> None:
    record.error_type = _text(first(shape.error_type))
    trace = _text(first(shape.traceback))
    record.error_message = _message(fields, shape)
    stated = next(
        (word for key in shape.outcome if (word := outcome.from_word(fields[key]))), None
    )
    if stated is None and fields.get("error") is True:
        stated = ERROR
    for keys, rule in (
        (shape.http_status, outcome.from_http),
        (shape.grpc_status, outcome.from_grpc),
    ):
        for key in keys:
            coded = rule(fields[key], record.span_kind)
            if coded is not None:
                record.stated = True
                record.status = stated or coded[0]
                if record.status == ERROR:
                    record.error_type = record.error_type or coded[1]
                elif coded[1]:
                    record.notes += (_note(coded[1]),)
                break
    if stated is not None:
        record.status, record.stated = stated, True
    elif record.status == UNSET and (record.severity_text in severity.ERRORS or trace):
        record.status = ERROR
    if record.status == OK:
        record.error_type = None
    elif trace and record.error_type is None:
        record.error_type = traceback_type(trace)


def _note(code: str) -> str:
    return code if code == "cancelled" else f"stated_over_code:{code}"


def _message(fields: Mapping[str, Any], shape: Shape) -> str | None:
    """Return the error's message: a text under a key that holds nothing but error messages."""
    for key in shape.error_message:
        value = fields[key]
        if isinstance(value, str) and value:
            return value
    return None


def _set_operation(record: Record, fields: Mapping[str, Any], shape: Shape, first: Any) -> None:
    named = first(shape.operation)
    if isinstance(named, str):
        record.operation = operation_name(named)
        return
    path = first(shape.http_path)
    if isinstance(path, str):
        method = first(shape.http_method)
        record.operation = operation_name(f"{method} {path}" if isinstance(method, str) else path)
        return
    if record.duration_ns is None:
        return
    for key in shape.operation_fallback:
        value = fields[key]
        if isinstance(value, str) and value:
            record.operation = template_of(value)
            return


def _text(value: object) -> str | None:
    return None if value is None or value == "" else str(value)
