"""Objectives over what a store holds: files in, a report of both verdicts out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple, Protocol

import polars as pl

from analyzer.api.journey_names import UNNAMED, JourneyNames
from analyzer.api.slo_report import SloReport
from analyzer.errors import ConfigurationError
from analyzer.slo.evaluate import Bucket, Evaluation, evaluate, origin_us
from analyzer.slo.events import FAILURES, EventClass, EventCounts
from analyzer.slo.live import SECOND_US
from analyzer.slo.spec import (
    Objective,
    ObjectiveSet,
    Settings,
    SourceText,
    read_objectives,
)

FINE_SPAN_US = 2 * 86_400 * SECOND_US
FINE_BUCKET_US, COARSE_BUCKET_US = SECOND_US, 60 * SECOND_US


class Frames(Protocol):
    """Runs a relation of the store and returns its frame."""

    def __call__(self, name: str, parameters: dict[str, object] | None = None, /) -> pl.DataFrame:
        """Return the result of `sql/<name>.sql`."""


def read_objective_files(
    paths: str | Path | Iterable[str | Path], settings: Settings | None = None
) -> ObjectiveSet:
    """The objectives in `paths`: files, or folders searched for *.yaml and *.yml.

    Raises:
        ConfigurationError: a file cannot be read, or what it says is refused (all at once).
    """
    listed = [paths] if isinstance(paths, str | Path) else list(paths)
    files: list[Path] = []
    for path in map(Path, listed):
        found = sorted(p for p in path.rglob("*") if p.suffix in {".yaml", ".yml"})
        files += found if path.is_dir() else [path]
    if not files:
        raise ConfigurationError([f"{listed[0] if listed else ''}: no .yaml or .yml file there"])
    sources: list[SourceText] = []
    for file in files:
        try:
            sources.append(SourceText(str(file), file.read_text("utf-8")))
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "not UTF-8 text"
            raise ConfigurationError([f"{file}: cannot be read ({reason})"]) from error
    return read_objectives(sources, settings or Settings())


def evaluate_objectives(
    frames: Frames,
    found: ObjectiveSet,
    names: JourneyNames | None = None,
) -> SloReport:
    """Evaluate every objective over all events of the store that `frames` reads."""
    return evaluate_stretches([Stretch(frames, _span(frames("slo_journeys")))], found, names)


class Stretch(NamedTuple):
    """What starts within [from, until) of `span` (microseconds UTC) in one store."""

    frames: Frames
    span: tuple[int, int]


def evaluate_stretches(
    stretches: Sequence[Stretch], found: ObjectiveSet, names: JourneyNames | None = None
) -> SloReport:
    """Evaluate every objective over some stretches, in order of time, taken together."""
    known = [stretch.frames("slo_journeys") for stretch in stretches]
    evaluations: list[Evaluation] = []
    notes: list[str] = []
    for objective in found.objectives:
        if objective.source is None:
            notes.append(f"{objective.name}: only {objective.known_by} knows it; not evaluated")
            continue
        pairs = [journey_pairs(frame, objective, names or UNNAMED) for frame in known]
        if not any(pairs):
            notes.append(_absent(objective, known[0]))
        buckets = [
            bucket
            for stretch, own in zip(stretches, pairs, strict=True)
            for bucket in _buckets(stretch, objective, own)
        ]
        begin_us, end_us = stretches[0].span[0], stretches[-1].span[1]
        evaluations.append(evaluate(objective, buckets, begin_us, end_us))
    return SloReport(evaluations, notes)


def journey_pairs(
    known: pl.DataFrame, objective: Objective, names: JourneyNames
) -> list[tuple[str, str]]:
    """The (context, journey) pairs of the store that are the objective's journey."""
    wanted = objective.context, objective.journey
    pairs = [(str(c), str(j)) for c, j in known.select("context", "journey").rows()]
    return [pair for pair in pairs if pair == wanted or names.name(*pair) == wanted]


def _absent(objective: Objective, known: pl.DataFrame) -> str:
    listed = [f"{c} / {j}" for c, j in known.select("context", "journey").head(5).rows()]
    there = f"the busiest there are {', '.join(listed)}" if listed else "there are no journeys"
    return (
        f"{objective.name}: no journey {objective.context} / {objective.journey} in these logs; "
        f"{there}. Map names with --journeys FILE."
    )


def _buckets(stretch: Stretch, objective: Objective, pairs: list[tuple[str, str]]) -> list[Bucket]:
    begin_us, end_us = stretch.span
    deadline_ms = objective.deadline_ms
    fine = end_us - begin_us <= FINE_SPAN_US
    bucket_us = FINE_BUCKET_US if fine else COARSE_BUCKET_US
    first_us = origin_us(objective, end_us)
    frame = stretch.frames(
        "slo_event_class",
        {
            "contexts": [context for context, _ in pairs],
            "journeys": [journey for _, journey in pairs],
            "excludes_synthetic": objective.valid.excludes_synthetic,
            "first_of_dedup_key": objective.valid.first_of_dedup_key,
            "excluded": sorted(objective.valid.excluded_outcomes),
            "failures": sorted(FAILURES),
            "overdue_is_bad": objective.overdue_is_bad,
            "deadline_us": None if deadline_ms is None else deadline_ms * 1000,
            "now_us": end_us - 1,
            "origin_us": first_us,
            "bucket_us": bucket_us,
            "with_ids": False,
        },
    )
    return [
        bucket
        for bucket in buckets_of(frame, first_us, bucket_us)
        if begin_us < bucket.start_us + bucket_us and bucket.start_us < end_us
    ]


def _span(known: pl.DataFrame) -> tuple[int, int]:
    """From the first start to just after the last end of any event: the recording."""
    if known.is_empty():
        return 0, 0
    first, last = known.select(pl.col("first_us").min(), pl.col("last_us").max()).row(0)
    return int(first), int(last) + 1


def buckets_of(frame: pl.DataFrame, first_us: int, bucket_us: int) -> list[Bucket]:
    """Rows of `slo_event_class` as buckets, in order of time."""
    counts: dict[int, dict[str, int]] = {}
    bad: dict[int, tuple[int, int]] = {}
    for row in frame.iter_rows(named=True):
        counts.setdefault(row["bucket"], {})[row["event_class"]] = row["events"]
        if row["event_class"] == EventClass.BAD:
            bad[row["bucket"]] = row["first_us"], row["last_us"]
    return [
        Bucket(first_us + index * bucket_us, EventCounts(**found), *bad.get(index, (None, None)))
        for index, found in sorted(counts.items())
    ]
