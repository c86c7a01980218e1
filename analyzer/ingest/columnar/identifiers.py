"""Columns of trace and span ids to their one spelling and their 64-bit keys."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import polars as pl

from analyzer.ingest import ids

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

    Those in nothing but lower-case digits are read at once; `read` knows every other spelling,
    and `stored` says how what it returns may be kept.
    """
    count = len(values)
    if values.null_count() == count:
        return Identified(values, pl.repeat(None, count, dtype=pl.Int64, eager=True))
    if not values.null_count():
        found = _plain_keys(values, width)
        if found is not None:
            return Identified(values, found)
    plain = values.str.contains(rf"^[0-9a-f]{{{width}}}$").fill_null(value=False)
    found = _plain_keys(values.filter(plain), width) if plain.any() else None
    if found is None:
        plain = pl.repeat(False, count, dtype=pl.Boolean, eager=True)
    others = (values.is_not_null() & ~plain).arg_true()
    spelt = [stored(read(value)) for value in values.gather(others)]
    keys = pl.repeat(None, count, dtype=pl.Int64, eager=True)
    if found is not None:
        keys = keys.scatter(plain.arg_true(), found)
    if not spelt:
        return Identified(values, keys)
    # A series is changed in its place: the sheet's own stays as it was read.
    stored_ids = values.clone().scatter(others, pl.Series(spelt, dtype=pl.String))
    return Identified(stored_ids, keys.scatter(others, pl.Series(ids.keys(spelt), dtype=pl.Int64)))


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
