"""A flat mapping of whatever keys a logger used -> one canonical `Record`.

Every log dialect ends here: its parser only turns a line into keys and values.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from analyzer.ingest import ids, outcome, severity
from analyzer.ingest.folding import tell, thrown
from analyzer.ingest.line_times import NO_ORIGIN, Origin, Timing, see_ids, set_times
from analyzer.ingest.record import Record, Rejected
from analyzer.ingest.shapes import Shape, shape_of
from analyzer.ingest.text import operation_name, template_of
from analyzer.ingest.times import Clock
from analyzer.semconv import ERROR, OK, SPAN_KINDS, UNSET


class Resolver:
    """Resolves the lines of one file; reads its times by `clock` and `units` (ns per unit)."""

    def __init__(self, units: Mapping[str, int], clock: Clock) -> None:
        self.clock = clock
        self.timing = Timing(units, clock)

    def resolve(self, fields: Mapping[str, Any], origin: Origin = NO_ORIGIN) -> Record | Rejected:
        """Return the canonical record of one log line's `fields`.

        Rejects what has no usable time in line or wrapper (`no_time`, `bad_time`) or a broken
        duration.
        """
        return self.resolve_shape(fields, shape_of(tuple(fields)), origin)

    def resolve_shape(
        self, fields: Mapping[str, Any], shape: Shape, origin: Origin
    ) -> Record | Rejected:
        """Return what `resolve` does, for fields whose shape is known already."""
        used: list[str] = []
        record = Record(span_kind="server", kind_source="dialect")
        fault = set_times(record, fields, shape, used, self.timing, origin)
        if fault is not None:
            return fault
        _set_ids(record, fields, shape, used)
        if shape.span_kind:
            kind = _kind(_first(fields, shape.span_kind, used))
            if kind is not None:
                record.span_kind, record.kind_source = kind, "explicit"
        _set_words(record, fields, shape, used)
        if record.service_name is None:
            record.service_name = origin.service_name
        _set_status(record, fields, shape, used)
        _set_operation(record, fields, shape, used)
        if self.timing.proof.unknown:
            see_ids(record, fields, self.timing.proof)
        attributes = {key: value for key in shape.rest if (value := fields[key]) is not None}
        for key in shape.contested:
            if key not in used and (value := fields[key]) is not None:
                attributes[key] = value
        record.attributes = attributes
        return record


def _first(fields: Mapping[str, Any], keys: tuple[str, ...], used: list[str]) -> Any:
    for key in keys:
        value = fields[key]
        if value is not None and value != "":
            used.append(key)
            return value
    return None


def _set_words(record: Record, fields: Mapping[str, Any], shape: Shape, used: list[str]) -> None:
    if shape.service_name:
        record.service_name = _text(_first(fields, shape.service_name, used))
    if shape.severity:
        record.severity_text = _level(fields, shape, used)
    if shape.peer_service:
        record.peer_service = _text(_first(fields, shape.peer_service, used))
    if shape.user:
        record.user = _first(fields, shape.user, used)
    if shape.body:
        record.body = _text(_first(fields, shape.body, used))


def _set_ids(record: Record, fields: Mapping[str, Any], shape: Shape, used: list[str]) -> None:
    if shape.trace_id:
        record.trace_id = ids.trace_id(_first(fields, shape.trace_id, used))
    if shape.span_id:
        record.span_id = ids.span_id(_first(fields, shape.span_id, used))
    if shape.parent_span_id:
        record.parent_span_id = ids.span_id(_first(fields, shape.parent_span_id, used))
    if shape.traceparent:
        header = ids.traceparent(_first(fields, shape.traceparent, used))
        if header:
            record.trace_id = record.trace_id or header[0]
            if record.parent_span_id is None and record.span_id != header[1]:
                record.parent_span_id = header[1]
    if shape.correlation_id:
        correlation = _first(fields, shape.correlation_id, used)
        record.correlation_id = None if correlation is None else str(correlation)
    if shape.update_id and record.correlation_id is None:
        update = _first(fields, shape.update_id, used)
        record.correlation_id = None if update is None else f"update:{update}"


@lru_cache(maxsize=1024, typed=True)
def _kind(word: object) -> str | None:
    kind = str(word or "").lower().removeprefix("span_kind_")
    return kind if kind in SPAN_KINDS else None


def _level(fields: Mapping[str, Any], shape: Shape, used: list[str]) -> str | None:
    """Return the level of the first key that names one; a number may count something else."""
    for key in shape.severity:
        found = _severity(fields[key], shape.logger)
        if found is not None:
            used.append(key)
            return found
    _first(fields, shape.severity, used)
    return None


def _severity(level: object, logger: str) -> str | None:
    if isinstance(level, str) and not (level.isascii() and level.isdigit()):
        return severity.from_word(level)
    if isinstance(level, bool) or not isinstance(level, (str, int)):
        return None
    number = int(level)
    if logger == "pino":
        return severity.from_pino(number)
    if logger == "python":
        return severity.from_python(number)
    return severity.from_syslog(number) if logger == "syslog" else None


def _set_status(record: Record, fields: Mapping[str, Any], shape: Shape, used: list[str]) -> None:
    trace = None
    if shape.error_type:
        record.error_type = _text(_first(fields, shape.error_type, used))
    if shape.traceback:
        trace = _text(_first(fields, shape.traceback, used))
    if shape.error_message:
        record.error_message = _message(fields, shape)
        record.body = record.body or record.error_message
    stated = _stated(fields, shape)
    if shape.http_status:
        _apply_code(record, fields, shape.http_status, outcome.from_http, stated)
    if shape.grpc_status:
        _apply_code(record, fields, shape.grpc_status, outcome.from_grpc, stated)
    if stated is not None:
        record.status, record.stated = stated, True
    elif not record.stated and (record.severity_text in severity.ERRORS or trace):
        record.status = ERROR
    if record.status == OK or (record.stated and record.status == UNSET):
        record.error_type = None
    elif trace and (found := thrown(trace)):
        tell(record, found)


_OTEL_STATUS = frozenset({"status.code", "otel.status_code"})


def _stated(fields: Mapping[str, Any], shape: Shape) -> str | None:
    """Return ok or error where the line says so by a word, or by OpenTelemetry's status code."""
    for key in shape.outcome:
        word = outcome.from_word(fields[key])
        if word is None and key in _OTEL_STATUS:
            word = outcome.from_otlp_code(fields[key])
        if word is not None:
            return word
    return ERROR if shape.error_message and fields.get("error") is True else None


def _apply_code(
    record: Record,
    fields: Mapping[str, Any],
    keys: tuple[str, ...],
    rule: Callable[[object, str], tuple[str, str | None] | None],
    stated: str | None,
) -> None:
    """Let the first code among `keys` decide, unless a word did."""
    for key in keys:
        coded = rule(fields[key], record.span_kind)
        if coded is None:
            continue
        record.stated = True
        record.status = stated or coded[0]
        if record.status == ERROR:
            record.error_type = record.error_type or coded[1]
        elif coded[1]:
            record.notes += (_note(coded[1]),)
        return


def _note(code: str) -> str:
    return code if code == "cancelled" else f"stated_over_code:{code}"


def _message(fields: Mapping[str, Any], shape: Shape) -> str | None:
    """Return the error's message: a text under a key that holds nothing but error messages."""
    for key in shape.error_message:
        value = fields[key]
        if isinstance(value, str) and value:
            return value
    return None


def _set_operation(
    record: Record, fields: Mapping[str, Any], shape: Shape, used: list[str]
) -> None:
    named = _first(fields, shape.operation, used) if shape.operation else None
    if isinstance(named, str):
        record.operation = operation_name(named)
        return
    path = _first(fields, shape.http_path, used) if shape.http_path else None
    if isinstance(path, str):
        method = _first(fields, shape.http_method, used)
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
