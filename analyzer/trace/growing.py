"""Journeys of traces that still grow: spans in as they are read, journeys out as they stand.

A trace is assembled anew, by the code that assembles finished ones, whenever a span was added to
it; its journeys are told again under the same ids, and the last word counts. Spans without a
trace id are judged among those of the last half minute; which services are called by others is
learnt as it goes, so a fleet without ids is read best with its history.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple

from analyzer.model.span import Journey, Span
from analyzer.trace.adoption import CORRELATED, adopt_all
from analyzer.trace.assemble import Assembled, assemble_many
from analyzer.trace.options import DEFAULT, TraceOptions
from analyzer.trace.untraced import assemble_untraced

SECOND_NS = 1_000_000_000
REMEMBERED_NS = 600 * SECOND_NS
UNTRACED_NS = 30 * SECOND_NS


class Told(NamedTuple):
    """A journey as it stands; `reason` is the error that its root reported."""

    journey: Journey
    reason: str | None


class GrowingTraces:
    """Spans of the last minutes by trace; time is that of the spans."""

    def __init__(self, options: TraceOptions = DEFAULT) -> None:
        """Start empty."""
        self._options = options
        self._traces: dict[str, list[Span]] = {}
        self._newest: dict[str, int] = {}
        self._changed: set[str] = set()
        self._of_request: dict[str, set[str]] = defaultdict(set)
        self._untraced: list[Span] = []
        self._untraced_grew = False
        self._pairs: set[tuple[str, str]] = set()
        self.newest_ns = 0

    def add(self, spans: Iterable[Span]) -> None:
        """Take spans in any order."""
        for span in spans:
            end_ns = (span.start_ns or 0) + (span.duration_ns or 0)
            self.newest_ns = max(self.newest_ns, end_ns)
            if span.trace_id:
                self._place(span, end_ns)
                if span.request_key is not None:
                    self._of_request[span.request_key].add(span.trace_id)
            else:
                self._untraced.append(span)
                self._untraced_grew = True

    def journeys(self) -> list[Told]:
        """Journeys of all traces that changed since the last call, in order of their end."""
        self._join_by_request()
        told = self._told_of_traces()
        if self._untraced_grew:
            told += self._told_of_untraced()
            self._untraced_grew = False
        self._forget()
        return sorted(told, key=lambda found: (_end_ns(found.journey), found.journey.trace_id))

    def _place(self, span: Span, end_ns: int) -> None:
        self._traces.setdefault(span.trace_id, []).append(span)
        self._newest[span.trace_id] = max(end_ns, self._newest.get(span.trace_id, 0))
        self._changed.add(span.trace_id)

    def _join_by_request(self) -> None:
        """Spans that carry the request id of exactly one trace join it (FORMATS section 6)."""
        rest: list[Span] = []
        for span in self._untraced:
            traces = self._of_request.get(span.request_key or "", ())
            if len(traces) == 1 and span.start_ns is not None:
                joined = span._replace(trace_id=next(iter(traces)), evidence=CORRELATED)
                self._place(joined, span.start_ns + (span.duration_ns or 0))
            else:
                rest.append(span)
        self._untraced = rest

    def _told_of_traces(self) -> list[Told]:
        changed = sorted(self._changed)
        self._changed.clear()
        spans = (span for name in changed for span in _ordered(self._traces[name]))
        told: list[Told] = []
        for batch in assemble_many(adopt_all(spans, {}), self._options):
            self._learn(batch)
            told += [Told(journey, self._reason(journey)) for journey in batch.journeys]
        return told

    def _told_of_untraced(self) -> list[Told]:
        found = assemble_untraced(_ordered(self._untraced), sorted(self._pairs), self._options)
        self._learn(found)
        errors = {f"line:{span.row}": span.error_type for span in self._untraced}
        return [
            Told(journey, errors.get(journey.trace_id) if journey.status == "error" else None)
            for journey in found.journeys
        ]

    def _learn(self, batch: Assembled) -> None:
        self._pairs.update((call.caller, call.callee) for call in batch.calls if call.caller)

    def _reason(self, journey: Journey) -> str | None:
        if journey.status != "error":
            return None
        errors = (
            span.error_type
            for span in self._traces[journey.trace_id]
            if span.span_id == journey.root_span_id and span.error_type is not None
        )
        return min(errors, default=None)

    def _forget(self) -> None:
        oldest = self.newest_ns - REMEMBERED_NS
        for name in [name for name, newest in self._newest.items() if newest < oldest]:
            for span in self._traces.pop(name):
                if span.request_key is not None:
                    self._of_request.pop(span.request_key, None)
            del self._newest[name]
        since = self.newest_ns - UNTRACED_NS
        self._untraced = [span for span in self._untraced if (span.start_ns or 0) >= since]


def _ordered(spans: list[Span]) -> list[Span]:
    return sorted(spans, key=lambda span: span.row)


def _end_ns(journey: Journey) -> int:
    return (journey.start_ns or 0) + (journey.duration_ns or 0)
