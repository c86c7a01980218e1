"""Resolved sheets to rows of the store, column by column."""

from __future__ import annotations

import polars as pl

from analyzer.ingest import ids
from analyzer.ingest.columnar import texts
from analyzer.ingest.columnar.distinct import by_distinct
from analyzer.ingest.columnar.identifiers import identified
from analyzer.ingest.columnar.resolve import Resolved
from analyzer.ingest.columnar.wording import written_alike
from analyzer.ingest.mask import Masker
from analyzer.ingest.namer import Namer
from analyzer.semconv import ERROR, UNKNOWN_SERVICE

_PLAIN_ID = r"^(?:update:)?[0-9A-Za-z_.-]{1,128}$"
_LIKE_JWT = r"^(?:update:)?eyJ"


def rows_of(
    resolved: Resolved, file_id: int, namer: Namer, masker: Masker
) -> tuple[str, pl.DataFrame]:
    """Return the table that the lines belong to, and their rows in it."""
    body, reasons, apart = _told(resolved)
    alike = written_alike(resolved.sheet, body)
    trace = identified(resolved.texts("trace_id"), 32, ids.trace_id, namer.identifier)
    span = identified(resolved.texts("span_id"), 16, ids.span_id, namer.identifier)
    left = {key: resolved.sheet.columns[key] for key in resolved.sheet.shape.unused}
    shown = texts.masked(body, masker, alike)
    # Masked once where both are one text, so that the counts of masks are those of the lines.
    told = texts.masked(reasons.gather(apart), masker)
    reason = _written(shown, body, alike)
    if len(apart):
        reason = reason.clone().scatter(apart, told)
    common = {
        "file_id": pl.repeat(file_id, len(body), dtype=pl.Int64, eager=True),
        "line_number": resolved.sheet.numbers,
        "service_name": services(resolved, namer),
        "severity_text": resolved.of_model("severity_text"),
        "body": shown,
        "template": texts.templates(reason),
        "trace_id": trace.ids,
        "span_id": span.ids,
        "correlation_id": _stored_id(resolved.correlation_id, namer),
        "user_key": texts.counted(resolved.texts("user"), masker, masker.user_key),
        "status": resolved.of_model("status"),
        "error_type": resolved.of_model("error_type", namer.name),
    }
    rendered = texts.attributes(left, masker)
    if rendered is not None:
        common["attributes"] = rendered
    if resolved.duration_ns is None:
        return "log_record", pl.DataFrame(common | {"time": _moment(resolved.time_ns)})
    observed = pl.when(trace.ids.is_not_null()).then(pl.lit("observed"))
    own = {
        "evidence": pl.select(observed).to_series(),
        "trace_key": trace.keys,
        "span_key": span.keys,
    }
    return "span", pl.DataFrame(common | own | _span(resolved, namer))


def _span(resolved: Resolved, namer: Namer) -> dict[str, pl.Series]:
    assert resolved.start_ns is not None
    assert resolved.duration_ns is not None
    assert resolved.operation is not None
    count = len(resolved.sheet)
    parent = identified(resolved.texts("parent_span_id"), 16, ids.span_id, namer.identifier)
    no = pl.repeat(False, count, dtype=pl.Boolean, eager=True)
    operation = resolved.operation.fill_null(UNKNOWN_SERVICE)
    return {
        "parent_span_id": parent.ids,
        "operation": by_distinct(operation, namer.name),
        "span_kind": resolved.of_model("span_kind"),
        "start_time": _moment(resolved.start_ns),
        "duration_ns": resolved.duration_ns,
        "peer_service": by_distinct(resolved.texts("peer_service"), namer.name),
        "parent_key": parent.keys,
        "span_index": pl.repeat(0, count, dtype=pl.Int64, eager=True),
        "start_ns": resolved.start_ns,
        "kind_source": resolved.of_model("kind_source"),
        "shared": no,
        "follows_from": no,
    }


def services(resolved: Resolved, namer: Namer) -> pl.Series:
    """Return each line's service, the file's own where it names none."""
    named, origins = resolved.texts("service_name"), resolved.sheet.origins
    if origins is not None and named.null_count():
        named = named.zip_with(named.is_not_null(), origins.services())
    named = by_distinct(named, namer.service)
    return named.fill_null(namer.service(None)) if named.null_count() else named


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
    if values.null_count() == len(values):
        return values
    if (values.str.contains(_PLAIN_ID) & ~values.str.contains(_LIKE_JWT)).all():
        return values
    return pl.Series([namer.identifier(value) for value in values], dtype=pl.String)


def _written(shown: pl.Series, body: pl.Series, alike: pl.Series | None) -> pl.Series:
    """Return texts of the templates of what is shown of `body`."""
    if alike is None or shown is body:
        return shown if alike is None else alike
    return alike.zip_with(shown.eq_missing(body), shown)


def _moment(ns: pl.Series) -> pl.Series:
    return (ns // 1_000).cast(pl.Datetime("us"))
