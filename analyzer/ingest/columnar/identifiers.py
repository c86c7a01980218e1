"""Columns of trace and span ids to their one spelling and their 64-bit keys."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import polars as pl

from analyzer.ingest import ids
from analyzer.ingest.columnar.distinct import repeated

_HEX_DIGITS = b"0123456789abcdef"


class Identified(NamedTuple):
    """Ids as they are stored, and their keys; null where there is none."""

    ids: pl.Series
    keys: pl.Series


def identified(
    values: pl.Series,
    width: int,
    read: Callable[[object], str | None],
    stored: Callable[[str | None], str | None],
) -> Identified:
    """Return the ids of `width` hexadecimal digits that `values` spell.

    Columns of nothing but lower-case digits are read at once; `read` knows every other spelling,
    and `stored` says how what it returns may be kept.
    """
    count = len(values)
    missing = values.null_count()
    if missing == count:
        return Identified(values, repeated(None, count, pl.Int64))
    there = values.drop_nulls() if missing else values
    found = _plain_keys(there, width)
    if found is None:
        spelt = [stored(read(value)) for value in values]
        keys = pl.Series(ids.keys(spelt), dtype=pl.Int64)
        return Identified(pl.Series(spelt, dtype=pl.String), keys)
    if missing:
        places = values.is_not_null().arg_true()
        keys = repeated(None, count, pl.Int64).scatter(places, found)
        return Identified(values, keys)
    return Identified(values, found)


def _plain_keys(values: pl.Series, width: int) -> pl.Series | None:
    """Return the keys of ids in plain digits; None where any is spelt otherwise, or is zero."""
    if not (values.str.len_bytes() == width).all():
        return None
    digits = str(values.str.join("")[0]).encode()
    if digits.translate(None, _HEX_DIGITS):
        return None
    parts = np.frombuffer(bytes.fromhex(digits.decode()), dtype=">i8").reshape(len(values), -1)
    if not parts.any(axis=1).all():
        return None
    return pl.Series(parts[:, -1].astype(np.int64))
