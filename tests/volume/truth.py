"""What a run planted, collected while it is written; quantiles are exact, over every call."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from tests.volume.simulate import Batch, Integers, NodeTimes, Run
from tests.volume.topology import GATEWAY, HUB, Node

QUANTILES = (0.5, 0.95, 0.99)
Edge = tuple[str | None, str, str, str]


@dataclass(slots=True)
class _Calls:
    errors: int = 0
    server_us: list[Integers] = field(default_factory=list)
    client_us: list[Integers] = field(default_factory=list)


@dataclass(slots=True)
class Truth:
    """Counts and durations by edge: caller (None at a root), callee, message, mode."""

    traces: int = 0
    records: int = 0
    blank: int = 0
    truncated: int = 0
    journeys: Counter[str] = field(default_factory=Counter)
    lines_by_file: Counter[str] = field(default_factory=Counter)
    _edges: dict[Edge, _Calls] = field(default_factory=lambda: defaultdict(_Calls))

    def add(self, batch: Batch) -> None:
        """Count a batch."""
        self.traces += batch.n
        self.journeys[batch.journey.name] += batch.n
        for node, times in zip(batch.journey.nodes, batch.nodes, strict=True):
            caller = batch.journey.nodes[node.parent].service if node.parent >= 0 else None
            self._count(caller, node, times)

    def _count(self, caller: str | None, node: Node, times: NodeTimes) -> None:
        calls = self._edges[(caller, node.service, node.operation, node.mode)]
        calls.errors += int(times.failed.sum())
        # Four bytes hold an hour of microseconds; a run of gigabytes stays in memory.
        calls.server_us.append(times.server_us.astype(np.uint32))
        calls.client_us.append(times.client_us.astype(np.uint32))

    def as_json(self, run: Run, format_name: str) -> dict[str, Any]:
        """The truth file. Durations in milliseconds; quantiles interpolate as quantile_cont."""
        begin, end = run.peak_us
        topology = run.topology
        return {
            "format": format_name,
            "seed": run.seed,
            "lines": self.records + self.blank + self.truncated,
            "records": self.records,
            "bad_lines": {"truncated": self.truncated, "blank": self.blank},
            "lines_by_file": dict(sorted(self.lines_by_file.items())),
            "traces": self.traces,
            "journeys": dict(sorted(self.journeys.items())),
            "peak": {"begin_us": begin, "end_us": end},
            "contexts": [sorted(members) for members in topology.contexts],
            "roles": {GATEWAY: "edge", HUB: "shared"},
            "hotspots": [asdict(planted) for planted in topology.hotspots],
            "edges": [self._edge(edge) for edge in sorted(self._edges, key=str)],
        }

    def _edge(self, edge: Edge) -> dict[str, Any]:
        caller, callee, message, mode = edge
        calls = self._edges[edge]
        server, client = np.concatenate(calls.server_us), np.concatenate(calls.client_us)
        return {
            "caller": caller,
            "callee": callee,
            "message": message,
            "mode": mode,
            "calls": len(server),
            "errors": calls.errors,
            "server_ms": _quantiles(server),
            "client_ms": _quantiles(client) if caller else None,
        }


def _quantiles(values_us: Integers) -> dict[str, float]:
    found = np.quantile(values_us.astype(np.float64), QUANTILES) / 1000
    return {f"p{round(share * 100)}": float(v) for share, v in zip(QUANTILES, found, strict=True)}
