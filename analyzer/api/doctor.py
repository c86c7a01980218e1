"""What `analyze doctor` looks at: this machine, as rows of check, finding and what to do."""

from __future__ import annotations

import os
import platform
import shutil
import tempfile
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import polars as pl

from analyzer import __version__

_NEEDED = (
    "duckdb",
    "polars",
    "pyarrow",
    "networkx",
    "scipy",
    "matplotlib",
    "jinja2",
    "click",
    "rich",
)
_LOW_DISK_BYTES = 2 << 30
_LOW_MEMORY_BYTES = 2 << 30
_FORMATS = (
    "JSON lines (ECS, structlog, pino, bunyan, zap, logback, log4j2 and other keys by alias)",
    "text: logfmt, Python logging, logback, access logs, aiogram, celery, syslog, glog",
    "OTLP JSON (traces, logs, metrics), Jaeger JSON (UI, list, domain, thrift), Zipkin v1 and v2",
    "wrapped by docker, CRI, compose, journald, syslog, Loki, CloudWatch",
    "CSV and Parquet with known or mapped columns (--fields)",
    "compressed with gzip, zstd, bz2 or xz",
)


@dataclass(frozen=True, slots=True)
class Examination:
    """The rows (check, state, finding, advice) and whether everything needed is there."""

    frame: pl.DataFrame
    healthy: bool


def examine() -> Examination:
    """Return what this machine offers to an analysis."""
    rows = [("analyzer", "ok", __version__, "")]
    rows.append(("python", "ok", platform.python_version(), ""))
    rows += [_package(name) for name in _NEEDED]
    rows += [_memory(), _disk("temporary folder", Path(tempfile.gettempdir()))]
    rows.append(_disk("working folder", Path.cwd()))
    rows += [("reads", "ok", words, "") for words in _FORMATS]
    schema = ["check", "state", "finding", "advice"]
    frame = pl.DataFrame(rows, schema=schema, orient="row")
    return Examination(frame, healthy="missing" not in frame["state"].to_list())


def _package(name: str) -> tuple[str, str, str, str]:
    try:
        return (name, "ok", version(name), "")
    except PackageNotFoundError:
        return (name, "missing", "not installed", f"pip install {name}")


def _memory() -> tuple[str, str, str, str]:
    size = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    words = f"{size / (1 << 30):.1f} GiB, {os.cpu_count()} cores"
    if size < _LOW_MEMORY_BYTES:
        return ("memory", "low", words, "large logs will be slow here")
    return ("memory", "ok", words, "")


def _disk(name: str, folder: Path) -> tuple[str, str, str, str]:
    free = shutil.disk_usage(folder).free
    words = f"{free / (1 << 30):.1f} GiB free"
    if free < _LOW_DISK_BYTES:
        return (name, "low", words, "a store takes about half the size of its uncompressed logs")
    return (name, "ok", words, "")
