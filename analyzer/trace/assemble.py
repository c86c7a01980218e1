"""One door to the trace layer: the spans of a trace in, everything known about it out.

Pure and order-independent. `assemble` takes one trace, `assemble_many` a stream of spans that is
ordered by trace.
"""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import groupby
from operator import attrgetter
from typing import Final

from analyzer.model.span import Call, Journey, PathSection, Span, SpanTime
from analyzer.trace.calls import calls_of
from analyzer.trace.cleanup import clean
from analyzer.trace.critical_path.journey_path import path_of
from analyzer.trace.journey import journeys_of
from analyzer.trace.link import edges_of
from analyzer.trace.options import DEFAULT, TraceOptions
from analyzer.trace.quality import Quality
from analyzer.trace.split import charges, span_times
from analyzer.trace.timing import time_edges
from analyzer.trace.tree import build_tree

_TRACE_ID: Final = attrgetter("trace_id")
_BATCH_SPANS: Final = 50_000


@dataclass(slots=True)
class Assembled:
    """What one or more traces came to; `quality` adds up over them.

    `sections` of one journey are sorted by time; `times` has a row for every span with an
    interval.
    """

    calls: list[Call] = field(default_factory=list)
    journeys: list[Journey] = field(default_factory=list)
    sections: list[PathSection] = field(default_factory=list)
    times: list[SpanTime] = field(default_factory=list)
    quality: Quality = field(default_factory=Quality)


def assemble(spans: Sequence[Span], options: TraceOptions = DEFAULT) -> Assembled:
    """The calls, journeys, critical path and split of one trace (all rows of one trace id)."""
    out = Assembled()
    _add_trace(spans, options, out)
    return out


def assemble_many(spans: Iterable[Span], options: TraceOptions = DEFAULT) -> Iterator[Assembled]:
    """The same for a stream of spans ordered by trace id, in batches of whole traces."""
    batches = _batches(spans)
    while True:
        with collector_paused():
            batch = next(batches, None)
            if batch is None:
                return
            assembled = _assembled(batch, options)
        yield assembled


def _assembled(spans: Sequence[Span], options: TraceOptions) -> Assembled:
    """Several whole traces at once; `spans` must be ordered by trace id."""
    out = Assembled()
    for _, trace in groupby(spans, key=_TRACE_ID):
        _add_trace(list(trace), options, out)
    return out


@contextmanager
def collector_paused() -> Iterator[None]:
    """Keep the cycle collector out: traces make no cycles, looking for them costs a third."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _batches(spans: Iterable[Span]) -> Iterator[list[Span]]:
    batch: list[Span] = []
    last = None
    for span in spans:
        if len(batch) >= _BATCH_SPANS and span.trace_id != last:
            yield batch
            batch = []
        last = span.trace_id
        batch.append(span)
    if batch:
        yield batch


def _add_trace(spans: Sequence[Span], options: TraceOptions, out: Assembled) -> None:
    quality = out.quality
    quality.counts["traces", ""] += 1
    for segment in clean(spans, quality, options):
        tree = build_tree(segment, quality)
        timing = time_edges(tree, quality, options)
        edges = edges_of(tree)
        calls = calls_of(tree, timing, edges, quality, options.retry_window_ns)
        charged = charges(tree)
        out.calls += calls
        out.journeys += journeys_of(tree, timing, calls)
        out.times += span_times(tree, timing, charged)
        for root in tree.roots:
            out.sections += path_of(root, tree, timing, charged, options, quality)
