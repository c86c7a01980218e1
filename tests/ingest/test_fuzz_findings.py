"""What fuzzing found: each input once made the reader fail."""

from __future__ import annotations

import pytest

from tests.ingest.whole_way import rows_of

FINDINGS = {
    "a control character in the key of lines that are learnt as a template": (
        b'{"a\x04b":1,"time":"2026-03-01T10:00:00Z"}\n' * 80
    ),
    "a broken escape in the key of such lines": (
        b'{"a\\qb":1,"time":"2026-03-01T10:00:00Z"}\n' * 80
    ),
    "lists nested deeper than JSON can be written again": (
        b'{"time":"2026-03-01T10:00:00Z","a":' + b"[" * 400 + b"]" * 400 + b"}\n"
    ),
}


@pytest.mark.parametrize("name", FINDINGS)
def test_what_once_failed_is_accounted_for(name: str) -> None:
    content = FINDINGS[name]
    tables = rows_of(content)
    refused = tables["quarantine"]["reason"].to_pylist()
    assert len(refused) == content.count(b"\n")
