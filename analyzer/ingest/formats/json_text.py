"""JSON text to values: a line at a time, or documents spread over many lines.

`orjson` does the work; the standard library's slower parser only diagnoses what went wrong and
finds where one of several documents in a file ends.
"""

from __future__ import annotations

import bisect
import json
import re
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import orjson

from analyzer.ingest.epochs import exact_or_float
from analyzer.ingest.lines import Line
from analyzer.ingest.record import Rejected

BAD_ENCODING_SHARE = 0.1
"""A text of which more than this is not UTF-8 is refused."""
# NaN and Infinity, which some loggers write, and integers beyond 64 bits stay texts.
_DECODER = json.JSONDecoder(
    parse_constant=str,
    parse_int=lambda digits: int(digits) if len(digits) < 19 else digits,
)
# An epoch of so many digits that a float would lose some.
_LONG_EPOCH = re.compile(rb"1[0-9]{9}(?:\.[0-9]{7}|[0-9]{3}\.[0-9]{4})")


class Document(NamedTuple):
    """A value (or why there is none) and the lines it took; the first is the record."""

    value: Any
    lines: Sequence[Line]


def parse_line(content: bytes) -> Any:
    """Return the JSON value of one line, or a `Rejected` that names the fault.

    Invalid UTF-8 is replaced; only where it spoils more than a tenth of the line is it refused.
    """
    try:
        value = orjson.loads(content)
    except orjson.JSONDecodeError:
        pass
    else:
        return value if _LONG_EPOCH.search(content) is None else _with_exact_times(content, value)
    text = content.decode("utf-8", "replace")
    broken = text.count("\ufffd")
    if broken > BAD_ENCODING_SHARE * len(text):
        return Rejected("bad_encoding", f"{broken} of {len(text)} characters are not UTF-8")
    try:
        return _storable(_DECODER.decode(text))
    except (json.JSONDecodeError, RecursionError) as error:
        return _fault(error, len(text.rstrip()))


def _with_exact_times(content: bytes, value: Any) -> Any:
    """Return `value` with its times in seconds as they are written in `content`."""
    try:
        return _EXACT_DECODER.decode(content.decode("utf-8", "replace"))
    except (json.JSONDecodeError, RecursionError):
        return value


class _Decimal(str):
    """A number of more digits than a float holds, as written."""

    __slots__ = ()


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    return {
        key: exact_or_float(key, value) if type(value) is _Decimal else _floats(value)
        for key, value in pairs
    }


def _floats(value: Any) -> Any:
    if isinstance(value, list):
        return [float(item) if type(item) is _Decimal else _floats(item) for item in value]
    return value


_EXACT_DECODER = json.JSONDecoder(
    parse_float=lambda digits: _Decimal(digits) if len(digits) > 16 else float(digits),
    parse_int=orjson.loads,
    object_pairs_hook=_pairs,
)


def embedded_object(text: object) -> dict[str, Any] | None:
    """Return the JSON object that a text ends in, None where it ends in none."""
    if not isinstance(text, str) or '{"' not in text:
        return None
    text = text.rstrip().removesuffix(" []")  # Monolog's empty list behind its context
    if not text.endswith("}"):
        return None
    content = text[text.index('{"') :].encode("utf-8", "replace")
    value = parse_line(content)
    return value if isinstance(value, dict) else None


def starts_document(content: bytes) -> bool:
    """Tell whether a first line could open a document that goes on over further lines."""
    text = content.strip()
    if not text.startswith((b"{", b"[")):
        return False
    after = text[1:].lstrip()[:1]
    return not after or after in (b'"', b"}") or (text[:1] == b"[" and after in b"{[]")


def is_json_lines(first: bytes, second: bytes | None) -> bool:
    """Tell whether two leading lines are lines of their own rather than parts of a document."""
    if not isinstance(parse_line(first), Rejected):
        return True
    bare = first.strip() in (b"{", b"[")
    return (
        not bare
        and second is not None
        and second.startswith(b"{")
        and isinstance(parse_line(second), dict)
    )


def split_documents(lines: Sequence[Line]) -> Iterator[Document]:
    """Yield the documents of a file: usually one; several where they follow each other.

    Where a document is broken, reading resumes at the next line that opens one at its margin, so
    that one fault costs one document.
    """
    text = "\n".join(line.content.decode("utf-8", "replace") for line in lines)
    try:
        yield Document(orjson.loads(text), lines)
    except orjson.JSONDecodeError:
        yield from _several(text, lines)


def _several(text: str, lines: Sequence[Line]) -> Iterator[Document]:
    starts = [0]
    for line in lines:
        end = starts[-1] + len(line.content.decode("utf-8", "replace")) + 1
        starts.append(end)
    first = 0
    while first < len(lines):
        position = starts[first]
        try:
            value, end = _DECODER.raw_decode(text, position + _indent(text, position))
            value = _storable(value)
            after = bisect.bisect_left(starts, end)
            if text[end : starts[after]].strip():
                value = Rejected("bad_json", "text after the end of a JSON document")
        except (json.JSONDecodeError, RecursionError) as error:
            value, after = _fault(error, len(text.rstrip())), first + 1
        if isinstance(value, Rejected):
            after = _next_opening(lines, after)
        yield Document(value, lines[first:after])
        first = after


def _storable(value: Any) -> Any:
    """Return `value` with half surrogate pairs replaced: no encoding can store them."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode() if not value.isascii() else value
    if isinstance(value, list):
        return [_storable(item) for item in value]
    if isinstance(value, dict):
        return {_storable(key): _storable(item) for key, item in value.items()}
    return value


def _next_opening(lines: Sequence[Line], start: int) -> int:
    for index in range(start, len(lines)):
        if lines[index].content[:1] in (b"{", b"["):
            return index
    return len(lines)


def _indent(text: str, position: int) -> int:
    rest = text[position:]
    return len(rest) - len(rest.lstrip())


def _fault(error: json.JSONDecodeError | RecursionError, length: int) -> Rejected:
    if isinstance(error, RecursionError):
        return Rejected("too_deep", "JSON nested too deeply to parse")
    cut = error.pos >= length or error.msg.startswith(("Unterminated", "Invalid \\escape"))
    where = f"{error.msg} at character {error.pos + 1}"
    return Rejected("truncated_json" if cut else "bad_json", where)
