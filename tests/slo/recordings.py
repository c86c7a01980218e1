"""Logs of a small gateway, written as a service would: one finished journey a line."""

from __future__ import annotations

import json
import math
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

START = datetime(2026, 1, 1, 12, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Load:
    """Journeys one after the other; log-normal around `p50_ms`, neighbours correlated."""

    n: int = 2000
    every_s: float = 1.0
    p50_ms: float = 400
    failing: float = 0.0
    seed: int = 1
    correlation: float = 0.5


def lines(load: Load, operation: str = "ticket.submit") -> Iterator[str]:
    generator, level = random.Random(load.seed), 0.0
    for number in range(1, load.n + 1):
        noise = math.sqrt(1 - load.correlation**2) * generator.gauss(0, 1)
        level = load.correlation * level + noise
        failed = generator.random() < load.failing
        ended = START + timedelta(seconds=number * load.every_s)
        yield json.dumps(
            {
                "timestamp": ended.isoformat(),
                "level": "ERROR" if failed else "INFO",
                "service": "gateway",
                "trace_id": f"{load.seed:016x}{number:016x}",
                "span_id": f"{number:016x}",
                "operation": operation,
                "duration_ms": round(load.p50_ms * math.exp(0.4 * level), 3),
                "status": "error" if failed else "ok",
                "message": "handled",
            }
        )


def record(folder: Path, load: Load) -> Path:
    """Write the logs of `load` into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "gateway.jsonl").write_text("\n".join(lines(load)) + "\n")
    return folder


MAPPING = """\
journeys:
  - {service: gateway, operation: "ticket.*", context: support, journey: ticket-submit}
"""
