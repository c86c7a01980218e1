"""The architect's file: `contexts.yaml` as it was edited."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from analyzer.analysis.contexts import Constraints, parse
from analyzer.errors import ConfigurationError


def read_wishes(path: Path | None) -> Constraints | None:
    """Return the wishes in an edited `contexts.yaml`; None without a file.

    Raises:
        ConfigurationError: the file cannot be read, or what it says is wrong (every problem).
    """
    if path is None:
        return None
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError([f"{path}: cannot be read ({error})"]) from error
    try:
        return replace(parse(text), source=str(path))
    except ConfigurationError as error:
        raise ConfigurationError([f"{path}: {problem}" for problem in error.problems]) from error
