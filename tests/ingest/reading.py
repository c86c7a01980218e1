"""Reads files into a store through the public doors and looks at what came of it."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from analyzer.ingest.columnar.book import Book
from analyzer.ingest.columnar.sorting import Sorted, sort
from analyzer.ingest.discover import LogFile, discover
from analyzer.ingest.events import Again, Finished, Job, Rows
from analyzer.ingest.formats.split_lines import SplitLines
from analyzer.ingest.lines import BLOCK_BYTES, Block
from analyzer.ingest.load import IngestResult, ingest
from analyzer.ingest.mask import Masker
from analyzer.ingest.options import ReadingOptions
from analyzer.ingest.reading import read_file
from analyzer.store import Store, query

SECRET = b"a key of the tests"
TABLES = ("source_file", "quarantine", "log_record", "span", "measurement", "file_note")


@dataclass(slots=True)
class Ingested:
    """A store after a run, and what the run said of itself."""

    store: Path
    results: list[IngestResult] = field(default_factory=list)

    def rows(self, sql: str) -> list[dict[str, Any]]:
        return query(self.store, sql).to_dicts()

    def row(self, sql: str) -> dict[str, Any]:
        (only,) = self.rows(sql)
        return only

    def account(self, path: str | None = None) -> dict[str, int]:
        """The account of one file, or of all files together."""
        where = "" if path is None else f"WHERE path = '{path}'"
        return self.row(
            "SELECT sum(lines)::BIGINT AS lines, sum(records)::BIGINT AS records, "
            "sum(quarantined)::BIGINT AS quarantined, sum(blank)::BIGINT AS blank, "
            "sum(folded)::BIGINT AS folded, sum(excluded)::BIGINT AS excluded "
            f"FROM source_file {where}"
        )

    def reasons(self) -> list[tuple[int, int, str]]:
        """(line number, byte offset, reason) of every quarantine row, in order."""
        found = self.rows("SELECT * FROM quarantine ORDER BY path, line_number, byte_offset")
        return [(row["line_number"], row["byte_offset"], row["reason"]) for row in found]

    def contents(self) -> dict[str, list[tuple[Any, ...]]]:
        """Everything that a rerun must reproduce, sorted; only the time of reading is left out."""
        found = {}
        for table in TABLES:
            leave = "EXCLUDE (ingested_at, modified_ns)" if table == "source_file" else ""
            rows = query(self.store, f"SELECT * {leave} FROM {table}").rows()
            found[table] = sorted(rows, key=repr)
        return found


def read(
    store: Path,
    *roots: Path,
    keep_ids: bool = False,
    options: ReadingOptions | None = None,
    workers: int | None = None,
) -> Ingested:
    """Bring the store at `store` up to date with `roots`."""
    with Store(store) as opened:
        result = ingest(
            opened,
            discover(roots),
            Masker(SECRET, keep_ids=keep_ids),
            options or ReadingOptions(),
            workers=workers,
        )
    return Ingested(store, [result])


def read_files(folder: Path, files: Mapping[str, bytes | str], **given: Any) -> Ingested:
    """Write `files` below `folder`/logs and read them into a new store beside it."""
    for name, content in files.items():
        path = folder / "logs" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return read(folder / "store.duckdb", folder / "logs", **given)


def count_lines_read_alone(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return a list that gets, for each block read from now on, how many lines go one by one."""
    counted: list[int] = []

    def counting(book: Book, block: Block, splits: SplitLines) -> Sorted:
        found = sort(book, block, splits)
        counted.append(len(found.others))
        return found

    monkeypatch.setattr("analyzer.ingest.reader.sort", counting)
    return counted


def count_lines(content: bytes) -> int:
    """Count lines as `wc -l` does, and a last line without its end as one more."""
    return content.count(b"\n") + (not content.endswith(b"\n") and content != b"")


def rows_of(content: bytes, block_bytes: int = BLOCK_BYTES) -> dict[str, Any]:
    """What reading one file makes of `content`, without a store: rows by table, and the tally."""
    found: dict[str, list[tuple[Any, ...]]] = {}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "x.log")
        path.write_bytes(content)
        options = ReadingOptions(block_bytes=block_bytes)
        for event in read_file(Job(LogFile(path, "x.log", None), Masker(SECRET), options)):
            if isinstance(event, Again):
                found.clear()
            elif isinstance(event, Rows):
                rows = zip(*(column.to_pylist() for column in event.rows), strict=True)
                found.setdefault(event.table, []).extend(rows)
    assert isinstance(event, Finished)
    assert event.tally.account.lines == count_lines(content)
    return {name: sorted(rows, key=repr) for name, rows in found.items()} | {"tally": event.tally}
