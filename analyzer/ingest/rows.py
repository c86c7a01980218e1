"""Records to rows of the store: masked, named, keyed. The only place that knows the columns."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import orjson

from analyzer.ingest import ids
from analyzer.ingest.mask import Masker
from analyzer.ingest.record import Measurement, Record, Rejected
from analyzer.ingest.text import operation_name, template_of
from analyzer.semconv import UNKNOWN_SERVICE

EXCERPT_CHARACTERS = 200
_MAX_NAMES = 10_000

# Ids of letters, digits and dashes hide nothing; anything else is read as a text.
_PLAIN_ID = re.compile(r"(?:update:)?[\w.-]{1,128}$")
# A Deployment's pod: <service>-<replica set hash>-<5 characters> (FORMATS section 5).
_POD_SUFFIX = re.compile(r"-[0-9a-f]{6,10}-[0-9a-z]{5}$")


@dataclass(slots=True)
class Rows:
    """Rows of one batch by table, in column order, plus what was noticed on the way."""

    span: list[tuple[Any, ...]] = field(default_factory=list)
    log_record: list[tuple[Any, ...]] = field(default_factory=list)
    measurement: list[tuple[Any, ...]] = field(default_factory=list)
    quarantine: list[tuple[Any, ...]] = field(default_factory=list)

    def __len__(self) -> int:
        """Return the number of rows of all tables."""
        return len(self.span) + len(self.log_record) + len(self.measurement) + len(self.quarantine)


class RowBuilder:
    """Turns readings of one file into rows of the current batch.

    `notes` counts what was assumed; `first_ns` and `last_ns` span the file's record times.
    """

    def __init__(self, file_id: int, path: str, fallback_service: str, masker: Masker) -> None:
        self._file_id = file_id
        self._path = path
        self._fallback = fallback_service
        self._masker = masker
        self._names: dict[str, str] = {}
        self.rows = Rows()
        self.notes: Counter[tuple[str, str]] = Counter()
        self.spans = 0
        self.first_ns: int | None = None
        self.last_ns: int | None = None

    def take(self) -> Rows:
        """Return the rows gathered so far and start a new batch."""
        rows, self.rows = self.rows, Rows()
        return rows

    def add(self, record: Record, line_number: int, index: int = 0) -> None:
        """Add one record: a span where it reports work, a log record otherwise."""
        service = self._name(self._service(record))
        for note in record.notes:
            self.notes[note, service] += 1
        self._see(record.time_ns)
        text = self._masker.text
        body = None if record.body is None else text(record.body)
        reason = None if record.error_message is None else text(record.error_message)
        told = reason if record.status == "error" and reason else body
        template = None if told is None else template_of(told)
        user = None if record.user is None else self._masker.user_key(record.user)
        attributes = self._attributes(record.attributes)
        if record.is_span:
            self.spans += 1
            self.rows.span.append(
                (
                    self._id(record.trace_id),
                    self._id(record.span_id),
                    self._id(record.parent_span_id),
                    service,
                    self._name(operation_name(record.operation or UNKNOWN_SERVICE)),
                    record.span_kind,
                    _us(record.start_ns),
                    record.duration_ns,
                    record.status,
                    record.error_type and self._name(record.error_type),
                    record.peer_service and self._name(record.peer_service),
                    user,
                    "observed" if record.trace_id else None,
                    self._file_id,
                    line_number,
                    ids.key(record.trace_id),
                    ids.key(record.span_id),
                    ids.key(record.parent_span_id),
                    index,
                    record.start_ns,
                    record.kind_source,
                    record.shared,
                    record.follows_from,
                    self._id(record.correlation_id),
                    record.severity_text,
                    body,
                    template,
                    attributes,
                )
            )
        else:
            self.rows.log_record.append(
                (
                    self._file_id,
                    line_number,
                    _us(record.time_ns),
                    service,
                    record.severity_text,
                    body,
                    template,
                    self._id(record.trace_id),
                    self._id(record.span_id),
                    self._id(record.correlation_id),
                    user,
                    attributes,
                    record.status,
                    record.error_type and self._name(record.error_type),
                )
            )

    def add_measurement(self, figure: Measurement, line_number: int) -> None:
        """Add one resource figure."""
        self._see(figure.time_ns)
        self.rows.measurement.append(
            (
                _us(figure.time_ns),
                self._name(figure.service_name or self._fallback),
                self._name(figure.name),
                figure.value,
                figure.unit,
                self._file_id,
                line_number,
            )
        )

    def reject(
        self, rejected: Rejected, line_number: int, byte_offset: int, content: bytes | str
    ) -> None:
        """Put a line, or a part of a document, into quarantine with a masked excerpt."""
        text = content.decode("utf-8", "replace") if isinstance(content, bytes) else content
        excerpt = self._masker.text(text[: 4 * EXCERPT_CHARACTERS])[:EXCERPT_CHARACTERS]
        self.rows.quarantine.append(
            (
                self._file_id,
                self._path,
                line_number,
                byte_offset,
                rejected.reason,
                self._masker.text(rejected.detail),
                excerpt,
            )
        )

    def _service(self, record: Record) -> str:
        if record.service_name:
            return _POD_SUFFIX.sub("", record.service_name)
        # A trace names its services itself; a missing name there stays unknown (links need that).
        return UNKNOWN_SERVICE if record.trace_dialect else self._fallback

    def _name(self, name: str) -> str:
        """Return a name (service, operation, peer, type of error) masked; few are distinct."""
        masked = self._names.get(name)
        if masked is None:
            if len(self._names) >= _MAX_NAMES:
                self._names.clear()
            masked = self._names[name] = self._masker.text(name)
        return masked

    def _id(self, identifier: str | None) -> str | None:
        if identifier is None or _PLAIN_ID.match(identifier):
            return identifier
        return self._masker.text(identifier)

    def _attributes(self, attributes: dict[str, Any]) -> str | None:
        if not attributes:
            return None
        mask = self._masker.value
        masked = {key: mask(key, value) for key, value in attributes.items()}
        return orjson.dumps(masked, option=orjson.OPT_SORT_KEYS, default=str).decode()

    def _see(self, ns: int | None) -> None:
        if ns is None:
            return
        if self.first_ns is None or ns < self.first_ns:
            self.first_ns = ns
        if self.last_ns is None or ns > self.last_ns:
            self.last_ns = ns


def _us(ns: int | None) -> int | None:
    return None if ns is None else ns // 1_000
