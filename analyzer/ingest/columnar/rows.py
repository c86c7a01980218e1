"""Resolved sheets to rows of the store, column by column."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import polars as pl

from analyzer.ingest import ids
from analyzer.ingest.columnar import texts
from analyzer.ingest.columnar.distinct import by_distinct
from analyzer.ingest.columnar.resolve import Resolved
from analyzer.ingest.mask import Masker
from analyzer.semconv import ERROR, UNKNOWN_SERVICE

_PLAIN_ID = r"^(?:update:)?[0-9A-Za-z_.-]{1,128}$"


class Namer(NamedTuple):
    """How names and ids of one file may be stored: `service` also knows the file's own."""

    file_id: int
    service: Callable[[str | None], str]
    name: Callable[[str], str]
    identifier: Callable[[str | None], str | None]


def rows_of(resolved: Resolved, namer: Namer, masker: Masker) -> tuple[str, pl.DataFrame]:
    """Return the table that the lines belong to, and their rows in it."""
    body, reasons, apart = _told(resolved)
    left = {key: resolved.sheet.columns[key] for key in resolved.sheet.shape.unused}
    shown = texts.masked(body, masker)
    # Masked once where both are one text, so that the counts of masks are those of the lines.
    told = texts.masked(reasons.gather(apart), masker)
    reason = shown.clone().scatter(apart, told) if len(apart) else shown
    common = {
        "file_id": pl.repeat(namer.file_id, len(body), dtype=pl.Int64, eager=True),
        "line_number": resolved.sheet.numbers,
        "service_name": services(resolved, namer),
        "severity_text": resolved.of_model("severity_text"),
        "body": shown,
        "template": texts.templates(reason),
        "trace_id": _stored_id(resolved.trace_id, namer),
        "span_id": _stored_id(resolved.span_ids("span_id"), namer),
        "correlation_id": _stored_id(resolved.correlation_id, namer),
        "user_key": texts.counted(resolved.texts("user"), masker, masker.user_key),
        "status": resolved.of_model("status"),
        "error_type": by_distinct(resolved.of_model("error_type"), namer.name),
    }
    rendered = texts.attributes(left, masker)
    if rendered is not None:
        common["attributes"] = rendered
    if resolved.duration_ns is None:
        return "log_record", pl.DataFrame(common | {"time": _moment(resolved.time_ns)})
    return "span", pl.DataFrame(common | _span(resolved, common, namer))


def _span(resolved: Resolved, common: dict[str, pl.Series], namer: Namer) -> dict[str, pl.Series]:
    assert resolved.duration_ns is not None
    assert resolved.operation is not None
    count = len(resolved.sheet)
    start = resolved.time_ns - resolved.duration_ns
    parent = _stored_id(resolved.span_ids("parent_span_id"), namer)
    no = pl.repeat(False, count, dtype=pl.Boolean, eager=True)
    observed = pl.when(common["trace_id"].is_not_null()).then(pl.lit("observed"))
    operation = resolved.operation.fill_null(UNKNOWN_SERVICE)
    return {
        "parent_span_id": parent,
        "operation": by_distinct(operation, namer.name),
        "span_kind": resolved.of_model("span_kind"),
        "start_time": _moment(start),
        "duration_ns": resolved.duration_ns,
        "peer_service": by_distinct(resolved.texts("peer_service"), namer.name),
        "evidence": pl.select(observed).to_series(),
        "trace_key": keys(common["trace_id"]),
        "span_key": keys(common["span_id"]),
        "parent_key": keys(parent),
        "span_index": pl.repeat(0, count, dtype=pl.Int64, eager=True),
        "start_ns": start,
        "kind_source": resolved.of_model("kind_source"),
        "shared": no,
        "follows_from": no,
    }


def services(resolved: Resolved, namer: Namer) -> pl.Series:
    """Return each line's service, the file's own where it names none."""
    named = by_distinct(resolved.texts("service_name"), namer.service)
    return named.fill_null(namer.service(None)) if named.null_count() else named


def keys(identifiers: pl.Series) -> pl.Series:
    """Return the 64-bit keys of a column of ids; one of plain hex digits is read at once."""
    count = len(identifiers)
    if identifiers.null_count() == count:
        return pl.repeat(None, count, dtype=pl.Int64, eager=True)
    if not identifiers.null_count():
        width = identifiers.str.len_bytes()
        size = width[0]
        if size in {16, 32} and (width == size).all():
            joined = _bytes(identifiers)
            try:
                packed = np.frombuffer(bytes.fromhex(joined), dtype=">i8")
            except ValueError:
                pass
            else:
                return pl.Series(packed[size // 16 - 1 :: size // 16].astype(np.int64))
    return pl.Series(ids.keys(identifiers.to_list()), dtype=pl.Int64)


def _bytes(texts_: pl.Series) -> str:
    joined = texts_.str.join("")
    return str(joined[0])


def _told(resolved: Resolved) -> tuple[pl.Series, pl.Series, pl.Series]:
    """Return what lines say, reasons of errors, and where a reason stands apart from the text.

    Templates are made of the reason there, of the text everywhere else.
    """
    body, reason = resolved.texts("body"), resolved.texts("error_message")
    shown = body.zip_with(body.is_not_null(), reason)
    failed = resolved.of_model("status") == ERROR
    apart = (failed & reason.is_not_null() & body.is_not_null()).fill_null(value=False)
    return shown, reason, apart.arg_true()


def _stored_id(values: pl.Series, namer: Namer) -> pl.Series:
    if values.null_count() == len(values) or values.str.contains(_PLAIN_ID).all():
        return values
    return pl.Series([namer.identifier(value) for value in values], dtype=pl.String)


def _moment(ns: pl.Series) -> pl.Series:
    return (ns // 1_000).cast(pl.Datetime("us"))
