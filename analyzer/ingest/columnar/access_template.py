"""Templates of access lines: common or combined form, and the tails that servers append.

The parts of the form hold no blanks, quotes or backslashes, so that there is one way to read
them; tails are those of which the reader of single lines has one reading.
"""

from __future__ import annotations

import re

import polars as pl

from analyzer.ingest.columnar.pair_patterns import TAIL_VALUE, pairs_of, slot, undamaged
from analyzer.ingest.columnar.template import TEXT, Segment, Template
from analyzer.ingest.formats.access import MAYBE_IDS, ids_of_query, read_access
from analyzer.ingest.formats.pairs import unescaped


def learn_access(sample: str) -> Template | None:
    """Return the template of an access line in common or combined form, and its tail."""
    read = read_access(sample)
    match = _ACCESS.match(sample)
    if read is None or match is None or "vhost" in read:
        return None
    ids = tuple(ids_of_query(read.get("path", "")))
    path = _PATH if len(ids) != 1 else _PATH_WITH_ID.format(name=re.escape(ids[0]))
    segments = [
        Segment(r"([0-9A-Za-z.:-]+)", (("client_ip", TEXT),)),
        Segment(r" [!#-Z^-{}~]+ "),
        Segment("-") if match["user"] == "-" else slot(r"([!#-Z^-{}~]+)", "user.name"),
        slot(r" \[([0-9]{2}/[A-Z][a-z]{2}/[0-9]{4}:[0-9:]{8} [+-][0-9]{4})\] ", "time"),
        Segment(
            rf'"(([A-Za-z]{{2,16}}) {path} (HTTP/[0-9.]+))" ',
            tuple((key, TEXT) for key in ("message", "method", "path", *ids, "protocol")),
        ),
        slot("([1-9][0-9]{2}) ", "status"),
        slot("([0-9]+|-)", "bytes"),
    ]
    if match["agent"] is not None:
        plain = r'([^"\\\x1b]*)'
        none = match["referer"] in {"-", ""}
        segments += [
            Segment(f' "{match["referer"]}" ') if none else slot(f' "{plain}" ', "referer"),
            slot(f'"{plain}"', "user_agent"),
        ]
    tail = _access_tail(match["tail"])
    if tail is None:
        return None
    segments += tail
    slots = [key for part in segments for key, _ in part.slots]
    keys = tuple(key for key in read if key in slots)
    if set(slots) != set(read) or len(slots) != len(keys):
        return None
    named = [key for key in ("user.name", "referer", "request_id") if key in keys]
    checks = [~pl.col(key).is_in(["-", ""]) for key in named]
    if "forwarded_for" in keys:
        told = pl.col("forwarded_for").str
        checks += [told.contains(_ADDRESSES), ~told.contains(_SPENT)]
    return Template(
        format="access",
        keys=keys,
        segments=segments,
        unescape=unescaped,
        quoted=frozenset(key for part in tail for key, _ in part.slots),
        checks=[
            *checks,
            pl.col("path").str.count_matches(MAYBE_IDS) == len(ids),
            *undamaged(keys),
        ],
    )


_PATH = r"([!#-\[\]-~]+)"
_PATH_WITH_ID = r"([!#-\[\]-~]*[?&]{name}=([A-Za-z0-9_.:-]{{1,64}})(?:[&#][!#-\[\]-~]*)?)"
"""A path whose query string names one id."""
_ACCESS = re.compile(
    r"[0-9A-Za-z.:-]+ [!#-Z^-{}~]+ (?P<user>[!#-Z^-{}~]+) \[[^\]]+\] "
    r"\"[A-Za-z]{2,16} [!#-\[\]-~]+ HTTP/[0-9.]+\" \d{3} (?:\d+|-)"
    r"(?: \"(?P<referer>[^\"\\]*)\" \"(?P<agent>[^\"\\]*)\")?(?P<tail>.*)$"
)
_SECONDS = r"([0-9]+\.[0-9]{3})"
_TAILS: tuple[tuple[re.Pattern[str], tuple[tuple[str, str], ...]], ...] = (
    (re.compile(r"$"), ()),
    (re.compile(r" \d+\.\d{3}$"), (("request_time", f" {_SECONDS}"),)),
    (
        re.compile(r" \d+\.\d{3} \d+\.\d{3}$"),
        (("request_time", f" {_SECONDS}"), ("upstream_response_time", f" {_SECONDS}")),
    ),
    (
        re.compile(r" \d+\.\d{3} \d+\.\d{3} [0-9a-f]{32}$"),
        (
            ("request_time", f" {_SECONDS}"),
            ("upstream_response_time", f" {_SECONDS}"),
            ("request_id", " ([0-9a-f]{32})"),
        ),
    ),
    (
        re.compile(
            r" \d+ \d+\.\d+ \[[^\]=]*\] \[[^\]=]*\] [^\[\]=, ]+ \d+ [\d.]+ \d+ [0-9a-f]{32}$"
        ),
        (
            ("request_time", r" [0-9]+ ([0-9]+\.[0-9]+)"),
            ("upstream", r" \[([^\]=\x1b]*)\] \[[^\]=\x1b]*\]"),
            ("upstream_addr", r" ([!-+\--<>-Z^-~]+)"),
            ("upstream_response_time", r" [0-9]+ ([0-9]+\.[0-9]+)"),
            ("upstream_status", " ([0-9]+)"),
            ("request_id", " ([0-9a-f]{32})"),
        ),
    ),
    (re.compile(r" \"[^\"=]*\"$"), (("forwarded_for", r' "([^"=\x1b]*)"'),)),
)
# What no reader takes for a time that was spent: addresses, and whatever holds a letter.
_ADDRESSES = (
    r"^(?:-|[0-9]{1,3}(?:\.[0-9]{1,3}){3}(?:, [0-9]{1,3}(?:\.[0-9]{1,3}){3})*|"
    r".*[^0-9.,:\s/-].*)$"
)
_SPENT = r"^[0-9]+(?:\.[0-9]+)? ?(?:ns|us|µs|ms|s)$"
_RENAMED = {"rt": "request_time", "urt": "upstream_response_time"}
_UNKEPT = frozenset({"uct", "uht"})


def _access_tail(tail: str) -> list[Segment] | None:
    """Return how what stands after the common form is read."""
    if "=" not in tail:
        for form, slots in _TAILS:
            if form.match(tail):
                return [slot(pattern, key) for key, pattern in slots]
        return None
    segments = pairs_of(tail[1:]) if tail[:1] == " " else None
    if segments is None:
        return None
    renamed = [Segment(" ")]
    for pattern, slots, _ in segments:
        if slots and slots[0][0] in _UNKEPT:
            renamed.append(Segment(re.sub(r"\((?!\?)", "(?:", pattern, count=1)))
            continue
        key = _RENAMED.get(slots[0][0], slots[0][0]) if slots else ""
        if key == "upstream_response_time":
            pattern = pattern.replace(TAIL_VALUE, r"([0-9]+\.?[0-9]*)")  # noqa: PLW2901
        renamed.append(Segment(pattern, ((key, TEXT),) if slots else ()))
    return renamed
