"""The message graph as a drawing for the page: positions, colours and words, no markup."""

from __future__ import annotations

from dataclasses import dataclass
from math import log1p
from typing import Any

from analyzer.analysis.graph import USER, busiest_part
from analyzer.render import palette
from analyzer.render.graph_layout import layered_positions

_PAGE, _LEAST_COLUMN, _MOST_COLUMN, _ROW = 1_080.0, 200.0, 380.0, 76.0
_MARGIN_X, _MARGIN_Y = 90.0, 46.0
_RADIUS = 13.0
MOST_NODES = 80
"""More services than that are a hairball: the busiest are drawn, and the picture says so."""


@dataclass(frozen=True, slots=True)
class DrawnNode:
    """A service: where, which colour, and what its tooltip says."""

    name: str
    label: str
    context: str
    colour: str
    x: float
    y: float
    is_user: bool
    words: str


@dataclass(frozen=True, slots=True)
class DrawnEdge:
    """All messages of one caller to one callee as a curve."""

    caller: str
    callee: str
    curve: str
    width: float
    failing: bool
    asynchronous: bool
    words: str


@dataclass(frozen=True, slots=True)
class DrawnGraph:
    """The whole picture with its size in pixels; `note` says what is left out of it."""

    width: float
    height: float
    nodes: tuple[DrawnNode, ...]
    edges: tuple[DrawnEdge, ...]
    legend: tuple[tuple[str, str], ...]
    note: str = ""


def draw(whole: Any) -> DrawnGraph:
    """Return the drawing of a message graph (see `analysis.graph.message_graph`).

    Of more than `MOST_NODES` services the busiest are drawn.
    """
    graph = busiest_part(whole, MOST_NODES)
    positions = layered_positions(graph)
    tallest = max((abs(y) for _, y in positions.values()), default=0.0)
    columns = max((x for x, _ in positions.values()), default=0.0)
    free = (_PAGE - 2 * _MARGIN_X) / max(columns, 1.0)
    column = min(max(free, _LEAST_COLUMN), _MOST_COLUMN)
    spot = {
        name: (_MARGIN_X + x * column, _MARGIN_Y + (y + tallest) * _ROW)
        for name, (x, y) in positions.items()
    }
    contexts = {name: data.get("context") or "" for name, data in graph.nodes(data=True)}
    colours = palette.colours_of(context for context in contexts.values() if context)
    nodes = tuple(
        DrawnNode(
            name=name,
            label=name if len(name) <= 26 else name[:25] + "…",
            context=contexts[name],
            colour=colours.get(contexts[name], palette.NEUTRAL),
            x=round(spot[name][0], 1),
            y=round(spot[name][1], 1),
            is_user=name == USER,
            words=_node_words(name, graph.nodes[name], contexts[name]),
        )
        for name in sorted(positions)
    )
    return DrawnGraph(
        width=round(2 * _MARGIN_X + columns * column, 1),
        height=round(2 * _MARGIN_Y + 2 * tallest * _ROW + 10, 1),
        nodes=nodes,
        edges=_edges(graph, spot),
        legend=tuple(colours.items()),
        note=_left_out(whole, graph),
    )


def _left_out(whole: Any, drawn: Any) -> str:
    if drawn is whole:
        return ""
    services = sum(node != USER for node in whole)
    return (
        f"Drawn: the {MOST_NODES} services with most calls of {services:,}. All of them stand in "
        "graph.graphml and in the inventory."
    )


def _edges(graph: Any, spot: dict[str, tuple[float, float]]) -> tuple[DrawnEdge, ...]:
    merged: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for caller, callee, data in graph.edges(data=True):
        if caller != callee:
            merged.setdefault((caller, callee), []).append(data)
    totals = {pair: sum(int(d.get("calls", 0)) for d in rows) for pair, rows in merged.items()}
    most = max(totals.values(), default=1)
    drawn = []
    for (caller, callee), rows in sorted(merged.items()):
        calls = totals[caller, callee]
        errors = sum(int(row.get("errors", 0)) for row in rows)
        drawn.append(
            DrawnEdge(
                caller=caller,
                callee=callee,
                curve=_curve(spot[caller], spot[callee]),
                width=round(0.8 + 3.2 * (log1p(calls) / log1p(most) if most else 0), 2),
                failing=calls > 0 and errors / calls > 0.01,
                asynchronous=all(row.get("mode") == "async" for row in rows),
                words=_edge_words(caller, callee, rows, calls, errors),
            )
        )
    return tuple(drawn)


def _curve(start: tuple[float, float], end: tuple[float, float]) -> str:
    (x1, y1), (x2, y2) = start, end
    if x2 > x1:
        x1, x2 = x1 + _RADIUS, x2 - _RADIUS - 5
        bend = (x2 - x1) / 2
        first, second = (x1 + bend, y1), (x2 - bend, y2)
        return _path((x1, y1), first, second, (x2, y2))
    # Backwards or within a layer: a bow below, so that it never hides in another edge.
    x1, x2 = x1 + _RADIUS * 0.7, x2 + _RADIUS + 5
    bow = 44 + abs(x1 - x2) / 4
    return _path((x1, y1), (x1 + bow, y1), (x2 + bow, y2), (x2, y2))


def _path(*points: tuple[float, float]) -> str:
    start, *bends = (f"{x:.1f},{y:.1f}" for x, y in points)
    return f"M{start} C{' '.join(bends)}"


def _node_words(name: str, data: dict[str, Any], context: str) -> str:
    if name == USER:
        return "users: where journeys begin"
    spans, errors = int(data.get("spans", 0)), int(data.get("errors", 0))
    told = f"{spans:,} spans, {errors:,} failing" if spans else "reports nothing itself"
    return f"{name}: {told}" + (f"; context {context}" if context else "")


def _edge_words(
    caller: str, callee: str, rows: list[dict[str, Any]], calls: int, errors: int
) -> str:
    lines = [f"{caller} → {callee}: {calls:,} calls, {errors:,} failing"]
    for row in sorted(rows, key=lambda r: (-int(r.get("calls", 0)), str(r.get("message"))))[:6]:
        p95 = row.get("p95_ms")
        timing = f", p95 {p95:,.1f} ms" if p95 is not None else ""
        lines.append(f"{row.get('message')} ({row.get('mode')}): {row.get('calls'):,}{timing}")
    if len(rows) > 6:
        lines.append(f"and {len(rows) - 6} more messages")
    return "\n".join(lines)
