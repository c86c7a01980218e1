"""Messages made of words and pairs, written alike where only harmless values differ.

What a message's template is, and whether it may hold something to hide, hangs on its words and on
the form of its values, not on the digits of a duration or an id: with those written alike, few
messages are left to look at. Forms are so narrow that no pattern of a mask could begin, end or
lie in such a value, whatever stands before and behind it; FORMATS section 7 names the masks.
"""

from __future__ import annotations

import re

import polars as pl

from analyzer.ingest.columnar.sheet import Sheet
from analyzer.ingest.columnar.template import TEXT
from analyzer.ingest.mask_patterns import PHONE_WORDS

_MOST_CHARACTERS = 400
"""A longer message is cut before its template is taken; it is looked at as it stands."""
# A number that is no phone's (where no word before it says so), card's or bot's: too short.
_NUMBER = r"(?:[0-9]{1,7}\.)?[0-9]{1,9}"
_UNIT = re.compile(rf"{_NUMBER}(?P<unit>(?:ns|us|ms|s)?)$")
# Digits with a letter among them, or a UUID: longer than any number that people are called by.
_HEX = (
    r"^(?:(?:[0-9]+[a-f]|[a-f]+[0-9])[0-9a-f]{6,}|"
    r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$"
)
_ANY_HEX = "0a0a0a0a"
# Ids between slashes; with a leading zero they might be a phone number's parts.
_PATH = r"^/[A-Za-z0-9/_.-]*$"
_PATH_ID = r"/[1-9][0-9]{0,8}(/|$)"
_NAMES_A_NUMBER = (*PHONE_WORDS, "no=", "number=")


def written_alike(sheet: Sheet, message: pl.Series) -> pl.Series | None:
    """Return texts of the templates and the secrets of `message`, of which fewer differ.

    None where `message` is not made of the sheet's other columns, or its words could make a
    number a person's.
    """
    wording = sheet.wording
    if wording is None or sheet.shape.body[:1] != (wording.message,):
        return None
    words = "".join(text for text, _ in wording.parts).lower()
    if any(name in words for name in _NAMES_A_NUMBER):
        return None
    parts: list[pl.Expr] = []
    values: dict[str, pl.Series] = {}
    for text, key in wording.parts:
        parts.append(pl.lit(text))
        if key is not None:
            kind, column = sheet.columns[key]
            if kind != TEXT or column.null_count():
                return None
            values[key] = column
            parts.append(_alike(column, pl.col(key)) if text else pl.col(key))
    whole = pl.col(wording.message)
    aside = whole.str.contains('"', literal=True) | (whole.str.len_bytes() >= _MOST_CHARACTERS)
    frame = pl.DataFrame({wording.message: message, **values})
    found = pl.when(aside).then(whole).otherwise(pl.concat_str(parts))
    return frame.select(found.alias("alike")).to_series()


def _alike(values: pl.Series, value: pl.Expr) -> pl.Expr:
    """Write values of a harmless form alike; the first tells which form a column has."""
    first = values[0] if len(values) else ""
    if number := _UNIT.match(first):
        return _where(values, value, f"^{_NUMBER}{number['unit']}$", f"7{number['unit']}")
    if re.match(_HEX, first):
        return _where(values, value, _HEX, _ANY_HEX)
    if re.match(_PATH, first):
        bare = value.str.replace_all(_PATH_ID, "/7${1}").str.replace_all(_PATH_ID, "/7${1}")
        return pl.when(value.str.contains(_PATH)).then(bare).otherwise(value)
    return value


def _where(values: pl.Series, value: pl.Expr, form: str, text: str) -> pl.Expr:
    """Put one text in the place of the values of a form."""
    if values.str.contains(form).all():
        return pl.lit(text)
    return pl.when(value.str.contains(form)).then(pl.lit(text)).otherwise(value)
