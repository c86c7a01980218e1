"""YAML with line numbers: values are taken as written, problems are collected, not raised."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

import yaml

_EMPTY = "tag:yaml.org,2002:null"


class Text(NamedTuple):
    """A scalar as written, and its line (from 1)."""

    value: str
    line: int


@dataclass(slots=True)
class Problems:
    """Sentences about a file, each with its line; in order of appearance."""

    found: list[str] = field(default_factory=list)

    def add(self, line: int, sentence: str) -> None:
        """Note one problem."""
        self.found.append(f"line {line}: {sentence}")

    def unknown(self, word: Text, known: Iterable[str], what: str) -> None:
        """Note a word that nobody knows, with the closest one that somebody does."""
        choices = sorted(known)
        close = difflib.get_close_matches(word.value, choices, n=1)
        hint = f"did you mean {close[0]!r}?" if close else f"there are: {', '.join(choices)}"
        self.add(word.line, f"unknown {what} {word.value!r}; {hint}")


def root_of(text: str, problems: Problems) -> yaml.Node | None:
    """The document's node; None for an empty document or one that is no YAML."""
    try:
        node: yaml.Node | None = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        problems.add(line, f"not YAML: {error.problem}")
        return None
    except yaml.YAMLError as error:
        problems.add(1, f"not YAML: {' '.join(str(error).split())}")
        return None
    return node


def line_of(node: yaml.Node) -> int:
    """The line (from 1) where a node begins."""
    return int(node.start_mark.line) + 1


def entries(
    node: yaml.Node | None, what: str, problems: Problems
) -> Iterator[tuple[Text, yaml.Node]]:
    """Key and value of a mapping; an empty value is an empty mapping; doubles are refused."""
    if node is None or node.tag == _EMPTY:
        return
    if not isinstance(node, yaml.MappingNode):
        problems.add(line_of(node), f"{what} must be a mapping (name: value)")
        return
    seen: dict[str, int] = {}
    for key_node, value in node.value:
        key = scalar(key_node, f"a name in {what}", problems)
        if key is None:
            continue
        if key.value in seen:
            problems.add(
                key.line, f"{key.value!r} stands twice in {what} (also line {seen[key.value]})"
            )
            continue
        seen[key.value] = key.line
        yield key, value


def items(node: yaml.Node, what: str, problems: Problems) -> list[yaml.Node]:
    """The items of a list; an empty value is an empty list."""
    if node.tag == _EMPTY:
        return []
    if not isinstance(node, yaml.SequenceNode):
        problems.add(line_of(node), f"{what} must be a list")
        return []
    return list(node.value)


def scalar(node: yaml.Node, what: str, problems: Problems) -> Text | None:
    """A single word or number as written (`no` is a name here, not a boolean)."""
    if not isinstance(node, yaml.ScalarNode):
        problems.add(line_of(node), f"{what} must be a single word or number")
        return None
    return Text(str(node.value), line_of(node))


def names(node: yaml.Node, what: str, problems: Problems) -> list[Text]:
    """A list of names."""
    found = (scalar(item, f"an item of {what}", problems) for item in items(node, what, problems))
    return [name for name in found if name is not None]


def number(node: yaml.Node, what: str, problems: Problems) -> float | None:
    """A number above 0; None for an empty value."""
    text = scalar(node, what, problems)
    if text is None or node.tag == _EMPTY:
        return None
    try:
        value = float(text.value)
    except ValueError:
        value = 0.0
    if not 0 < value < float("inf"):
        problems.add(text.line, f"{what} must be a number above 0, not {text.value!r}")
        return None
    return value


def whole(node: yaml.Node, what: str, problems: Problems) -> int | None:
    """A whole number above 0; None for an empty value."""
    value = number(node, what, problems)
    if value is not None and value != int(value):
        problems.add(line_of(node), f"{what} must be a whole number, not {value}")
        return None
    return None if value is None else int(value)


def switch(node: yaml.Node, what: str, problems: Problems) -> bool:
    """True or false; an empty value is false."""
    return bool(switch_or_nothing(node, what, problems))


def switch_or_nothing(node: yaml.Node, what: str, problems: Problems) -> bool | None:
    """True or false; None for an empty value."""
    text = scalar(node, what, problems)
    if text is None or node.tag == _EMPTY:
        return None
    if text.value.lower() not in ("true", "false"):
        problems.add(text.line, f"{what} is true or false, not {text.value!r}")
    return text.value.lower() == "true"
