"""The message inventory as a directed multigraph: services and what they send each other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import networkx as nx
import polars as pl

from analyzer.model.printable import printable

USER = "user"
"""The virtual node in front of journeys (METHODS section 2); it stands in the graph alone."""


def message_graph(
    services: pl.DataFrame,
    inventory: pl.DataFrame,
    entries: pl.DataFrame,
    contexts: Mapping[str, str],
) -> nx.MultiDiGraph:
    """Return one node per service and one edge per row of the inventory, keyed (message, mode).

    `services(service_name, spans, ...)`, `inventory` as the view, `entries(journey,
    entry_service, journeys, errors, p50_ms, p95_ms)`, `contexts` service -> context. Nodes and
    edges carry the columns as attributes (nulls left out) and are added in sorted order, so that
    equal input gives equal bytes when written.
    """
    graph = nx.MultiDiGraph()
    for row in services.sort("service_name").iter_rows(named=True):
        name = row.pop("service_name")
        graph.add_node(name, **_present(row | {"context": contexts.get(name)}))
    if entries.height:
        graph.add_node(USER, kind="user")
    for row in entries.sort("journey", "entry_service").iter_rows(named=True):
        graph.add_edge(
            USER,
            row["entry_service"],
            key=f"{row['journey']}|journey",
            **_present(
                {
                    "message": row["journey"],
                    "mode": "journey",
                    "calls": row["journeys"],
                    "errors": row["errors"],
                    "p50_ms": row["p50_ms"],
                    "p95_ms": row["p95_ms"],
                }
            ),
        )
    for row in inventory.sort("caller", "callee", "message", "mode").iter_rows(named=True):
        caller, callee = row.pop("caller"), row.pop("callee")
        graph.add_edge(caller, callee, key=f"{row['message']}|{row['mode']}", **_present(row))
    return graph


def busiest_part(graph: nx.MultiDiGraph, most: int) -> nx.MultiDiGraph:
    """The graph itself, or the users and the `most` services with most calls (ties by name).

    For pictures: beyond some dozens of nodes nobody sees anything, and drawing takes minutes.
    """
    load: dict[str, int] = dict.fromkeys(graph.nodes, 0)
    for caller, callee, calls in graph.edges(data="calls", default=0):
        load[caller] += calls
        load[callee] += calls if callee != caller else 0
    load.pop(USER, None)
    if len(load) <= most:
        return graph
    kept = sorted(load, key=lambda name: (-load[name], name))[:most]
    return graph.subgraph([*kept, USER])


def graphml(graph: nx.MultiDiGraph) -> str:
    """Return the graph as GraphML text, floats with six significant digits."""
    written: nx.MultiDiGraph = nx.MultiDiGraph()
    for node, attributes in graph.nodes(data=True):
        written.add_node(
            printable(str(node)), **{key: _plain(value) for key, value in attributes.items()}
        )
    for caller, callee, key, attributes in graph.edges(keys=True, data=True):
        written.add_edge(
            printable(caller),
            printable(callee),
            key=printable(key),
            **{name: _plain(value) for name, value in attributes.items()},
        )
    return "\n".join(nx.generate_graphml(written)) + "\n"


def _present(row: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in row.items() if value is not None}


def _plain(value: Any) -> str | int | float | bool:
    if isinstance(value, float):
        return float(f"{value:.6g}")
    return value if isinstance(value, (int, bool)) else printable(str(value))
