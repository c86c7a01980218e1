"""Compressed files: read by content, and what a damaged archive still gives is kept and named."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest

from analyzer.ingest.archives import BombLimit
from analyzer.ingest.discover import spooled
from analyzer.ingest.options import ReadingOptions
from tests.ingest.reading import read, read_files


def zstd(content: bytes) -> bytes:
    return pa.compress(content, codec="zstd", asbytes=True)  # type: ignore[no-any-return]


PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "bz2": bz2.compress,
    "xz": lzma.compress,
    "zstd": zstd,
}
LINES = 8_000


def content(start: int = 0) -> bytes:
    return "".join(
        f'{{"time":"2026-03-01T10:00:00.{n % 1000:03d}Z","msg":"m{(n * 7919) ** 5}","n":{n}}}\n'
        for n in range(start, start + LINES)
    ).encode()


@pytest.mark.parametrize("compression", PACKERS)
def test_archive_is_read_by_content_whatever_its_name(tmp_path: Path, compression: str) -> None:
    found = read_files(tmp_path, {"app.log.1": PACKERS[compression](content())})
    assert found.row("SELECT compression, lines, records FROM source_file") == {
        "compression": compression,
        "lines": LINES,
        "records": LINES,
    }


@pytest.mark.parametrize("compression", PACKERS)
def test_several_members_are_one_stream(tmp_path: Path, compression: str) -> None:
    pack = PACKERS[compression]
    found = read_files(tmp_path, {"app.log": pack(content()) + pack(content(LINES))})
    assert found.account()["records"] == 2 * LINES
    assert found.reasons() == []


@pytest.mark.parametrize("compression", PACKERS)
def test_truncated_archive_keeps_what_was_read_and_names_the_damage(
    tmp_path: Path, compression: str
) -> None:
    packed = PACKERS[compression](content())
    found = read_files(tmp_path, {"app.log": packed[: len(packed) * 3 // 4]})
    account = found.account()
    assert account["lines"] == account["records"] + account["quarantined"]
    reasons = [reason for *_, reason in found.reasons()]
    assert reasons.count("bad_archive") == 1
    if compression != "bz2":  # its one block of 900 kB holds the whole file
        assert account["records"] > LINES // 20


@pytest.mark.parametrize("compression", PACKERS)
def test_spoilt_archive_is_named(tmp_path: Path, compression: str) -> None:
    packed = bytearray(PACKERS[compression](content()))
    middle = len(packed) // 2
    packed[middle : middle + 64] = bytes(64)
    found = read_files(tmp_path, {"app.log": bytes(packed)})
    account = found.account()
    assert account["lines"] == account["records"] + account["quarantined"] + account["blank"]
    assert "bad_archive" in [reason for *_, reason in found.reasons()]


@pytest.mark.parametrize("compression", PACKERS)
def test_bomb_is_cut_named_and_what_came_before_is_read(tmp_path: Path, compression: str) -> None:
    limit = BombLimit(size=100_000, ratio=2)
    line = b'{"time":"2026-03-01T10:00:00Z","msg":"the same again and again"}\n'
    options = ReadingOptions(bomb_limit=limit)
    found = read_files(tmp_path, {"app.log": PACKERS[compression](line * 60_000)}, options=options)
    account = found.account()
    assert 0 < account["records"] < 60_000
    assert account["lines"] == account["records"] + account["quarantined"]
    [bomb] = found.rows("SELECT detail FROM quarantine WHERE reason = 'bad_archive'")
    assert "decompression bomb" in bomb["detail"]


def test_standard_input_is_spooled_whole_and_called_stdin(tmp_path: Path) -> None:
    packed = gzip.compress(content())
    file = spooled(io.BytesIO(packed), tmp_path)
    assert (file.name, file.folder, file.path.read_bytes()) == ("stdin", None, packed)
    found = read(tmp_path / "store.duckdb", file.path)
    assert found.account()["records"] == LINES
