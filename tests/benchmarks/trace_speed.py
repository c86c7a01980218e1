"""What two million spans cost through clean-up, links, critical path, split and hotspots.

    python -m tests.benchmarks.trace_speed [spans]

Traces of a gateway, its client spans and the services below them: 21 spans each, a tenth of the
traces with a duplicate row, an orphan or a child that outlives its parent. Figures are seconds of
processor time in one process (hotspots use all cores), so that a busy machine gives the same.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from random import Random

import polars as pl

from analyzer.analysis.hotspots import TraceFrames, find_hotspots
from analyzer.model.span import Call, Journey, PathSection, Span, SpanTime
from analyzer.trace.assemble import assemble_many
from tests.hotspots.frames import MS, SECOND, START, rows_frame

SPANS_A_TRACE = 21


def spans(total: int) -> Iterator[Span]:
    random = Random(4)
    for number in range(total // SPANS_A_TRACE):
        yield from trace(f"{number:032x}", START + number * SECOND // 50, random)


def trace(name: str, start: int, random: Random) -> Iterator[Span]:
    slow = 4 if START + 400 * SECOND < start < START + 700 * SECOND else 1
    length = int(random.lognormvariate(0, 0.4) * 4 * MS)
    begin = start
    for call in range(10):
        service = f"service-{(call + int(name, 16)) % 12}"
        took = length * (slow if service == "service-7" else 1)
        yield one(name, f"c{call}", "00", "gateway", "client", begin, took)
        messy = random.randrange(100)
        parent = "lost" if messy == 0 else f"c{call}"
        late = took if messy == 1 else 0
        half = one(
            name, f"s{call}", parent, service, "server", begin + took // 4, took // 2 + late
        )
        yield half
        if messy == 2:
            yield half
        begin += took
    yield one(name, "00", None, "gateway", "server", start, begin - start + length)


def one(
    name: str, place: str, parent: str | None, service: str, kind: str, start: int, took: int
) -> Span:
    return Span(name, place, parent, service, f"{kind} {service}", kind, start, took, status="ok")


def main() -> None:
    total = int(sys.argv[1]) if len(sys.argv) > 1 else 2_000_000
    generating = time.process_time()
    for _ in spans(total):
        pass
    generating = time.process_time() - generating

    parts: dict[str, list[pl.DataFrame]] = {"times": [], "journeys": [], "path": [], "calls": []}
    framing = 0.0
    begin = time.process_time()
    for batch in assemble_many(spans(total)):
        framed = time.process_time()
        parts["times"].append(rows_frame(batch.times, SpanTime._fields))
        parts["journeys"].append(rows_frame(batch.journeys, Journey._fields).drop("services"))
        length = (pl.col("end_ns") - pl.col("start_ns")).alias("exclusive_ns")
        path = rows_frame(batch.sections, PathSection._fields).with_columns(length)
        parts["path"].append(path.drop("start_ns", "end_ns"))
        calls = rows_frame(batch.calls, Call._fields)
        parts["calls"].append(calls.select("callee", "message", "start_ns", "retry"))
        framing += time.process_time() - framed
    linking = time.process_time() - begin - framing - generating
    begin = time.process_time()
    joined = {name: pl.concat(frames) for name, frames in parts.items()}
    frames = TraceFrames.of(
        joined["times"], joined["journeys"], joined["path"], None, joined["calls"]
    )
    findings = find_hotspots(frames)
    hotspots = time.process_time() - begin
    worst = findings.hotspots[0].sentence if findings.hotspots else findings.note
    print(  # noqa: T201 - a script's product
        f"{total:,} spans: assembled in {linking:.1f} s "
        f"({linking / total * 1e6:.1f} us a span), put into frames in {framing:.1f} s, "
        f"hotspots in {hotspots:.1f} s; making the spans took {generating:.1f} s more. {worst}"
    )


if __name__ == "__main__":
    main()
