"""The forms of the lines of uWSGI, gin, Squid and S3; `formats` says what their parts mean."""

from __future__ import annotations

import polars as pl

from analyzer.ingest.columnar.form_template import Form, Way, other_than
from analyzer.ingest.columnar.form_ways import FAILED, PATH, QUOTED, REST, WORD, one_way, request
from analyzer.ingest.formats.fetches import read_s3, read_squid
from analyzer.ingest.formats.proxies import read_uwsgi
from analyzer.ingest.formats.servers import read_gin

_UWSGI = Form(
    "uwsgi",
    read_uwsgi,
    (
        one_way(r"\[pid: ([0-9]+)\|app: [!-{}~]+\|req: [ -\\^-~]*\] ", "pid"),
        one_way(rf"({WORD}) \([ -(*-~]*\) \{{[ -|~]*\}} ", "client_ip"),
        one_way(
            r"\[([A-Z][a-z]{2} [A-Z][a-z]{2} [ 0-9][0-9] [0-9]{2}:[0-9]{2}:[0-9]{2} [0-9]{4})\] ",
            "time",
        ),
        one_way(f"(({WORD}) ({WORD})) => generated ", "message", "method", "path"),
        one_way("([0-9]+) bytes in ([0-9]+ (?:msecs|micros|secs)) ", "bytes", "duration"),
        one_way(rf"\(HTTP/[0-9.]+ ([0-9]+)\){REST}", "status"),
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
        one_way(r"([0-9]{3}) *\| *([0-9.]+(?:ns|µs|us|ms|s)) *\| *", "status", "duration"),
        one_way(rf"({WORD}) *\| *", "client_ip"),
        (
            Way(
                rf"([A-Z]+) +{QUOTED}{REST}",
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
        one_way(r"(1[0-9]{9}\.[0-9]{3}) +([0-9]+) ", "time", "duration_ms"),
        one_way(f"({WORD}) ([A-Z_]+)/", "client_ip", "cache_result"),
        (
            Way("000 ", fixed=FAILED),
            Way("([0-9]{3}) ", ("status",), derived={"status": other_than("status", "000")}),
        ),
        one_way("([0-9]+) ", "bytes"),
        one_way(f"(([A-Z_]+) ({WORD})) {WORD} ", "message", "method", "path"),
        one_way(f"([A-Z_]+)/{WORD}(?: {REST})?", "hierarchy"),
    ),
)
_S3 = Form(
    "s3",
    read_s3,
    (
        one_way("[0-9a-f]{64} ([!-Z^-~]{1,63}) ", "bucket"),
        one_way(
            r"\[([0-9]{2}/[A-Z][a-z]{2}/[0-9]{4}:[0-9]{2}:[0-9]{2}:[0-9]{2} [+-][0-9]{4})\] ",
            "start_time",
        ),
        one_way(f"([!#-~]+) {WORD} ({WORD}) ", "client_ip", "request_id"),
        one_way(rf"([A-Z]+(?:\.[0-9A-Za-z_]+)+) {WORD} ", "operation"),
        (request(PATH, " "), Way("- ", derived={"message": pl.col("operation")})),
        (Way("([0-9]{3}) ", ("status",)), Way("- ")),
        (
            Way("- "),
            Way(
                f"({WORD}) ",
                ("error_type",),
                derived={"error_type": other_than("error_type", "-")},
            ),
        ),
        one_way("([0-9]+|-) (?:[0-9]+|-) ", "bytes"),
        (Way("([0-9]+) ", ("duration_ms",)), Way("- ")),
        one_way(f"(?:[0-9]+|-)(?: {REST})?"),
    ),
)
FORMS = (_UWSGI, _GIN, _SQUID, _S3)
