"""A seeded fleet in ECS JSON with its truth: what every edge must come back as, exactly."""

from __future__ import annotations

import gzip
import json
import random
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import quantiles
from typing import Any

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
# journey -> the tree of (service, operation, children) that one request runs through
TREES: dict[str, Any] = {
    "SubmitTicket": (
        "gateway", "SubmitTicket",
        [("tickets", "CreateTicket", [("accounts", "GetAccount", []), ("audit", "Append", [])])],
    ),
    "ReadFaq": ("gateway", "ReadFaq", [("faq", "Search", [("audit", "Append", [])])]),
    "EditProfile": ("gateway", "EditProfile", [("accounts", "UpdateAccount", [])]),
}  # fmt: skip
OWN_NS = {"CreateTicket": 30_000_000, "Search": 12_000_000}


@dataclass
class EdgeTruth:
    """One inventory row as it must come back."""

    calls: int = 0
    errors: int = 0
    durations_ns: list[int] = field(default_factory=list)

    def quantile_ms(self, p: int) -> float:
        """Linear interpolation, as quantile_cont defines it."""
        if len(self.durations_ns) == 1:
            return self.durations_ns[0] / 1e6
        return quantiles(self.durations_ns, n=100, method="inclusive")[p - 1] / 1e6


@dataclass
class Fleet:
    """Lines by service, and the truth about them."""

    lines: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    edges: dict[tuple[str, str, str], EdgeTruth] = field(
        default_factory=lambda: defaultdict(EdgeTruth)
    )
    journeys: int = 0

    def write(self, folder: Path, *, shuffle: int | None = None, compress: bool = False) -> Path:
        """Write a file per service; `shuffle` seeds another order of the lines."""
        for service, lines in self.lines.items():
            kept = list(lines)
            if shuffle is not None:
                random.Random(shuffle).shuffle(kept)
            content = ("\n".join(kept) + "\n").encode()
            target = folder / service
            target.mkdir(parents=True, exist_ok=True)
            if compress:
                (target / "app.log.gz").write_bytes(gzip.compress(content, mtime=0))
            else:
                (target / "app.log").write_bytes(content)
        return folder


def make_fleet(seed: int = 1, journeys: int = 300, *, peak: bool = False) -> Fleet:
    """Return `journeys` requests, one every two seconds; with `peak` the middle third is slow.

    In the peak CreateTicket takes six times as long and Search fails four times in ten.
    """
    random_source = random.Random(seed)
    fleet = Fleet()
    for number in range(journeys):
        name = random_source.choice(sorted(TREES))
        slow = peak and journeys // 3 <= number < 2 * journeys // 3
        start = START + timedelta(seconds=2 * number)
        _Request(fleet, random_source, f"{seed:08x}{number:024x}", slow).walk(
            TREES[name], start, None, None
        )
        fleet.journeys += 1
    return fleet


@dataclass
class _Request:
    fleet: Fleet
    random_source: random.Random
    trace: str
    slow: bool
    spans: int = 0

    def walk(
        self, tree: Any, start: datetime, parent: str | None, caller: str | None
    ) -> tuple[int, bool]:
        service, operation, children = tree
        self.spans += 1
        span = f"{int(self.trace[-8:], 16):08x}{self.spans:08x}"
        own = OWN_NS.get(operation, 3_000_000) * self.random_source.uniform(0.8, 1.3)
        if self.slow and operation == "CreateTicket":
            own *= 6
        failed = self.random_source.random() < 0.01
        if self.slow and operation == "Search":
            failed = self.random_source.random() < 0.4
        elapsed = int(own)
        for child in children:
            begin = start + timedelta(microseconds=elapsed // 1_000)
            took, child_failed = self.walk(child, begin, span, service)
            elapsed += took + 200_000
            failed = failed or child_failed
        self._log(service, operation, start, elapsed, span, parent, failed=failed)
        if caller is not None:
            edge = self.fleet.edges[caller, service, operation]
            edge.calls += 1
            edge.errors += failed
            edge.durations_ns.append(elapsed)
        return elapsed, failed

    def _log(
        self,
        service: str,
        operation: str,
        start: datetime,
        took: int,
        span: str,
        parent: str | None,
        *,
        failed: bool,
    ) -> None:
        end = start + timedelta(microseconds=took // 1_000)
        line = {
            "@timestamp": end.isoformat(timespec="microseconds").replace("+00:00", "Z"),
            "ecs.version": "8.11",
            "log.level": "error" if failed else "info",
            "service.name": service,
            "event.action": operation,
            "event.duration": took,
            "event.outcome": "failure" if failed else "success",
            "trace.id": self.trace,
            "span.id": span,
            "message": "connection pool exhausted" if failed else f"{operation} done",
        }
        if parent:
            line["parent.id"] = parent
        self.fleet.lines[service].append(json.dumps(line))
