"""What millions of spans cost in memory and time, from the store through to the hotspots.

    python -m tests.benchmarks.memory SPANS [FOLDER] [--untraced]

Writes a store of so many spans (traces of 21 spans of 13 services over six hours, one service
slow for five minutes; with `--untraced` access-log lines without any id), then links them (in
processes of their own where that is worth it) and finds the hotspots as a run does. Prints seconds
and the largest resident set so far after each step: bounded means that it does not grow with the
number of spans.
"""

from __future__ import annotations

import resource
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from analyzer.api.hotspots import write_hotspots
from analyzer.api.linking import link
from analyzer.api.options import RunOptions
from analyzer.store import Store

START_NS = 1_772_442_000_000_000_000
LENGTH_NS = 6 * 3_600_000_000_000
SPANS_A_TRACE = 21
TRACES_A_BATCH = 20_000
SLOW_FROM, SLOW_TO = 0.5, 0.514


def write_spans(store: Store, spans: int, *, traced: bool) -> None:
    """Fill `span` with whole traces until there are `spans` of them."""
    traces = max(1, spans // SPANS_A_TRACE)
    for first in range(0, traces, TRACES_A_BATCH):
        numbers = np.arange(first, min(first + TRACES_A_BATCH, traces))
        store.append_arrow("span", _batch(numbers, traces, traced=traced))


def _batch(numbers: NDArray[np.int64], traces: int, *, traced: bool) -> pa.Table:
    """The spans of some traces: a gateway, its ten client spans and the servers below them."""
    random = np.random.default_rng(int(numbers[0]))
    count = len(numbers)
    place = np.tile(np.arange(SPANS_A_TRACE), count)
    trace = np.repeat(numbers, SPANS_A_TRACE)
    call = (place - 1) // 2
    service = np.where(place == 0, 12, (call + trace) % 12)
    began = START_NS + trace * (LENGTH_NS // traces)
    part = (trace / traces >= SLOW_FROM) & (trace / traces < SLOW_TO)
    took = np.repeat(random.lognormal(0, 0.4, count) * 4e6, SPANS_A_TRACE).astype(np.int64)
    took = np.where(part & (service == 7), 5 * took, took)
    is_server = (place > 0) & (place % 2 == 0)
    start = began + call * took + np.where(is_server, took // 4, 0)
    length = np.where(
        place == 0, 12 * took + np.where(part, 40_000_000, 0), np.where(is_server, took // 2, took)
    )
    whole = 12 * took + np.where(part, 40_000_000, 0)
    length = np.where(place == 0, whole, np.where(is_server, took // 2, took))
    names = np.array([f"service-{at}" for at in range(12)] + ["gateway"])
    traces_text = [f"{number:032x}" for number in trace] if traced else None
    columns: dict[str, object] = {
        "trace_id": traces_text,
        "span_id": [f"{p:016x}" for p in place] if traced else None,
        "parent_span_id": _parents(place) if traced else None,
        "service_name": np.where((place % 2 == 1) & traced, "gateway", names[service]),
        "operation": np.char.add("GET /", names[service]),
        "span_kind": np.where((place % 2 == 1) & traced, "client", "server"),
        "start_time": pa.array(start // 1_000, pa.timestamp("us")),
        "duration_ns": length,
        "status": np.where(random.random(len(place)) < 0.001, "error", "ok"),
        "evidence": None,
        "file_id": np.ones(len(place), dtype=np.int64),
        "line_number": trace * SPANS_A_TRACE + place + 1,
        "trace_key": trace if traced else None,
        "span_index": np.zeros(len(place), dtype=np.int64),
        "start_ns": start,
        "kind_source": np.full(len(place), "explicit" if traced else "dialect"),
        "shared": np.zeros(len(place), dtype=bool),
        "follows_from": np.zeros(len(place), dtype=bool),
    }
    return pa.table({name: values for name, values in columns.items() if values is not None})


def _parents(place: NDArray[np.int64]) -> list[str | None]:
    return [None if p == 0 else f"{0 if p % 2 else p - 1:016x}" for p in place.tolist()]


def _told(step: str, begun: tuple[float, float]) -> None:
    took, busy = time.perf_counter() - begun[0], _busy() - begun[1]
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1_024
    child_mb = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1_024
    text = f"{step}: {took:.1f} s ({busy:.1f} s of processor time), peak {peak_mb:,.0f} MB"
    text += f", largest process of its own {child_mb:,.0f} MB" if child_mb else ""
    print(text, flush=True)  # noqa: T201 - a script's product


def _now() -> tuple[float, float]:
    return time.perf_counter(), _busy()


def _busy() -> float:
    """Processor seconds of this process and of those it started that have ended."""
    return time.process_time() + sum(resource.getrusage(resource.RUSAGE_CHILDREN)[:2])


def measure(spans: int, folder: Path, *, traced: bool) -> None:
    begun = _now()
    path = folder / "analysis.duckdb"
    if not path.exists():
        with Store(path) as store:
            write_spans(store, spans, traced=traced)
        _told("written", begun)
    begun = _now()
    with Store(path) as store:
        link(store)
        _told("linked", begun)
        begun = _now()
        write_hotspots(store, RunOptions())
        _told("hotspots", begun)
        print(store.frame("findings", {"topic": "hotspot"})["sentence"].to_list()[:2])  # noqa: T201


def main() -> None:
    words = [word for word in sys.argv[1:] if not word.startswith("-")]
    spans = int(words[0]) if words else 2_000_000
    traced = "--untraced" not in sys.argv
    if len(words) > 1:
        Path(words[1]).mkdir(parents=True, exist_ok=True)
        measure(spans, Path(words[1]), traced=traced)
        return
    with TemporaryDirectory() as folder:
        measure(spans, Path(folder), traced=traced)


if __name__ == "__main__":
    main()
