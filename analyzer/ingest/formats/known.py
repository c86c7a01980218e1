"""The text formats that are known, in the order in which a line is held against them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from analyzer.ingest.formats.access import read_access
from analyzer.ingest.formats.fetches import read_s3, read_squid
from analyzer.ingest.formats.pairs import read_logfmt
from analyzer.ingest.formats.proxies import (
    read_alb,
    read_envoy,
    read_haproxy,
    read_nlb,
    read_uwsgi,
)
from analyzer.ingest.formats.servers import (
    read_gin,
    read_influx,
    read_mysql_slow,
    read_postgres_csv,
)
from analyzer.ingest.formats.syslog import read_glog
from analyzer.ingest.formats.text import read_text, read_timed


class Format(NamedTuple):
    """A text format: its name, its reader, and whether its messages run over several lines."""

    name: str
    read: Callable[[str], dict[str, Any] | None]
    free: bool = False


# The strictest first: what an earlier one reads, a later one might misread.
FORMATS = (
    Format("access", read_access),
    Format("envoy", read_envoy),
    Format("alb", read_alb),
    Format("nlb", read_nlb),
    Format("haproxy", read_haproxy),
    Format("uwsgi", read_uwsgi),
    Format("squid", read_squid),
    Format("s3", read_s3),
    Format("gin", read_gin),
    Format("mysql_slow", read_mysql_slow, free=True),
    Format("postgres_csv", read_postgres_csv, free=True),
    Format("influx", read_influx),
    Format("logfmt", read_logfmt),
    Format("glog", read_glog, free=True),
    Format("text", read_text, free=True),
)
TIMED = Format("timed", read_timed, free=True)
"""What is left where no line of a file has any of these forms."""
