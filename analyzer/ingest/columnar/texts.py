"""Columns of free texts to what may be stored: masked, templated, rendered.

A fast look over the whole column tells which texts could hold anything to hide, and only those
go through the patterns, so that counts of masks are those of the lines.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping
from typing import Any

import numpy as np
import orjson
import polars as pl
import pyarrow as pa

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

_BEFORE, _BEHIND = np.zeros(256, np.bool_), np.zeros(256, np.bool_)
_BEFORE[list(b" =/([")] = True
_BEHIND[list(b" /)],;")] = True


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
    if _short(texts):
        texts = _lone_numbers_alike(texts)
        if (few := few_texts(texts)) is not None:
            return few.changed(template_of)
    text = pl.col("text")
    alike = text.str.replace_all(_NUMBER, "${1}1${2}")
    if texts.head(_SAMPLE).str.contains(_HEX).any():
        alike = text.str.replace_all(_HEX, "${1}1${2}").str.replace_all(_NUMBER, "${1}1${2}")
    frame = pl.DataFrame({"text": texts})
    found = frame.select(pl.when(text.str.len_bytes() < _LONG).then(alike).otherwise(text))
    return by_distinct(found.to_series(), template_of)


def _short(texts: pl.Series) -> bool:
    """Tell whether a column holds texts only, none so long that its template is cut."""
    longest = texts.str.len_bytes().max()
    return not texts.null_count() and isinstance(longest, int) and longest < _LONG


def _lone_numbers_alike(texts: pl.Series) -> pl.Series:
    """Write whole numbers between blanks and brackets as 1."""
    sizes = texts.str.len_bytes().to_numpy().astype(np.int64)
    ends = np.cumsum(sizes)
    # A blank on either side of the whole, so that every character has neighbours.
    written = np.frombuffer(f" {texts.str.join('')[0]} ".encode(), np.uint8)
    starts = ends - sizes + 1
    digit = (written - np.uint8(ord("0"))) < 10
    first = np.flatnonzero(digit[1:] & ~digit[:-1]) + 1
    behind = np.flatnonzero(digit[:-1] & ~digit[1:]) + 1
    # Numbers on both sides of a text's edge are no one's, and stay.
    text = np.searchsorted(ends, first - 1, side="right")
    last = ends[text] + 1
    begins, closes = first == starts[text], behind == last
    lone = (_BEFORE[written[first - 1]] & ~begins) & (_BEHIND[written[behind]] | closes)
    lone &= behind <= last
    first, behind, text = first[lone], behind[lone], text[lone]
    # All digits but the first of each go: +1 where such a stretch begins, -1 behind it.
    steps = np.zeros(len(written) + 1, np.int8)
    steps[first + 1] += 1
    steps[behind] -= 1
    kept = np.add.accumulate(steps[:-1], dtype=np.int8) == 0
    shown = written.copy()
    shown[first] = ord("1")
    dropped = np.bincount(text, weights=behind - first - 1, minlength=len(texts))
    offsets = np.concatenate([np.zeros(1, np.int64), np.cumsum(sizes - dropped.astype(np.int64))])
    left = shown[1:-1][kept[1:-1]]
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(left)]
    return pl.Series(pa.Array.from_buffers(pa.large_string(), len(texts), buffers))


def attributes(columns: Mapping[str, Column], masker: Masker) -> pl.Series | None:
    """Return each line's remaining values as one JSON object, masked; None without any."""
    if not columns:
        return None
    parts, pieces = [], list[tuple[str, str]]()
    for key in sorted(columns):
        values, quote = _rendered(key, *columns[key], masker)
        pieces.append((orjson.dumps(key).decode() + ":" + quote, quote))
        parts.append(values.alias(key))
    frame = pl.DataFrame(parts)
    if not any(part.null_count() for part in parts):
        told: list[pl.Expr] = []
        opened = "{"
        for n, (before, behind) in enumerate(pieces):
            told += [pl.lit(opened + before), pl.nth(n)]
            opened = behind + ","
        closed = pl.lit(pieces[-1][1] + "}")
        return frame.select(pl.concat_str([*told, closed]).alias("json")).to_series()
    present = [
        pl.lit("," + before) + pl.nth(n) + pl.lit(behind)
        for n, (before, behind) in enumerate(pieces)
    ]
    joined = pl.concat_str(present, ignore_nulls=True)
    rendered = frame.select(
        pl.when(joined != "").then(pl.lit("{") + joined.str.slice(1) + pl.lit("}")).alias("json")
    )
    return rendered.to_series()


def _rendered(key: str, kind: str, values: pl.Series, masker: Masker) -> tuple[pl.Series, str]:
    """Return values as JSON texts, masked by their key first, then by what they hold.

    With them comes what must stand on either side of each: a quote, or nothing.
    """
    rule = rule_of(key)
    if kind == JSON:
        return pl.Series([_json(key, value, masker) for value in values], dtype=pl.String), ""
    if rule is not None:
        masked_by = _addresses if rule == "ip" and kind == TEXT else _ruled
        return masked_by(key, kind, values, masker), ""
    if kind == INT:
        return values.cast(pl.String), ""
    if kind == FLAG:
        return values, ""
    if kind == FLOAT:
        plain = values.str.contains(_CANONICAL)
        if plain.all():
            return values, ""
        return by_distinct(values, lambda text: _dumped(float(text))), ""
    shown = _changed(values, masker, lambda text: str(masker.value(key, text)))
    if not shown.str.join(" ").str.contains(_NEEDS_ESCAPE)[0]:
        return shown, '"'
    return _quoted(shown), ""


def _changed(
    texts: pl.Series,
    masker: Masker,
    change: Callable[[str], str],
    alike: pl.Series | None = None,
) -> pl.Series:
    """Change those texts that a fast look, at texts like them, cannot let pass."""
    if not len(texts):
        return texts
    few = few_texts(texts if alike is None else alike)
    if few is None:
        places = masker.suspects(texts)
    else:
        found = masker.suspects_again(few.texts)
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


def _addresses(key: str, kind: str, values: pl.Series, masker: Masker) -> pl.Series:
    """Mask a client's addresses: of one that stands alone its last part, others one by one."""
    alone = values.str.contains(_ADDRESS)
    networks = pl.select(pl.format('"{}"', values.str.replace(_LAST_PART, ".0"))).to_series()
    masker.counts["ip"] += int(alone.sum())
    if alone.all():
        return networks
    others = values.set(alone.fill_null(value=False), None)
    return networks.zip_with(alone.fill_null(value=False), _ruled(key, kind, others, masker))


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
