"""How far two groupings of the same services agree: MoJoFM, adjusted Rand index."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Mapping
from math import comb

import networkx as nx

from analyzer.errors import UsageError

Grouping = Mapping[str, Hashable]
"""Service -> group."""


def mojofm(found: Grouping, truth: Grouping) -> float:
    """100 * (1 - moves and joins from `found` to `truth` / the most any grouping needs).

    Wen and Tzerpos, "An effectiveness measure for software clustering algorithms" (2004).
    Not symmetric. Raises `UsageError` unless both group the same services.
    """
    table = _table(found, truth)
    if not table:
        return 100.0
    needed = _moves_and_joins(table)
    met = 0
    for size in sorted(Counter(truth.values()).values()):
        met += met < size
    most = len(truth) - met
    return 100.0 * (1 - needed / most) if most else 100.0


def _moves_and_joins(table: Mapping[Hashable, Counter[Hashable]]) -> int:
    """mno(A, B) = n - sum of each group's largest overlap + groups - matched groups."""
    choices: nx.Graph = nx.Graph()
    stay = 0
    for group, overlap in table.items():
        largest = max(overlap.values())
        stay += largest
        for target, count in overlap.items():
            if count == largest:
                choices.add_edge(("found", group), ("truth", target))
    top = [node for node in choices if node[0] == "found"]
    matched = len(nx.bipartite.maximum_matching(choices, top_nodes=top)) // 2
    services = sum(sum(overlap.values()) for overlap in table.values())
    return services - stay + len(table) - matched


def adjusted_rand(found: Grouping, truth: Grouping) -> float:
    """1 for equal groupings, about 0 for chance (Hubert and Arabie 1985)."""
    table = _table(found, truth)
    pairs = comb(len(truth), 2)
    rows = sum(comb(sum(overlap.values()), 2) for overlap in table.values())
    columns = sum(comb(size, 2) for size in Counter(truth.values()).values())
    both = sum(comb(count, 2) for overlap in table.values() for count in overlap.values())
    expected = rows * columns / pairs if pairs else 0.0
    spread = (rows + columns) / 2 - expected
    # Both all-in-one or both all-singletons: equal by definition.
    return 1.0 if spread == 0 else (both - expected) / spread


def _table(found: Grouping, truth: Grouping) -> dict[Hashable, Counter[Hashable]]:
    if set(found) != set(truth):
        odd = sorted(set(found) ^ set(truth))[:3]
        raise UsageError(f"two groupings of different services: {', '.join(odd)} in one alone")
    table: defaultdict[Hashable, Counter[Hashable]] = defaultdict(Counter)
    for service in sorted(truth):
        table[found[service]][truth[service]] += 1
    return dict(table)
