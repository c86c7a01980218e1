"""Plain values as YAML text that depends on the values alone, down to the byte."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence

PLAIN = re.compile(r"[A-Za-z_/](?:[A-Za-z0-9_./:-]*[A-Za-z0-9_./-])?\Z")
RESERVED = {"true", "false", "null", "yes", "no", "on", "off", "y", "n"}

Yaml = str | int | bool | Mapping[str, "Yaml"] | Sequence["Yaml"]


def render(value: Yaml, *, comment: str = "") -> str:
    """The YAML document; strings of several lines become literal blocks."""
    head = "".join(f"# {line}\n" for line in comment.splitlines())
    return head + "\n".join(_lines(value, 0)) + "\n"


def _lines(value: Yaml, indent: int) -> Iterator[str]:
    pad = " " * indent
    if not isinstance(value, str | int) and not value:
        yield pad + ("{}" if isinstance(value, Mapping) else "[]")
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from _entry(f"{pad}{_scalar(key)}:", item, indent)
    elif isinstance(value, Sequence) and not isinstance(value, str):
        for item in value:
            yield from _item(pad, item, indent)
    else:
        yield pad + _scalar(value)


def _entry(head: str, item: Yaml, indent: int) -> Iterator[str]:
    if isinstance(item, str) and "\n" in item:
        yield f"{head} |-"
        yield from (f"{' ' * (indent + 2)}{line}" for line in item.splitlines())
    elif isinstance(item, str | int):
        yield f"{head} {_scalar(item)}"
    elif not item:
        yield f"{head} {'{}' if isinstance(item, Mapping) else '[]'}"
    else:
        yield head
        yield from _lines(item, indent + 2)


def _item(pad: str, item: Yaml, indent: int) -> Iterator[str]:
    """A list item: its first line takes the dash."""
    lines = list(_lines(item, indent + 2))
    yield f"{pad}- {lines[0].lstrip()}"
    yield from lines[1:]


def _scalar(value: Yaml) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    text = str(value)
    if PLAIN.match(text) and text.lower() not in RESERVED:
        return text
    if '"' in text and "'" not in text and "\\" not in text:
        return f"'{text}'"
    return json.dumps(text, ensure_ascii=False)
