"""What the user tells the reader, from the words of the command line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta, timezone, tzinfo
from re import compile as compiled
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from analyzer.errors import UsageError
from analyzer.ingest.archives import BombLimit
from analyzer.ingest.formats.known import Format
from analyzer.ingest.lines import BLOCK_BYTES

_OFFSET = compiled(r"([+-])(\d\d):?(\d\d)?$")


@dataclass(frozen=True, slots=True)
class ReadingOptions:
    """What the user told the reader: `renames` of keys and `units` (ns per unit) of keys.

    `zone` is where times without a zone are taken to be (None: UTC, and noted as assumed);
    `formats` are the user's own, tried before all others; `bomb_limit` says how much an archive
    may hold. `block_bytes` are looked at together, and `commit_rows` of a file kept together.
    """

    renames: Mapping[str, str] = field(default_factory=dict)
    units: Mapping[str, int] = field(default_factory=dict)
    zone: tzinfo | None = None
    formats: tuple[Format, ...] = ()
    bomb_limit: BombLimit = field(default_factory=BombLimit)
    block_bytes: int = BLOCK_BYTES
    commit_rows: int = 2_000_000


def parse_zone(text: str) -> tzinfo:
    """Return the zone that `text` names: `Europe/Berlin`, `UTC` or `+03:00`.

    Raises:
        UsageError: no such zone.
    """
    if match := _OFFSET.match(text):
        offset = timedelta(hours=int(match[2]), minutes=int(match[3] or 0))
        if offset < timedelta(hours=24):
            return timezone(-offset if match[1] == "-" else offset)
    try:
        return ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise UsageError(
            f"--tz {text}: no such time zone. Give a name like Europe/Berlin, or +03:00."
        ) from error
