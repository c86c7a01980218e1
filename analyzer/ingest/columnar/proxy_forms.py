"""The forms of the access lines of proxies and load balancers.

Each says what its reader in `formats` says; there stands what the parts mean. Values that those
readers understand otherwise (an id in a query string, an address in brackets) match no way here.
"""

from __future__ import annotations

import polars as pl

from analyzer.ingest.columnar.form_template import Form, Way, each, other_than
from analyzer.ingest.columnar.form_ways import FAILED, PATH, QUOTED, REST, WORD, one_way, request
from analyzer.ingest.formats.proxies import (
    read_alb,
    read_envoy,
    read_haproxy,
    read_nlb,
    upstream_of,
)

_ISO = r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}"
_BARE_PATH = r"(/[!#-\[\]-~]*)"
_CLIENT = (
    Way(r"([0-9.]+):[0-9]+ ", ("client_ip",)),
    Way(r"([0-9A-Fa-f:.]+):[0-9]+ ", ("client_ip",)),
)

# AWS balancers: three parts of the time in seconds, of which a failed one is -1.
_MICROS = (
    (
        pl.sum_horizontal(
            pl.col(f"@{part}").cast(pl.Float64) for part in ("request", "target", "response")
        )
        * 1e6
    )
    .round()
    .cast(pl.Int64)
)
_TOTAL = pl.format(
    "{}.{}", _MICROS // 1_000_000, (_MICROS % 1_000_000).cast(pl.String).str.zfill(6)
)
_SECONDS, _ANY_SECONDS = r"([0-9]{1,6}\.[0-9]{1,6})", r"-?[0-9]{1,6}(?:\.[0-9]{1,6})?"
_WELL = f"{_SECONDS} {_SECONDS} {_SECONDS} "
_WELL_SPENT = ("@request", "@target", "@response")
_FAILED_WAYS = (
    rf"-1 {_ANY_SECONDS} {_ANY_SECONDS} ",
    rf"[0-9]{{1,6}}\.[0-9]{{1,6}} -1 {_ANY_SECONDS} ",
    r"[0-9]{1,6}\.[0-9]{1,6} [0-9]{1,6}\.[0-9]{1,6} -1 ",
)
_SPENT = (
    Way(
        f"{_WELL}([0-9]{{3}}) ",
        (*_WELL_SPENT, "status"),
        derived={"total_processing_time": _TOTAL},
    ),
    Way(f"{_WELL}(-) ", (*_WELL_SPENT, "status"), FAILED, {"total_processing_time": _TOTAL}),
    *(Way(f"{failed}([5-9][0-9]{{2}}) ", ("status",)) for failed in _FAILED_WAYS),
    *(Way(f"{failed}([0-4][0-9]{{2}}|-) ", ("status",), FAILED) for failed in _FAILED_WAYS),
)
_BALANCED = (
    (Way("", same=f"{WORD} ", fixed=("service",)),),
    _CLIENT,
    one_way(f"({WORD}) ", "target"),
    _SPENT,
    one_way("([0-9]{3}|-) ", "target_status"),
    one_way("[0-9]+ [0-9]+ "),
    (request(r"[0-9A-Za-z_]+://[0-9A-Za-z_.:-]+(/[!#-\[\]-~]*)"), request(_BARE_PATH)),
)
_ROOT = "Root=(1-([0-9a-f]{8})-([0-9a-f]{24}))"
_ROOTED = ("correlation_id", "@time", "@unique")
_TRACED = {"trace_id": pl.concat_str("@time", "@unique")}
_ALB = Form(
    "alb",
    read_alb,
    (
        one_way("(?:https?|h2|grpcs?|wss?) "),
        one_way(rf"({_ISO}\.[0-9]{{6}}Z) ", "time"),
        *_BALANCED,
        one_way(f" {QUOTED} {WORD} {WORD} ", "user_agent"),
        (
            Way("([!-.0-~]+)(?:/[!-~]*)? ", ("service",), same="[!-.0-~]*targetgroup[!-.0-~]*/"),
            Way("", same=f"{WORD} "),
        ),
        (
            Way(f'"{_ROOT}[^"\x1b\ufffd]*"', _ROOTED, derived=_TRACED),
            Way(f'"Self=[0-9a-f-]+;{_ROOT}[^"\x1b\ufffd]*"', _ROOTED, derived=_TRACED),
            Way('"-"'),
        ),
        one_way(REST),
    ),
)
_ELB = Form(
    "alb",
    read_alb,
    (
        one_way(rf"({_ISO}\.[0-9]{{6}}Z) ", "time"),
        *_BALANCED,
        (Way(f" {QUOTED} {WORD} {WORD}", ("user_agent",)), Way("", fixed=("user_agent",))),
    ),
)
_NLB = Form(
    "nlb",
    read_nlb,
    (
        (Way(r"tls [0-9]\.[0-9] ", fixed=("operation",)),),
        (Way(f"({_ISO}) ", ("@time",), derived={"time": pl.format("{}Z", pl.col("@time"))}),),
        one_way(f"net/([!-.0-~]+)(?:/[!-~]*)? {WORD} ", "service"),
        _CLIENT,
        one_way(f"({WORD}) ([0-9]+) (?:[0-9]+|-) [0-9]+ [0-9]+ ", "target", "duration_ms"),
        one_way(f"{WORD}(?: {WORD})*"),
    ),
    whole="message",
)

# HAProxy: `Tt` is the last of the timers; how the session ended tells whose fault it was.
_PROXIED = (
    (Way(r"haproxy\[[0-9]+\]: "), Way("")),
    (_CLIENT[0], Way(r"([0-9A-Za-z_.:-]+):[0-9]+ ", ("client_ip",))),
    one_way(
        r"\[([0-9]{2}/[A-Z][a-z]{2}/[0-9]{4}:[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{3})?)\] ",
        "start_time",
    ),
    one_way(rf"([!#-}}]+)~* ([!-.0-~]+)/({WORD}) ", "service", "upstream", "server"),
)


def _ended(rest: str, well: tuple[str, ...] = ()) -> tuple[Way, ...]:
    """Return the ways in which a session ended: as it should, or by a fault of either side."""
    ended = ("termination_state",)
    fault = {"error_type": pl.col("termination_state")}
    return (
        Way(f"(-{rest}) ", ended, well),
        Way(f"([!-,.-~]{rest}) ", ended, ("outcome",), fault),
    )


_HAPROXY = Form(
    "haproxy",
    read_haproxy,
    (
        *_PROXIED,
        one_way(r"((?:[-+0-9]+/){4}\+?([0-9]+)) ", "timers", "duration_ms"),
        (Way("([0-9]+) ", ("status",)), Way("(-1) ", ("status",), fixed=FAILED)),
        one_way(rf"\+?[0-9]+ {WORD} {WORD} "),
        _ended("[!-~]{3}"),
        one_way(r'[0-9/+]+ [0-9]+/[0-9]+ (?:\{[^}"\x1b\ufffd]*\} ?)*'),
        (request(PATH),),
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
        one_way("[0-9/+]+ [0-9]+/[0-9]+"),
    ),
    whole="message",
)

_CLUSTER = {"upstream_cluster": each(other_than("@cluster", "-"), upstream_of)}
_ENVOY = Form(
    "envoy",
    read_envoy,
    (
        one_way(rf"(?:ACCESS )?\[({_ISO}[0-9.]*Z)\] ", "start_time"),
        (request(PATH, " "),),
        (Way("([1-9][0-9]*) ", ("status",)), Way("(0) ", ("status",), fixed=FAILED)),
        (Way(" ", same=WORD, fixed=("response_flags", *FAILED)),),
        (Way(rf'{WORD} {WORD} "[^"\x1b\ufffd]*" '), Way("")),
        one_way("[0-9]+ [0-9]+ ([0-9]+) (?:[0-9]+|-) ", "duration_ms"),
        one_way(f"{QUOTED} {QUOTED} ", "client_ip", "user_agent"),
        (
            Way('"-" ', derived={"x-request-id": pl.lit("")}),
            Way(
                r'"([^"\x1b\ufffd]+)" ',
                ("x-request-id",),
                derived={"x-request-id": other_than("x-request-id", "-")},
            ),
        ),
        one_way(f"{QUOTED} {QUOTED}", "authority", "upstream_host"),
        (
            Way(f" -(?: {REST})?"),
            Way(f" ({WORD})(?: {REST})?", ("@cluster",), derived=_CLUSTER),
            Way(""),
        ),
    ),
)

FORMS = (_ALB, _ENVOY, _HAPROXY, _HAPROXY_TCP, _NLB, _ELB)
