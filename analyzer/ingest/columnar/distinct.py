"""Work done once for each distinct value of a column."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl


def by_distinct(values: pl.Series, change: Callable[[str], str | None]) -> pl.Series:
    """Return `values` with each text that is there changed; nulls stay."""
    codes, texts = coded(values)
    changed = pl.Series([change(text) for text in texts], dtype=pl.String)
    return changed.gather(codes) if len(texts) else values.cast(pl.String)


def coded(values: pl.Series) -> tuple[pl.Series, list[str]]:
    """Return the code of each text (null for null), and the texts by code."""
    encoded = values.to_arrow().dictionary_encode()
    codes = pl.Series(encoded.indices).cast(pl.UInt32)
    return codes, encoded.dictionary.to_pylist()
