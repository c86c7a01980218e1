"""A/A: how often the comparison sees a difference between stretches of the same steady load.

`python -m tests.benchmarks.against_itself [ANALYSIS]` takes the peak of the recorded fleet apart
into neighbouring stretches and compares them two by two, as `analyze validate` compares a replay
with a recording. Nothing changed between them, so every improved or regressed is false.
"""

from __future__ import annotations

import json
import sys
import tempfile
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import click

import analyzer as an
from analyzer.analysis.compare import Verdict
from analyzer.api.comparison import compare_recorded
from analyzer.api.journey_names import read_journey_names
from analyzer.api.objectives import read_objective_files
from analyzer.api.recorded import Part, Recorded
from tests.conftest import ROOT

SAMPLES = ROOT / "sample_logs"
SETTLED_SECONDS = 60
STRETCHES = (40, 60)


def peak_us() -> tuple[int, int]:
    """The steady peak of the recording, without the minute in which queues fill."""
    phases = json.loads((SAMPLES / "recording.json").read_text())["phases"]
    peak = next(phase for phase in phases if phase["name"] == "peak")
    start, end = (
        round(datetime.fromisoformat(peak[key]).astimezone(UTC).timestamp() * 1e6)
        for key in ("start", "end")
    )
    return start + SETTLED_SECONDS * 1_000_000, end


def main() -> None:
    """Print the verdicts by length of stretch."""
    names = read_journey_names(SAMPLES / "journeys.yaml")
    objectives = read_objective_files(SAMPLES / "slo.yaml").objectives
    with tempfile.TemporaryDirectory() as working:
        given = Path(sys.argv[1]) if len(sys.argv) > 1 else None
        analysis = an.open_analysis(given) if given else an.analyze(SAMPLES / "legacy", working)
        start, end = peak_us()
        for seconds in STRETCHES:
            edges = range(start, end + 1, seconds * 1_000_000)
            sides = [Recorded([Part(analysis, span, "peak")], names) for span in pairwise(edges)]
            found = [
                compare_recorded(one, other, objectives, seed=number).verdict
                for number, (one, other) in enumerate(pairwise(sides))
            ]
            false = sum(one in {Verdict.IMPROVED, Verdict.REGRESSED} for one in found)
            told = ", ".join(f"{found.count(one)} {one.value}" for one in Verdict)
            right = f"{len(found) - false} of {len(found)}"
            click.echo(f"{seconds} s: {right} without a false improved or regressed ({told})")


if __name__ == "__main__":
    main()
