"""What a run measured: one row per journey, written as JSON lines while it runs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from io import FileIO
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

import orjson

from analyzer.errors import OutputError
from analyzer.replay.botapi.clock import Clock
from analyzer.replay.botapi.journal import rfc3339

Outcome = Literal["ok", "failed", "unanswered", "dropped"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Journey:
    """One act of a user and what came of it; times are monotonic nanoseconds.

    `latency_ms` counts from the intended moment to the moment the Bot API accepted the answer,
    and is None without one. `late`: no answer within the deadline. Field names that SLO.md
    section 1 knows mean what it says.
    """

    journey_id: str
    journey: str
    scenario: str
    phase: str
    user_id: int
    campaign: str
    t_start: str
    t_end: str | None
    intended_ns: int
    issued_ns: int | None
    answered_ns: int | None
    latency_ms: float | None
    waited_ms: float
    lag_ms: float | None
    deadline_ms: float
    late: bool
    outcome: Outcome
    reason: str | None = None
    update_id: int | None = None
    warm_up: bool = False
    synthetic: bool = False


class JourneyLog:
    """Keeps the rows and writes each as a JSON line when it ends."""

    def __init__(
        self,
        clock: Clock,
        path: Path | None = None,
        heard: Callable[[Journey], None] = lambda _: None,
    ) -> None:
        """Remember how the two clocks relate, so that labels follow from monotonic times.

        `heard` is told of every row.

        Raises:
            OutputError: `path` cannot be written.
        """
        self._wall_minus_monotonic = clock.wall_ns() - clock.monotonic_ns()
        self._file: FileIO | None = None
        if path is not None:
            try:
                self._file = path.open("wb", buffering=0)
            except OSError as error:
                raise OutputError(f"{path}: cannot write journeys: {error.strerror}") from error
        self._heard = heard
        self.rows: list[Journey] = []

    def __enter__(self) -> Self:
        """The log itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()

    def wall(self, monotonic_ns: int) -> str:
        """The wall time of a monotonic moment."""
        return rfc3339(monotonic_ns + self._wall_minus_monotonic)

    def add(self, journey: Journey) -> None:
        """Keep a row and write its line."""
        self.rows.append(journey)
        self._heard(journey)
        if self._file is not None:
            self._file.write(orjson.dumps(journey, option=orjson.OPT_APPEND_NEWLINE))
