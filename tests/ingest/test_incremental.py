"""A rerun gives the store that a fresh run would have given, whatever happened in between."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from analyzer.errors import InputError, StoreError
from analyzer.ingest.discover import expand_roots
from analyzer.store import Store
from tests.conftest import ROOT
from tests.ingest.reading import read

RUN = """
import sys
from pathlib import Path
from tests.ingest import reading
from analyzer.ingest import load
from analyzer.ingest.discover import discover
from analyzer.ingest.mask import Masker
from analyzer.ingest.options import ReadingOptions
from analyzer.store import Store
with Store(Path(sys.argv[1])) as store:
    load.ingest(store, discover([Path(sys.argv[2])]), Masker(reading.SECRET), ReadingOptions(),
                lambda progress: print(progress.lines, flush=True))
"""


def lines(service: str, count: int, start: int = 0) -> str:
    return "".join(
        f'{{"time":"2026-03-01T10:{n // 60 % 60:02d}:{n % 60:02d}Z","service":"{service}",'
        f'"op":"work","duration_ms":{n % 97},"user_id":{n % 11},"msg":"line {n}"}}\n'
        for n in range(start, start + count)
    )


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    folder = tmp_path / "logs"
    folder.mkdir()
    for service in ("faq", "tickets", "accounts"):
        (folder / f"{service}.log").write_text(lines(service, 40))
    return folder


def assert_equals_fresh(tmp_path: Path, logs: Path) -> None:
    again = read(tmp_path / "store.duckdb", logs)
    fresh = read(tmp_path / "fresh.duckdb", logs)
    assert again.contents() == fresh.contents()


def test_unchanged_files_are_not_read_again(tmp_path: Path, logs: Path) -> None:
    read(tmp_path / "store.duckdb", logs)
    again = read(tmp_path / "store.duckdb", logs)
    assert (again.results[0].read, again.results[0].unchanged) == (0, 3)
    assert_equals_fresh(tmp_path, logs)


def test_changed_grown_and_new_files_are_read(tmp_path: Path, logs: Path) -> None:
    read(tmp_path / "store.duckdb", logs)
    (logs / "faq.log").write_text(lines("faq", 7))
    with (logs / "tickets.log").open("a") as file:
        file.write(lines("tickets", 5, start=40))
    (logs / "new.log").write_text(lines("new", 3))
    assert_equals_fresh(tmp_path, logs)


def test_removed_and_renamed_files_are_forgotten(tmp_path: Path, logs: Path) -> None:
    read(tmp_path / "store.duckdb", logs)
    (logs / "faq.log").rename(logs / "faq.log.1")
    (logs / "tickets.log").unlink()
    assert_equals_fresh(tmp_path, logs)


def test_copy_counts_once_and_becomes_the_original_when_that_goes(
    tmp_path: Path, logs: Path
) -> None:
    (logs / "zz-faq-copy.log").write_bytes((logs / "faq.log").read_bytes())
    found = read(tmp_path / "store.duckdb", logs)
    assert found.row("SELECT count(*) AS n FROM span WHERE service_name = 'faq'") == {"n": 40}
    assert found.account("logs/zz-faq-copy.log")["excluded"] == 40
    (logs / "faq.log").unlink()
    assert_equals_fresh(tmp_path, logs)


def test_copy_that_sorts_before_the_original_takes_its_place(tmp_path: Path, logs: Path) -> None:
    read(tmp_path / "store.duckdb", logs)
    (logs / "aa-copy.log").write_bytes((logs / "faq.log").read_bytes())
    assert_equals_fresh(tmp_path, logs)


def test_second_run_at_the_same_time_says_so(tmp_path: Path, logs: Path) -> None:
    store = tmp_path / "store.duckdb"
    with Store(store):
        run = subprocess.run(
            [sys.executable, "-c", RUN, store, logs],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
    assert run.returncode != 0
    assert "in use by another run" in run.stderr


def test_killed_at_many_moments_and_rerun_equals_an_undisturbed_run(tmp_path: Path) -> None:
    logs = tmp_path / "logs"
    logs.mkdir()
    for name in "abcd":
        (logs / f"{name}.log").write_text(lines(name, 15_000))
    store, moments = tmp_path / "store.duckdb", random.Random(7)
    for _ in range(8):
        with subprocess.Popen(
            [sys.executable, "-c", RUN, store, logs], cwd=ROOT, stdout=subprocess.PIPE
        ) as run:
            assert run.stdout is not None
            for _ in range(moments.randint(1, 12)):
                run.stdout.readline()
            run.send_signal(signal.SIGKILL)
        with Store(store) as opened:
            kept = opened.frame("source_files")
        assert kept.height <= 4
    assert_equals_fresh(tmp_path, logs)


def test_no_path_and_no_file_are_input_errors(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        expand_roots([tmp_path / "nothing"])
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="no file to read"):
        read(tmp_path / "store.duckdb", tmp_path / "empty")


def test_a_file_that_is_no_store_is_refused(tmp_path: Path, logs: Path) -> None:
    (tmp_path / "store.duckdb").write_text("not a database, by far")
    with pytest.raises(StoreError):
        read(tmp_path / "store.duckdb", logs)
