"""Wrappers are peeled; each layer may say who sent a line and when it arrived."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.ingest.reading import read_files

T = 1_772_359_200_000_000_000  # 2026-03-01T10:00:00Z
STAMP = "2026-03-01T10:00:00.000000001Z"
COLUMNS = "service_name, body, epoch_us(time) * 1000 AS ns"


def docker(text: str, stream: str = "stdout") -> str:
    return json.dumps({"log": text, "stream": stream, "time": STAMP})


def test_docker_lines_fold_tracebacks_and_take_arrival_where_they_have_no_time(
    tmp_path: Path,
) -> None:
    lines = [
        docker("2026-03-01 09:59:59,000 ERROR a.b failed\n"),
        docker("Traceback (most recent call last):\n"),
        docker('  File "a.py", line 1\n'),
        docker("ValueError: bad\n"),
        docker("plain words\n"),
        docker('{"time":"2026-03-01T09:59:58Z","msg":"inner","service":"faq"}\n', "stderr"),
    ]
    found = read_files(tmp_path, {"x-json.log": "\n".join(lines)})
    assert found.account()["folded"] == 3
    rows = found.rows(f"SELECT {COLUMNS}, error_type FROM log_record ORDER BY line_number")
    assert [row["ns"] - T for row in rows] == [-1_000_000_000, 0, -2_000_000_000]
    assert rows[0]["error_type"] == "ValueError"
    assert rows[1]["body"] == "plain words"
    assert rows[2]["service_name"] == "faq"


def test_docker_pieces_are_joined_and_an_unfinished_one_is_named(tmp_path: Path) -> None:
    lines = [docker("whole\n"), docker("one "), docker("two "), docker("three\n"), docker("cut")]
    found = read_files(tmp_path, {"x.log": "\n".join(lines)})
    bodies = found.rows("SELECT body FROM log_record ORDER BY line_number")
    assert [row["body"] for row in bodies] == ["whole", "one two three"]
    assert found.account() == {
        "lines": 5, "records": 2, "quarantined": 1, "blank": 0, "folded": 2, "excluded": 0,
    }  # fmt: skip
    assert [(line, reason) for line, _, reason in found.reasons()] == [(5, "partial_unfinished")]


def test_cri_pieces_are_joined_by_stream(tmp_path: Path) -> None:
    lines = [
        f'{STAMP} stdout P {{"time":"2026-03-01T10:00:00Z",',
        f"{STAMP} stderr F other",
        f'{STAMP} stdout F "msg":"joined"}}',
    ]
    found = read_files(tmp_path, {"x.log": "\n".join(lines)})
    rows = found.rows(f"SELECT {COLUMNS} FROM log_record ORDER BY line_number")
    assert [row["body"] for row in rows] == ["other", "joined"]
    assert found.account()["folded"] == 1


def test_compose_prefix_names_the_service_and_colours_go(tmp_path: Path) -> None:
    lines = [
        "\x1b[36mtickets-1  |\x1b[0m 2026-03-01 10:00:00,000 INFO a.b \x1b[1mhello\x1b[0m",
        "faq_2      | time=2026-03-01T10:00:00Z level=info msg=hi",
        "faq_2      |   indented more",
    ]
    found = read_files(tmp_path, {"compose.log": "\n".join(lines)})
    rows = found.rows(f"SELECT {COLUMNS} FROM log_record ORDER BY line_number")
    assert [row["service_name"] for row in rows] == ["tickets", "faq"]
    assert rows[0]["body"] == "hello"
    assert rows[1]["body"] == "hi\n  indented more"


def test_journald_bytes_priority_and_unit(tmp_path: Path) -> None:
    line = {
        "__REALTIME_TIMESTAMP": "1772359200000000",
        "MESSAGE": list(b"pool ready"),
        "_SYSTEMD_UNIT": "tickets.service",
        "PRIORITY": "3",
    }
    found = read_files(tmp_path, {"journal.json": json.dumps(line)})
    assert found.row(f"SELECT {COLUMNS}, severity_text FROM log_record") == {
        "service_name": "tickets",
        "body": "pool ready",
        "ns": T,
        "severity_text": "ERROR",
    }


def test_loki_document_logcli_lines_and_cloudwatch_events(tmp_path: Path) -> None:
    loki = {"streams": [{"stream": {"app": "faq"}, "values": [[str(T), "a"], [str(T + 1), "b"]]}]}
    logcli = {"labels": {"job": "tickets"}, "line": "level=info msg=c time=x", "timestamp": STAMP}
    events = {
        "events": [
            {"timestamp": T // 10**6, "message": "d\n", "logStreamName": "svc/accounts/0a1b"},
        ]
    }
    files = {
        "loki.json": json.dumps(loki),
        "logcli.jsonl": json.dumps(logcli),
        "cw.json": json.dumps(events, indent=1),
    }
    found = read_files(tmp_path, files)
    rows = found.rows("SELECT service_name, body FROM log_record ORDER BY ALL")
    assert [(row["service_name"], row["body"]) for row in rows] == [
        ("accounts", "d"),
        ("faq", "a"),
        ("faq", "b"),
        ("tickets", "c"),
    ]


def test_elasticsearch_hits_hold_their_lines(tmp_path: Path) -> None:
    source = {"@timestamp": "2026-03-01T10:00:00Z", "service": {"name": "faq"}, "message": "m"}
    found = read_files(tmp_path, {"es.jsonl": json.dumps({"_index": "i", "_source": source})})
    assert found.row("SELECT service_name, body FROM log_record") == {
        "service_name": "faq",
        "body": "m",
    }


def test_wrapper_proves_the_zone_of_a_local_time(tmp_path: Path) -> None:
    line = json.dumps(
        {"log": "2026-03-01 18:00:00,000 INFO a.b x\n", "stream": "stdout", "time": STAMP}
    )
    found = read_files(tmp_path, {"x.log": line})
    assert found.row("SELECT epoch_us(time) * 1000 AS ns FROM log_record") == {"ns": T}
    assert found.row("SELECT note FROM file_note") == {"note": "zone_proved"}


@pytest.mark.parametrize(
    ("sent", "written"),
    [
        pytest.param("<14>Mar  1 18:00:00", "2026-03-01 10:00:00", id="the wrapper has no zone"),
        pytest.param("<14>1 2026-03-01T10:15:00Z", "2026-03-01 10:00:00", id="a late line"),
    ],
)
def test_what_is_no_proof_of_a_zone_moves_no_time(tmp_path: Path, sent: str, written: str) -> None:
    tail = " - - - " if "Z" in sent else ": "
    found = read_files(tmp_path, {"x.log": f"{sent} h faq{tail}{written},000 INFO a.b x\n"})
    notes = {row["note"] for row in found.rows("SELECT note FROM file_note")}
    assert "zone_assumed" in notes
    assert "zone_proved" not in notes
    assert found.row("SELECT strftime(time, '%H:%M') AS at FROM log_record") == {"at": "10:00"}


def test_layers_end_somewhere(tmp_path: Path) -> None:
    text = "deep"
    for _ in range(8):
        text = json.dumps({"log": f"{text}\n", "stream": "stdout", "time": STAMP})
    found = read_files(tmp_path, {"x.log": text})
    assert [reason for *_, reason in found.reasons()] == ["too_deep"]


def test_pieces_whose_end_never_comes_are_given_up_and_counted(tmp_path: Path) -> None:
    lines = [f"2026-03-01T10:00:00.{n:09d}Z stdout P part {n} " for n in range(2_500)]
    found = read_files(tmp_path, {"x.log": "\n".join(lines) + "\n"})
    account = found.account()
    assert (account["lines"], account["folded"], account["quarantined"]) == (2_500, 2_497, 3)
    assert {reason for _, _, reason in found.reasons()} == {"partial_unfinished"}
