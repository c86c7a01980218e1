"""Work in processes of its own, so that the writer of the store never waits for it.

A program such as `python -m analyzer.ingest.reading_process` takes jobs on standard input and
answers each with its events: `serve_jobs` is all it runs.
A started program, not a forked or spawned one: it needs neither the state of the threads here nor
the caller's `__main__`. What crosses the pipes is made by this package on both sides.
"""

from __future__ import annotations

import gc
import os
import pickle
import queue
import signal
import subprocess
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import IO, Any, Generic, NamedTuple, Self, TypeVar

_Job = TypeVar("_Job")
_Event = TypeVar("_Event")

_READ_AHEAD = 3
"""So many events wait for the writer; each holds a block's rows at most."""
_PICKLE = 5


class _Failure(NamedTuple):
    """A fault of the program in a worker, as text."""

    text: str


class _Done(NamedTuple):
    """All events of a job have been told."""


class Worker(Generic[_Job, _Event]):
    """A process that does one job after the other; `start` gives the events of the next.

    `program` is the module that it runs, which calls `serve_jobs`.
    """

    def __init__(self, program: str) -> None:
        # One thread each: the processes together use all cores. It finds modules where this
        # process does, and never in the working folder, which may be one with logs.
        found = os.pathsep.join(path for path in sys.path if path)
        self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
            [sys.executable, "-P", "-m", program],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "POLARS_MAX_THREADS": "1", "PYTHONPATH": found},
        )
        self._events: queue.Queue[_Event | _Failure | _Done | None] = queue.Queue(_READ_AHEAD)
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._stopped = False
        self._jobs = 0
        self._thread.start()

    def start(self, job: _Job) -> Iterator[_Event]:
        """Hand a job over at once and return its events; who has read enough may stop."""
        assert self._process.stdin is not None
        pickle.dump(job, self._process.stdin, _PICKLE)
        self._process.stdin.flush()
        self._jobs += 1
        return self._answer()

    def _answer(self) -> Iterator[_Event]:
        while self._jobs:
            event = self._events.get()
            if event is None:
                raise RuntimeError("a working process ended early")
            if isinstance(event, _Failure):
                raise RuntimeError(f"a working process failed:\n{event.text}")  # noqa: TRY004
            if isinstance(event, _Done):
                self._jobs -= 1
            elif self._jobs == 1:  # else what is left of a job that nobody wanted more of
                yield event

    def _listen(self) -> None:
        assert self._process.stdout is not None
        while True:
            try:
                event = pickle.load(self._process.stdout)  # noqa: S301 - see above
            except (EOFError, pickle.UnpicklingError, ValueError, OSError):
                event = None
            while not self._stopped:
                try:
                    self._events.put(event, timeout=0.2)
                    break
                except queue.Full:
                    continue
            if event is None or self._stopped:
                return

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stopped = True
        self._process.kill()
        self._process.wait()
        self._thread.join()
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            pipe.close()


def serve(
    jobs: IO[bytes], answers: IO[bytes], events_of: Callable[[Any], Iterator[object]]
) -> None:
    """Answer jobs until there are no more."""
    while True:
        try:
            job = pickle.load(jobs)  # noqa: S301 - see above
        except EOFError:
            return
        try:
            for event in events_of(job):
                pickle.dump(event, answers, _PICKLE)
            pickle.dump(_Done(), answers, _PICKLE)
        except BrokenPipeError:
            return
        except Exception:  # noqa: BLE001 - told to the one who asked, who raises it
            pickle.dump(_Failure(traceback.format_exc()), answers, _PICKLE)
        answers.flush()
        gc.collect()


def serve_jobs(events_of: Callable[[Any], Iterator[object]]) -> None:
    """Serve the process that started this one; an interrupt is its business."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    gc.disable()
    with os.fdopen(os.dup(1), "wb") as answers:
        os.dup2(2, 1)  # whatever a library prints must not get between the answers
        serve(sys.stdin.buffer, answers, events_of)
