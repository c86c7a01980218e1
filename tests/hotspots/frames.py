"""Frames for hotspots made from spans, and a small planted fleet."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from random import Random
from typing import Any, Final

import polars as pl

from analyzer.analysis.hotspots.frames import TraceFrames
from analyzer.model.span import Call, Journey, PathSection, Span, SpanTime
from analyzer.trace.assemble import assemble_many

MS: Final = 1_000_000
SECOND: Final = 1_000 * MS
START: Final = 1_760_000_000 * SECOND

_TYPES: Final = {
    "status": pl.String,
    "error_type": pl.String,
    "callee": pl.String,
    "callee_operation": pl.String,
    "parent_service": pl.String,
    "caller": pl.String,
    "user_key": pl.String,
    "start_ns": pl.Int64,
    "duration_ns": pl.Int64,
}


def rows_frame(rows: Sequence[tuple[Any, ...]], columns: tuple[str, ...]) -> pl.DataFrame:
    """One column per field; fields that may be all null get their type."""
    values = zip(*rows, strict=True) if rows else ([] for _ in columns)
    return pl.DataFrame(
        [
            pl.Series(name, list(column), dtype=_TYPES.get(name))
            for name, column in zip(columns, values, strict=True)
        ]
    )


def frames_of(spans: Iterable[Span], records: pl.DataFrame | None = None) -> TraceFrames:
    """Hotspot frames of spans that are ordered by trace."""
    parts: dict[str, list[pl.DataFrame]] = {"times": [], "journeys": [], "path": [], "calls": []}
    for batch in assemble_many(spans):
        parts["times"].append(rows_frame(batch.times, SpanTime._fields))
        parts["journeys"].append(rows_frame(batch.journeys, Journey._fields).drop("services"))
        length = (pl.col("end_ns") - pl.col("start_ns")).alias("exclusive_ns")
        sections = rows_frame(batch.sections, PathSection._fields)
        parts["path"].append(sections.with_columns(length))
        calls = rows_frame(batch.calls, Call._fields).filter(pl.col("caller").is_not_null())
        parts["calls"].append(calls.select("callee", "message", "start_ns", "retry"))
    joined = {name: pl.concat(frames) for name, frames in parts.items()}
    return TraceFrames.of(
        joined["times"], joined["journeys"], joined["path"], records, joined["calls"]
    )


class Fleet:
    """gateway -> tickets -> accounts and gateway -> faq, two journeys by turns, for an hour.

    From minute 25 to 40 `slow` multiplies the own time of its services, `load` the arrivals,
    and `failing` is the share of errors where they begin.
    """

    def __init__(self, seed: int = 1) -> None:
        self.random = Random(seed)
        self.slow: dict[str, float] = {}
        self.failing: dict[str, float] = {}
        self.load = 1.0
        self.per_second = 1.0

    def spans(self) -> list[Span]:
        made: list[Span] = []
        moment = 0.0
        number = 0
        while moment < 3_600:
            peak = 1_500 <= moment < 2_400
            rate = self.per_second * (self.load if peak else 1.0)
            moment += self.random.expovariate(rate)
            chain = ("gateway", "tickets", "accounts") if number % 2 else ("gateway", "faq")
            made += self._trace(f"{number:06}", chain, START + int(moment * SECOND), peak=peak)
            number += 1
        return made

    def _trace(self, name: str, chain: tuple[str, ...], start: int, *, peak: bool) -> list[Span]:
        own = {
            service: int(
                self.random.lognormvariate(0, 0.3)
                * 10
                * MS
                * (self.slow.get(service, 1.0) if peak else 1.0)
            )
            for service in chain
        }
        spans: list[Span] = []
        failed = False
        for depth in range(len(chain) - 1, -1, -1):
            service = chain[depth]
            share = self.failing.get(service, 0.0) * (1.0 if peak else 0.05)
            failed = failed or self.random.random() < share
            spans.append(
                Span(
                    trace_id=name,
                    span_id=f"{name}{depth}",
                    parent_span_id=f"{name}{depth - 1}" if depth else None,
                    service_name=service,
                    operation=f"Do{service.title()}",
                    kind="server",
                    start_ns=start + sum(own[above] // 2 for above in chain[:depth]),
                    duration_ns=sum(own[below] for below in chain[depth:]),
                    status="error" if failed else "ok",
                    error_type="PoolTimeout" if failed else None,
                    kind_source="dialect",
                )
            )
        return spans
