"""Traces built from a plan of work: who calls whom, one after another or side by side."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import count

from analyzer.analysis.whatif.compiling import record
from analyzer.analysis.whatif.recording import Recording
from analyzer.model.span import Span


@dataclass(frozen=True)
class Call:
    """A remote call; `beside` starts it together with the call before it."""

    service: str
    work: Work
    before: int = 1
    after: int = 1
    beside: bool = False
    failure: str | None = None
    answered: bool = True


@dataclass(frozen=True)
class Work:
    """A server's work: `own` before each call that waits for the ones before, and at the end.

    `error` is its own failure.
    """

    own: int
    calls: Sequence[Call] = field(default=())
    error: str | None = None


def trace(work: Work, service: str = "a", trace_id: str = "t", start: int = 1000) -> list[Span]:
    """The spans of one journey: a server span per work, a client span per call."""
    ids = count(1)
    spans: list[Span] = []

    def serve(work: Work, service: str, parent: str | None, begin: int) -> tuple[int, bool]:
        mine = f"{next(ids):04d}"
        now, previous = begin, begin + work.own
        failed = work.error is not None
        for number, call in enumerate(work.calls):
            previous = previous if call.beside and number else now + work.own
            end, broke = request(call, service, mine, previous)
            failed = failed or broke
            now = max(now, end)
        end = now + work.own
        spans.append(
            Span(
                trace_id,
                mine,
                parent,
                service,
                f"serve {service}",
                "server",
                begin,
                end - begin,
                "error" if failed else "ok",
                work.error,
                row=len(spans),
            )
        )
        return end, failed

    def request(call: Call, caller: str, parent: str, begin: int) -> tuple[int, bool]:
        mine = f"{next(ids):04d}"
        broke = call.failure is not None
        if call.answered:
            end, failed = serve(call.work, call.service, mine, begin + call.before)
            broke = broke or failed
        else:
            end = begin + call.before + call.work.own
        end += call.after
        spans.append(
            Span(
                trace_id,
                mine,
                parent,
                caller,
                f"call {call.service}",
                "client",
                begin,
                end - begin,
                "error" if broke else "ok",
                call.failure,
                call.service,
                row=len(spans),
            )
        )
        return end, False if call.answered and call.failure is None and not broke else broke

    serve(work, service, None, start)
    return spans


def recorded(*traces: Iterable[Span]) -> Recording:
    spans = [span for one in traces for span in one]
    return record(sorted(spans, key=lambda span: span.trace_id))
