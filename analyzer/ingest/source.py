"""What a finished file is made of, whatever it is packed in: lines, rows of a table, damage."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from analyzer.ingest import tables
from analyzer.ingest.archives import ArchiveDamage, read_chunks
from analyzer.ingest.lines import MAX_LINE_BYTES, Line, split_lines
from analyzer.ingest.options import ReadingOptions
from analyzer.ingest.reader import HEAD_LINES, MAX_DOCUMENT_BYTES, opens_document


def source_of(
    path: Path, compression: str, options: ReadingOptions
) -> Iterator[Line | ArchiveDamage | tables.Row]:
    """Yield the items of a file, `compression` being what `compression_of` says or parquet."""
    if compression == "parquet":
        yield from tables.read_parquet(path)
        return
    bomb = options.bomb_limit
    head = list(islice(split_lines(read_chunks(path, compression, bomb)), HEAD_LINES))
    # One line may hold a whole document (a trace export): then a line may be that long.
    long_document = opens_document(head) and isinstance(head[0], Line) and head[0].too_long
    limit = MAX_DOCUMENT_BYTES if long_document else MAX_LINE_BYTES
    yield from split_lines(read_chunks(path, compression, bomb), limit)
