"""`analyze watch`: a fleet's growing logs onto a live board."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
from aiohttp import web

from analyzer.api.attempts import attempt_of
from analyzer.api.journey_names import UNNAMED, JourneyNames
from analyzer.api.objectives import read_objective_files
from analyzer.dashboard import Access, AccessError, Board, board_document, mount
from analyzer.errors import ConfigurationError, OutputError
from analyzer.ingest.discover import expand_roots
from analyzer.ingest.mask import Masker
from analyzer.ingest.options import ReadingOptions
from analyzer.ingest.tail import Growth, Tail
from analyzer.model.span import Span
from analyzer.slo.live import SECOND_US
from analyzer.trace.growing import GrowingTraces

LOOK_S = 0.25
STANDSTILL_US = 60 * SECOND_US
MAX_NOTES = 20


@dataclass(frozen=True, slots=True)
class WatchOptions:
    """What `analyze watch` can be told; `from_now` leaves out what the logs hold already."""

    slo: Path | None = None
    journeys: JourneyNames = UNNAMED
    reading: ReadingOptions = field(default_factory=ReadingOptions)
    from_now: bool = False


class Watch:
    """Reads what comes under some roots and tells its board.

    The board's time is the wall clock's while lines come; without any it stands still a minute
    after the newest event, so that the last figures stay and are marked as stale.
    """

    def __init__(self, roots: Sequence[str | Path], options: WatchOptions) -> None:
        """Find the roots.

        Raises:
            InputError: a root does not exist.
            ConfigurationError: the objectives file is refused.
        """
        paths = expand_roots(roots)
        objectives = () if options.slo is None else read_objective_files(options.slo).objectives
        self.board = Board(objectives, title=_title(paths))
        self._names = options.journeys
        self._traces = GrowingTraces()
        masker = Masker(secrets.token_bytes(32))
        self._tail = Tail(paths, masker, options.reading, from_now=options.from_now)
        self._newest_us = 0
        self._quarantined = 0
        self._finished = 0
        self.lines = 0
        if options.from_now:
            self._tail.look()

    def close(self) -> None:
        """Let go of all files."""
        self._tail.close()

    def now_us(self) -> int:
        """The board's time."""
        wall_us = time.time_ns() // 1_000
        return min(wall_us, self._newest_us + STANDSTILL_US) if self._newest_us else wall_us

    def read_history(self, tell: Callable[[int], None] = lambda _: None) -> None:
        """Read all there is; `tell` hears the number of lines now and then."""
        while True:
            growth = self._tail.look()
            self._take(growth, settle=False)
            tell(self.lines)
            if not growth.more:
                break
        self._observe()

    def look(self) -> bool:
        """Read what has come since the last look; True where more is waiting."""
        growth = self._tail.look()
        self._take(growth, settle=True)
        return growth.more

    def read_to_the_end(self) -> None:
        """Read all there is as if nothing more would come."""
        self._take(self._tail.look(to_the_end=True), settle=True)

    def document(self) -> dict[str, Any]:
        """The board at the newest event, as JSON values."""
        at_us = self._newest_us or self.now_us()
        return board_document(self.board.snapshot(at_us))

    def _take(self, growth: Growth, *, settle: bool) -> None:
        self.lines += growth.lines
        for batch in growth.batches:
            if (spans := batch.get("span")) is not None:
                self._traces.add(_spans(spans))
            if (figures := batch.get("measurement")) is not None:
                self._gauge(figures)
        for note in growth.notes[:MAX_NOTES]:
            self.board.note(note)
        self._finished += growth.finished
        if growth.finished:
            plural = "file is" if self._finished == 1 else "files are"
            self.board.note(f"{self._finished} {plural} packed or whole documents: not followed")
        self._quarantined += growth.quarantined
        if growth.modified_s is not None:
            self.board.alive(round(growth.modified_s * SECOND_US))
        if settle and growth.batches:
            self._observe()

    def _observe(self) -> None:
        for told in self._traces.journeys():
            attempt = attempt_of(told, self._names)
            if attempt is None:
                continue
            end_us = attempt.t_end_us or attempt.t_start_us
            self._newest_us = max(self._newest_us, end_us)
            self.board.observe(attempt, end_us)
        if self._quarantined:
            self.board.gauge("lines not understood", self._quarantined, self.now_us())

    def _gauge(self, figures: pa.Table) -> None:
        times = figures.column("time").cast(pa.int64()).to_pylist()
        names = ("service_name", "name", "value", "unit")
        told = (figures.column(name).to_pylist() for name in names)
        for at_us, service, name, value, unit in zip(times, *told, strict=True):
            if at_us is not None:
                self.board.gauge(f"{service} {name}", value, at_us, unit=unit or "")


def _spans(rows: pa.Table) -> Iterator[Span]:
    """Rows of the table `span` as the trace layer takes them."""
    for row in rows.drop_columns(["start_time", "body", "template", "attributes"]).to_pylist():
        yield Span(
            trace_id=row["trace_id"] or "",
            span_id=row["span_id"] or "",
            parent_span_id=row["parent_span_id"],
            service_name=row["service_name"],
            operation=row["operation"],
            kind=row["span_kind"],
            start_ns=row["start_ns"],
            duration_ns=row["duration_ns"],
            status=row["status"],
            error_type=row["error_type"],
            peer_service=row["peer_service"],
            shared=row["shared"],
            kind_source=row["kind_source"],
            follows_from=row["follows_from"],
            evidence="observed" if row["trace_id"] else "inferred",
            user_key=row["user_key"],
            request_key=row["correlation_id"],
            row=_place(row["file_id"], row["line_number"], row["span_index"]),
        )


def _place(file_id: int, line_number: int, index: int) -> int:
    """A number of its own for each span: the same line is the same span when it is read again."""
    return ((file_id & 0xFFFF_FFFF) << 64) | (line_number << 24) | index


def _title(paths: Iterable[Path]) -> str:
    named = [path.resolve().name for path in paths]
    more = f" and {len(named) - 2} more" if len(named) > 2 else ""
    return f"Live from {', '.join(named[:2])}{more}"


@dataclass(frozen=True, slots=True)
class Door:
    """Where the page is served and who may look."""

    listen: str = "127.0.0.1:8090"
    access: Access = field(default_factory=Access)

    def address(self) -> tuple[str, int]:
        """Host and port; raises ConfigurationError for what is neither, or open to everybody."""
        host, colon, port = self.listen.rpartition(":")
        host = host.strip("[]") or "127.0.0.1"
        if not colon or not port.isdigit() or int(port) > 65_535:
            raise ConfigurationError([f"--listen {self.listen}: write HOST:PORT"])
        try:
            self.access.check(host)
        except AccessError as error:
            raise ConfigurationError([f"--listen {self.listen}: {error}"]) from error
        return host, int(port)


async def serve(
    watch: Watch, door: Door, ready: Callable[[str], None], stop: asyncio.Event
) -> None:
    """Serve the page until `stop` is set; `ready` hears its address.

    Raises:
        OutputError: the port is taken.
    """
    host, port = door.address()
    application = web.Application()
    mount(application, watch.board, door.access, clock=watch.now_us)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    try:
        try:
            await web.TCPSite(runner, host, port).start()
        except OSError as error:
            raise OutputError(
                f"{door.listen}: cannot listen there ({error.strerror}). Choose another --listen."
            ) from error
        shown = f"[{host}]" if ":" in host else host
        ready(f"http://{shown}:{runner.addresses[0][1]}/")
        while not stop.is_set():
            pause_s = 0 if watch.look() else LOOK_S
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), pause_s)
    finally:
        await runner.cleanup()
        watch.close()
