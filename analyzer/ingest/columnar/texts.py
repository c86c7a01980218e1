"""Columns of free texts to what may be stored: masked, templated, rendered.

A fast look over the whole column tells which texts could hold anything to hide, and only those
go through the patterns, so that counts of masks are those of the lines.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping
from typing import Any

import orjson
import polars as pl

from analyzer.ingest.columnar.distinct import FewTexts, by_distinct, coded, few_texts
from analyzer.ingest.columnar.template import FLAG, FLOAT, INT, JSON, TEXT, Column
from analyzer.ingest.mask import Masker
from analyzer.ingest.mask_keys import rule_of
from analyzer.ingest.text import template_of

# Decimals that JSON writes as they stand.
_CANONICAL = r"^-?(?:0|[1-9][0-9]{0,8})\.(?:0|[0-9]{0,3}[1-9])$"
_ADDRESS, _LAST_PART = r"^[0-9]{1,3}(?:\.[0-9]{1,3}){3}$", r"\.[0-9]+$"
_NEEDS_ESCAPE = r'["\\\x00-\x1f]'
_LONG = 400
_SAMPLE = 256
# Hexadecimal digits, and numbers with a unit that is none, between blanks and brackets.
_HEX = r"([ =/(\[])[a-fA-F]{0,7}[0-9][0-9a-fA-F]{7,}([ /)\],;]|$)"
_NUMBER = r"([ =/(\[])(?:[0-9]{1,7}\.)?[0-9]+((?:[g-zµ][a-zµ]?)?(?:[ /)\],;]|$))"


def masked(texts: pl.Series, masker: Masker, alike: pl.Series | None = None) -> pl.Series:
    """Return `texts` with every secret and personal datum replaced; nulls stay.

    `alike` are texts that hold something to hide wherever `texts` do, and of which fewer differ.
    """
    return _changed(texts, masker, masker.text, alike)


def templates(texts: pl.Series) -> pl.Series:
    """Return the constant part of each message.

    Numbers and hexadecimal ids that stand alone become `#` in any case: they are written alike
    first, so that few texts are left to look at.
    """
    if (few := few_texts(texts)) is not None:
        return few.changed(template_of)
    text = pl.col("text")
    alike = text.str.replace_all(_NUMBER, "${1}1${2}")
    if texts.head(_SAMPLE).str.contains(_HEX).any():
        alike = text.str.replace_all(_HEX, "${1}1${2}").str.replace_all(_NUMBER, "${1}1${2}")
    frame = pl.DataFrame({"text": texts})
    found = frame.select(pl.when(text.str.len_bytes() < _LONG).then(alike).otherwise(text))
    return by_distinct(found.to_series(), template_of)


def attributes(columns: Mapping[str, Column], masker: Masker) -> pl.Series | None:
    """Return each line's remaining values as one JSON object, masked; None without any."""
    if not columns:
        return None
    parts = [_rendered(key, *columns[key], masker).alias(key) for key in sorted(columns)]
    names = [orjson.dumps(key).decode() + ":" for key in sorted(columns)]
    frame = pl.DataFrame(parts)
    if not any(part.null_count() for part in parts):
        pieces: list[pl.Expr] = []
        for n, name in enumerate(names):
            pieces += [pl.lit(("," if n else "{") + name), pl.nth(n)]
        return frame.select(pl.concat_str([*pieces, pl.lit("}")]).alias("json")).to_series()
    present = [pl.lit("," + name) + pl.nth(n) for n, name in enumerate(names)]
    joined = pl.concat_str(present, ignore_nulls=True)
    rendered = frame.select(
        pl.when(joined != "").then(pl.lit("{") + joined.str.slice(1) + pl.lit("}")).alias("json")
    )
    return rendered.to_series()


def _rendered(key: str, kind: str, values: pl.Series, masker: Masker) -> pl.Series:
    """Return values as JSON texts, masked by their key first, then by what they hold."""
    rule = rule_of(key)
    if kind == JSON:
        return pl.Series([_json(key, value, masker) for value in values], dtype=pl.String)
    if rule == "ip" and kind == TEXT:
        return _addresses(key, values, masker)
    if rule is not None:
        return _ruled(key, kind, values, masker)
    if kind == INT:
        return values.cast(pl.String)
    if kind == FLAG:
        return values
    if kind == FLOAT:
        plain = values.str.contains(_CANONICAL)
        return values if plain.all() else by_distinct(values, lambda text: _dumped(float(text)))
    return _quoted(_changed(values, masker, lambda text: str(masker.value(key, text))))


def _changed(
    texts: pl.Series,
    masker: Masker,
    change: Callable[[str], str],
    alike: pl.Series | None = None,
) -> pl.Series:
    """Change those texts that a fast look, at texts like them, cannot let pass."""
    few = few_texts(texts if alike is None else alike)
    if few is None:
        places = masker.suspects(texts)
    else:
        found = masker.suspects(few.texts)
        if found and alike is None:
            return _put(few, masker, change, set(found))
        places = few.codes.is_in(found).arg_true().to_list() if found else []
    if not places:
        return texts
    suspects = texts.gather(places)
    changed = [
        change(text) if more else masker.networks(text)
        for text, more in zip(suspects, masker.of_more_than_addresses(suspects), strict=True)
    ]
    # A series is changed in its place: the sheet's own stays as it was read.
    return texts.clone().scatter(places, pl.Series(changed, dtype=pl.String))


def counted(values: pl.Series, masker: Masker, change: Callable[[str], str]) -> pl.Series:
    """Mask each distinct text once, and count it as often as it stands in the column."""
    if values.null_count() == len(values):
        return values.cast(pl.String)
    texts = FewTexts(*coded(values))
    return _put(texts, masker, change, range(len(texts.texts)))


def _put(
    texts: FewTexts, masker: Masker, change: Callable[[str], str], chosen: Container[int]
) -> pl.Series:
    """Put what `change` makes of the `chosen` texts in their place."""
    times: dict[int, int] = dict(texts.codes.drop_nulls().value_counts(name="count").rows())
    found: list[str] = []
    for code, text in enumerate(texts.texts):
        if code not in chosen:
            found.append(text)
            continue
        before = masker.counts.copy()
        found.append(change(text))
        for name, count in (masker.counts - before).items():
            masker.counts[name] += count * (times[code] - 1)
    return pl.Series(found, dtype=pl.String).gather(texts.codes)


def _ruled(key: str, kind: str, values: pl.Series, masker: Masker) -> pl.Series:
    """Mask values by what their key says."""

    def change(text: str) -> str:
        return _dumped(masker.value(key, _parsed(kind, text)))

    return counted(values.cast(pl.String), masker, change)


def _addresses(key: str, values: pl.Series, masker: Masker) -> pl.Series:
    """Mask a client's addresses: of one that stands alone its last part, others one by one."""
    alone = values.str.contains(_ADDRESS)
    networks = pl.select(pl.format('"{}"', values.str.replace(_LAST_PART, ".0"))).to_series()
    masker.counts["ip"] += int(alone.sum())
    if alone.all():
        return networks
    others = values.set(alone.fill_null(value=False), None)
    return networks.zip_with(alone.fill_null(value=False), _ruled(key, TEXT, others, masker))


def _parsed(kind: str, text: str) -> Any:
    if kind == INT:
        return int(text)
    if kind == FLOAT:
        return float(text)
    return text == "true" if kind == FLAG else text


def _json(key: str, value: Any, masker: Masker) -> str | None:
    return None if value is None else _dumped(masker.value(key, value))


def _dumped(value: object) -> str:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS, default=str).decode()


def _quoted(texts: pl.Series) -> pl.Series:
    escaped = texts.str.contains(_NEEDS_ESCAPE)
    quoted = pl.select(pl.format('"{}"', texts)).to_series()
    if not escaped.any():
        return quoted
    places = escaped.arg_true()
    return quoted.scatter(places, pl.Series([_dumped(t) for t in texts.gather(places)]))
