"""YAML text to nodes that remember their line and column.

PyYAML composes the nodes; scalars are typed here, because YAML 1.1 would read `1:30` as 90 and
`on` as true, and because exact numbers are needed: `target: 0.999` must not become a binary
fraction before 20 bad events are compared with a budget of 20.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import yaml

NUMBER = re.compile(r"[-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d{1,3})?\Z")
MAX_NODES = 200_000


class SourceError(Exception):
    """The text is not readable YAML; carries where and why."""

    def __init__(self, line: int, column: int, reason: str) -> None:
        """Remember the place as counted from 1."""
        super().__init__(reason)
        self.line, self.column, self.reason = line, column, reason


@dataclass(frozen=True, slots=True)
class Scalar:
    """A leaf: `kind` is null, bool, number or text (quoted scalars are always text)."""

    line: int
    column: int
    text: str
    kind: str


@dataclass(frozen=True, slots=True)
class Sequence:
    line: int
    column: int
    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """One key of a mapping with the key's own place."""

    line: int
    column: int
    value: Node


@dataclass(frozen=True, slots=True)
class Mapping:
    """A mapping; `doubled` lists keys given twice, which YAML forbids and PyYAML would hide."""

    line: int
    column: int
    entries: dict[str, Entry]
    doubled: tuple[tuple[str, int, int], ...] = ()


Node = Scalar | Sequence | Mapping


def documents(text: str) -> list[Node]:
    """All YAML documents of `text`, empty ones left out. Raises `SourceError`."""
    try:
        composed = [node for node in _compose_all(text) if node is not None]
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        raise SourceError(line, column, error.problem or "not readable as YAML") from error
    except yaml.YAMLError as error:
        raise SourceError(1, 1, f"not readable as YAML: {str(error).splitlines()[0]}") from error
    except RecursionError as error:
        raise SourceError(1, 1, "nested too deeply") from error
    walk = _Walk()
    return [walk.convert(node, ()) for node in composed if not _is_empty(node)]


def _compose_all(text: str) -> Iterator[yaml.Node | None]:
    loader = yaml.SafeLoader(text)
    try:
        while loader.check_node():
            yield loader.get_node()
    finally:
        loader.dispose()


def _is_empty(node: yaml.Node) -> bool:
    return isinstance(node, yaml.ScalarNode) and not node.value and node.style is None


class _Walk:
    """Converts composed nodes; bounds what aliases may unfold to and refuses cycles."""

    def __init__(self) -> None:
        self.seen = 0

    def convert(self, node: yaml.Node, above: tuple[int, ...]) -> Node:
        line, column = node.start_mark.line + 1, node.start_mark.column + 1
        self.seen += 1
        if id(node) in above:
            raise SourceError(line, column, "an alias contains itself")
        if self.seen > MAX_NODES:
            raise SourceError(line, column, f"aliases unfold to more than {MAX_NODES} values")
        inside = (*above, id(node))
        if isinstance(node, yaml.ScalarNode):
            return Scalar(line, column, str(node.value), _scalar_kind(node))
        if isinstance(node, yaml.SequenceNode):
            items = tuple(self.convert(item, inside) for item in node.value)
            return Sequence(line, column, items)
        assert isinstance(node, yaml.MappingNode)
        return self._mapping(node, inside)

    def _mapping(self, node: yaml.MappingNode, above: tuple[int, ...]) -> Mapping:
        line, column = node.start_mark.line + 1, node.start_mark.column + 1
        entries: dict[str, Entry] = {}
        merged: dict[str, Entry] = {}
        doubled: list[tuple[str, int, int]] = []
        for key_node, value_node in node.value:
            place = key_node.start_mark.line + 1, key_node.start_mark.column + 1
            if not isinstance(key_node, yaml.ScalarNode):
                raise SourceError(*place, "a key must be plain text")
            value = self.convert(value_node, above)
            if key_node.tag == "tag:yaml.org,2002:merge":
                merged.update(_merge(value))
            elif key_node.value in entries:
                doubled.append((key_node.value, *place))
            else:
                entries[key_node.value] = Entry(*place, value)
        return Mapping(line, column, {**merged, **entries}, tuple(doubled))


def _merge(value: Node) -> dict[str, Entry]:
    """The entries that `<<:` brings in; the first of several mappings wins, as YAML 1.1 says."""
    sources = value.items if isinstance(value, Sequence) else (value,)
    entries: dict[str, Entry] = {}
    for source in reversed(sources):
        if not isinstance(source, Mapping):
            raise SourceError(source.line, source.column, "'<<' can only merge mappings")
        entries.update(source.entries)
    return entries


def _scalar_kind(node: yaml.ScalarNode) -> str:
    if node.style is not None:
        return "text"
    if node.tag == "tag:yaml.org,2002:null":
        return "null"
    if node.value in {"true", "false", "True", "False", "TRUE", "FALSE"}:
        return "bool"
    return "number" if NUMBER.match(node.value) else "text"
