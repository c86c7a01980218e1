from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson
import pytest

NAMES = (
    ("gateway", "ticket.submit", "ticket-submit"),
    ("gateway", "faq.search", "faq-read"),
    ("any-bot", "ticket", "ticket-submit"),
    ("any-bot", "faq", "faq-read"),
    ("ptb-bot", "new_ticket", "ticket-submit"),
    ("ptb-bot", "search", "faq-read"),
    ("consolidated-bot", "support/ticket-submit", "ticket-submit"),
    ("consolidated-bot", "support/faq-read", "faq-read"),
)
ENTRY = "  - {{service: {}, operation: {}, context: support, journey: {}}}\n"
MAPPING = "journeys:\n" + "".join(ENTRY.format(*entry) for entry in NAMES)
OBJECTIVE = """
apiVersion: openslo/v1
kind: SLO
metadata:
  name: tickets
  labels: {context: support, journey: ticket-submit}
  annotations: {analyzer.local/deadline-ms: "5000"}
spec:
  service: support-bot
  indicator:
    metadata: {name: tickets-ratio}
    spec:
      ratioMetric:
        counter: true
        good:
          metricSource:
            type: analyzer
            spec: {context: support, journey: ticket-submit, event: good}
        total:
          metricSource:
            type: analyzer
            spec: {context: support, journey: ticket-submit, event: valid}
  timeWindow: [{duration: 45m, isRolling: true}]
  budgetingMethod: Occurrences
  objectives: [{displayName: most, target: 0.999}]
"""
TICKETS, QUESTIONS = 200, 50


def recorded(folder: Path) -> Path:
    """20 s of a gateway's log: 250 users, one update each, four in five a ticket."""
    begun = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
    lines = []
    for number in range(TICKETS + QUESTIONS):
        start = begun + timedelta(milliseconds=80 * number)
        took_ms = 300 + 7 * (number % 13)
        lines.append(
            {
                "timestamp": (start + timedelta(milliseconds=took_ms)).isoformat(),
                "service_name": "gateway",
                "operation": "faq.search" if number % 5 == 0 else "ticket.submit",
                "trace_id": f"{number + 1:032x}",
                "span_id": f"{number + 1:016x}",
                "span_kind": "server",
                "start_time": start.isoformat(),
                "duration_ms": took_ms,
                "user_id": 5000 + number,
                "text": "a secret that nobody may send again",
            }
        )
    logs = folder / "logs"
    logs.mkdir()
    (logs / "gateway.jsonl").write_bytes(b"".join(orjson.dumps(x) + b"\n" for x in lines))
    return logs


def journeys_in(folder: Path) -> Path:
    path = folder / "journeys.yaml"
    path.write_text(MAPPING)
    return path


def objectives_in(folder: Path) -> Path:
    path = folder / "slo.yaml"
    path.write_text(OBJECTIVE)
    return path


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    return recorded(tmp_path)


@pytest.fixture
def journeys(tmp_path: Path) -> Path:
    return journeys_in(tmp_path)


@pytest.fixture
def objectives(tmp_path: Path) -> Path:
    return objectives_in(tmp_path)
