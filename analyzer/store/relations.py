"""The SQL files: one relation per file, found by name, values only as `$name` parameters."""

from __future__ import annotations

from functools import cache
from importlib.resources import files


@cache
def relation(name: str) -> str:
    """Return the text of `sql/<name>.sql`.

    Raises:
        FileNotFoundError: no such relation (a programming error).
    """
    return (files("analyzer.store") / "sql" / f"{name}.sql").read_text("utf-8")
