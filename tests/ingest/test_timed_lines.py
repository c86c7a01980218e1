"""Lines of programs that nobody described: a time near the beginning, and mostly a level."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from tests.ingest.reading import read_files

# line -> time, level, and what the message begins with
LINES = {
    "E [01/May/2024:10:00:00 +0000] Unable to open": ("10:00:00", "ERROR", "Unable"),
    "[I 2024-05-01 10:00:00.5 ServerApp] ready": ("10:00:00.5", "INFO", "ready"),
    "[INFO] 2024-05-01 10:00:00 first": ("10:00:00", "INFO", "first"),
    "[Wed May 01 10:00:00.5 2024] [core:error] [pid 7:tid 8] [client 10.0.0.1:5] AH1: no": (
        "10:00:00.5", "ERROR", "",
    ),
    "240501 100000 148 INFO dfs.DataNode: block done": ("10:00:00", "INFO", "block done"),
    "240501 10:00:00 [Note] Plugin is disabled": ("10:00:00", "INFO", "Plugin"),
    "2024-05-01T10:00:00.5Z 0 [Warning] [MY-7] late": ("10:00:00.5", "WARN", ""),
    "5/1/2024 10:00:00 AM,Error,Service Control": ("10:00:00", "ERROR", ""),
    "05/01/2024 12:30:00 AM midnight": ("00:30:00", None, "midnight"),
    "5/1/2024 1:02:03 PM, noon is past": ("13:02:03", None, "noon"),
    "01-05-2024 10:00:00 INFO day first": ("10:00:00", "INFO", "day first"),
    "01.05.2024 10:00:00 INFO day first": ("10:00:00", "INFO", "day first"),
    "20240501T100000.5Z INFO compact": ("10:00:00.5", "INFO", "compact"),
    "2024-05-01-10.00.00.500000 R02-M1 RAS KERNEL": ("10:00:00.5", None, "R02"),
    "[pid  12] 2024-05-01 10:00:00.5 read(3)": ("10:00:00.5", None, "read(3)"),
    "nova.log 2024-05-01 10:00:00.5 7 INFO nova.wsgi asked": ("10:00:00.5", "INFO", "nova.log"),
    "printer user 12 [01/May/2024:10:00:00 +0000] 1 1": ("10:00:00", None, "printer"),
    "- 1714557600 2024.05.01 R02 KERNEL INFO parity": ("10:00:00", None, "- 17"),
    "type=SYSCALL msg=audit(1714557600.500:24287): arch=c000003e syscall=2 success=no": (
        "10:00:00.5", None, "",
    ),
    "I20240501 10:00:00.500000  7 a.cc:4] with a year": ("10:00:00.5", "INFO", "with"),
}  # fmt: skip


@pytest.mark.parametrize("line", LINES)
def test_a_time_and_a_level_are_found(tmp_path: Path, line: str) -> None:
    clock, level, begins = LINES[line]
    row = read_files(tmp_path, {"x.log": line + "\n"}).row("SELECT * FROM log_record")
    assert row["time"] == datetime.fromisoformat(f"2024-05-01T{clock}")
    assert row["severity_text"] == level
    assert row["body"].startswith(begins)
    assert row["service_name"] == "x"


@pytest.mark.parametrize(
    "line",
    [
        "13/13/2024 10:00:00 PM no such day",
        "5/1/2024 13:00:00 PM no such hour",
        "123456 789012 numbers alone",
        "E/AndroidRuntime( 1234): no time at all",
        "2024-05-01x10:00:00 no time",
    ],
)
def test_what_is_no_time_is_not_taken_for_one(tmp_path: Path, line: str) -> None:
    found = read_files(tmp_path, {"x.log": line + "\n"})
    assert found.account()["quarantined"] == 1


def test_a_time_within_a_line_opens_no_record_where_lines_of_a_form_were_met(
    tmp_path: Path,
) -> None:
    lines = "2024-05-01 10:00:00 INFO a.b did it\nsince 2024-05-01 09:00:00 it waited\n"
    found = read_files(tmp_path, {"x.log": lines})
    assert found.account() | {"lines": 2, "records": 1, "folded": 1} == found.account()


def test_the_level_below_the_time_is_the_records(tmp_path: Path) -> None:
    lines = (
        "May 01, 2024 10:00:00 AM org.apache.catalina.startup.Catalina start\n"
        "SEVERE: it did not start\n"
    )
    row = read_files(tmp_path, {"x.log": lines}).row("SELECT * FROM log_record")
    assert (row["severity_text"], row["status"]) == ("ERROR", "error")


def test_a_wrapped_line_without_a_time_keeps_its_level(tmp_path: Path) -> None:
    line = "2024-05-01T10:00:00Z stdout F WARNING: low on memory"
    row = read_files(tmp_path, {"x.log": line}).row("SELECT * FROM log_record")
    assert (row["severity_text"], row["body"]) == ("WARN", "WARNING: low on memory")


def test_squid_and_s3_report_their_work(tmp_path: Path) -> None:
    owner = "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be"
    lines = {
        "squid.log": "1714557600.586    921 10.0.0.7 TCP_MISS/503 507 POST http://a.b/c - "
        "DIRECT/10.0.0.8 text/html\n"
        "1714557601.586    21 10.0.0.7 TCP_MISS/000 0 GET http://a.b/c - HIER_NONE/- -\n",
        "s3.log": f"{owner} files [01/May/2024:10:00:00 +0000] 10.0.0.7 {owner} 3E57 "
        'REST.GET.OBJECT a/b "GET /files/a/b HTTP/1.1" 200 - 113 113 70 10 "-" "cli" -\n',
    }
    found = read_files(tmp_path, lines)
    rows = found.rows("SELECT operation, duration_ns, status, error_type FROM span ORDER BY ALL")
    assert [tuple(row.values()) for row in rows] == [
        ("GET /c", 21_000_000, "error", "transport"),
        ("POST /c", 921_000_000, "error", "http_503"),
        ("REST.GET.OBJECT", 70_000_000, "ok", None),
    ]
