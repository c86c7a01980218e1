"""Units and zones are known, proved, told by the user, or said to be unknown: never guessed."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from analyzer.errors import ConfigurationError, InputError, UsageError
from analyzer.ingest.discover import LogFile, discover
from analyzer.ingest.events import Again, Job, Lines
from analyzer.ingest.mask import Masker
from analyzer.ingest.options import ReadingOptions, parse_zone
from analyzer.ingest.own_format import load_formats
from analyzer.ingest.reading import read_file
from tests.ingest.reading import SECRET, Ingested, read, read_files

T = 1_772_359_200_000_000_000  # 2026-03-01T10:00:00Z
START = datetime(2026, 3, 1, 10, tzinfo=UTC)


def iso(milliseconds: float) -> str:
    return (START + timedelta(milliseconds=milliseconds)).isoformat()


def notes(found: Ingested) -> dict[str, int]:
    return {row["note"]: row["count"] for row in found.rows("SELECT note, count FROM file_note")}


def durations(found: Ingested) -> list[int]:
    rows = found.rows("SELECT duration_ns FROM span ORDER BY line_number")
    return [row["duration_ns"] for row in rows]


def test_two_lines_of_one_id_prove_the_unit_of_a_bare_duration(tmp_path: Path) -> None:
    lines: list[dict[str, object]] = []
    for n in range(40):
        begin, took = n * 10_000, 1_000 + 50 * n
        lines.append({"time": iso(begin), "msg": "begin", "request_id": f"r{n}"})
        done = {"time": iso(begin + took), "op": "x", "request_id": f"r{n}", "elapsed": took}
        lines.append(done)
    lines.insert(0, {"time": iso(0), "op": "x", "elapsed": 7})
    found = read_files(tmp_path, {"x.log": "\n".join(json.dumps(line) for line in lines)})
    assert durations(found) == [7_000_000, *((1_000 + 50 * n) * 1_000_000 for n in range(40))]
    assert notes(found) == {"unit_by_interval:elapsed=1000000ns": 1}


def test_a_unit_that_is_proved_early_is_used_before_all_of_a_large_file_is_read(
    tmp_path: Path,
) -> None:
    lines: list[dict[str, object]] = []
    for n in range(6_000):
        begin, took = n * 10_000, 1_000 + n % 50
        lines.append({"time": iso(begin), "msg": "begin", "request_id": f"r{n}"})
        done = {"time": iso(begin + took), "op": "x", "request_id": f"r{n}", "elapsed": took}
        lines.append(done)
    content = "\n".join(json.dumps(line) for line in lines)
    found = read_files(tmp_path, {"x.log": content})
    assert durations(found) == [(1_000 + n % 50) * 1_000_000 for n in range(6_000)]
    assert found.account()["records"] == 12_000
    assert notes(found) == {"unit_by_interval:elapsed=1000000ns": 1}
    files = [file for file in discover([tmp_path / "logs"]) if isinstance(file, LogFile)]
    job = Job(files[0], Masker(SECRET), ReadingOptions(block_bytes=1 << 17))
    events = [event for event in read_file(job) if isinstance(event, Lines | Again)]
    again = next(n for n, event in enumerate(events) if isinstance(event, Again))
    told = [event.lines for event in events if isinstance(event, Lines)]
    assert all(lines < 6_000 for lines in told[:again])
    assert told[-1] > 10_000


def test_unit_stays_unknown_where_too_few_lines_agree(tmp_path: Path) -> None:
    lines: list[dict[str, object]] = []
    for n in range(40):
        lines.append({"time": iso(n * 10_000), "msg": "begin", "request_id": f"r{n}"})
        wrong = 1_000 if n % 10 else 1
        done = {"time": iso(n * 10_000 + 1_000), "op": "x", "request_id": f"r{n}", "took": wrong}
        lines.append(done)
    found = read_files(tmp_path, {"x.log": "\n".join(json.dumps(line) for line in lines)})
    assert durations(found) == []
    assert notes(found) == {"unit_unknown:took": 40}
    assert (
        '"took":1000'
        in found.rows("SELECT attributes FROM log_record ORDER BY line_number")[3]["attributes"]
    )


def test_start_and_end_prove_the_unit_for_lines_that_lack_them(tmp_path: Path) -> None:
    lines = [
        {"start": iso(n), "end": iso(n + 100), "duration": 100_000, "op": "x"} for n in range(25)
    ]
    late = {"time": iso(0), "duration": 5_000, "op": "x"}
    found = read_files(tmp_path, {"x.log": "\n".join(json.dumps(line) for line in [*lines, late])})
    assert durations(found) == [100_000_000] * 25 + [5_000_000]


def test_the_user_settles_a_unit(tmp_path: Path) -> None:
    options = ReadingOptions(units={"elapsed": 1_000})
    line = f"time={iso(0)} level=info msg=done op=x elapsed=7"
    found = read_files(tmp_path, {"x.log": line}, options=options)
    assert durations(found) == [7_000]
    assert notes(found) == {"unit_by_user:elapsed=1000ns": 1}


def test_zone_is_the_users_else_utc_and_noted(tmp_path: Path) -> None:
    line = "2026-07-01 12:00:00,000 INFO a.b x"
    assumed = read_files(tmp_path / "a", {"x.log": line})
    berlin = ReadingOptions(zone=parse_zone("Europe/Berlin"))
    told = read_files(tmp_path / "b", {"x.log": line}, options=berlin)
    when = "SELECT hour(time) AS hour FROM log_record"
    assert (assumed.row(when), notes(assumed)) == ({"hour": 12}, {"zone_assumed": 1})
    assert (told.row(when), notes(told)) == ({"hour": 10}, {})


def test_zone_words() -> None:
    assert parse_zone("Europe/Berlin") == ZoneInfo("Europe/Berlin")
    assert parse_zone("-05:30").utcoffset(None) == timedelta(hours=-5, minutes=-30)
    for wrong in ("Mars/Base", "+99:00", "", "../x"):
        with pytest.raises(UsageError, match="--tz"):
            parse_zone(wrong)


def test_time_without_date_takes_it_from_the_file_name_and_rolls_over(tmp_path: Path) -> None:
    lines = "23:59:59.500 INFO a.b x\n00:00:00.500 INFO a.b y\n"
    found = read_files(tmp_path, {"app-2026-02-28.log": lines})
    rows = found.rows("SELECT epoch_us(time) AS us FROM log_record ORDER BY line_number")
    midnight = int(datetime(2026, 3, 1, tzinfo=UTC).timestamp() * 1e6)
    assert [row["us"] - midnight for row in rows] == [-500_000, 500_000]
    assert notes(found)["date_from_file name"] == 2


def test_time_without_date_walks_back_from_the_files_last_change(tmp_path: Path) -> None:
    path = tmp_path / "logs" / "app.log"
    path.parent.mkdir()
    path.write_text("23:59:59.500 INFO a.b x\n00:00:00.500 INFO a.b y\n12:00:00.0 INFO a.b z\n")
    noon = datetime(2026, 3, 2, 12, tzinfo=UTC).timestamp()
    os.utime(path, (noon, noon))
    found = read(tmp_path / "store.duckdb", path.parent)
    days = found.rows("SELECT day(time) AS day FROM log_record ORDER BY line_number")
    assert [row["day"] for row in days] == [1, 2, 2]
    assert notes(found)["date_from_modification time"] == 3


def test_time_without_year_is_the_last_such_day_before_the_files_change(tmp_path: Path) -> None:
    path = tmp_path / "logs" / "syslog"
    path.parent.mkdir()
    path.write_text("Dec 31 23:00:00 h cron[1]: a\nJan  1 01:00:00 h cron[1]: b\n")
    changed = datetime(2026, 1, 2, tzinfo=UTC).timestamp()
    os.utime(path, (changed, changed))
    found = read(tmp_path / "store.duckdb", path.parent)
    years = found.rows("SELECT year(time) AS year FROM log_record ORDER BY line_number")
    assert [row["year"] for row in years] == [2025, 2026]


def test_times_beyond_tomorrow_and_before_2001_are_bad(tmp_path: Path) -> None:
    lines = [json.dumps({"time": f"{year}-01-01T00:00:00Z", "msg": "x"}) for year in (1999, 2099)]
    found = read_files(tmp_path, {"x.log": "\n".join(lines)})
    assert [reason for *_, reason in found.reasons()] == ["bad_time", "bad_time"]


def test_fractions_of_any_length_keep_their_nanoseconds(tmp_path: Path) -> None:
    stamps = ["1772359200.123456789", "2026-03-01T10:00:00.1234567899Z", "2026-03-01 10:00:00,1"]
    lines = [json.dumps({"time": stamp, "op": "x", "duration_ns": 0}) for stamp in stamps]
    found = read_files(tmp_path, {"x.log": "\n".join(lines)})
    starts = [row["start_ns"] - T for row in found.rows("SELECT start_ns FROM span ORDER BY ALL")]
    assert sorted(starts) == [100_000_000, 123_456_789, 123_456_789]


def test_zipkin_v1_span_with_both_sides_gives_two_spans(tmp_path: Path) -> None:
    def mark(value: str, moment: int, service: str) -> dict[str, object]:
        return {"value": value, "timestamp": moment, "endpoint": {"serviceName": service}}

    us = T // 1_000
    span = {
        "traceId": "a" * 16, "id": "b" * 16, "parentId": "c" * 16, "name": "get",
        "timestamp": us, "duration": 900,
        "annotations": [
            mark("cs", us, "web"), mark("sr", us + 100, "db"), mark("ss", us + 700, "db"),
            mark("cr", us + 900, "web"),
        ],
        "binaryAnnotations": [
            {"key": "sa", "value": True, "endpoint": {"serviceName": "db"}},
            {"key": "error", "value": "no luck"},
        ],
    }  # fmt: skip
    found = read_files(tmp_path, {"v1.json": json.dumps([span])})
    rows = found.rows(
        "SELECT span_kind, service_name, peer_service, duration_ns, shared, status FROM span "
        "ORDER BY span_kind"
    )
    assert [tuple(row.values()) for row in rows] == [
        ("client", "web", "db", 900_000, False, "error"),
        ("server", "db", None, 600_000, True, "error"),
    ]


OWN = r"""
[[format]]
name = "billing"
pattern = '^(?P<time>\S+) (?P<who>\w+) did (?P<what>\w+) in (?P<took>\d+)$'
multiline = true

[format.fields]
who = "service"
what = "operation"
took = "duration_ms"
"""


def test_a_format_of_ones_own(tmp_path: Path) -> None:
    description = tmp_path / "own.toml"
    description.write_text(OWN)
    options = ReadingOptions(formats=load_formats(description))
    text = "2026-03-01T10:00:00.007Z billing did pay in 7\nmore of it\n"
    found = read_files(tmp_path, {"x.log": text}, options=options)
    assert found.row("SELECT service_name, operation, start_ns, duration_ns FROM span") == {
        "service_name": "billing",
        "operation": "pay",
        "start_ns": T,
        "duration_ns": 7_000_000,
    }
    assert found.row("SELECT format, folded FROM source_file") == {
        "format": "billing",
        "folded": 1,
    }


def test_a_wrong_format_file_names_every_problem(tmp_path: Path) -> None:
    description = tmp_path / "own.toml"
    description.write_text(
        '[[format]]\nname = ""\npattern = "(?P<a>x)"\ncolour = 1\nfields = {b = "time"}\n'
        '[[format]]\nname = "n"\npattern = "("\n'
    )
    with pytest.raises(ConfigurationError) as caught:
        load_formats(description)
    assert len(caught.value.problems) == 5
    with pytest.raises(InputError, match=r"own2\.toml"):
        load_formats(tmp_path / "own2.toml")
