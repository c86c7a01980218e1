"""Files that grow, are rotated or cut: every line counts once, and only new ones are read."""

from __future__ import annotations

import gzip
import lzma
import shutil
from pathlib import Path
from typing import Any

import pytest

from analyzer.ingest import archives, writing
from analyzer.ingest.options import ReadingOptions
from tests.ingest.reading import Ingested, count_lines, read
from tests.ingest.test_incremental import assert_equals_fresh, lines

TEXT = "2026-03-01 10:00:{n:02d},123 INFO faq.http done method=GET path=/faq/{n} duration_ms={n}\n"


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "logs" / "faq.log"
    path.parent.mkdir()
    path.write_text(lines("faq", 400))
    return path


@pytest.fixture
def begun_at(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The offsets at which files were begun to be read."""
    found: list[int] = []

    def noted(path: Path, compression: str, limit: Any, start: int, step: int) -> Any:
        found.append(start)
        return archives.read_chunks(path, compression, limit, start, step)

    monkeypatch.setattr("analyzer.ingest.reading.read_chunks", noted)
    return found


def reads_again(tmp_path: Path) -> Ingested:
    return read(tmp_path / "store.duckdb", tmp_path / "logs")


def test_a_grown_file_is_gone_on_with(tmp_path: Path, log: Path, begun_at: list[int]) -> None:
    reads_again(tmp_path)
    size = log.stat().st_size
    with log.open("a") as file:
        file.write(lines("faq", 9, start=400))
    begun_at.clear()
    found = reads_again(tmp_path)
    assert begun_at[0] > size - 200  # the last line is read again: it might have gone on
    assert found.account()["lines"] == found.account()["records"] == 409
    assert_equals_fresh(tmp_path, log.parent)


def test_a_line_cut_by_the_end_is_completed_later(tmp_path: Path, log: Path) -> None:
    more = lines("faq", 2, start=400)
    with log.open("a") as file:
        file.write(more[:150])
    found = reads_again(tmp_path)
    assert (found.account()["records"], found.account()["quarantined"]) == (401, 1)
    with log.open("a") as file:
        file.write(more[150:])
    found = reads_again(tmp_path)
    assert (found.account()["records"], found.account()["quarantined"]) == (402, 0)
    assert_equals_fresh(tmp_path, log.parent)


def test_continuation_lines_that_come_later_join_their_record(tmp_path: Path) -> None:
    log = tmp_path / "logs" / "faq.log"
    log.parent.mkdir()
    log.write_text("".join(TEXT.format(n=n) for n in range(60)))
    reads_again(tmp_path)
    with log.open("a") as file:
        file.write("Traceback (most recent call last):\n  File 'x'\nValueError: no\n")
        file.write(TEXT.format(n=7))
    found = reads_again(tmp_path)
    assert (found.account()["records"], found.account()["folded"]) == (61, 3)
    assert found.row("SELECT count(*) AS n FROM span WHERE error_type = 'ValueError'") == {"n": 1}
    assert_equals_fresh(tmp_path, log.parent)


def test_a_file_of_another_beginning_is_read_anew(
    tmp_path: Path, log: Path, begun_at: list[int]
) -> None:
    reads_again(tmp_path)
    log.write_text(lines("other", 500))
    begun_at.clear()
    assert reads_again(tmp_path).account()["records"] == 500
    assert begun_at == [0]
    assert_equals_fresh(tmp_path, log.parent)


def test_rotation_counts_every_line_once(tmp_path: Path, log: Path) -> None:
    reads_again(tmp_path)
    log.rename(log.with_name("faq.log.1"))
    log.write_text(lines("faq", 5, start=400))
    found = reads_again(tmp_path)
    assert found.account()["records"] == 405
    assert_equals_fresh(tmp_path, log.parent)


def test_copytruncate_counts_every_line_once(tmp_path: Path, log: Path) -> None:
    reads_again(tmp_path)
    shutil.copy(log, log.with_name("faq.log.1"))
    with log.open("r+") as file:
        file.truncate(0)
        file.write(lines("faq", 5, start=400))
    found = reads_again(tmp_path)
    assert found.account()["records"] == 405
    assert_equals_fresh(tmp_path, log.parent)


@pytest.mark.parametrize("pack", [gzip.compress, lzma.compress])
def test_copies_that_differ_in_compression_count_once(
    tmp_path: Path, log: Path, pack: Any
) -> None:
    log.with_name("faq.log.1.packed").write_bytes(pack(log.read_bytes()))
    found = reads_again(tmp_path)
    assert found.row("SELECT count(*) AS n FROM span") == {"n": 400}
    assert (found.account()["records"], found.account()["excluded"]) == (400, 400)
    again = reads_again(tmp_path)
    assert (again.results[0].read, again.results[0].unchanged) == (0, 2)
    log.unlink()
    assert reads_again(tmp_path).account()["records"] == 400
    assert_equals_fresh(tmp_path, log.parent)


def test_a_file_left_half_read_is_gone_on_with(
    tmp_path: Path, log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = ReadingOptions(block_bytes=1 << 12, commit_rows=50)
    store_mark = writing.FileWriting._store_mark
    left = iter([False, False, True])

    def killed(self: writing.FileWriting, mark: Any) -> None:
        if next(left, False):
            raise KeyboardInterrupt
        store_mark(self, mark)

    with monkeypatch.context() as patch:
        patch.setattr(writing.FileWriting, "_store_mark", killed)
        with pytest.raises(KeyboardInterrupt):
            read(tmp_path / "store.duckdb", log.parent, options=options)
    kept = Ingested(tmp_path / "store.duckdb")
    assert kept.row("SELECT format FROM source_file") == {"format": "reading"}
    assert 0 < kept.account()["lines"] < 400
    assert reads_again(tmp_path).account()["lines"] == count_lines(log.read_bytes())
    assert_equals_fresh(tmp_path, log.parent)


@pytest.mark.parametrize("workers", [1, 2])
def test_the_store_is_the_same_whatever_the_number_of_processes(
    tmp_path: Path, log: Path, workers: int
) -> None:
    for name in ("accounts", "tickets"):
        log.with_name(f"{name}.log").write_text(lines(name, 300) + "no line\n")
    log.with_name("zz-copy.log").write_bytes(log.read_bytes())
    alone = read(tmp_path / "alone.duckdb", log.parent, workers=0)
    together = read(tmp_path / "together.duckdb", log.parent, workers=workers)
    assert together.contents() == alone.contents()
    for table in ("span", "log_record"):
        rows = f"SELECT * FROM {table}"
        assert together.rows(rows) == alone.rows(rows)  # in the same order, too
    assert together.results == alone.results
