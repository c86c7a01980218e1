"""The forms of the access lines of proxies, load balancers and servers that are no web servers.

Each says what its reader in `formats` says; there stands what the parts mean. Values that those
readers understand otherwise (an id in a query string, an address in brackets) match no way here.
"""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from analyzer.ingest.columnar.form_template import Form, Way, each, other_than
from analyzer.ingest.formats.access import MAYBE_IDS
from analyzer.ingest.formats.fetches import read_s3, read_squid
from analyzer.ingest.formats.proxies import (
    read_alb,
    read_envoy,
    read_haproxy,
    read_nlb,
    read_uwsgi,
    upstream_of,
)
from analyzer.ingest.formats.servers import read_gin

_WORD, _REST = "[!-~]+", "[ -~]*"
_QUOTED = r'"([^"\x1b\ufffd]*)"'
_ISO = r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}"
_FAILED = ("outcome", "error_type")
_OF_REQUEST = ("message", "method", "path", "protocol")


def _way(pattern: str, *keys: str) -> tuple[Way]:
    """Return the ways of a part that is written in one way only."""
    return (Way(pattern, keys),)


def _request(target: str, behind: str = "") -> Way:
    """Return the way of a request line between quotes; `target` is the pattern of what it asks."""
    named = {"path": pl.when(~pl.col("path").str.contains(MAYBE_IDS)).then(pl.col("path"))}
    pattern = rf'"(([A-Za-z]{{2,16}}) {target} (HTTP/[0-9.]+))"{behind}'
    return Way(pattern, _OF_REQUEST, derived=named)


_PATH = r"([!#-\[\]-~]+)"
_BARE_PATH = r"(/[!#-\[\]-~]*)"
_CLIENT = (
    Way(r"([0-9.]+):[0-9]+ ", ("client_ip",)),
    Way(r"([0-9A-Fa-f:.]+):[0-9]+ ", ("client_ip",)),
)

# AWS balancers: three parts of the time in seconds, of which a failed one is -1.
_MICROS = (
    pl.sum_horizontal(pl.col(f"@{part}").cast(pl.Float64) for part in ("request", "target", "response"))
    * 1e6
).round().cast(pl.Int64)
_TOTAL = pl.format(
    "{}.{}", _MICROS // 1_000_000, (_MICROS % 1_000_000).cast(pl.String).str.zfill(6)
)
_SECONDS, _ANY_SECONDS = r"([0-9]{1,6}\.[0-9]{1,6})", r"-?[0-9]{1,6}(?:\.[0-9]{1,6})?"
_SPENT = (
    Way(
        f"{_SECONDS} {_SECONDS} {_SECONDS} ",
        ("@request", "@target", "@response"),
        derived={"total_processing_time": _TOTAL},
    ),
    Way(rf"-1 {_ANY_SECONDS} {_ANY_SECONDS} "),
    Way(rf"[0-9]{{1,6}}\.[0-9]{{1,6}} -1 {_ANY_SECONDS} "),
    Way(r"[0-9]{1,6}\.[0-9]{1,6} [0-9]{1,6}\.[0-9]{1,6} -1 "),
)
_BALANCED = (
    (Way("", same=f"{_WORD} ", fixed=("service",)),),
    _CLIENT,
    _way(f"({_WORD}) ", "target"),
    _SPENT,
    (Way("([0-9]{3}) ", ("status",)), Way("(-) ", ("status",), fixed=_FAILED)),
    _way("([0-9]{3}|-) ", "target_status"),
    _way("[0-9]+ [0-9]+ "),
    (_request(r"[0-9A-Za-z_]+://[0-9A-Za-z_.:-]+(/[!#-\[\]-~]*)"), _request(_BARE_PATH)),
)
_ROOT = "(1-[0-9a-f]{8}-[0-9a-f]{24})"
_ALB = Form(
    "alb",
    read_alb,
    (
        _way("(?:https?|h2|grpcs?|wss?) "),
        _way(rf"({_ISO}\.[0-9]{{6}}Z) ", "time"),
        *_BALANCED,
        _way(f" {_QUOTED} {_WORD} {_WORD} ", "user_agent"),
        (
            Way("([!-.0-~]+)(?:/[!-~]*)? ", ("service",), same="[!-.0-~]*targetgroup[!-.0-~]*/"),
            Way("", same=f"{_WORD} "),
        ),
        (
            Way(f'"Root={_ROOT}[^"\x1b\ufffd]*"', ("correlation_id",)),
            Way(f'"Self=[0-9a-f-]+;Root={_ROOT}[^"\x1b\ufffd]*"', ("correlation_id",)),
            Way('"-"'),
        ),
        _way(_REST),
    ),
)
_ELB = Form(
    "alb",
    read_alb,
    (
        _way(rf"({_ISO}\.[0-9]{{6}}Z) ", "time"),
        *_BALANCED,
        (Way(f" {_QUOTED} {_WORD} {_WORD}", ("user_agent",)), Way("", fixed=("user_agent",))),
    ),
)
_NLB = Form(
    "nlb",
    read_nlb,
    (
        (Way(r"tls [0-9]\.[0-9] ", fixed=("operation",)),),
        (Way(f"({_ISO}) ", ("@time",), derived={"time": pl.format("{}Z", pl.col("@time"))}),),
        _way(f"net/([!-.0-~]+)(?:/[!-~]*)? {_WORD} ", "service"),
        _CLIENT,
        _way(f"({_WORD}) ([0-9]+) (?:[0-9]+|-) [0-9]+ [0-9]+ ", "target", "duration_ms"),
        _way(f"{_WORD}(?: {_WORD})*"),
    ),
    whole="message",
)

# HAProxy: `Tt` is the last of the timers; how the session ended tells whose fault it was.
_PROXIED = (
    (Way(r"haproxy\[[0-9]+\]: "), Way("")),
    (_CLIENT[0], Way(r"([0-9A-Za-z_.:-]+):[0-9]+ ", ("client_ip",))),
    _way(
        r"\[([0-9]{2}/[A-Z][a-z]{2}/[0-9]{4}:[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{3})?)\] ",
        "start_time",
    ),
    _way(rf"([!#-}}]+)~* ([!-.0-~]+)/({_WORD}) ", "service", "upstream", "server"),
)


def _ended(
    rest: str, well: tuple[str, ...] = (), left: Mapping[str, pl.Expr] | None = None
) -> tuple[Way, ...]:
    """Return the ways in which a session ended: as it should, by the client, by a fault."""
    ended = ("termination_state",)
    fault = {"error_type": pl.col("termination_state")}
    return (
        Way(f"(-{rest}) ", ended, well),
        Way(f"([Cc]{rest}) ", ended, derived=left or {}),
        Way(f"([!-,.-BD-bd-~]{rest}) ", ended, ("outcome",), fault),
    )


_HAPROXY = Form(
    "haproxy",
    read_haproxy,
    (
        *_PROXIED,
        _way(r"((?:[-+0-9]+/){4}\+?([0-9]+)) ", "timers", "duration_ms"),
        (Way("([0-9]+) ", ("status",)), Way("(-1) ", ("status",), fixed=_FAILED)),
        _way(rf"\+?[0-9]+ {_WORD} {_WORD} "),
        _ended("[!-~]{3}", left={"status": pl.lit("499")}),
        _way(r'[0-9/+]+ [0-9]+/[0-9]+ (?:\{[^}"\x1b\ufffd]*\} ?)*'),
        (_request(_PATH),),
        (Way(" ([0-9A-Za-z_:.-]{8,})", ("unique-id",)), Way("")),
    ),
)
_HAPROXY_TCP = Form(
    "haproxy",
    read_haproxy,
    (
        *_PROXIED,
        (
            Way(
                r"(-?[0-9]+/-?[0-9]+/\+?([0-9]+)) \+?[0-9]+ ",
                ("timers", "duration_ms"),
                fixed=("operation",),
            ),
        ),
        _ended("[!-~]", well=("outcome",)),
        _way("[0-9/+]+ [0-9]+/[0-9]+"),
    ),
    whole="message",
)

_CLUSTER = {"upstream_cluster": each(other_than("@cluster", "-"), upstream_of)}
_ENVOY = Form(
    "envoy",
    read_envoy,
    (
        _way(rf"(?:ACCESS )?\[({_ISO}[0-9.]*Z)\] ", "start_time"),
        (_request(_PATH, " "),),
        (Way("([1-9][0-9]*) ", ("status",)), Way("(0) ", ("status",), fixed=_FAILED)),
        (Way(" ", same=_WORD, fixed=("response_flags", *_FAILED)),),
        (Way(rf'{_WORD} {_WORD} "[^"\x1b\ufffd]*" '), Way("")),
        _way("[0-9]+ [0-9]+ ([0-9]+) (?:[0-9]+|-) ", "duration_ms"),
        _way(f"{_QUOTED} {_QUOTED} ", "client_ip", "user_agent"),
        (
            Way('"-" ', derived={"x-request-id": pl.lit("")}),
            Way(
                r'"([^"\x1b\ufffd]+)" ',
                ("x-request-id",),
                derived={"x-request-id": other_than("x-request-id", "-")},
            ),
        ),
        _way(f"{_QUOTED} {_QUOTED}", "authority", "upstream_host"),
        (
            Way(f" -(?: {_REST})?"),
            Way(f" ({_WORD})(?: {_REST})?", ("@cluster",), derived=_CLUSTER),
            Way(""),
        ),
    ),
)

_UWSGI = Form(
    "uwsgi",
    read_uwsgi,
    (
        _way(r"\[pid: ([0-9]+)\|app: [!-{}~]+\|req: [ -\\^-~]*\] ", "pid"),
        _way(rf"({_WORD}) \([ -(*-~]*\) \{{[ -|~]*\}} ", "client_ip"),
        _way(
            r"\[([A-Z][a-z]{2} [A-Z][a-z]{2} [ 0-9][0-9] [0-9]{2}:[0-9]{2}:[0-9]{2} [0-9]{4})\] ",
            "time",
        ),
        _way(f"(({_WORD}) ({_WORD})) => generated ", "message", "method", "path"),
        _way("([0-9]+) bytes in ([0-9]+ (?:msecs|micros|secs)) ", "bytes", "duration"),
        _way(rf"\(HTTP/[0-9.]+ ([0-9]+)\){_REST}", "status"),
    ),
)
_GIN = Form(
    "gin",
    read_gin,
    (
        (
            Way(
                r"\[GIN\] ([0-9]{4}/[0-9]{2}/[0-9]{2}) - ([0-9]{2}:[0-9]{2}:[0-9]{2}) \| *",
                ("@day", "@clock"),
                derived={"time": pl.format("{} {}", pl.col("@day"), pl.col("@clock"))},
            ),
        ),
        _way(r"([0-9]{3}) *\| *([0-9.]+(?:ns|µs|us|ms|s)) *\| *", "status", "duration"),
        _way(rf"({_WORD}) *\| *", "client_ip"),
        (
            Way(
                rf"([A-Z]+) +{_QUOTED}{_REST}",
                ("method", "path"),
                derived={"message": pl.format("{} {}", pl.col("method"), pl.col("path"))},
            ),
        ),
    ),
)
_SQUID = Form(
    "squid",
    read_squid,
    (
        _way(r"(1[0-9]{9}\.[0-9]{3}) +([0-9]+) ", "time", "duration_ms"),
        _way(f"({_WORD}) ([A-Z_]+)/", "client_ip", "cache_result"),
        (
            Way("000 ", fixed=_FAILED),
            Way("([0-9]{3}) ", ("status",), derived={"status": other_than("status", "000")}),
        ),
        _way("([0-9]+) ", "bytes"),
        _way(f"(([A-Z_]+) ({_WORD})) {_WORD} ", "message", "method", "path"),
        _way(f"([A-Z_]+)/{_WORD}(?: {_REST})?", "hierarchy"),
    ),
)
_S3 = Form(
    "s3",
    read_s3,
    (
        _way("[0-9a-f]{64} ([!-Z^-~]{1,63}) ", "bucket"),
        _way(
            r"\[([0-9]{2}/[A-Z][a-z]{2}/[0-9]{4}:[0-9]{2}:[0-9]{2}:[0-9]{2} [+-][0-9]{4})\] ",
            "start_time",
        ),
        _way(f"([!#-~]+) {_WORD} ({_WORD}) ", "client_ip", "request_id"),
        _way(rf"([A-Z]+(?:\.[0-9A-Za-z_]+)+) {_WORD} ", "operation"),
        (_request(_PATH, " "), Way("- ", derived={"message": pl.col("operation")})),
        (Way("([0-9]{3}) ", ("status",)), Way("- ")),
        (
            Way("- "),
            Way(f"({_WORD}) ", ("error_type",), derived={"error_type": other_than("error_type", "-")}),
        ),
        _way("([0-9]+|-) (?:[0-9]+|-) ", "bytes"),
        (Way("([0-9]+) ", ("duration_ms",)), Way("- ")),
        _way(f"(?:[0-9]+|-)(?: {_REST})?"),
    ),
)
FORMS = (_ALB, _ENVOY, _HAPROXY, _HAPROXY_TCP, _UWSGI, _NLB, _ELB, _GIN, _SQUID, _S3)
"""No line is of two of these."""
