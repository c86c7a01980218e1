"""Records to rows of the store: masked, named, keyed. The only place that knows the columns.

Masking runs over whole batches: a fast look tells which texts could hold anything to hide, and
only those go through the patterns.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple, cast

import orjson
import polars as pl
import pyarrow as pa

from analyzer.ingest import ids
from analyzer.ingest.columnar.resolve import Resolved, notes
from analyzer.ingest.columnar.rows import Namer, rows_of
from analyzer.ingest.mask import Masker
from analyzer.ingest.mask_keys import rule_of
from analyzer.ingest.record import Measurement, Record, Rejected
from analyzer.ingest.schemas import part_of, rows_table
from analyzer.ingest.text import operation_name, template_of
from analyzer.semconv import UNKNOWN_SERVICE

EXCERPT_CHARACTERS = 200
_LOOKED_AT = 8 * EXCERPT_CHARACTERS
_MAX_NAMES = 10_000

# Ids of letters, digits and dashes hide nothing; anything else is read as a text.
_PLAIN_ID = re.compile(r"(?:update:)?(?!eyJ)[\w.-]{1,128}$")
# A Deployment's pod: <service>-<replica set hash>-<5 characters> (FORMATS section 5).
_POD_SUFFIX = re.compile(r"-[0-9a-f]{6,10}-[0-9a-z]{5}$")

Columns = list[Sequence[Any]]
"""One sequence for each column of a table, in its order."""


class Texts(NamedTuple):
    """The free texts of one row before they are masked; `told` is what its template is made of."""

    body: str | None
    told: str | None
    attributes: str | None

    @property
    def joined(self) -> str:
        """Return all that must be looked at."""
        told = "" if self.told is self.body else self.told
        return f"{self.body}\n{told}\n{self.attributes}"


class RowBuilder:
    """Turns readings of one file into rows of the current batch.

    `notes` counts what was assumed; `first_ns` and `last_ns` span the file's record times.
    """

    def __init__(self, file_id: int, path: str, fallback_service: str, masker: Masker) -> None:
        self._file_id = file_id
        self._path = masker.text(path)
        self._fallback = fallback_service
        self._masker = masker
        self._names: dict[str, str] = {}
        self._ruled: dict[tuple[str, ...], tuple[str, ...]] = {}
        self._spans: list[tuple[Any, ...]] = []
        self._span_texts: list[Texts] = []
        self._logs: list[tuple[Any, ...]] = []
        self._log_texts: list[Texts] = []
        self._measurements: list[tuple[Any, ...]] = []
        self._quarantine: list[tuple[Any, ...]] = []
        self._tables: dict[str, list[pl.DataFrame]] = {}
        self._waiting = 0
        self.notes: Counter[tuple[str, str]] = Counter()
        self.spans = 0
        self.first_ns: int | None = None
        self.last_ns: int | None = None

    def __len__(self) -> int:
        """Return the number of rows waiting in the current batch."""
        waiting = self._spans, self._logs, self._measurements, self._quarantine
        return self._waiting + sum(len(rows) for rows in waiting)

    def take(self) -> dict[str, pa.Table]:
        """Return the rows gathered so far by table, masked, and start a new batch."""
        gathered: dict[str, Columns] = {
            "span": self._span_columns(),
            "log_record": self._log_columns(),
            "measurement": list(zip(*self._measurements, strict=True)),
            "quarantine": list(zip(*self._quarantine, strict=True)),
        }
        taken: dict[str, pa.Table] = {}
        for table, columns in gathered.items():
            parts = [part_of(table, frame) for frame in self._tables.pop(table, ())]
            if columns:
                parts.append(rows_table(table, columns))
            if parts:
                taken[table] = pa.concat_tables(parts)
        for rows in (self._spans, self._logs, self._measurements, self._quarantine):
            rows.clear()
        self._span_texts.clear()
        self._log_texts.clear()
        self._waiting = 0
        return taken

    def add(self, record: Record, line_number: int, index: int = 0) -> None:
        """Add one record: a span where it reports work, a log record otherwise."""
        service = self._name(self._service(record))
        for note in record.notes:
            self.notes[note, service] += 1
        self._see(record.time_ns)
        attributes = self._attributes(record.attributes) if record.attributes else None
        reason = record.error_message if record.status == "error" else None
        texts = Texts(record.body, reason or record.body, attributes)
        user = None if record.user is None else self._masker.user_key(record.user)
        if record.is_span:
            self._add_span(record, service, user, line_number, index)
            self._span_texts.append(texts)
            return
        self._log_texts.append(texts)
        self._logs.append(
            (
                self._file_id,
                line_number,
                _us(record.time_ns),
                service,
                record.severity_text,
                self._id(record.trace_id),
                self._id(record.span_id),
                self._id(record.correlation_id),
                user,
                record.status,
                record.error_type and self._name(record.error_type),
            )
        )

    def _add_span(
        self, record: Record, service: str, user: str | None, line_number: int, index: int
    ) -> None:
        self.spans += 1
        self._spans.append(
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
                index,
                record.start_ns,
                record.kind_source,
                record.shared,
                record.follows_from,
                self._id(record.correlation_id),
                record.severity_text,
            )
        )

    def add_resolved(self, resolved: Resolved) -> None:
        """Add many records of one shape: spans where the shape reports durations, else logs."""
        namer = Namer(self._file_id, self._named_service, self._name, self._id)
        table, rows = rows_of(resolved, namer, self._masker)
        for note, service, count in notes(resolved, rows["service_name"]):
            self.notes[note, service] += count
        for edge in (resolved.time_ns.min(), resolved.time_ns.max()):
            self._see(cast("int", edge))
        if table == "span":
            self.spans += len(rows)
        self._tables.setdefault(table, []).append(rows)
        self._waiting += len(rows)

    def _named_service(self, name: str | None) -> str:
        return self._name(_POD_SUFFIX.sub("", name) if name else self._fallback)

    def add_measurement(self, figure: Measurement, line_number: int) -> None:
        """Add one resource figure."""
        self._see(figure.time_ns)
        self._measurements.append(
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
        looked_at = content[:_LOOKED_AT]
        if isinstance(looked_at, bytes):
            looked_at = looked_at.decode("utf-8", "replace")
        cut = len(content) > _LOOKED_AT
        excerpt = self._masker.excerpt(looked_at, EXCERPT_CHARACTERS, cut=cut)
        self._quarantine.append(
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

    def _span_columns(self) -> Columns:
        if not self._spans:
            return []
        columns: Columns = list(zip(*self._spans, strict=True))
        body, template, attributes = self._masked(self._span_texts)
        keys = [ids.keys(columns[place]) for place in range(3)]
        return [*columns[:15], *keys, *columns[15:], body, template, attributes]

    def _log_columns(self) -> Columns:
        if not self._logs:
            return []
        columns: Columns = list(zip(*self._logs, strict=True))
        body, template, attributes = self._masked(self._log_texts)
        return [*columns[:5], body, template, *columns[5:9], attributes, *columns[9:]]

    def _masked(self, texts: list[Texts]) -> tuple[list[str | None], ...]:
        """Return bodies, templates and attributes, masked where they hold something to hide."""
        mask = self._masker.text
        for place in self._masker.suspects([text.joined for text in texts]):
            body, told, attributes = texts[place]
            shown = body and mask(body)
            reason = shown if told is body else told and mask(told)
            texts[place] = Texts(shown, reason, attributes and self._mask(attributes))
        templates = [told and template_of(told) for _, told, _ in texts]
        return [text.body for text in texts], templates, [text.attributes for text in texts]

    def _mask(self, attributes: str) -> str:
        masked = self._masker.texts_of(orjson.loads(attributes))
        return orjson.dumps(masked, option=orjson.OPT_SORT_KEYS).decode()

    def _attributes(self, attributes: dict[str, Any]) -> str:
        """Return attributes as JSON, those masked whose key alone says that they must be."""
        keys = tuple(attributes)
        ruled = self._ruled.get(keys)
        if ruled is None:
            if len(self._ruled) >= _MAX_NAMES:
                self._ruled.clear()
            ruled = self._ruled[keys] = tuple(key for key in keys if rule_of(key))
        for key in ruled:
            attributes[key] = self._masker.value(key, attributes[key])
        for key, value in attributes.items():
            if isinstance(value, list | dict):
                attributes[key] = self._masker.value(key, value)
        return orjson.dumps(attributes, option=orjson.OPT_SORT_KEYS, default=str).decode()

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

    def _see(self, ns: int | None) -> None:
        if ns is None:
            return
        if self.first_ns is None or ns < self.first_ns:
            self.first_ns = ns
        if self.last_ns is None or ns > self.last_ns:
            self.last_ns = ns


def _us(ns: int | None) -> int | None:
    return None if ns is None else ns // 1_000
