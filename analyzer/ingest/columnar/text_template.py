"""Templates of text lines: logfmt, and a time with level, message and pairs.

Each is learnt from what the reader of single lines makes of one line, and only where the rest of
the line can hold nothing that this reader would take for something else: values are of characters
that end no pair, messages hold no `=`, no brace and no colour, numbers in words stay numbers.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import polars as pl

from analyzer.ingest.columnar.head_words import Heads, heads_like
from analyzer.ingest.columnar.pair_patterns import (
    PAIR_BEGINS,
    QUOTED,
    TAIL_PAIR,
    pairs_of,
    slot,
    undamaged,
)
from analyzer.ingest.columnar.template import MAX_GROUPS, TEXT, Segment, Template, Wording
from analyzer.ingest.formats.messages import read_message
from analyzer.ingest.formats.pairs import read_logfmt, read_tail, unescaped
from analyzer.ingest.formats.text import read_text
from analyzer.ingest.formats.words import ANY_LEVEL, ANY_LOWER, IN_SENTENCES
from analyzer.ingest.shapes import HEAD_KEY

_LOGFMT_VALUE = rf"({QUOTED}|(?:[!#-~][!-~]*)?)"
_LOGFMT_PAIR = re.compile(
    r"([A-Za-z_@][\w.@/-]*)=(\"(?:[^\"\\]|\\.)*\"|(?:[!#-~][!-~]*)?)", re.ASCII
)
_TIMES = re.compile(
    r"([\[(]?)(\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?|"
    r"\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d [+-]\d{4}|"
    r"\d{4}/\d\d/\d\d \d\d:\d\d:\d\d(?:\.\d{1,9})?|\d\d/\d\d/\d\d \d\d:\d\d:\d\d)(?=[ \])\t|,])"
)
_OF_HEADS = frozenset({
    "levelname", "logger", "thread", "process_name", "spring.application.name", "traceId",
    "spanId",
})  # fmt: skip
# A first word of these is no logger's name, and no separator before a message.
# Go's caller and nginx's process and connection may stand before it: they are part of it.
_MESSAGE = (
    r"((?:[0-9A-Za-z_/-]+\.go:[0-9]+: |[0-9]+#[0-9]+: (?:\*[0-9]+ )?)?"
    r"[A-Za-z0-9/][A-Za-z0-9/-]*[,.!?;:]?(?:(?:\(\))? [^{\x1b]*)?)"
)
_WORDS = re.compile(r"[A-Za-z0-9/][A-Za-z0-9/-]*[,.!?;:]?(?: [^={}\"'\x1b]*)?", re.ASCII)
# What a message may not hold where the head before it is read by looking for these.
_STRUCTURE = (" : ", "---", "[", "\ufffd")
_OF_OPENSTACK = r"\[(?:None )?req-"
# What the reader of single lines takes for a logger, and words that may be a level to it.
_NAMES_LOGGER = r"^[\w.$/-]{1,80}\s*(?:- |: |\|)"
_NAMES_BEHIND_BRACKET = r"^[\w.$/-]{1,80}(?:\s*[:|]|\s+-)"
_MAY_TELL_LEVEL = (
    rf"\b(?:{ANY_LEVEL}|fail|dbug|trce)\b|"
    rf"(?i:{ANY_LOWER})"
)
_TRAILING_BLANK = r"[\s\x1c-\x1f]$"


def learn_logfmt(sample: str) -> Template | None:
    """Return the template of a logfmt line whose pairs stand one blank apart."""
    read = read_logfmt(sample)
    if read is None:
        return None
    segments: list[Segment] = []
    place = 0
    while True:
        match = _LOGFMT_PAIR.match(sample, place)
        if match is None or match[1] in {slot[0] for part in segments for slot in part.slots}:
            return None
        segments.append(Segment(f"{re.escape(match[1])}={_LOGFMT_VALUE}", ((match[1], TEXT),)))
        place = match.end()
        if place == len(sample):
            break
        if sample[place] != " ":
            return None
        segments.append(Segment(" "))
        place += 1
    keys = tuple(key for part in segments for key, _ in part.slots)
    whole = None if _has_body(keys) else "message"
    if set(keys) != set(read) or whole in keys:
        return None
    return Template(
        format="logfmt",
        keys=keys if whole is None else (*keys, whole),
        segments=segments,
        unescape=unescaped,
        quoted=frozenset(keys),
        checks=undamaged(keys),
        whole=whole,
    )


def learn_text(sample: str) -> Template | None:
    """Return the template of a line with time, level, message and pairs; Go's have no level."""
    read, timed = read_text(sample), _TIMES.match(sample)
    if read is None or timed is None or read["asctime"] != timed[2]:
        return None
    message = read["message"]
    if not message or not sample.endswith(message) or "{" in message:
        return None
    head = sample[timed.end() : len(sample) - len(message)]
    if "\t" in head:
        return None  # of parts between tabs each may be missing
    known = read_message(message)
    structured = "logger" in read and any(mark in head for mark in _STRUCTURE)
    told = _known_message(message) if known else _message(message, structured=structured)
    if told is not None and "levelname" not in read:
        # Times in ISO form begin lines of other programs too.
        bare = head == " " and "logger" not in read and timed[2][4] == "/"
        told = _unleveled(*told) if bare and known is None else None
    if told is None:
        return None
    segments, checks = told
    if head.rstrip()[-1:] in {"]", ")"}:
        checks = [*checks, ~pl.col("message").str.contains(_NAMES_BEHIND_BRACKET)]
    slots = {key for part in segments for key, _ in part.slots}
    constants = {
        key: value for key, value in read.items() if key not in slots and key != "asctime"
    }
    from_head = constants.keys() - (known or {}).keys()
    if len(slots) >= MAX_GROUPS or not slots <= read.keys() or not from_head <= _OF_HEADS:
        return None
    if not all(constants[key] in head for key in from_head):
        return None
    heads = heads_like(timed[0], head, message, read)
    if heads is None or len(heads.groups) + len(slots) >= MAX_GROUPS:
        heads = Heads(Segment(re.escape(head)), {})
    return Template(
        format="text",
        keys=tuple(read),
        segments=[
            Segment(re.escape(timed[1])),
            slot(f"({_any_time(timed[2])})", "asctime"),
            heads.segment,
            *segments,
        ],
        unescape=unescaped,
        constants={key: value for key, value in constants.items() if key not in heads.told},
        derived=heads.derived,
        quoted=frozenset(slots - {"message", HEAD_KEY}),
        checks=[*checks, *undamaged(slots)],
        known=known is not None,
        wording=_wording(segments),
    )


# What libraries print whenever work is done: the groups are the message and its parts.
_KNOWN = (
    (
        re.compile(
            r"Update id=\d+ is (?P<verdict>handled|not handled)\. Duration \d+ ms by bot id=\d+$"
        ),
        r"(Update id=([0-9]+) is {verdict}\. Duration ([0-9]+) ms by bot id=[0-9]+)",
        ("message", "update_id", "duration_ms"),
    ),
    (
        re.compile(
            r"HTTP Request: (?P<verb>[A-Z]+) (?P<host>https://[\w.-]+)/bot[^/\s\"]+/(?P<call>\w+) "
            r"\"HTTP/1\.1 \d{3} [\w ]+\"$"
        ),
        r"(HTTP Request: {verb} {host}/bot[!#-.0-~]+/{call} \"HTTP/1\.1 ([0-9]{{3}}) [\w ]+\")",
        ("message", "status"),
    ),
    (
        re.compile(
            r"Task (?P<task>[\w.]+)\[[0-9a-f-]{36}\] succeeded in [\d.]+s: (?P<end>[^={\s]*)$"
        ),
        r"(Task {task}\[([0-9a-f-]{{36}})\] succeeded in ([0-9]+\.[0-9]+)s: {end})",
        ("message", "job_id", "duration_s"),
    ),
)


def _known_message(message: str) -> tuple[list[Segment], list[pl.Expr]] | None:
    """Return how a message of a form that a library prints is read."""
    for form, pattern, keys in _KNOWN:
        if match := form.match(message):
            literal = {name: re.escape(text) for name, text in match.groupdict().items()}
            slots = tuple((key, TEXT) for key in keys)
            return [Segment(pattern.format_map(literal), slots)], []
    return None


def _message(message: str, *, structured: bool) -> tuple[list[Segment], list[pl.Expr]] | None:
    """Return how a message is read, and what it must not hold.

    A `structured` head is read by the marks in it: such marks in the message are its own.
    """
    text = pl.col("message")
    checks = [
        ~text.str.contains(_TRAILING_BLANK),
        ~text.str.contains(r"\[[\w.-]*,"),
        ~text.str.contains(f"^{IN_SENTENCES}"),
        ~text.str.contains(_OF_OPENSTACK),
    ]
    if not structured:
        checks.append(~text.str.contains_any(list(_STRUCTURE)))
    if PAIR_BEGINS.search(message) is None:
        none = ~text.str.contains(PAIR_BEGINS.pattern)
        return [Segment(_MESSAGE, (("message", TEXT),))], [*checks, none]
    words, found = read_tail(message)
    start = next((m.start() for m in TAIL_PAIR.finditer(message) if m[1] in found), -1)
    if start < 0 or (start and not _WORDS.fullmatch(message[:start].rstrip())):
        return None
    pairs = pairs_of(message[start:])
    keys = [key for part in pairs or () for key, _ in part.slots]
    if pairs is None or keys != list(found) or HEAD_KEY in keys:
        return None
    # The message is a group around the groups in it: it opens first, and it closes last.
    opened = Segment("(", (("message", TEXT),))
    said = [Segment(f"({_any_number(words)})", ((HEAD_KEY, TEXT),), "")] if words else []
    gap = message[len(words) : start]
    between = Segment(_any_number(gap), (), None if re.search(r"\d", gap) else gap)
    return [opened, *said, between, *pairs, Segment(")")], checks


def _unleveled(
    segments: list[Segment], checks: list[pl.Expr]
) -> tuple[list[Segment], list[pl.Expr]]:
    """Return how a message is read that no level stands before: it must not seem to tell one."""
    text = pl.col("message").str
    odd = [~text.contains(_NAMES_LOGGER), ~text.contains(_MAY_TELL_LEVEL)]
    return segments, [*checks, *odd]


def _wording(segments: Sequence[Segment]) -> Wording | None:
    """Return what a message whose group is the first segment's is made of."""
    inner = segments[1:-1]
    if not inner or any(part.text is None for part in inner):
        return None
    parts = tuple((part.text or "", part.slots[0][0] if part.slots else None) for part in inner)
    return Wording("message", parts)


def _any_time(text: str) -> str:
    """Return the pattern of times written like `text`."""
    digits = re.sub(r"\d+", lambda match: f"[0-9]{{{len(match[0])}}}", re.escape(text))
    return re.sub(r"/[A-Z][a-z]{2}/", "/[A-Z][a-z]{2}/", digits)


def _any_number(words: str) -> str:
    return re.sub(r"\d+", "[0-9]+", re.escape(words))


def _has_body(keys: tuple[str, ...]) -> bool:
    return not {"msg", "message", "event", "body"}.isdisjoint(keys)
