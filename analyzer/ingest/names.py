"""The service a file speaks for when its lines do not say: FORMATS section 5, rules 3 to 5."""

from __future__ import annotations

import re
from datetime import date

from analyzer.ingest.discover import LogFile
from analyzer.semconv import UNKNOWN_SERVICE

_NO_SERVICE = re.compile(r"logs?$|var$|\d{4}-?\d\d-?\d\d$|\d{4}$|\d\d$", re.IGNORECASE)
# Taken off the end again and again: extensions, rotation numbers, dates, pids, replica suffixes.
_TAIL = re.compile(
    r"(?:\.(?:gz|zst|bz2|xz|log|json|jsonl|ndjson|txt|out|err|csv|tsv|parquet|lz4|\d{1,6})|"
    r"[._-]?\d{4}-\d\d-\d\d(?:[T_-]\d\d[:_-]?\d\d(?:[:_-]?\d\d)?)?|[._-]\d{8}|[._-]\d{1,6}|"
    r"-json|[._-](?:access|error|stdout|stderr|server|app)?logs?)$",
    re.IGNORECASE,
)


_DAY = re.compile(r"(?<!\d)(20\d\d)[-_.]?([01]\d)[-_.]?([0-3]\d)(?!\d)")


def day_of_file(file: LogFile) -> date | None:
    """Return the day that a file's name tells (`app-2026-03-01.log`, `x.log-20260301`)."""
    for match in _DAY.finditer(file.path.name):
        try:
            return date(int(match[1]), int(match[2]), int(match[3]))
        except ValueError:
            continue
    return None


def service_of_file(file: LogFile) -> str:
    """Return the folder below the root, else the file's name without what rotation added."""
    if file.folder and not _NO_SERVICE.match(file.folder):
        return file.folder
    stem = file.path.name
    while (shorter := _TAIL.sub("", stem)) != stem and shorter:
        stem = shorter
    return stem or UNKNOWN_SERVICE
