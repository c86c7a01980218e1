"""A service that writes an access log and tracebacks: the reason is what only failures say."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

import analyzer as an

BEGIN = datetime(2026, 5, 4, 9, tzinfo=UTC)
TRACEBACK = """Traceback (most recent call last):
  File "app.py", line 3, in search
    conn = pool.acquire()
asyncpg.exceptions.TooManyConnectionsError: sorry, too many clients already"""


def write(folder: Path) -> Path:
    """Forty minutes of searches; for ten of them a fifth finds no connection."""
    source, lines = random.Random(5), []
    for number in range(2_400):
        peak = 900 <= number < 1_500
        for _ in range(3 if peak else 1):
            at = BEGIN + timedelta(seconds=number)
            failing = peak and source.random() < 0.2
            us = source.randint(20_000, 40_000)
            lines.append(
                f'10.0.0.2 - - [{at:%d/%b/%Y:%H:%M:%S} +0000] "GET /faq?n={number} HTTP/1.1" '
                f'{500 if failing else 200} 512 "-" "aiohttp" {us}'
            )
            if failing:
                lines.append(f"[{at:%Y-%m-%d %H:%M:%S} +0000] [12] [ERROR] Error handling request")
                lines.append(TRACEBACK)
    (folder / "faq.log").write_text("\n".join(lines) + "\n")
    return folder / "faq.log"


def test_the_reason_is_the_exception_and_not_the_request_that_failed(tmp_path: Path) -> None:
    run = an.analyze([write(tmp_path)], tmp_path / "out", unit={"elapsed": 1_000})
    errors = run.hotspots(top=5).filter(kind="errors").row(0, named=True)
    assert (errors["service_name"], errors["operation"]) == ("faq", "GET /faq")
    assert errors["cause"].startswith("100% new: 'asyncpg.exceptions.TooManyConnectionsError")
