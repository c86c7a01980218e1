"""Templates of syslog lines whose message is plain words: head and message are one record.

The words are such that no reader takes them for a line of its own: they begin with a word in
small letters that no time, level or name of a month could be, and hold neither pairs nor
brackets.
"""

from __future__ import annotations

import re

import polars as pl

from analyzer.ingest.columnar.heads import MONTH_AND_CLOCK, ZONED_TIME
from analyzer.ingest.columnar.pair_patterns import slot, undamaged
from analyzer.ingest.columnar.template import Segment, Template
from analyzer.ingest.formats.known import FORMATS
from analyzer.ingest.formats.pairs import unescaped
from analyzer.ingest.formats.syslog import read_syslog
from analyzer.ingest.formats.words import ANY_LOWER

_TAG = r"(?P<path>(?:[0-9A-Za-z_.-]+/)*)(?P<tag>[0-9A-Za-z_.-]+)"
_RFC3164 = re.compile(
    rf"(?:<(?P<pri>[0-9]{{1,3}})>)?(?:{MONTH_AND_CLOCK}|(?P<iso>{ZONED_TIME})) "
    rf"[0-9A-Za-z_.:-]+ {_TAG}(?P<pid>\[[0-9]+\])?: "
)
_RFC5424 = re.compile(rf"<(?P<pri>[0-9]{{1,3}})>1 {ZONED_TIME} [!-~]+ {_TAG} [!-~]+ [!-~]+ - ")
_WORDS = r"([A-Za-z]?[a-z][^={}|\[\]\x1b]*)"
_PID = r"\[[0-9]+\]"
# A time or a level, which stand at the beginning; `tls 1.2` is a load balancer's.
_ODD_WORDS = (
    r"^(?:[A-Za-z]{3},? )?[A-Za-z]{3,4}\.? +[0-9]|^tls |"
    rf"^(?i:{ANY_LOWER}):|::|[\s\x1c-\x1f]$"
)


def learn_headed(sample: str) -> Template | None:
    """Return the template of a syslog line of plain words."""
    headed = read_syslog(sample)
    if headed is None or any(entry.read(sample) is not None for entry in FORMATS):
        return None
    match = _RFC5424.match(sample) or _RFC3164.match(sample)
    if match is None or not re.fullmatch(_WORDS, headed.message):
        return None
    parts = match.groupdict()
    pri = f"<{parts['pri']}>" if parts["pri"] else ""
    service = slot("([0-9A-Za-z_.-]+)", "service")
    if match.re is _RFC5424:
        before = [
            Segment(f"{pri}1 "), slot(f"({ZONED_TIME})", "time"), Segment(" "),
            slot("([!-~]+)", "host"), Segment(f" {re.escape(parts['path'])}"), service,
            Segment(" [!-~]+ [!-~]+ - "),
        ]  # fmt: skip
    else:
        if parts["iso"] and not pri and not parts["pid"]:
            return None  # only behind another syslog line is it one
        before = [
            Segment(pri), slot(f"({ZONED_TIME if parts['iso'] else MONTH_AND_CLOCK})", "time"),
            Segment(" "), slot("([0-9A-Za-z_.:-]+)", "host"),
            Segment(f" {re.escape(parts['path'])}"), service,
            Segment(_PID if parts["pid"] else ""), Segment(": "),
        ]  # fmt: skip
    keys = tuple(headed.fields)
    told = {"time", "host", "service", "message"}
    constants: dict[str, str | None] = {"PRIORITY": str(headed.fields.get("PRIORITY"))}
    if not told <= set(keys) or set(keys) - told - constants.keys():
        return None
    return Template(
        format="syslog",
        keys=keys,
        segments=[*before, slot(_WORDS, "message")],
        unescape=unescaped,
        constants={key: value for key, value in constants.items() if key in keys},
        quoted=frozenset(),
        checks=[
            ~pl.col("message").str.contains(_ODD_WORDS),
            pl.col("service").str.contains("^[A-Za-z]") | pl.lit(bool(parts["path"])),
            ~pl.col("host", "service").is_in(["-"]),
            *undamaged(("host", "message", "service")),
        ],
    )
