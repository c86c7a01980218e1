"""Files that grow, are rotated, cut, copied and packed: every line once."""

from __future__ import annotations

import gzip
import json
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from analyzer.ingest.mask import Masker
from analyzer.ingest.options import ReadingOptions
from analyzer.ingest.tail import BLOCK_BYTES, Tail


def line(number: int, **more: object) -> str:
    seconds = f"{number // 60 % 60:02d}:{number % 60:02d}"
    record = {
        "timestamp": f"2026-03-02T09:{seconds}Z",
        "service": "gateway",
        "operation": f"op{number}",
        "duration_ms": 5,
        "trace_id": f"{number:032x}",
    }
    return json.dumps(record | more) + "\n"


class Followed:
    """A folder and the operations that its tail has brought."""

    def __init__(self, folder: Path, *, from_now: bool) -> None:
        options = ReadingOptions()
        self.tail = Tail(
            [folder], Masker(b"k" * 32), options, from_now=from_now, walk_s=0, quiet_s=0
        )
        self.notes: list[str] = []

    def look(self, *, to_the_end: bool = False) -> list[str]:
        """What has come; a file is complete after the first look that finds nothing new."""
        found: list[str] = []
        quiet = 0
        while quiet < 2:
            growth = self.tail.look(to_the_end=to_the_end)
            self.notes += growth.notes
            for batch in growth.batches:
                if "span" in batch:
                    found += batch["span"].column("operation").to_pylist()
            quiet = 0 if growth.lines or growth.more else quiet + 1
        return found


Follow = Callable[..., Followed]


@pytest.fixture
def follow() -> Iterator[Follow]:
    made: list[Followed] = []

    def start(folder: Path, *, from_now: bool = False) -> Followed:
        made.append(Followed(folder, from_now=from_now))
        return made[-1]

    yield start
    for followed in made:
        followed.tail.close()


@pytest.fixture
def log(tmp_path: Path) -> Path:
    folder = tmp_path / "logs"
    folder.mkdir()
    path = folder / "app.log"
    path.write_text(line(0) + line(1))
    return path


def append(path: Path, text: str) -> None:
    with path.open("a") as stream:
        stream.write(text)


def test_new_lines_come_once_and_half_a_line_waits_for_its_end(log: Path, follow: Follow) -> None:
    followed = follow(log.parent)
    assert followed.look() == ["op0", "op1"]
    assert followed.look() == []
    whole = line(2)
    append(log, whole[:20])
    assert followed.look() == []
    append(log, whole[20:] + line(3))
    assert followed.look() == ["op2", "op3"]


def test_from_now_leaves_out_what_is_there(log: Path, follow: Follow) -> None:
    followed = follow(log.parent, from_now=True)
    assert followed.look() == []
    append(log, line(2))
    assert followed.look() == ["op2"]
    (log.parent / "new.log").write_text(line(3))
    assert followed.look() == ["op3"]


def test_rotation_by_renaming_loses_nothing(log: Path, follow: Follow) -> None:
    followed = follow(log.parent)
    followed.look()
    append(log, line(2))
    log.rename(log.with_suffix(".log.1"))
    append(log.with_suffix(".log.1"), line(3))  # the writer still holds the old file
    log.write_text(line(4))
    assert followed.look() == ["op2", "op3", "op4"]
    assert followed.look() == []
    (log.parent / "app.log.2.gz").write_bytes(gzip.compress(b"".join([line(0).encode()])))
    assert followed.look() == []
    assert any("app.log.2.gz" in note for note in followed.notes)


def test_rotation_by_copy_and_truncate_reads_nothing_twice(log: Path, follow: Follow) -> None:
    followed = follow(log.parent)
    followed.look()
    shutil.copy(log, log.parent / "app.log.1")
    os.truncate(log, 0)
    append(log, line(2))
    assert followed.look() == ["op2"]


def test_a_file_that_comes_back_under_its_name_is_another_file(log: Path, follow: Follow) -> None:
    followed = follow(log.parent)
    followed.look()
    log.unlink()
    assert followed.look() == []
    log.write_text(line(7))
    assert followed.look() == ["op7"]


def test_archives_are_read_once_as_history(log: Path, follow: Follow) -> None:
    with gzip.open(log.parent / "old.log.gz", "wt") as packed:
        packed.write(line(8) + line(9))
    followed = follow(log.parent)
    assert sorted(followed.look()) == ["op0", "op1", "op8", "op9"]


def test_a_table_is_understood_from_now_on_too(tmp_path: Path, follow: Follow) -> None:
    path = tmp_path / "spans.csv"
    path.write_text("timestamp,service,operation,duration_ms\n2026-03-02T09:00:00Z,a,op0,5\n")
    followed = follow(tmp_path, from_now=True)
    assert followed.look() == []
    append(path, "2026-03-02T09:00:01Z,a,op1,5\n")
    assert followed.look() == ["op1"]


def test_a_table_goes_on_growing_under_its_header(tmp_path: Path, follow: Follow) -> None:
    path = tmp_path / "spans.csv"
    path.write_text("timestamp,service,operation,duration_ms\n2026-03-02T09:00:00Z,a,op0,5\n")
    followed = follow(tmp_path)
    assert followed.look() == ["op0"]
    append(path, '2026-03-02T09:00:01Z,a,"op1",5\n')
    assert followed.look() == ["op1"]


def test_a_proven_unit_reads_the_file_again_from_its_start(tmp_path: Path, follow: Follow) -> None:
    path = tmp_path / "app.log"

    def began_and_ended(number: int) -> str:
        common = {"service": "a", "request_id": f"r{number}", "message": "work"}
        begin = {**common, "timestamp": f"2026-03-02T09:{number:02d}:00.000Z"}
        end = {
            **common,
            "timestamp": f"2026-03-02T09:{number:02d}:00.250Z",
            "operation": f"op{number}",
            "took": 250,
        }
        return json.dumps(begin) + "\n" + json.dumps(end) + "\n"

    path.write_text("".join(map(began_and_ended, range(15))))
    followed = follow(tmp_path)
    assert followed.look() == []  # nobody knows yet what 250 means
    append(path, "".join(map(began_and_ended, range(15, 30))))
    assert sorted(set(followed.look())) == sorted(f"op{n}" for n in range(30))


def test_a_long_line_and_a_large_block_stay_in_bounds(log: Path, follow: Follow) -> None:
    followed = follow(log.parent)
    followed.look()
    many = 3 * BLOCK_BYTES // len(line(0))
    append(log, "x" * (5 * BLOCK_BYTES) + "\n" + "".join(line(n) for n in range(many)))
    assert followed.look() == [f"op{n}" for n in range(many)]


def test_what_has_no_end_is_read_when_nothing_more_can_come(log: Path, follow: Follow) -> None:
    followed = follow(log.parent)
    append(log, line(2).rstrip())
    assert followed.look(to_the_end=True) == ["op0", "op1", "op2"]
