"""Spans for tests: a short constructor, a reader of Zipkin's JSON, and random traces."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from hypothesis import strategies as st

from analyzer.model.span import Call, Span

MS = 1_000_000

Link = tuple[str, str, int, int]
"""(caller, callee, calls, errors): what Zipkin calls a dependency link."""


def links_of(calls: Iterable[Call]) -> list[Link]:
    """Calls summed by (caller, callee), sorted; a journey's root is no link."""
    totals: dict[tuple[str, str], list[int]] = {}
    for call in calls:
        if call.caller is not None:
            total = totals.setdefault((call.caller, call.callee), [0, 0])
            total[0] += 1
            total[1] += call.status == "error"
    return sorted((*pair, calls, errors) for pair, (calls, errors) in totals.items())


def span(
    span_id: str,
    parent: str | None = None,
    service: str = "a",
    kind: str = "server",
    start: int | None = 0,
    duration: int | None = 10,
    **more: Any,
) -> Span:
    """A span of trace t; its operation is `op <service>` unless given."""
    more.setdefault("operation", f"op {service}")
    more.setdefault("trace_id", "t")
    return Span(
        span_id=span_id,
        parent_span_id=parent,
        service_name=service,
        kind=kind,
        start_ns=start,
        duration_ns=duration,
        **more,
    )


def line(span_id: str, parent: str | None = None, service: str = "a", **more: Any) -> Span:
    """A log line that reports finished work, without any kind."""
    return span(span_id, parent, service, "server", kind_source="dialect", **more)


def from_zipkin(document: dict[str, Any], row: int = 0) -> Span:
    timestamp, duration = document.get("timestamp"), document.get("duration")
    return Span(
        trace_id=document["traceId"],
        span_id=document["id"],
        parent_span_id=document.get("parentId"),
        service_name=document.get("localEndpoint", {}).get("serviceName", ""),
        operation=document.get("name", ""),
        kind=document.get("kind", "unspecified").lower(),
        start_ns=None if timestamp is None else timestamp * 1000,
        duration_ns=None if duration is None else duration * 1000,
        status="error" if "error" in document.get("tags", {}) else "unset",
        peer_service=document.get("remoteEndpoint", {}).get("serviceName"),
        shared=document.get("shared", False),
        row=row,
    )


@st.composite
def traces(draw: st.DrawFn, max_spans: int = 14) -> list[Span]:
    """Messy traces: overlaps, excursions, missing parents, times and ids, cycles, all kinds."""
    count = draw(st.integers(1, max_spans))
    names = [f"s{i}" for i in range(count)]
    maybe = st.integers(0, 9)
    spans = []
    for i in range(count):
        parent = draw(
            st.one_of(
                st.none(), st.sampled_from([*names, "lost"]), st.sampled_from(names[: i + 1])
            )
        )
        spans.append(
            Span(
                trace_id="t",
                span_id=draw(st.sampled_from(names)) if draw(maybe) == 0 else names[i],
                parent_span_id=parent,
                service_name=draw(st.sampled_from(["a", "b", "c", ""])),
                operation=draw(st.sampled_from(["x", "y"])),
                kind=draw(
                    st.sampled_from(
                        ["client", "server", "producer", "consumer", "internal", "unspecified"]
                    )
                ),
                start_ns=None if draw(maybe) == 0 else draw(st.integers(0, 40)),
                duration_ns=None if draw(maybe) == 0 else draw(st.integers(-1, 30)),
                status=draw(st.sampled_from(["ok", "error", "unset"])),
                peer_service=draw(st.sampled_from([None, "a", "db"])),
                shared=draw(maybe) == 0,
                kind_source=draw(st.sampled_from(["explicit", "dialect"])),
                follows_from=draw(maybe) == 0,
                row=i,
            )
        )
    return spans
