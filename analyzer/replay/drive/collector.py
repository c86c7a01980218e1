"""The garbage collector of the driver's own process, kept from showing in the latencies."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

NEVER = 1_000_000


@contextmanager
def without_full_collections() -> Iterator[None]:
    """Collect young objects as ever, but scan nothing that has grown old.

    An emulator keeps every message; a full collection would walk over all of them and stop
    driver and emulator alike for up to half a second, which would be booked to the bot.
    """
    young, middle, old = gc.get_threshold()
    gc.collect()
    gc.freeze()
    gc.set_threshold(young, middle, NEVER)
    try:
        yield
    finally:
        gc.set_threshold(young, middle, old)
        gc.unfreeze()
