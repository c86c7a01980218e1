"""Talk on stderr while a run works: a bar on a terminal, nothing elsewhere."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeRemainingColumn,
)

from analyzer.api.pipeline import Listener
from analyzer.ingest.load import Progress as Reading


class Talk:
    """Shows how a run goes, on stderr and only if a person is looking."""

    def __init__(self) -> None:
        """Prepare the bar; it appears with the context."""
        console = Console(stderr=True)
        self._bar = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(bar_width=28),
            TextColumn("{task.fields[detail]}"),
            TimeRemainingColumn(),
            console=console,
            transient=True,
            disable=not sys.stderr.isatty(),
        )
        self._task = self._bar.add_task("reading files", total=None, detail="")
        self.listener = Listener(reading=self._reading, step=self._step)

    def _reading(self, progress: Reading) -> None:
        elapsed = self._bar.tasks[0].elapsed or 0.0
        rate = f", {progress.lines / elapsed:,.0f}/s" if elapsed > 0.5 else ""
        files = f"{progress.files}/{progress.files_total} files"
        self._bar.update(
            self._task,
            # Time left follows from bytes: files differ in size by orders of magnitude.
            total=progress.bytes_total,
            completed=progress.bytes_done,
            detail=f"{files}, {progress.lines:,} lines{rate}",
        )

    def _step(self, name: str) -> None:
        self._bar.update(self._task, description=name, total=None, detail="")

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._bar.stop()
