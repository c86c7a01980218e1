"""Templates of glog's and klog's lines, whose head is always the same: only messages vary."""

from __future__ import annotations

import re

import polars as pl

from analyzer.ingest.columnar.pair_patterns import PAIR_BEGINS, pairs_of, slot, undamaged
from analyzer.ingest.columnar.template import MAX_GROUPS, TEXT, Segment, Template
from analyzer.ingest.formats.messages import read_message
from analyzer.ingest.formats.pairs import read_tail, unescaped
from analyzer.ingest.formats.syslog import read_glog
from analyzer.ingest.shapes import HEAD_KEY

_HEAD = re.compile(
    r"[IWEF](?P<year>[0-9]{4})?[0-9]{4} [0-9:]{8}\.[0-9]{4,6} +[0-9]+ [^\s\]]+:[0-9]+\] "
)
_TIME = r"[0-9]{4} [0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{4,6}"
_MESSAGE = r"([!-z|~][^{\x1b]*)"
_REQUEST = r"^(?:[\w.]+ )?\[(?:None )?req-"
_TRAILING_BLANK = r"[\s\x1c-\x1f]$"


def learn_glog(sample: str) -> Template | None:
    """Return the template of a line of glog or klog: of words alone, or of words and pairs."""
    read, head = read_glog(sample), _HEAD.match(sample)
    if read is None or head is None or not sample.endswith(read["message"]):
        return None
    message = _message(read["message"])
    if message is None or read_message(read["message"]) is not None:
        return None
    year = "[0-9]{4}" if head["year"] else ""
    segments = [
        slot("([IWEF])", "level"),
        slot(
            rf"({year}[0-9]{{4}} [0-9]{{2}}:[0-9]{{2}}:[0-9]{{2}}\.[0-9]{{4,6}}) +[0-9]+ ", "time"
        ),
        slot(r"([!-\\^-~]+:[0-9]+)\] ", "source"),
        *message,
    ]
    slots = [key for part in segments for key, _ in part.slots]
    if len(slots) > MAX_GROUPS or len(set(slots)) < len(slots) or set(slots) != set(read):
        return None
    text = pl.col("message").str
    return Template(
        format="glog",
        keys=tuple(read),
        segments=segments,
        unescape=unescaped,
        quoted=frozenset(slots) - {"level", "time", "source", "message", HEAD_KEY},
        checks=[
            ~text.contains(_REQUEST),
            ~text.contains(_TRAILING_BLANK),
            *([] if HEAD_KEY in slots else [~text.contains(PAIR_BEGINS.pattern)]),
            *undamaged(slots),
        ],
    )


def _message(message: str) -> list[Segment] | None:
    """Return how a message is read: its words, and the pairs behind them."""
    begins = PAIR_BEGINS.search(message)
    if begins is None:
        return [slot(_MESSAGE, "message")]
    words, found = read_tail(message)
    start = begins.end() - len(begins[0].lstrip(" ,;(["))
    pairs = pairs_of(message[start:])
    if pairs is None or not words or "{" in message or "\x1b" in message:
        return None
    keys = [key for part in pairs for key, _ in part.slots]
    if keys != list(found) or not message.startswith(words):
        return None
    gap = message[len(words) : start]
    said = Segment(f"({re.escape(words)})", ((HEAD_KEY, TEXT),))
    opened = Segment("(", (("message", TEXT),))
    return [opened, said, Segment(re.escape(gap)), *pairs, Segment(")")]
