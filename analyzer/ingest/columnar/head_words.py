"""Heads of text lines that differ in their words only: level, logger, thread, and ids.

What such a head says is asked of the reader of single lines, once for each that occurs: the
message of the line that a template is learnt from stands behind it then.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import polars as pl

from analyzer.ingest.columnar.form_template import each
from analyzer.ingest.columnar.template import TEXT, Segment
from analyzer.ingest.formats.text import read_text

_IDS = ("traceId", "spanId")
_PART = re.compile(
    r"(?P<word>[A-Za-z_][0-9A-Za-z_.$-]*)|(?P<number>[0-9]+)|(?P<blank> +)|(?P<other>.)"
)
_WORD, _NUMBER, _BLANKS = r"[A-Za-z_][0-9A-Za-z_.$-]*", "[0-9]+", " +"
_FREE = frozenset({"levelname", "logger", "thread", "process_name", "spring.application.name"})
_BETWEEN = "\x1f"
_MOST_HEADS = 4096


@dataclass(frozen=True, slots=True)
class Heads:
    """A part of a template, and the fields made of its groups."""

    segment: Segment
    derived: Mapping[str, pl.Expr]

    @property
    def groups(self) -> list[str]:
        """Return the names of the groups."""
        return [key for key, _ in self.segment.slots]

    @property
    def told(self) -> set[str]:
        """Return the fields that a head tells."""
        return {*self.derived, *self.groups}


def heads_like(before: str, head: str, message: str, read: Mapping[str, Any]) -> Heads | None:
    """Return the heads written as `head` is; None where it names an id twice, or no level.

    `before` and `message` stand around it in the line of which `read` are the fields.
    """
    ids = [key for key in _IDS if read.get(key)]
    values = [str(read[key]) for key in ids]
    if "levelname" not in read or any(head.count(value) != 1 for value in values):
        return None
    if values != sorted(values, key=head.index) or len(set(values)) < len(values):
        return None
    pattern, slots, rest = "", list[tuple[str, str]](), head
    for place, (key, value) in enumerate(zip(ids, values, strict=True)):
        piece, _, rest = rest.partition(value)
        pattern += f"({_alike(piece)})([0-9a-fA-F]{{{len(value)}}})"
        slots += ((f"@head{place}", TEXT), (key, TEXT))
    pattern += f"({_alike(rest)})"
    slots.append((f"@head{len(ids)}", TEXT))
    reading = _reader(before, message, read, ids)
    pieces = [key for key, _ in slots if key not in ids]
    whole = pl.concat_str(pieces, separator=_BETWEEN)
    told = [key for key in read if key in {*_FREE, *_IDS} and key not in ids]
    derived = {key: each(whole, _field(reading, key)) for key in told}
    return Heads(Segment(pattern, tuple(slots)), derived)


def _alike(piece: str) -> str:
    """Return the pattern of pieces with other words and numbers in the same places."""
    found = ""
    for part in _PART.finditer(piece):
        if part["word"]:
            found += _WORD
        elif part["number"]:
            found += _NUMBER
        else:
            found += _BLANKS if part["blank"] else re.escape(part[0])
    return found


def _reader(
    before: str, message: str, read: Mapping[str, Any], ids: list[str]
) -> Callable[[str], Mapping[str, Any] | None]:
    """Return what reads a head's pieces as those of the line that the template is learnt from."""

    @lru_cache(maxsize=_MOST_HEADS)
    def reading(pieces: str) -> Mapping[str, Any] | None:
        texts = pieces.split(_BETWEEN)
        head = texts[0] + "".join(
            f"{read[key]}{text}" for key, text in zip(ids, texts[1:], strict=True)
        )
        found = read_text(f"{before}{head}{message}")
        if found is None or tuple(found) != tuple(read):
            return None
        same = all(found[key] == value for key, value in read.items() if key not in _FREE)
        return found if same else None

    return reading


def _field(
    reading: Callable[[str], Mapping[str, Any] | None], key: str
) -> Callable[[str], str | None]:
    def told(pieces: str) -> str | None:
        found = reading(pieces)
        return None if found is None else found[key]

    return told
