"""Sheets of lines to canonical columns.

Times, durations and ids are read as whole columns; all that follows from a few distinct values
(status, kind, level) once for each combination, by the very code that resolves a line alone.
Lines that are in any way out of the ordinary are left to that code, so both give the same rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

import polars as pl

from analyzer.ingest.columnar.distinct import by_distinct, coded, few_texts, repeated
from analyzer.ingest.columnar.moments import WITH_UNIT
from analyzer.ingest.columnar.sheet import Sheet
from analyzer.ingest.columnar.sheet_times import times_of
from analyzer.ingest.columnar.template import INT, JSON, TEXT, Column
from analyzer.ingest.columnar.texts import templates
from analyzer.ingest.fields import Resolver
from analyzer.ingest.record import Record
from analyzer.ingest.shapes import COMBINED_FIELDS, SINGLE_FIELDS, Shape
from analyzer.ingest.text import operation_name

_MAX_COMBINATIONS = 512
# Fields that take a number as the text it is written as.
_NUMBERED = frozenset({
    "service_name", "peer_service", "correlation_id", "update_id", "user", "body",
})  # fmt: skip
_SEPARATOR = "\x1f"
_PROVED = "\x1fproved"


@dataclass(frozen=True, slots=True)
class Resolved:
    """Canonical columns of lines of one shape, a value for each line.

    `models` are records with the status, kind, level and notes that lines share; `codes` says
    which is whose. `start_ns`, `duration_ns` and `operation` are None where the shape reports
    no work.
    """

    sheet: Sheet
    models: list[Record]
    codes: pl.Series
    time_ns: pl.Series
    start_ns: pl.Series | None
    duration_ns: pl.Series | None
    operation: pl.Series | None

    def texts(self, name: str) -> pl.Series:
        """Return the one column that feeds a field of texts; empty ones are null."""
        return _texts(self.sheet, name)

    @property
    def correlation_id(self) -> pl.Series:
        """Return the id that ties requests together, or the update's."""
        shape = self.sheet.shape
        if shape.correlation_id or not shape.update_id:
            return self.texts("correlation_id")
        update = self.texts("update_id")
        return pl.select(pl.format("update:{}", update)).to_series()

    def of_model(self, name: str, stored: Callable[[str], str] | None = None) -> pl.Series:
        """Return what the lines' models say: `status`, `span_kind` and the like."""
        values = [getattr(model, name) for model in self.models]
        if stored is not None:
            values = [value and stored(value) for value in values]
        return pl.Series(values, dtype=pl.String).gather(self.codes)


def usable(shape: Shape, resolver: Resolver, *, arrives: bool = False) -> bool:
    """Tell whether lines of a shape may be resolved as columns.

    `arrives` tells that their wrappers say when they arrived.
    """
    return shape.single and (arrives or shape.dated) and not resolver.timing.proof.unknown


def unproven(shape: Shape, columns: Mapping[str, Column], resolver: Resolver) -> pl.Series | None:
    """Tell the lines whose duration lacks a unit, which other lines may prove; None: none does."""
    if not shape.durations:
        return None
    key, unit = shape.durations[0]
    if unit is not None or key in resolver.timing.units:
        return None
    kind, values = columns[key]
    bare = repeated(True, len(values), pl.Boolean)
    if kind == TEXT:
        bare = ~values.str.contains(WITH_UNIT)
    return bare if bare.any() else None


def resolve(sheet: Sheet, resolver: Resolver) -> tuple[Resolved | None, Sheet]:
    """Return what lines of one shape say, and those lines that must be resolved alone."""
    nothing = sheet.select(repeated(False, len(sheet), pl.Boolean))
    times = times_of(sheet, resolver.timing)
    if times is None or not _plain(sheet):
        return None, sheet
    usual = times.usual & _complete(sheet)
    odd = nothing
    if not usual.all():
        odd = sheet.select(~usual)
        sheet, times = sheet.select(usual), times.select(usual)
    if not len(sheet):
        return None, odd
    combined = _combined(sheet, times.proved, resolver)
    if combined is None:
        return None, _joined(sheet, odd)
    codes, models = combined
    named = None if times.duration_ns is None else _operation(sheet)
    found = Resolved(sheet, models, codes, times.time_ns, times.start_ns, times.duration_ns, named)
    return found, odd


def _joined(sheet: Sheet, other: Sheet) -> Sheet:
    columns = {
        key: Column(kind, pl.concat([values, other.columns[key].values]))
        for key, (kind, values) in sheet.columns.items()
    }
    numbers = pl.concat([sheet.numbers, other.numbers])
    origins = sheet.origins and other.origins and sheet.origins.followed_by(other.origins)
    return replace(sheet, numbers=numbers, columns=columns, origins=origins)


def _plain(sheet: Sheet) -> bool:
    """Tell whether every column that matters holds values of a kind it should."""
    for name in SINGLE_FIELDS:
        keys = getattr(sheet.shape, name)
        kind = sheet.columns[keys[0]].kind if keys else TEXT
        if kind != TEXT and not (kind == INT and name in _NUMBERED):
            return False
    if any(sheet.columns[key].kind == JSON for key in _combining(sheet.shape)):
        return False
    return all(sheet.columns[key].kind == TEXT for key in _naming(sheet.shape))


def _complete(sheet: Sheet) -> pl.Series:
    """Tell the lines in which each field finds what it needs under its best key."""
    good = repeated(True, len(sheet), pl.Boolean)
    for keys in needed(sheet.shape):
        kind, values = sheet.columns[keys[0]]
        good &= values.is_not_null() & ((values != "") if kind == TEXT else good)
    return good


def needed(shape: Shape) -> Iterator[tuple[str, ...]]:
    """Yield the keys of each field for whose best one another key, or field, would step in."""
    for name in SINGLE_FIELDS:
        keys: tuple[str, ...] = getattr(shape, name)
        decisive = name in _DECISIVE or (name == "correlation_id" and bool(shape.update_id))
        if keys and (len(keys) > 1 or keys[0] in shape.contested or decisive):
            yield keys
    if naming := _naming(shape):
        yield naming


def _naming(shape: Shape) -> tuple[str, ...]:
    """Return the keys of the texts that name work for which no field does."""
    named = shape.operation or shape.http_path
    works = shape.durations or (shape.start_time and shape.end_time)
    return () if named or not works else shape.operation_fallback


# What is called otherwise where these are empty.
_DECISIVE = frozenset({"operation", "http_path"})


def _combining(shape: Shape) -> list[str]:
    return [key for name in COMBINED_FIELDS for key in getattr(shape, name)]


def _combined(
    sheet: Sheet, proved: pl.Series | None, resolver: Resolver
) -> tuple[pl.Series, list[Record]] | None:
    """Return for each line the code of a record that shares its status, kind, level and notes.

    `proved` tells the lines whose zone their wrapper proves.
    """
    names = list(dict.fromkeys(_combining(sheet.shape)))
    values = {name: sheet.columns[name].values for name in names}
    if proved is not None:
        names.append(_PROVED)
        values[_PROVED] = proved
    if names:
        joined = pl.concat_str(
            [pl.col(name).cast(pl.String).fill_null("\x00") for name in names],
            separator=_SEPARATOR,
        )
        codes, texts = coded(pl.DataFrame(values).select(joined).to_series())
        if len(texts) > _MAX_COMBINATIONS:
            return None
        first = codes.to_frame("code").with_row_index("place").group_by("code").agg(
            pl.col("place").min()
        )  # fmt: skip
        places = first.sort("code")["place"].to_list()
    else:
        codes, places = repeated(0, len(sheet), pl.UInt32), [0]
    clock, yearless = resolver.clock, resolver.clock.yearless
    records = [
        resolver.resolve_shape(sheet.fields(n), sheet.shape, sheet.origin(n)) for n in places
    ]
    models = [record for record in records if isinstance(record, Record)]
    if len(models) < len(records):
        clock.yearless = yearless
        return None
    # What holds for a model's time holds for those of all its lines: they are written alike.
    clock.yearless = yearless + (clock.yearless - yearless) // len(models) * len(sheet)
    return codes, models


def _texts(sheet: Sheet, name: str) -> pl.Series:
    keys: tuple[str, ...] = getattr(sheet.shape, name)
    if not keys:
        return repeated(None, len(sheet), pl.String)
    kind, values = sheet.columns[keys[0]]
    if kind != TEXT:
        return values.cast(pl.String)
    empty = values == ""
    return values.set(empty, None) if empty.any() else values


def _operation(sheet: Sheet) -> pl.Series:
    """Return what the work is called; `_complete` lines name it."""
    if sheet.shape.operation:
        return _named(_texts(sheet, "operation"))
    if naming := _naming(sheet.shape):
        return _named(templates(sheet.columns[naming[0]].values))
    path = _texts(sheet, "http_path")
    if not sheet.shape.http_method:
        return _named(path)
    method = _texts(sheet, "http_method")
    joined = pl.select(
        pl.when(method.is_null()).then(path).otherwise(pl.format("{} {}", method, path))
    )
    return _named(joined.to_series())


def _named(names: pl.Series) -> pl.Series:
    """Return `operation_name` of each; numbers between slashes go first, so that few differ."""
    if (few := few_texts(names)) is not None:
        return few.changed(operation_name)
    name = pl.col("name")
    bare = pl.when(name.str.contains("/", literal=True)).then(
        name.str.replace(r"(?s)\?.*$", "")
        .str.replace_all("/[0-9]+(/|$)", "/{id}$1")
        .str.replace_all("/[0-9]+(/|$)", "/{id}$1")
    )
    frame = pl.DataFrame({"name": names})
    return by_distinct(frame.select(bare.otherwise(name)).to_series(), operation_name)


def notes(resolved: Resolved, services: pl.Series) -> Iterator[tuple[str, str, int]]:
    """Yield what was assumed: (note, service, in how many lines)."""
    if not any(model.notes for model in resolved.models):
        return
    frame = pl.DataFrame({"code": resolved.codes, "service": services})
    for code, service, count in (
        frame.group_by("code", "service").len().sort("code", "service").rows()
    ):
        for note in resolved.models[code].notes:
            yield note, service, count
