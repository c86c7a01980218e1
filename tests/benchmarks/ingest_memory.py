"""How much memory reading takes, whatever the size: all processes together, at their peak.

    python -m tests.volume --format ecs --lines 2600000 -o /tmp/volume
    python -m tests.benchmarks.ingest_memory /tmp/volume/logs

Reads the folder into a new store, then once more, unchanged. Linux only (/proc).
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Self

from tests.ingest.reading import read

_EVERY_S = 0.1
_PAGE = os.sysconf("SC_PAGE_SIZE")


class Peak:
    """The largest sum of resident memory of this process and its children."""

    def __init__(self) -> None:
        self.bytes = 0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._over.wait(_EVERY_S):
            self.bytes = max(self.bytes, resident())


def resident() -> int:
    """Return the bytes that this process and its children hold now."""
    own, found = os.getpid(), 0
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((folder / "stat").read_text().rpartition(") ")[2].split()[1])
            if own in {parent, int(folder.name)}:
                found += int((folder / "statm").read_text().split()[1]) * _PAGE
        except OSError:
            continue  # it ended meanwhile
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("logs", type=Path)
    logs = parser.parse_args().logs
    with tempfile.TemporaryDirectory() as folder:
        store = Path(folder) / "store.duckdb"
        begun = time.perf_counter()
        with Peak() as peak:
            lines = read(store, logs).account()["lines"]
        seconds = time.perf_counter() - begun
        cpu = sum(os.times()[:4])
        begun = time.perf_counter()
        read(store, logs)
        sys.stdout.write(
            f"{lines:,} lines in {seconds:.1f} s: {lines / seconds:,.0f} lines/s, "
            f"{cpu / lines * 1e6:.1f} us of CPU a line, {peak.bytes / 1e6:,.0f} MB at most; "
            f"unchanged again in {time.perf_counter() - begun:.2f} s\n"
        )


if __name__ == "__main__":
    main()
