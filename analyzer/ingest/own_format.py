r"""Formats that the user describes: a TOML file with patterns and field names (`--format-file`).

[[format]]
name = "billing"
pattern = '^(?P<time>\S+) (?P<who>\w+) did (?P<what>\w+) in (?P<took>\d+)$'
multiline = false           # true: lines that match nothing belong to the record before

[format.fields]             # group of the pattern -> field, in any spelling known to analyze
who = "service"
what = "operation"
took = "duration_ms"
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analyzer.errors import ConfigurationError, InputError
from analyzer.ingest import aliases
from analyzer.ingest.formats.known import Format

_TIMES = frozenset({*aliases.LOG_TIME, *aliases.START_TIME, *aliases.END_TIME})


@dataclass(frozen=True, slots=True)
class _Pattern:
    """A pattern, and the field that each of its groups feeds."""

    compiled: re.Pattern[str]
    names: Mapping[str, str]

    def __call__(self, text: str) -> dict[str, Any] | None:
        """Return the fields of a line, None where the pattern is not found in it."""
        match = self.compiled.search(text)
        if match is None:
            return None
        return {self.names[k]: item for k, item in match.groupdict().items() if item is not None}


def load_formats(path: Path) -> tuple[Format, ...]:
    """Return the formats that the TOML file at `path` describes, in its order.

    Raises:
        InputError: the file cannot be read.
        ConfigurationError: it is not TOML, or a format lacks or misspells something; names all.
    """
    try:
        described = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}. Name a TOML file with formats.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError([f"{path}: not TOML: {error}"]) from error
    tables = described.get("format")
    if not isinstance(tables, list) or not tables:
        raise ConfigurationError([f"{path}: holds no [[format]] table"])
    problems: list[str] = []
    formats = [
        _format(table, f"{path}: format {n}", problems) for n, table in enumerate(tables, 1)
    ]
    if problems:
        raise ConfigurationError(problems)
    return tuple(entry for entry in formats if entry is not None)


def _format(table: object, where: str, problems: list[str]) -> Format | None:
    if not isinstance(table, Mapping):
        problems.append(f"{where}: must be a table")
        return None
    problems.extend(
        f"{where}: unknown key {key!r} (known: name, pattern, fields, multiline)"
        for key in sorted(set(table) - {"name", "pattern", "fields", "multiline"})
    )
    name, pattern = table.get("name"), table.get("pattern")
    fields, multiline = table.get("fields", {}), table.get("multiline", False)
    if not isinstance(name, str) or not name:
        problems.append(f"{where}: name must be a text")
    if not isinstance(multiline, bool):
        problems.append(f"{where}: multiline must be true or false")
    if not isinstance(fields, Mapping) or not all(isinstance(v, str) for v in fields.values()):
        problems.append(f"{where}: fields must map groups of the pattern to field names")
        return None
    try:
        compiled = re.compile(str(pattern))
    except re.error as error:
        problems.append(f"{where}: pattern: {error}")
        return None
    groups = set(compiled.groupindex)
    problems.extend(
        f"{where}: fields names {group!r}, which the pattern does not have"
        for group in sorted(set(fields) - groups)
    )
    if not _TIMES & {str(fields.get(group, group)) for group in groups}:
        problems.append(f"{where}: no group is a time (name one `time`, or map one to it)")
    names = {group: str(fields.get(group, group)) for group in groups}

    return Format(str(name), _Pattern(compiled, names), free=multiline is True)
