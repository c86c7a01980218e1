"""Tickets that users submitted, held against what the Bot API accepted for them."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest

from analyzer.replay.integrity import Integrity, integrity
from tests.load.test_load_result import SECOND, row


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    """Chat 1 was told of two tickets, one of them twice; chat 2 late of one; chat 3 of none."""
    told = [(1, "Ticket #1 received."), (1, "Ticket #1 received."), (1, "Ticket #2 received.")]
    told += [(2, "Ticket #3 received."), (3, "We will look into it.")]
    lines = [
        {
            "event": "request_answered",
            "method": "sendMessage",
            "status": 200,
            "result": {"chat": {"id": chat}, "text": text},
        }
        for chat, text in told
    ]
    path = tmp_path / "journal.jsonl"
    path.write_bytes(b"".join(orjson.dumps(line) + b"\n" for line in lines))
    return path


def test_tickets_are_told_apart_by_what_users_were_told(journal: Path) -> None:
    confirmed = [row(at, 100, user_id=1, update_id=int(at)) for at in (1, 2)]
    late = [row(3, 6500, user_id=2, update_id=3, outcome="unanswered")]
    never = [row(at, 6500, user_id=3, update_id=int(at), outcome="unanswered") for at in (4, 50)]
    rows = [*confirmed, *late, *never]
    assert integrity(rows, journal) == Integrity(submitted=5, lost=2, doubled=1)
    # In overload from second 40 on: the last one may still come.
    found = integrity(rows, journal, overloaded_ns=40 * SECOND)
    assert found == Integrity(submitted=5, lost=1, doubled=1, waiting=1)
    assert len(found.problems) == 2
