"""Reading in a thread beside the writer: what works on columns leaves the interpreter free."""

from __future__ import annotations

import contextlib
import queue
import threading
from collections.abc import Iterator
from typing import NamedTuple, TypeVar

_Event = TypeVar("_Event")
_WAITING = 3
"""So many events wait for the writer; each holds a block's rows at most."""
_PATIENCE_S = 0.2


class _Ended(NamedTuple):
    """There is nothing more, since all was told or for a fault."""

    fault: BaseException | None


@contextlib.contextmanager
def read_ahead(events: Iterator[_Event]) -> Iterator[Iterator[_Event]]:
    """Give what `events` brings while a thread already works on the next; a fault is raised here.

    Who has read enough may leave: the thread ends with the event in hand.
    """
    told: queue.Queue[_Event | _Ended] = queue.Queue(_WAITING)
    left = threading.Event()

    def tell(event: _Event | _Ended) -> None:
        while not left.is_set():
            try:
                told.put(event, timeout=_PATIENCE_S)
            except queue.Full:
                continue
            return

    def read() -> None:
        fault: BaseException | None = None
        try:
            for event in events:
                tell(event)
                if left.is_set():
                    return
        except BaseException as error:  # noqa: BLE001 - raised again by the one who waits for it
            fault = error
        tell(_Ended(fault))

    thread = threading.Thread(target=read, name="read-ahead", daemon=True)
    thread.start()
    try:
        yield _following(told)
    finally:
        left.set()
        thread.join()


def _following(told: queue.Queue[_Event | _Ended]) -> Iterator[_Event]:
    while True:
        event = told.get()
        if isinstance(event, _Ended):
            if event.fault is not None:
                raise event.fault
            return
        yield event
