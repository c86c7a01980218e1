"""What a load test leaves, and what is known of it on the way."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import orjson

from analyzer.replay.botapi.clock import NS_PER_SECOND
from analyzer.replay.drive import Driven, Journey
from analyzer.replay.load.meters import Reading

SENDS = ("send", "edit", "copy", "forward")


@dataclass(frozen=True, slots=True)
class Moment:
    """What is known `at_seconds` into the run: journeys that ended so far."""

    at_seconds: float
    begun_ns: int
    rows: Sequence[Journey]
    notifications: Sequence[Journey]


@dataclass(frozen=True, slots=True)
class Call:
    """A send or edit as the Bot API answered it."""

    at_seconds: float
    status: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """What became of a run. `begun_ns` is its first moment on the rows' clock.

    `stopped_seconds`: when it was ended because enough was known; None if it ran to its end.
    `exit_code`: what the bot had ended with unasked; None if it lived. `gone`: why a killed bot
    did not come back; empty if it did.
    """

    driven: Driven
    notifications: tuple[Journey, ...]
    begun_ns: int
    readings: tuple[Reading, ...]
    calls: tuple[Call, ...]
    stopped_seconds: float | None = None
    exit_code: int | None = None
    gone: str = ""


def calls_in(journal: Path, begun_ns: int) -> Iterator[Call]:
    """Every send and edit that the bot asked for, in order of time."""
    with journal.open("rb") as lines:
        for line in lines:
            if b'"request_answered"' not in line:
                continue
            call = orjson.loads(line)
            if call["method"].lower().startswith(SENDS):
                at = (call["monotonic_ns"] - begun_ns) / NS_PER_SECOND
                yield Call(at, call["status"])
