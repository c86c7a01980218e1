"""Files that stand beside a folder of logs are used and named."""

from __future__ import annotations

from pathlib import Path

import pytest

from analyzer.api.beside import files_beside
from analyzer.store import STORE_NAME


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    for name in ("slo.yaml", "journeys.yaml"):
        (tmp_path / name).touch()
    (tmp_path / "logs").mkdir()
    return tmp_path / "logs"


def test_files_beside_logs_are_used_and_named(logs: Path) -> None:
    found = files_beside([logs], None, None)
    assert (found.slo, found.journeys) == (
        logs.parent / "slo.yaml",
        logs.parent / "journeys.yaml",
    )
    assert [note.split(",")[0] for note in found.notes] == [
        f"using {logs.parent / 'slo.yaml'}",
        f"using {logs.parent / 'journeys.yaml'}",
    ]


def test_file_given_wins_without_a_word(logs: Path) -> None:
    own = logs / "own.yaml"
    found = files_beside([logs], own, own)
    assert (found.slo, found.journeys, found.notes) == (own, own, ())


def test_nothing_is_looked_for_beside_an_analysis_or_a_file(logs: Path) -> None:
    (logs / STORE_NAME).touch()
    (logs.parent / "app.log").touch()
    for place in (logs, logs.parent / "app.log", object()):
        assert files_beside([place], None, None).notes == ()


def test_relative_folder_is_looked_beside_too(logs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(logs.parent)
    assert files_beside(["logs"], None, None).journeys == logs.parent / "journeys.yaml"
