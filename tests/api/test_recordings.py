"""The compiled recording beside a store: quick to read, safe to delete, never stale."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest

import analyzer as an
from analyzer.api.output import RECORDING_NAME
from tests.whatif.test_what_if import campaign

MERGE = [["tickets", "accounts"]]


def write_logs(folder: Path, runs: int) -> Path:
    """Both halves of every call, as a fleet writes them that logs spans."""
    folder.mkdir(parents=True, exist_ok=True)
    spans = campaign(runs)
    for service in sorted({span.service_name for span in spans}):
        lines = [
            json.dumps(
                {
                    "service": service,
                    "trace_id": f"{int(span.trace_id) + 1:032x}",
                    "span_id": f"{int(span.span_id):016x}",
                    "parent_span_id": span.parent_span_id and f"{int(span.parent_span_id):016x}",
                    "kind": span.kind,
                    "operation": span.operation,
                    "start_time_unix_nano": 1_700_000_000_000_000_000 + (span.start_ns or 0),
                    "duration_ns": span.duration_ns,
                    "status": span.status,
                    "error_type": span.error_type,
                    "peer_service": span.peer_service,
                }
            )
            for span in spans
            if span.service_name == service
        ]
        (folder / f"{service}.log").write_text("\n".join(lines) + "\n")
    return folder


@pytest.fixture
def run(tmp_path: Path) -> an.Analysis:
    return an.analyze(write_logs(tmp_path / "logs", 120), tmp_path / "out")


def answers(run: an.Analysis) -> list[pl.DataFrame]:
    found = run.whatif(MERGE)
    return [found.frame, found.failures, found.contexts, found.curve]


def same(one: list[pl.DataFrame], other: list[pl.DataFrame]) -> bool:
    return all(a.equals(b) for a, b in zip(one, other, strict=True))


def test_a_run_leaves_the_recording_that_later_questions_read(run: an.Analysis) -> None:
    path = run.folder / RECORDING_NAME
    made, written = path.read_bytes(), path.stat().st_ino
    saved = run.whatif(MERGE).frame.filter(journey="submit ticket", quantile=0.5)["saved_ms"]
    assert saved.item() > 1
    fresh = answers(run)
    assert path.stat().st_ino == written  # read, not made again
    path.unlink()
    assert same(answers(run), fresh)
    assert path.read_bytes() == made


def test_requests_without_trace_ids_are_replayed_as_well(tmp_path: Path) -> None:
    """Both halves of every call under one request id and no other: the way can be saved."""
    lines: dict[str, list[str]] = {"gateway": [], "tickets": []}
    for at in range(120):
        begun = 1_700_000_000_000 + at * 500

        def line(service: str, kind: str, start: int, ms: int, at: int = at) -> None:
            lines[service].append(
                json.dumps({
                    "service": service, "kind": kind, "operation": "POST /tickets",
                    "request_id": f"{at:016x}", "start_time_unix_nano": start * 1_000_000,
                    "duration_ms": ms,
                    **({"peer_service": "tickets"} if kind == "client" else {}),
                })
            )  # fmt: skip

        line("gateway", "server", begun, 100)
        line("gateway", "client", begun + 10, 80)
        line("tickets", "server", begun + 20, 60)
    folder = tmp_path / "logs"
    folder.mkdir()
    for name, written in lines.items():
        (folder / f"{name}.log").write_text("\n".join(written) + "\n")
    run = an.analyze(folder, tmp_path / "out")
    found = run.whatif([["gateway", "tickets"]]).frame.filter(quantile=0.5).row(0, named=True)
    assert (found["before_ms"], found["predicted_ms"], found["n"]) == (100, 80, 120)


@pytest.mark.parametrize("content", [b"", b"ARROW1\0\0 and then nothing", None])
def test_a_damaged_recording_is_made_again(run: an.Analysis, content: bytes | None) -> None:
    path, expected = run.folder / RECORDING_NAME, answers(run)
    made = path.read_bytes()
    path.write_bytes(made[: len(made) // 2] if content is None else content)
    assert same(answers(run), expected)
    assert path.read_bytes() == made


def test_a_recording_of_other_content_is_made_again(run: an.Analysis, tmp_path: Path) -> None:
    stale = (run.folder / RECORDING_NAME).read_bytes()
    write_logs(tmp_path / "logs", 200)
    again = an.analyze(tmp_path / "logs", run.folder)
    (run.folder / RECORDING_NAME).write_bytes(stale)
    fresh = an.analyze(tmp_path / "logs", tmp_path / "fresh")
    assert same(answers(again), answers(fresh))
    assert (run.folder / RECORDING_NAME).read_bytes() != stale


def test_a_folder_that_takes_no_file_costs_time_and_nothing_else(run: an.Analysis) -> None:
    expected = answers(run)
    (run.folder / RECORDING_NAME).unlink()
    (run.folder / RECORDING_NAME).mkdir()
    assert same(answers(run), expected)
    assert not list(run.folder.glob("*.part"))
