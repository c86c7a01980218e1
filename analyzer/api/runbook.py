"""Pass criteria of a runbook, read as plain data: which figure of a result must be what.

The part of the file that is read (the rest is the operators'):

    load_test:
      - {id: lost, text: "No ticket was lost", figure: tickets.lost, op: lte, value: 0}

`figure` is a path in the result's JSON; a list counts as its length. `op` is eq, ne, lte or gte.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from analyzer.errors import ConfigurationError

BUNDLED = Path("operations") / "runbook.yaml"
OPERATORS: Mapping[str, Callable[[Any, Any], bool]] = {
    "eq": operator.eq,
    "ne": operator.ne,
    "lte": operator.le,
    "gte": operator.ge,
}
WORDS = {"eq": "=", "ne": "≠", "lte": "≤", "gte": "≥"}


class Criterion(BaseModel):
    """One line of `load_test`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    text: str
    figure: str
    op: Literal["eq", "ne", "lte", "gte"]
    value: float | bool | str


@dataclass(frozen=True, slots=True)
class Verified:
    """A criterion with the figure that was found; None where the result has no such figure."""

    criterion: Criterion
    found: float | bool | str | None

    @property
    def holds(self) -> bool:
        """Whether it is met; a figure that is not there meets nothing."""
        wanted = self.criterion.value
        comparable = isinstance(self.found, str) == isinstance(wanted, str)
        if self.found is None or not comparable:
            return False
        return OPERATORS[self.criterion.op](self.found, wanted)

    @property
    def figures(self) -> str:
        """What was asked and what was found."""
        one = self.criterion
        found = "not there" if self.found is None else self.found
        asked = f"{one.value:g}" if isinstance(one.value, float) else one.value
        return f"{one.figure} {WORDS[one.op]} {asked} asked, {found} found"

    @property
    def words(self) -> str:
        """The criterion, what was asked and what was found."""
        return f"{self.criterion.text}: {self.figures}"


def bundled_runbook() -> Path | None:
    """The runbook that lies in the bundled bot's folder; the bot itself is not loaded."""
    spec = find_spec("consolidated_bot")
    places = spec.submodule_search_locations if spec else None
    found = next((Path(place) / BUNDLED for place in places or ()), None)
    return found if found and found.is_file() else None


def read_criteria(path: Path) -> tuple[Criterion, ...]:
    """The pass criteria in the file at `path`.

    Raises:
        ConfigurationError: it cannot be read, or its `load_test` is not a list of criteria.
    """
    try:
        content = yaml.safe_load(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ConfigurationError([f"{path}: cannot read the runbook: {error}"]) from error
    listed = content.get("load_test") if isinstance(content, dict) else None
    if not isinstance(listed, list):
        raise ConfigurationError(
            [f"{path}: load_test: a list of criteria is needed (id, text, figure, op, value)"]
        )
    try:
        return tuple(TypeAdapter(list[Criterion]).validate_python(listed))
    except ValidationError as error:
        raise ConfigurationError(
            [
                f"{path}: load_test.{'.'.join(map(str, wrong['loc']))}: {wrong['msg']}"
                for wrong in error.errors()
            ]
        ) from error


def verify(criteria: Sequence[Criterion], result: Mapping[str, Any]) -> tuple[Verified, ...]:
    """Every criterion held to `result`, the JSON document of a validation or load test."""
    return tuple(Verified(one, _figure(result, one.figure)) for one in criteria)


def _figure(result: Mapping[str, Any], path: str) -> float | bool | str | None:
    value: Any = result
    for key in path.split("."):
        if not isinstance(value, Mapping) or key not in value:
            return None
        value = value[key]
    if isinstance(value, list | tuple):
        return len(value)
    return value if isinstance(value, bool | int | float | str) else None
