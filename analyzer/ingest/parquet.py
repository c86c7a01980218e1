"""Parquet: a row is a line, a column is a key; times and spans of time become texts.

Rows are counted as lines. What a type says beyond its values (a zone, a unit) is written into the
text, so that it is read as any other text of that form.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from analyzer.ingest.columnar.template import FLAG, FLOAT, INT, JSON, TEXT, Column
from analyzer.ingest.lines import Line
from analyzer.ingest.tables import Row

PARQUET_MAGIC = b"PAR1"
_BATCH_ROWS = 32_768


@dataclass(frozen=True, slots=True)
class ParquetRows:
    """Rows that follow each other, the first of which has the `number`."""

    number: int
    batch: pa.RecordBatch

    def __len__(self) -> int:
        """Return the number of rows."""
        return int(self.batch.num_rows)

    @property
    def names(self) -> list[str]:
        """Return the names of the columns."""
        return list(self.batch.schema.names)

    @property
    def is_flat(self) -> bool:
        """Tell whether all rows have these keys: no column holds objects."""
        return not any(pa.types.is_struct(field.type) for field in self.batch.schema)

    def columns(self) -> list[Column]:
        """Return the values of all rows, column by column."""
        return [_column(values) for values in self.batch.columns]

    def rows(self, places: Sequence[int] | npt.NDArray[np.int64]) -> Iterator[Row]:
        """Yield the rows at `places`."""
        if not len(places):
            return
        chosen = self.batch if len(places) == len(self) else self.batch.take(pa.array(places))
        for place, values in zip(places, chosen.to_pylist(), strict=True):
            yield Row(Line(self.number + int(place), 0, b""), values)

    def line(self, number: int) -> Line:
        """Return a row as the text of its values."""
        (row,) = self.rows([number - self.number])
        return row.line._replace(content=str(row.values).encode())


def read_parquet(path: Path) -> Iterator[ParquetRows]:
    """Yield the rows of a Parquet file in batches."""
    number = 1
    with pq.ParquetFile(path) as table:
        for batch in table.iter_batches(_BATCH_ROWS):
            yield ParquetRows(number, _written(batch))
            number += batch.num_rows


def _written(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Return rows whose times, spans of time and decimals are texts, and objects columns."""
    named = list(zip(batch.schema.names, batch.columns, strict=True))
    flat = list(_flattened(named))
    if len({name for name, _ in flat}) == len(flat):
        named = flat
    arrays = [_text(values) for _, values in named]
    return pa.RecordBatch.from_arrays(arrays, names=[name for name, _ in named])


def _flattened(named: Iterable[tuple[str, pa.Array]]) -> Iterator[tuple[str, pa.Array]]:
    """Yield objects that are there in every row as columns of their own, named as by `flatten`."""
    for name, values in named:
        kind = values.type
        if not pa.types.is_struct(kind) or values.null_count or not kind.num_fields:
            yield name, values
            continue
        inner = [f"{name}.{kind.field(place).name}" for place in range(kind.num_fields)]
        yield from _flattened(zip(inner, values.flatten(), strict=True))


def _text(values: pa.Array) -> pa.Array:
    kind = values.type
    if pa.types.is_dictionary(kind):
        return _text(values.dictionary_decode())
    if pa.types.is_timestamp(kind):
        zoned = values if kind.tz is None else values.cast(pa.timestamp(kind.unit, "UTC"))
        return zoned.cast(pa.string())
    if pa.types.is_duration(kind):
        number = values.cast(pa.int64()).cast(pa.string())
        return pc.binary_join_element_wise(number, kind.unit, "")
    if pa.types.is_date(kind) or pa.types.is_time(kind) or pa.types.is_decimal(kind):
        return values.cast(pa.string())
    return values


def _column(values: pa.Array) -> Column:
    kind = values.type
    if pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_null(kind):
        return Column(TEXT, pl.Series(values.cast(pa.large_string())))
    if pa.types.is_boolean(kind):
        return Column(FLAG, pl.Series(values.cast(pa.large_string())))
    if pa.types.is_integer(kind) and kind != pa.uint64():
        return Column(INT, pl.Series(values.cast(pa.int64())))
    if pa.types.is_floating(kind):
        return Column(FLOAT, pl.Series(values.cast(pa.float64())).cast(pl.String))
    return Column(JSON, pl.Series(values.to_pylist(), dtype=pl.Object))
