"""Files that are JSON documents rather than lines: a document is one record and folded lines."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from analyzer.ingest.archives import ArchiveDamage
from analyzer.ingest.formats import json_text
from analyzer.ingest.formats.line_reader import LineReader
from analyzer.ingest.ledger import Ledger
from analyzer.ingest.lines import MAX_DOCUMENT_BYTES, Line
from analyzer.ingest.record import Rejected

HEAD_LINES = 16
"""So many lines decide what a file is."""


def opens_document(head: Sequence[Line | ArchiveDamage]) -> bool:
    """Tell from its first lines whether a file holds documents rather than lines."""
    lines = [item for item in head if isinstance(item, Line) and item.content.strip()]
    if not lines or not json_text.starts_document(lines[0].content):
        return False
    second = lines[1].content if len(lines) > 1 else None
    return not json_text.is_json_lines(lines[0].content, second)


def read_documents(
    source: Iterable[Line | ArchiveDamage], lines: LineReader, ledger: Ledger
) -> Iterator[None]:
    """Read all of a file; yields now and then so that the caller can flush and report."""
    content: list[Line] = []
    size = 0
    for item in source:
        if isinstance(item, ArchiveDamage):
            ledger.damaged(item)
        elif not item.content.strip():
            ledger.account.blank += 1
        else:
            size += len(item.content)
            # Beyond the limit only the count of lines matters.
            content.append(item if size <= MAX_DOCUMENT_BYTES else item._replace(content=b""))
        yield
    for document in _documents(content, size):
        first = document.lines[0]
        ledger.account.folded += len(document.lines) - 1
        if isinstance(document.value, Rejected):
            ledger.quarantine(document.value, first)
        else:
            ledger.enter(lines.read_value(document.value).readings, first)
        yield


def _documents(content: Sequence[Line], size: int) -> Iterator[json_text.Document]:
    if size > MAX_DOCUMENT_BYTES:
        yield json_text.Document(Rejected("too_long", "document over 128 MiB"), content)
    else:
        yield from json_text.split_documents(content)
