"""Ways of parts that the forms of several formats share."""

from __future__ import annotations

import polars as pl

from analyzer.ingest.columnar.form_template import Way
from analyzer.ingest.formats.access import MAYBE_IDS

WORD, REST = "[!-~]+", "[ -~]*"
QUOTED = r'"([^"\x1b\ufffd]*)"'
PATH = r"([!#-\[\]-~]+)"
FAILED = ("outcome", "error_type")
"""What tells that a request failed."""
_OF_REQUEST = ("message", "method", "path", "protocol")


def one_way(pattern: str, *keys: str) -> tuple[Way]:
    """Return the ways of a part that is written in one way only."""
    return (Way(pattern, keys),)


def request(target: str, behind: str = "") -> Way:
    """Return the way of a request line between quotes; `target` is the pattern of what it asks."""
    named = {"path": pl.when(~pl.col("path").str.contains(MAYBE_IDS)).then(pl.col("path"))}
    pattern = rf'"(([A-Za-z]{{2,16}}) {target} (HTTP/[0-9.]+))"{behind}'
    return Way(pattern, _OF_REQUEST, derived=named)
