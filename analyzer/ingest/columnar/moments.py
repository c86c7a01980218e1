"""Columns of texts to times and durations: integer nanoseconds, null where in doubt.

What comes back null is read by the readers of single values, which know every spelling.
"""

from __future__ import annotations

import polars as pl

from analyzer.ingest import durations
from analyzer.ingest.columnar.instants import instants
from analyzer.ingest.columnar.template import FLOAT, INT, TEXT, Column
from analyzer.ingest.epochs import EARLIEST_NS, EPOCH_UNITS_NS
from analyzer.ingest.times import Clock

_ZULU = "%Y-%m-%dT%H:%M:%S%.fZ"
_ZONED = "%Y-%m-%dT%H:%M:%S%.f%:z"
_LOCAL = "%Y-%m-%d %H:%M:%S%.f"
_OFFSET = "%d/%b/%Y:%H:%M:%S %z"
_DATED_CHARACTERS = 19
_NUMBER = r"^([0-9]{1,9})(?:\.([0-9]{1,9}))?(ns|us|µs|ms|s)?$"
_NS = 1_000_000_000
_EXACT_CHARACTERS = 16
"""A float holds so many characters of a decimal exactly: 15 digits and the point."""


def moments(column: Column, clock: Clock) -> pl.Series | None:
    """Return each text's instant; None where no line's form is known here."""
    texts = column.values
    if texts.null_count() or not len(texts):
        return None
    if column.kind == INT:
        return _plausible(_of_epochs(texts), clock)
    if column.kind == FLOAT:
        return _plausible(_of_decimals(texts), clock)
    first = texts[0]
    if column.kind != TEXT or len(first) < _DATED_CHARACTERS:
        return None
    read = instants(texts)
    if read is not None and (read.zoned or not clock.zoned):
        return _plausible(read.epoch, clock)
    if first[10:11] == "T" and first[-1:] == "Z":
        found = texts.str.to_datetime(_ZULU, time_unit="ns", strict=False)
    elif first[10:11] == "T" and first[-6:-5] in {"+", "-"}:
        found = texts.str.to_datetime(_ZONED, time_unit="ns", strict=False)
    elif first[2:3] == "/":
        found = texts.str.to_datetime(_OFFSET, time_unit="ns", strict=False)
    elif clock.zoned or first[10:11] != " ":
        return None
    else:
        dotted = texts.str.replace(",", ".", literal=True)
        found = dotted.str.to_datetime(_LOCAL, time_unit="ns", strict=False)
    short = texts.str.len_bytes() < _DATED_CHARACTERS
    return _plausible(found.dt.epoch("ns").set(short, None), clock)


def _plausible(epoch: pl.Series, clock: Clock) -> pl.Series:
    usual = (epoch >= EARLIEST_NS) & (epoch <= clock.limit_ns)
    return epoch.set(~usual.fill_null(value=False), None)


def _of_epochs(numbers: pl.Series) -> pl.Series:
    """Read epochs by their width, which tells their unit."""
    value = pl.col("value")
    found = pl.coalesce(
        pl.when(value.is_between(10 ** (width - 1), min(10**width - 1, 2**63 - 1))).then(
            value * unit
        )
        for width, unit in EPOCH_UNITS_NS.items()
    )
    return pl.DataFrame({"value": numbers}).select(found).to_series()


def _of_decimals(texts: pl.Series) -> pl.Series:
    """Read epochs in seconds, digit by digit."""
    parts = texts.str.extract_groups(r"^([1-9][0-9]{9})\.([0-9]{1,9})$").struct.unnest()
    parts.columns = ["whole", "fraction"]
    whole, fraction = pl.col("whole").cast(pl.Int64), pl.col("fraction").str.pad_end(9, "0")
    return parts.select(whole * _NS + fraction.cast(pl.Int64)).to_series()


def spans_of_time(column: Column, unit_ns: int | None) -> pl.Series:
    """Return each value as a duration; `unit_ns` is the unit of plain numbers, if known."""
    kind, values = column
    if kind == INT:
        if unit_ns is None:
            return pl.repeat(None, len(values), dtype=pl.Int64, eager=True)
        usual = (values >= 0) & (values <= durations.LONGEST_NS // unit_ns)
        return (values * unit_ns).set(~usual.fill_null(value=False), None)
    if kind not in {TEXT, FLOAT}:
        return pl.repeat(None, len(values), dtype=pl.Int64, eager=True)
    parts = values.str.extract_groups(_NUMBER).struct.unnest()
    parts.columns = ["whole", "fraction", "suffix"]
    units = {name: durations.UNITS_NS[name] for name in ("ns", "us", "µs", "ms", "s")}
    fraction = pl.col("fraction").fill_null("")
    frame = parts.select(
        whole=pl.col("whole").cast(pl.Int64),
        digits=pl.when(fraction == "").then(pl.lit("0")).otherwise(fraction).cast(pl.Int64),
        scale=pl.lit(10, pl.Int64).pow(fraction.str.len_bytes().cast(pl.Int64)),
        unit=pl.when(pl.col("suffix").is_null())
        .then(pl.lit(unit_ns, pl.Int64))
        .otherwise(pl.col("suffix").replace_strict(units, default=None, return_dtype=pl.Int64)),
    )
    # Rounded half to even, like the reader of single values.
    part = pl.col("digits") * pl.col("unit")
    rest = 2 * (part % pl.col("scale"))
    down = pl.col("whole") * pl.col("unit") + part // pl.col("scale")
    up = (rest > pl.col("scale")) | ((rest == pl.col("scale")) & (down % 2 == 1))
    found = frame.select(
        pl.when(pl.col("whole").is_not_null()).then(down + up.cast(pl.Int64))
    ).to_series()
    doubtful = found > durations.LONGEST_NS
    if kind == FLOAT:
        doubtful |= values.str.len_bytes() > _EXACT_CHARACTERS
    return found.set(doubtful.fill_null(value=False), None)
