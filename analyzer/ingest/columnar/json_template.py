"""Templates of JSON lines: the same keys in the same order, values of the same types.

A string without a backslash is its own text, a whole number of up to 19 digits that fits 64 bits
and a decimal without exponent are what any parser reads; all else is left to the parser.
"""

from __future__ import annotations

import re

import orjson

from analyzer.ingest.columnar.json_form import Slot, form_of
from analyzer.ingest.columnar.template import FLAG, FLOAT, INT, TEXT, Segment, Template

_TOKEN = re.compile(
    r"(?P<space>[ \t]*)(?:(?P<string>\"(?:[^\"\\]|\\.)*\")|(?P<number>-?\d+(?:\.\d+)?)(?![\d.eE])|"
    r"(?P<word>true|false|null)|(?P<mark>[{}:,]))"
)
_STRING = r'"((?:[^"\\\x00-\x1f]|\\[^\x00-\x1f])*)"'
_INT = r"(0|-?[1-9][0-9]*)"
_FLOAT = r"(-?(?:0|[1-9][0-9]*)\.[0-9]+)"
_FLAG = "(true|false)"
_MAX_KEYS = 64
_MAX_DEPTH = 16


class _NoTemplate(Exception):  # noqa: N818 - not an error: the line is read alone
    """The line holds what no template describes."""


def learn_json(sample: str) -> Template | None:
    """Return the template of a JSON object's line, None where it holds lists or repeats a key."""
    learner = _Learner(sample)
    try:
        learner.read_object()
    except (_NoTemplate, orjson.JSONDecodeError):
        return None
    if sample[learner.place :].strip(" \t") or not 0 < len(learner.keys) <= _MAX_KEYS:
        return None
    learner.literal(sample[learner.place :])
    return Template(
        format="json",
        keys=tuple(learner.keys),
        segments=learner.segments,
        unescape=_unescape,
        constants=learner.constants,
        form=form_of(learner.parts),
    )


def _unescape(text: str) -> str | None:
    try:
        found = orjson.loads(f'"{text}"')
    except orjson.JSONDecodeError:
        return None
    return found if isinstance(found, str) else None


class _Learner:
    """Walks through one object and writes its pattern down."""

    def __init__(self, sample: str) -> None:
        self._sample = sample
        self.place = 0
        self.keys: dict[str, None] = {}
        self.constants: dict[str, str | None] = {}
        self.segments: list[Segment] = []
        self.parts: list[str | Slot] = []

    def literal(self, text: str) -> None:
        if text:
            self.segments.append(Segment(re.escape(text)))
            self.parts.append(text)

    def read_object(self, path: tuple[str, ...] = ()) -> None:
        if len(path) >= _MAX_DEPTH:
            raise _NoTemplate
        self._expect("{")
        keys: set[str] = set()
        while True:
            key = orjson.loads(self._next("string"))
            if key in keys:
                raise _NoTemplate
            keys.add(key)
            self._expect(":")
            self._read_value((*path, key))
            if self._next("mark") == "}":
                return

    def _read_value(self, path: tuple[str, ...]) -> None:
        name = ".".join(path)
        if name in self.keys:
            raise _NoTemplate
        match = self._match()
        if match["mark"] == "{":
            self.read_object(path)
            return
        self.keys[name] = None
        self.place = match.end()
        self.literal(match["space"])
        if match["string"]:
            self.parts += '"', Slot(name, quoted=True), '"'
            self.segments.append(Segment(_STRING, ((name, TEXT),)))
        elif match["number"]:
            whole = match["number"].lstrip("-").isdigit()
            self._bare(name, _INT if whole else _FLOAT, INT if whole else FLOAT)
        elif match["word"] == "null":
            self.literal("null")
            self.constants[name] = None
        elif match["word"]:
            self._bare(name, _FLAG, FLAG)
        else:
            raise _NoTemplate

    def _bare(self, name: str, pattern: str, kind: str) -> None:
        """Note a value that stands without quotes."""
        shown = None if kind == INT else pattern
        self.parts.append(Slot(name, quoted=False, pattern=shown))
        self.segments.append(Segment(pattern, ((name, kind),)))

    def _match(self) -> re.Match[str]:
        match = _TOKEN.match(self._sample, self.place)
        if match is None:
            raise _NoTemplate
        return match

    def _next(self, kind: str) -> str:
        match = self._match()
        if match[kind] is None:
            raise _NoTemplate
        self.place = match.end()
        self.literal(match[0])
        return str(match[kind])

    def _expect(self, mark: str) -> None:
        if self._next("mark") != mark:
            raise _NoTemplate
