"""Spellings of times that say less than a whole instant, and what the file says beside them."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path

import pytest

from tests.ingest.reading import read_files

MONTH_FIRST, DAY_FIRST = (
    datetime.fromisoformat("2024-05-01T12:00:00"),
    datetime.fromisoformat("2024-01-05T12:00:00"),
)
DOUBTFUL = "05/01/2024 12:00:00 INFO started"


@pytest.mark.parametrize(
    ("others", "first", "assumed"),
    [
        pytest.param(
            ["05/13/2024 12:00:01 INFO x"], MONTH_FIRST, False, id="a 13th month is none"
        ),
        pytest.param(
            ["13/01/2024 12:00:01 INFO x"], DAY_FIRST, False, id="one date tells for all"
        ),
        pytest.param(["06/01/2024 12:00:01 INFO x"], DAY_FIRST, True, id="days that follow"),
        pytest.param(["05/02/2024 12:00:01 INFO x"], MONTH_FIRST, True, id="the month stays"),
        pytest.param([], MONTH_FIRST, True, id="nothing tells"),
    ],
)
def test_dates_of_a_file_tell_days_from_months(
    tmp_path: Path, others: list[str], first: datetime, *, assumed: bool
) -> None:
    found = read_files(tmp_path, {"x.log": "\n".join([DOUBTFUL, *others])})
    assert found.row("SELECT min(time) AS time FROM log_record") == {"time": first}
    notes = {row["note"] for row in found.rows("SELECT note FROM file_note")}
    assert ("date_order_assumed" in notes) == assumed


LINES = {
    "==== Start of dump at Wed May 1 12:00:00 UTC 2024 ====": "12:00:00",
    "1714564800123 milliseconds": "12:00:00.123",
    "@4000000066322eca1dcd6500 tai64n of multilog": "12:00:00.5",
    "5/1/2024 12:00:00 one digit": "12:00:00",
    "2024/5/1 9:05:07.25 INFO one digit": "09:05:07.25",
    "2024-05-01 1:02:03 PM half a day": "13:02:03",
    "2024-May-01 12:00:00.5 [info] boost": "12:00:00.5",
    "20240501-12:00:00:250|Step|7|walked": "12:00:00.25",
    "[5/1/24 12:00:00:250 UTC] 0000001a SystemOut     O WebSphere": "12:00:00.25",
}


@pytest.mark.parametrize("line", LINES)
def test_instants_of_odd_spellings(tmp_path: Path, line: str) -> None:
    row = read_files(tmp_path, {"x.log": line}).row("SELECT time FROM log_record")
    assert row["time"] == datetime.fromisoformat(f"2024-05-01T{LINES[line]}")


def test_month_and_day_with_a_point_are_dated_by_the_file(tmp_path: Path) -> None:
    line = "[10.30 16:49:06] chrome.exe - h:5070 open through proxy h:5070 HTTPS"
    found = read_files(tmp_path, {"proxy-2024-11-02.log": line})
    row = found.row("SELECT time, body FROM log_record")
    assert row["time"] == datetime.fromisoformat("2024-10-30T16:49:06")


def test_time_since_the_start_is_counted_from_the_file_s_day(tmp_path: Path) -> None:
    lines = ["<3>[    0.000000] Linux", "[  12.345678] usb 1-1: new", "[90000.500000] later"]
    path = tmp_path / "logs" / "dmesg"
    path.parent.mkdir()
    path.write_text("\n".join(lines))
    day = datetime.fromisoformat("2024-05-02T00:00:00+00:00").timestamp()
    os.utime(path, (day, day))
    found = read_files(tmp_path, {})
    rows = found.rows("SELECT time, severity_text, body FROM log_record ORDER BY line_number")
    assert [row["time"].isoformat() for row in rows] == [
        "2024-05-01T00:00:00",
        "2024-05-01T00:00:12.345678",
        "2024-05-02T01:00:00.500000",
    ]
    assert rows[0]["severity_text"] == "ERROR"
    assert rows[1]["body"] == "usb 1-1: new"
    notes = {row["note"] for row in found.rows("SELECT note FROM file_note")}
    assert "date_from_modification time" in notes


@pytest.mark.parametrize(
    ("line", "level", "logger", "body"),
    [
        ("2024-05-01 12:00:00,123 shop.http ERROR no answer", "ERROR", "shop.http", "no answer"),
        ("2024-05-01 12:00:00,123 worker INFO in time", "INFO", "worker", "in time"),
        ("2024-05-01 12:00:00,123 worker INFO began", "INFO", "worker", "began"),
        ("2024-05-01 12:00:00 found ERROR in a page", None, None, "found ERROR in a page"),
        ("2024-05-01 12:00:00 INFO began at level=5", "INFO", None, "began at level=5"),
        ("2024-05-01 12:00:00 Got ERROR from a peer", None, None, "Got ERROR from a peer"),
        ("[2024-05-01 12:00:00,123] INFO in shop: began", "INFO", "shop", "began"),
        ("2024-05-01 12:00:00.1 | INFO     | shop:buy:7 - began", "INFO", "shop:buy:7", "began"),
        ("2024-05-01 12:00:00.1|WARN|Shop.Cart|slow", "WARN", "Shop.Cart", "slow"),
        ("2024-05-01 12:00:00,1 INFO  [shop.Cart] (exec-1) began", "INFO", "shop.Cart", "began"),
        ("2024-05-01 12:00:00.1 +00:00 [ERR] broken", "ERROR", None, "broken"),
        ("2024-05-01 12:00:00 [warning  ] slow", "WARN", None, "slow"),
        ("2024-05-01 12:00:00,1 - WARN  [w:7:Q$A@6] - cut", "WARN", None, "cut"),
        (
            "ERROR [main] 2024-05-01 12:00:00,123 A.java:7 - broken",
            "ERROR",
            None,
            "A.java:7 - broken",
        ),
        ("[2024-05-01, 12:00:00 UTC] {shop.py:7} INFO - began", "INFO", None, "began"),
        ("[Nest] 7  - 05/01/2024, 12:00:00 PM     LOG [Shop] began", "INFO", "Shop", "began"),
        ("[2024-05-01T12:00:00Z ERROR shop::db] broken", "ERROR", "shop::db", "broken"),
        ("12:00PM ERR broken", "ERROR", None, "broken"),
        ("INFO[0012] began", "INFO", None, "began"),
        ("ERRO[0012] broken", "ERROR", None, "broken"),
        ("7:M 01 May 2024 12:00:00.123 # no memory", "WARN", None, "no memory"),
        ("2024-05-01 12:00:00 shop.EMERGENCY: broken", "FATAL", None, "broken"),
        ("2024-05-01T12:00:00.1Z\tinfo\tshop\tcart/add.go:7\tbegan", "INFO", "shop", "began"),
    ],
)
def test_heads_of_loggers(
    tmp_path: Path, line: str, level: str | None, logger: str | None, body: str
) -> None:
    row = read_files(tmp_path, {"x.log": line}).row(
        "SELECT severity_text, body, attributes->>'$.logger' AS logger FROM log_record"
    )
    assert row == {"severity_text": level, "body": body, "logger": logger}
