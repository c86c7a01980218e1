"""A process killed within a file: a rerun goes on from the last mark to the undisturbed store."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from analyzer.ingest import writing
from analyzer.ingest.options import ReadingOptions
from tests.conftest import ROOT
from tests.ingest.reading import Ingested, read
from tests.ingest.test_incremental import assert_equals_fresh

LINES = 6_000
WRITE_PART = writing.FileWriting._write_part
SMALL = ReadingOptions(block_bytes=1 << 14, commit_rows=200)
RUN = """
import sys
from pathlib import Path
from tests.ingest.reading import SECRET
from tests.ingest.test_killed import SMALL
from analyzer.ingest import reading
from analyzer.ingest.discover import discover
from analyzer.ingest.load import ingest
from analyzer.ingest.mask import Masker
from analyzer.store import Store
reading._TELL_LINES = 500
with Store(Path(sys.argv[1])) as store:
    ingest(store, discover([Path(sys.argv[2])]), Masker(SECRET), SMALL,
           lambda progress: print(progress.lines, flush=True))
"""


def stamp(n: int) -> str:
    return f"2026-03-01T10:{n // 60 % 60:02d}:{n % 60:02d}.{n % 1000:03d}Z"


def docker(source: random.Random) -> Iterator[str]:
    """Two streams of a container: lines in pieces, tracebacks, a line of nobody."""
    for n in range(LINES):
        stream = source.choice(["stdout", "stderr"])
        text = source.choice([
            f"{stamp(n)} INFO a.b request done method=GET path=/x/{n} duration_ms={n % 90}\n",
            f"{stamp(n)} ERROR a.b it broke\n",
            "Traceback (most recent call last):\n", '  File "x.py", line 7\n', "ValueError: no\n",
            f"{stamp(n)} INFO a.b half of", " a line\n",
        ])  # fmt: skip
        yield json.dumps({"log": text, "stream": stream, "time": stamp(n)})


def cri(source: random.Random) -> Iterator[str]:
    for n in range(LINES):
        stream, tag = source.choice(["stdout", "stderr"]), source.choice("FFFP")
        text = source.choice(["INFO done", "  at x", "level=warn a=1"])
        yield f"{stamp(n)} {stream} {tag} {text}"


def compose(source: random.Random) -> Iterator[str]:
    for n in range(LINES):
        text = source.choice(
            [f"{stamp(n)} WARN a.b late n={n}", "    at com.example.Main(M.java)"]
        )
        yield f"{source.choice(['faq', 'tickets'])}-1  | {text}"


def syslog(source: random.Random) -> Iterator[str]:
    for n in range(LINES):
        clock = f"{n // 3600 % 24:02d}:{n // 60 % 60:02d}:{n % 60:02d}"
        yield source.choice([f"Mar  1 {clock} host app[7]: request {n} done", "\tgoes on", "?"])


def lists(source: random.Random) -> Iterator[str]:
    """JSON that no template describes, with garbage and blank lines between."""
    for n in range(LINES):
        line = {"time": stamp(n), "msg": f"n {n}", "level": "info", "tags": [n, "x"]}
        yield source.choice([json.dumps(line)] * 8 + ["", "garbage", '{"time": "'])


def columns(source: random.Random) -> Iterator[str]:
    for n in range(LINES):
        line = {"time": stamp(n), "msg": f"n {n}", "level": "info", "duration_ms": n % 70}
        line["op"] = f"GET /x/{source.randrange(99)}"
        yield source.choice([json.dumps(line)] * 20 + ["Traceback (most recent call last):", "?"])


STYLES: list[Callable[[random.Random], Iterator[str]]] = [
    docker, cri, compose, syslog, lists, columns,
]  # fmt: skip


def written(folder: Path, style: Callable[[random.Random], Iterator[str]]) -> Path:
    logs = folder / "logs"
    logs.mkdir()
    lines = "\n".join(style(random.Random(7)))
    (logs / "x.log").write_text(lines + "\n")
    return logs


@pytest.mark.parametrize("style", STYLES)
def test_a_file_is_left_at_marks_and_gone_on_with(
    tmp_path: Path, style: Callable[[random.Random], Iterator[str]]
) -> None:
    """Every transaction of a file is left once, and the next begins from its mark alone."""
    logs = written(tmp_path, style)
    left = 0
    with pytest.MonkeyPatch.context() as patch:
        for _ in range(3):
            stop_behind(patch, marks=2)
            with pytest.raises(KeyboardInterrupt):
                read(tmp_path / "store.duckdb", logs, options=SMALL)
            kept = Ingested(tmp_path / "store.duckdb")
            assert kept.row("SELECT format FROM source_file") == {"format": "reading"}
            before, left = left, kept.account()["lines"]
            assert left > before
    assert_equals_fresh(tmp_path, logs)


def stop_behind(patch: pytest.MonkeyPatch, marks: int) -> None:
    """Let reading be interrupted right behind its next committed marks."""
    count = 0

    def counted(self: writing.FileWriting, *given: object) -> bool:
        nonlocal count
        if count == marks:
            raise KeyboardInterrupt
        count += 1
        return WRITE_PART(self, *given)  # type: ignore[arg-type]

    patch.setattr(writing.FileWriting, "_write_part", counted)


def test_killed_within_a_file_and_rerun_equals_an_undisturbed_run(tmp_path: Path) -> None:
    logs, moments = written(tmp_path, docker), random.Random(7)
    store = tmp_path / "store.duckdb"
    reached = []
    for _ in range(4):
        with subprocess.Popen(
            [sys.executable, "-c", RUN, store, logs], cwd=ROOT, stdout=subprocess.PIPE
        ) as run:
            assert run.stdout is not None
            for _ in range(moments.randint(2, 6)):
                run.stdout.readline()
            run.send_signal(signal.SIGKILL)
        if Ingested(store).rows("SELECT 1 FROM source_file"):
            reached.append(Ingested(store).account()["lines"])
    assert reached
    assert reached == sorted(reached)
    assert_equals_fresh(tmp_path, logs)
