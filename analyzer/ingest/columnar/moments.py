"""Columns of texts to times and durations: integer nanoseconds, null where in doubt.

What comes back null is read by the readers of single values, which know every spelling.
"""

from __future__ import annotations

import polars as pl

from analyzer.ingest import durations
from analyzer.ingest.columnar.instants import Instants, instants
from analyzer.ingest.columnar.template import FLOAT, INT, TEXT, Column
from analyzer.ingest.epochs import EARLIEST_NS, EPOCH_UNITS_NS
from analyzer.ingest.times import Clock

_ZULU = "%Y-%m-%dT%H:%M:%S%.fZ"
_ZONED = "%Y-%m-%dT%H:%M:%S%.f%:z"
_LOCAL = "%Y-%m-%d %H:%M:%S%.f"
_OFFSET = "%d/%b/%Y:%H:%M:%S %z"
_WRITTEN = (
    r"^(?:[0-9]{4}-[0-9]{2}-[0-9]{2}[T ]|[0-9]{2}/[A-Z][a-z]{2}/[0-9]{4}:)"
    r"[0-9]{2}:[0-9]{2}:[0-9]{2}(?:[.,][0-9]{1,9})?(?:Z|[+-][0-9]{2}:[0-9]{2}| [+-][0-9]{4})?$"
)
_DATED_CHARACTERS = 19
_EPOCH_DIGITS = 10
_NUMBER = r"^([0-9]{1,9})(?:\.([0-9]{1,9}))?(ns|us|µs|ms|s)?$"
_NANOSECOND_CHARACTERS = len("2026-03-01T10:00:00.123456789")
_NS = 1_000_000_000
_EXACT_CHARACTERS = 16
"""A float holds so many characters of a decimal exactly: 15 digits and the point."""


def moments(column: Column, clock: Clock) -> Instants | None:
    """Return each text's instant; None where no line's form is known here."""
    texts = column.values
    if texts.null_count() or not len(texts):
        return None
    if column.kind == INT:
        return Instants(_plausible(_of_epochs(texts), clock), zoned=True)
    if column.kind == FLOAT:
        return Instants(_plausible(_of_decimals(texts), clock), zoned=True)
    if column.kind != TEXT:
        return None
    if texts[0][:_EPOCH_DIGITS].isdigit():
        return Instants(_plausible(_of_written_epochs(texts), clock), zoned=True)
    found = _of_dates(texts, clock)
    return None if found is None else found._replace(epoch=_plausible(found.epoch, clock))


def _of_dates(texts: pl.Series, clock: Clock) -> Instants | None:
    first = texts[0]
    if len(first) < _DATED_CHARACTERS:
        return None
    read = instants(texts) or _trimmed(texts)
    if read is not None and (read.zoned or not clock.zoned):
        return read
    zoned = True
    if first[10:11] == "T" and first[-1:] == "Z":
        found = texts.str.to_datetime(_ZULU, time_unit="ns", strict=False)
    elif first[10:11] == "T" and first[-6:-5] in {"+", "-"}:
        found = texts.str.to_datetime(_ZONED, time_unit="ns", strict=False)
    elif first[2:3] == "/":
        found = texts.str.to_datetime(_OFFSET, time_unit="ns", strict=False)
    elif clock.zoned or first[10:11] != " ":
        return None
    else:
        zoned = False
        dotted = texts.str.replace(",", ".", literal=True)
        found = dotted.str.to_datetime(_LOCAL, time_unit="ns", strict=False)
    # The parser of polars lets blanks and single digits pass.
    return Instants(found.dt.epoch("ns").set(~texts.str.contains(_WRITTEN), None), zoned)


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


def _of_written_epochs(texts: pl.Series) -> pl.Series:
    """Read epochs written as texts: whole ones of any unit, or seconds with decimals."""
    text, seconds = pl.col("text"), r"^[1-9][0-9]{9}\.[0-9]{1,9}$"
    frame = pl.DataFrame({"text": texts})
    whole = pl.when(text.str.contains(r"^[1-9][0-9]{9,18}$")).then(text)
    found = _of_epochs(frame.select(whole.cast(pl.Int64, strict=False)).to_series())
    if not found.null_count():
        return found
    parted = pl.when(text.str.contains(seconds)).then(text.str.replace(".", "", literal=True))
    # The digits of nanoseconds since 1970, with zeros for those that were left out.
    exact = frame.select(parted.str.pad_end(19, "0").cast(pl.Int64, strict=False))
    return found.zip_with(found.is_not_null(), exact.to_series())


def _of_decimals(texts: pl.Series) -> pl.Series:
    """Read epochs in seconds; up to six decimals a float gives back as they were written."""
    parts = texts.str.extract_groups(r"^([1-9][0-9]{9})\.([0-9]{1,6})$").struct.unnest()
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
