"""Where the nodes of the message graph stand: layers from the entry on, few crossings.

Own and small on purpose: a call graph reads from left to right, which force layouts lose, and
the same graph must always get the same picture.
"""

from __future__ import annotations

from collections.abc import Mapping

import networkx as nx

from analyzer.analysis.graph import USER

_SWEEPS = 8


def layered_positions(graph: nx.MultiDiGraph) -> dict[str, tuple[float, float]]:
    """Return (layer, place) per node: layer = hops from the entry, place centred around 0."""
    simple = nx.DiGraph()
    simple.add_nodes_from(sorted(graph.nodes))
    simple.add_edges_from(sorted({(a, b) for a, b, _ in graph.edges if a != b}))
    depth = _depths(simple)
    layers: dict[int, list[str]] = {}
    for node in sorted(simple.nodes, key=lambda name: (depth[name], name)):
        layers.setdefault(depth[node], []).append(node)
    places = {node: float(at) for names in layers.values() for at, node in enumerate(names)}
    for sweep in range(_SWEEPS):
        order = sorted(layers, reverse=bool(sweep % 2))
        for layer in order:
            neighbours = simple.pred if sweep % 2 == 0 else simple.succ
            layers[layer].sort(key=lambda name: (_mean(name, neighbours, places), name))
            for at, node in enumerate(layers[layer]):
                places[node] = at - (len(layers[layer]) - 1) / 2
    return {node: (float(depth[node]), places[node]) for node in sorted(simple.nodes)}


def _depths(graph: nx.DiGraph) -> dict[str, int]:
    """Return hops from the users; what they do not reach counts from its own sources."""
    depth: dict[str, int] = {}
    starts = [USER] if USER in graph else []
    starts += sorted(node for node in graph if graph.in_degree(node) == 0 and node != USER)
    starts += sorted(graph.nodes)  # pure cycles have no source
    for start in starts:
        if start in depth:
            continue
        base = 0 if start == USER or USER not in graph else 1
        for node, hops in nx.single_source_shortest_path_length(graph, start).items():
            depth.setdefault(node, base + hops)
    return depth


def _mean(name: str, neighbours: Mapping[str, object], places: Mapping[str, float]) -> float:
    near = [places[other] for other in neighbours[name]]  # type: ignore[attr-defined]
    return sum(near) / len(near) if near else places[name]
