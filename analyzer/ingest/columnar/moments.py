"""Columns of texts to times and durations: integer nanoseconds, null where in doubt.

What comes back null is read by the readers of single values, which know every spelling.
"""

from __future__ import annotations

import re

import polars as pl

from analyzer.ingest import durations
from analyzer.ingest.columnar.instants import Instants, instants
from analyzer.ingest.columnar.template import FLOAT, INT, TEXT, Column
from analyzer.ingest.columnar.written_times import written_times
from analyzer.ingest.epochs import EARLIEST_NS, EPOCH_UNITS_NS
from analyzer.ingest.times import Clock

_ZULU = "%Y-%m-%dT%H:%M:%S%.fZ"
_ZONED = "%Y-%m-%dT%H:%M:%S%.f%:z"
_LOCAL = "%Y-%m-%d %H:%M:%S%.f"
_OFFSET = "%d/%b/%Y:%H:%M:%S %z"
_DATED_CHARACTERS = 19
_NANOSECOND_CHARACTERS = len("2026-03-01T10:00:00.123456789")
_LEAP_SECOND = ":[0-9]{2}:60"
_UNITS = ("ns", "us", "µs", "ms", "s", "micros", "msecs", "secs")
_NUMBER = rf"^([0-9]{{1,9}})(?:\.([0-9]{{1,9}}))?(?: ?({'|'.join(_UNITS)}))?$"
WITH_UNIT = rf"^[0-9][0-9.]* ?(?:{'|'.join(_UNITS)})$"
"""A duration that says its unit."""
_EPOCH = re.compile(r"1[0-9]{9}\.[0-9]{1,9}$")
_NS = 1_000_000_000
_NS_DIGITS, _FLOAT_DIGITS = 9, 6
"""Decimals of a second: in a text, and in a float, which gives so many back as written."""
_EXACT_CHARACTERS = 16
"""A float holds so many characters of a decimal exactly: 15 digits and the point."""


def moments(column: Column, clock: Clock, arrival: pl.Series | None = None) -> Instants | None:
    """Return each text's instant; None where no line's form is known here.

    `arrival` tells when wrappers had the lines, where they do: then that tells the year too.
    """
    kind, values = column
    if values.null_count() or not len(values):
        return None
    if kind == INT:
        found: Instants | None = Instants(_of_epochs(values), zoned=True)
    elif kind == FLOAT:
        found = Instants(_of_decimals(values, _FLOAT_DIGITS), zoned=True)
    elif kind != TEXT:
        found = None
    elif _EPOCH.match(values[0]):
        found = Instants(_of_decimals(values, _NS_DIGITS), zoned=True)
    else:
        found = _of_texts(values, clock, arrival)
    return None if found is None else Instants(_plausible(found.epoch, clock), found.zoned)


def _of_texts(texts: pl.Series, clock: Clock, arrival: pl.Series | None) -> Instants | None:
    first = texts[0]
    read = instants(texts) or _trimmed(texts) or written_times(texts, clock, arrival)
    if read is not None and (read.zoned or not clock.zoned):
        return read
    zoned = True
    if first[10:11] == "T" and first[-1:] == "Z":
        found = texts.str.to_datetime(_ZULU, time_unit="ns", strict=False)
    elif first[10:11] == "T" and first[-6:-5] in {"+", "-"}:
        found = texts.str.to_datetime(_ZONED, time_unit="ns", strict=False)
    elif first[2:3] == "/" and first[11:12] == ":":
        found = texts.str.to_datetime(_OFFSET, time_unit="ns", strict=False)
    elif clock.zoned or first[10:11] != " " or len(first) < _DATED_CHARACTERS:
        return None
    else:
        zoned = False
        dotted = texts.str.replace(",", ".", literal=True)
        found = dotted.str.to_datetime(_LOCAL, time_unit="ns", strict=False)
    doubtful = (texts.str.len_bytes() < _DATED_CHARACTERS) | texts.str.contains(_LEAP_SECOND)
    return Instants(found.dt.epoch("ns").set(doubtful, None), zoned)


def _trimmed(texts: pl.Series) -> Instants | None:
    """Read times in UTC whose fractions lack the zeros at their end, as Go writes them."""
    if texts[0][-1:] != "Z" or not texts.str.ends_with("Z").all():
        return None
    bare = texts.str.strip_suffix("Z").str.pad_end(_NANOSECOND_CHARACTERS, "0")
    return instants(bare + "Z")


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


def _of_decimals(texts: pl.Series, digits: int) -> pl.Series:
    """Read epochs in seconds with up to so many decimals."""
    pattern = rf"^([1-9][0-9]{{9}})\.([0-9]{{1,{digits}}})$"
    parts = texts.str.extract_groups(pattern).struct.unnest()
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
    units = {name: durations.UNITS_NS[name] for name in _UNITS}
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
