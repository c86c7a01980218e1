"""The journeys of a store as the replay needs them, kept beside it once they are compiled.

Compiling takes seconds, and a what-if asks for the same recording again and again. The file is
safe to delete: it is made again, and so it is when the store's content or the code's layout is
no longer what it was made from.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator, Mapping
from hashlib import blake2b
from itertools import chain
from pathlib import Path

import polars as pl

from analyzer.analysis.whatif import Recording, record
from analyzer.analysis.whatif.tabular import from_frame, to_frame
from analyzer.api.output import RECORDING_NAME
from analyzer.model.span import Span
from analyzer.trace.adoption import adopt_all
from analyzer.trace.options import TraceOptions
from analyzer.trace.untraced import nested_groups, request_groups

_LAYOUT = "2"
"""Goes up when spans are compiled otherwise or the file's columns change."""

_MOST_SPANS = 2_000_000
"""Of larger stores one trace in so many is replayed, chosen by its id: memory stays bounded."""

Relation = Callable[..., pl.DataFrame]
"""Runs one of the store's relations by name, with parameters where it has any."""


def recording_of(relation: Relation, folder: Path) -> Recording:
    """Return the journeys of the store in `folder`, from the file beside it where that holds.

    A folder that cannot be written costs the next call its time and nothing else.
    """
    path, key = folder / RECORDING_NAME, _key(relation)
    kept = _read(path, key)
    if kept is not None:
        return kept
    made = _compiled(relation)
    with contextlib.suppress(OSError):
        _write(path, key, made)
    return made


def _compiled(relation: Relation) -> Recording:
    resolution = dict(relation("clock_resolution").rows())
    options = TraceOptions(resolution_ns=resolution)
    part = {"parts": one_trace_in(relation), "part": 0}
    traced = adopt_all(_spans(relation, "spans_by_trace", part), resolution)
    groups, _ = request_groups(_spans(relation, "spans_by_request", part), options.quiet_gap_ns)
    joined = chain.from_iterable(nested_groups(groups, resolution))
    return record(chain(traced, joined), options)


def _spans(relation: Relation, name: str, part: Mapping[str, int]) -> Iterator[Span]:
    return map(Span._make, relation(name, part).iter_rows())


def one_trace_in(relation: Relation) -> int:
    """Return of how many traces one is replayed: 1 unless there are millions of spans."""
    counts = relation("span_counts")
    spans = int(counts["traced"].item()) + int(counts["by_request"].item())
    return max(1, -(-spans // _MOST_SPANS))


def _key(relation: Relation) -> str:
    content = repr((_LAYOUT, relation("recording_key").row(0)))
    return blake2b(content.encode(), digest_size=16).hexdigest()


def _read(path: Path, key: str) -> Recording | None:
    """The recording in a file; None where there is none, a stale or a damaged one."""
    try:
        frame = pl.read_ipc(path)
        return from_frame(frame.drop("key")) if frame["key"].item() == key else None
    except (OSError, pl.exceptions.PolarsError, KeyError):
        return None


def _write(path: Path, key: str, recording: Recording) -> None:
    """Write the file whole or not at all; two that write at once do not meet."""
    partial = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        to_frame(recording).with_columns(key=pl.lit(key)).write_ipc(partial, compression="zstd")
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
