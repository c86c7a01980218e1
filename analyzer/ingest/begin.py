"""How the reading of a file begins: what its name and an earlier reading say before any line."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from hashlib import blake2b
from pathlib import Path
from typing import NamedTuple

from analyzer.ingest.day_order import DayOrder
from analyzer.ingest.discover import LogFile
from analyzer.ingest.fields import Resolver
from analyzer.ingest.formats.line_reader import LineReader
from analyzer.ingest.mask import Masker
from analyzer.ingest.names import day_of_file, service_of_file
from analyzer.ingest.options import ReadingOptions
from analyzer.ingest.reader import FileReader
from analyzer.ingest.rows import RowBuilder
from analyzer.ingest.times import Clock


class Hints(NamedTuple):
    """What a first reading of a file found out and a second one needs from its first line on."""

    units: Mapping[str, int] = {}
    first_day: date | None = None
    day_first: bool | None = None


class Begun(NamedTuple):
    """The parts of one reading: rows come out of `builder`, lines go into `reader`."""

    builder: RowBuilder
    resolver: Resolver
    reader: FileReader


def begin(file: LogFile, masker: Masker, options: ReadingOptions, hints: Hints) -> Begun:
    """Start a reading of `file` with what an earlier one found out."""
    builder = RowBuilder(file_id(file.name), file.name, service_of_file(file), masker)
    dated = day_of_file(file)
    order = DayOrder(day_first=hints.day_first)
    clock = Clock(
        options.zone, dated or hints.first_day, dated or modified(file.path), order=order
    )
    resolver = Resolver({**hints.units, **options.units}, clock)
    lines = LineReader(resolver, options.renames, options.formats)
    return Begun(builder, resolver, FileReader(builder, lines, resolver))


def proved(file: LogFile, resolver: Resolver, hints: Hints) -> Hints:
    """What a reading proved, for a second one where it differs from `hints`."""
    clock = resolver.clock
    first_day = hints.first_day
    if clock.days and first_day is None and day_of_file(file) is None:
        first_day = modified(file.path) - timedelta(days=clock.days)
    units = {**resolver.timing.proof.units(), **hints.units}
    return Hints(units, first_day, clock.order.day_first)


def file_id(name: str) -> int:
    """Return the key of a file: a hash of its name, so that other files never change it."""
    digest = blake2b(name.encode("utf-8", "surrogateescape"), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


def modified(path: Path) -> date:
    """Return the day a file was last written; today where that cannot be told."""
    try:
        return datetime.fromtimestamp(path.stat().st_mtime, UTC).date()
    except OSError:
        return datetime.now(UTC).date()
