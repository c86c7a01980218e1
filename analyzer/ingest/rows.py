"""Records to rows of the store: masked, named, keyed. The only place that knows the columns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, cast

import polars as pl
import pyarrow as pa

from analyzer.ingest import ids
from analyzer.ingest.columnar.resolve import Resolved, notes
from analyzer.ingest.columnar.rows import rows_of
from analyzer.ingest.mask import Masker
from analyzer.ingest.namer import Namer
from analyzer.ingest.record import Measurement, Record, Rejected
from analyzer.ingest.row_texts import RowTexts, masked, rendered
from analyzer.ingest.schemas import part_of, rows_table
from analyzer.ingest.text import operation_name
from analyzer.semconv import UNKNOWN_SERVICE

EXCERPT_CHARACTERS = 200
_LOOKED_AT = 8 * EXCERPT_CHARACTERS

Columns = list[Sequence[Any]]
"""One sequence for each column of a table, in its order."""


class RowBuilder:
    """Turns readings of one file into rows of the current batch.

    `notes` counts what was assumed; `first_ns` and `last_ns` span the file's record times.
    """

    def __init__(self, file_id: int, path: str, fallback_service: str, masker: Masker) -> None:
        self._file_id = file_id
        self._path = masker.text(path)
        self._masker = masker
        self._namer = Namer(fallback_service, masker)
        self._spans: list[tuple[Any, ...]] = []
        self._span_texts: list[RowTexts] = []
        self._logs: list[tuple[Any, ...]] = []
        self._log_texts: list[RowTexts] = []
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
        service = self._namer.service_of(record)
        for note in record.notes:
            self.notes[note, service] += 1
        self._see(record.time_ns)
        attributes = rendered(record.attributes, self._masker) if record.attributes else None
        reason = record.error_message if record.status == "error" else None
        texts = RowTexts(record.body, reason or record.body, attributes)
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
                self._namer.identifier(record.trace_id),
                self._namer.identifier(record.span_id),
                self._namer.identifier(record.correlation_id),
                user,
                record.status,
                record.error_type and self._namer.name(record.error_type),
            )
        )

    def _add_span(
        self, record: Record, service: str, user: str | None, line_number: int, index: int
    ) -> None:
        self.spans += 1
        self._spans.append(
            (
                self._namer.identifier(record.trace_id),
                self._namer.identifier(record.span_id),
                self._namer.identifier(record.parent_span_id),
                service,
                self._namer.name(operation_name(record.operation or UNKNOWN_SERVICE)),
                record.span_kind,
                _us(record.start_ns),
                record.duration_ns,
                record.status,
                record.error_type and self._namer.name(record.error_type),
                record.peer_service and self._namer.name(record.peer_service),
                user,
                "observed" if record.trace_id else None,
                self._file_id,
                line_number,
                index,
                record.start_ns,
                record.kind_source,
                record.shared,
                record.follows_from,
                self._namer.identifier(record.correlation_id),
                record.severity_text,
            )
        )

    def add_resolved(self, resolved: Resolved) -> None:
        """Add many records of one shape: spans where the shape reports durations, else logs."""
        table, rows = rows_of(resolved, self._file_id, self._namer, self._masker)
        for note, service, count in notes(resolved, rows["service_name"]):
            self.notes[note, service] += count
        for edge in (resolved.time_ns.min(), resolved.time_ns.max()):
            self._see(cast("int", edge))
        if table == "span":
            self.spans += len(rows)
        self._tables.setdefault(table, []).append(rows)
        self._waiting += len(rows)

    def add_measurement(self, figure: Measurement, line_number: int) -> None:
        """Add one resource figure."""
        self._see(figure.time_ns)
        self._measurements.append(
            (
                _us(figure.time_ns),
                self._namer.service(figure.service_name),
                self._namer.name(figure.name),
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
        body, template, attributes = masked(self._span_texts, self._masker)
        keys = [ids.keys(columns[place]) for place in range(3)]
        return [*columns[:15], *keys, *columns[15:], body, template, attributes]

    def _log_columns(self) -> Columns:
        if not self._logs:
            return []
        columns: Columns = list(zip(*self._logs, strict=True))
        body, template, attributes = masked(self._log_texts, self._masker)
        return [*columns[:5], body, template, *columns[5:9], attributes, *columns[9:]]

    def _see(self, ns: int | None) -> None:
        if ns is None:
            return
        if self.first_ns is None or ns < self.first_ns:
            self.first_ns = ns
        if self.last_ns is None or ns > self.last_ns:
            self.last_ns = ns


def _us(ns: int | None) -> int | None:
    return None if ns is None else ns // 1_000
