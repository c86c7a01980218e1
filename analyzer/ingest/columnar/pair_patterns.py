"""Patterns that templates of text lines share: pairs of a tail, and what spoils a line."""

from __future__ import annotations

import re
from collections.abc import Collection

import polars as pl

from analyzer.ingest.columnar.template import TEXT, Segment

QUOTED = r'"(?:[^"\\\x1b]|\\[^\x1b])*"'
# A pair of a tail ends at blanks and `"',;)]`; one begins after blanks and `,;([`.
TAIL_VALUE = rf"({QUOTED}|[!#$%&*+\-./0-9:<>?@A-Z\\^_`a-z|~]*)"
TAIL_PAIR = re.compile(
    r"([A-Za-z_][\w.-]*)=(\"(?:[^\"\\]|\\.)*\"|[!#$%&*+\-./0-9:<>?@A-Z\\^_`a-z|~]*)", re.ASCII
)
PAIR_BEGINS = re.compile(r"(?:^|[\s,;(\[])[A-Za-z_][\w.-]*=")
"""What any text with pairs in its tail holds."""
_BETWEEN_PAIRS = re.compile(r"[ ,;]+")


def pairs_of(text: str) -> list[Segment] | None:
    """Return how the pairs that make up all of `text` are read."""
    segments: list[Segment] = []
    seen: set[str] = set()
    place = 0
    while match := TAIL_PAIR.match(text, place):
        if match[1] in seen:
            return None
        seen.add(match[1])
        pattern, slots = f"{re.escape(match[1])}={TAIL_VALUE}", ((match[1], TEXT),)
        segments.append(Segment(pattern, slots, f"{match[1]}="))
        place = match.end()
        if place == len(text):
            return segments
        between = _BETWEEN_PAIRS.match(text, place)
        if between is None:
            return None
        segments.append(Segment(re.escape(between[0]), (), between[0]))
        place = between.end()
    return None


def slot(pattern: str, key: str) -> Segment:
    return Segment(pattern, ((key, TEXT),))


def undamaged(keys: Collection[str]) -> list[pl.Expr]:
    """Lines whose bytes were replaced are looked at one by one."""
    return [~pl.col(sorted(keys)).str.contains("\ufffd", literal=True)] if keys else []
