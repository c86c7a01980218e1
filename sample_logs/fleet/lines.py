"""What a service has to say, before a team's style turns it into text."""

from __future__ import annotations

import traceback
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple, Protocol, TextIO

from sample_logs.fleet.tracing import Scope, WallClock

Field = str | int | float


class Failure(NamedTuple):
    """Why work failed; `stack` is the traceback's text where the team logs one."""

    type: str
    message: str
    stack: str | None = None

    @classmethod
    def of(cls, error: BaseException) -> Failure:
        return cls(type(error).__name__, str(error), "".join(traceback.format_exception(error)))


class SpanLine(NamedTuple):
    """Finished work: `start_ns` on the host's wall clock, `duration_ns` monotonic.

    `operation` is the route's template or the use case; `target` the path as it was sent.
    `peer` names the called side of a client span.
    """

    scope: Scope
    kind: str
    operation: str
    method: str
    target: str
    start_ns: int
    duration_ns: int
    status_code: int | None = None
    failure: Failure | None = None
    peer: str | None = None
    fields: Mapping[str, Field] = {}

    @property
    def end_ns(self) -> int:
        return self.start_ns + self.duration_ns


class TeamLog(Protocol):
    """A team's way of logging; every style offers these four doors."""

    def span(self, line: SpanLine) -> None: ...

    def event(
        self, level: str, message: str, scope: Scope | None = None, **fields: Field
    ) -> None: ...

    def figures(self, values: Mapping[str, float]) -> None: ...

    def banner(self, text: str) -> None: ...

    def close(self) -> None: ...


class LogFile:
    """Appends whole lines to one file, flushed line by line as daemons do."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file: TextIO = path.open("a", encoding="utf-8", buffering=1)

    def write(self, line: str) -> None:
        self._file.write(line + "\n")

    def close(self) -> None:
        self._file.close()


def iso(moment_ns: int, *, digits: int = 6) -> str:
    """RFC 3339 in UTC with `digits` of the second's fraction."""
    seconds, rest = divmod(moment_ns, 1_000_000_000)
    stamp = datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return f"{stamp}.{rest:09d}"[: 20 + digits] + "Z"


def ids(scope: Scope | None, names: tuple[str, str, str, str]) -> dict[str, Field]:
    """The ids that are known, under a team's names for trace, span, parent and request."""
    if scope is None:
        return {}
    values: tuple[str | None, ...] = tuple(scope)
    if scope.trace_id is None:  # a span id alone means nothing to anyone
        values = (None, None, None, scope.request_id)
    return {name: value for name, value in zip(names, values, strict=True) if name and value}


class StyledLog:
    """What the styles share: a service's name, its clock, its file."""

    file_name = "service.log"

    def __init__(self, service: str, folder: Path, clock: WallClock) -> None:
        self.service = service
        self.clock = clock
        self.folder = folder
        self.file = LogFile(folder / self.file_name.format(service=service))

    def banner(self, text: str) -> None:
        """A line outside the style, as libraries print at the start of many daemons."""
        self.file.write(text)

    def close(self) -> None:
        self.file.close()
