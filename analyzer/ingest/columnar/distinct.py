"""Work done once for each distinct value of a column."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import polars as pl

_FEW = 8
"""A column with so many times more lines than texts is looked at text by text."""
_SAMPLE = 512
_MANY = 471
"""Where a sample holds so many texts, the column likely holds more than one in `_FEW` lines."""


class FewTexts(NamedTuple):
    """A column of few texts: the code of each line's (null for null), and the texts by code."""

    codes: pl.Series
    texts: list[str]

    def changed(self, change: Callable[[str], str | None]) -> pl.Series:
        """Return the column with each text changed."""
        changed = pl.Series([change(text) for text in self.texts], dtype=pl.String)
        return changed.gather(self.codes)


def few_texts(values: pl.Series) -> FewTexts | None:
    """Return a column by its texts, None where they are too many for that to be worth it."""
    count = len(values)
    if count > 2 * _SAMPLE and values.slice(count // 2, _SAMPLE).n_unique() > _MANY:
        return None
    encoded = values.to_arrow().dictionary_encode()
    texts = encoded.dictionary
    if not 0 < len(texts) * _FEW < count:
        return None
    return FewTexts(pl.Series(encoded.indices).cast(pl.UInt32), texts.to_pylist())


def repeated(value: object, count: int, dtype: type[pl.DataType]) -> pl.Series:
    """Return a column of one value; an expression for it would cost more than many a column."""
    return pl.Series([value], dtype=dtype).new_from_index(0, count)


def by_distinct(values: pl.Series, change: Callable[[str], str | None]) -> pl.Series:
    """Return `values` with each text that is there changed; nulls stay."""
    if values.null_count() == len(values):
        return values.cast(pl.String)
    return FewTexts(*coded(values)).changed(change)


def coded(values: pl.Series) -> tuple[pl.Series, list[str]]:
    """Return the code of each text (null for null), and the texts by code."""
    encoded = values.to_arrow().dictionary_encode()
    codes = pl.Series(encoded.indices).cast(pl.UInt32)
    return codes, encoded.dictionary.to_pylist()
