from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.conftest import ROOT

PROGRAM = """
from analyzer.analysis.contexts import Settings, context_mapper, mermaid, propose_contexts, render
from analyzer.analysis.whatif import record, what_if
from tests.contexts.planted import Shape, plant
from tests.contexts.telegram import telegram_fleet
from tests.whatif.test_what_if import GROUPING, campaign

fleet = plant(Shape(contexts=4, services=18, journeys=24, hubs=2, leak=0.2), 5)
for edges, journeys in ((fleet.edges, fleet.journeys), telegram_fleet()):
    found = propose_contexts(edges, journeys, settings=Settings(hubs="apart"))
    print(render(found), found.metrics.write_csv(), found.layers.write_csv())
    print(mermaid(found), context_mapper(found), *found.last_merges)
answer = what_if(record(campaign(runs=80)), GROUPING)
for table in (answer.frame, answer.failures, answer.contexts, answer.curve):
    print(table.write_csv())
print(answer.blast_radius, answer.availability, answer.loads, answer.plan)
"""


def output(**environment: str) -> bytes:
    run = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        check=True,
    )
    assert run.stderr == b""
    return run.stdout


@pytest.fixture(scope="module")
def first() -> bytes:
    return output(PYTHONHASHSEED="1", OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")


def test_another_hash_seed_changes_not_a_byte(first: bytes) -> None:
    assert output(PYTHONHASHSEED="2", OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1") == first


def test_more_threads_change_not_a_byte(first: bytes) -> None:
    threads = {"OMP_NUM_THREADS": "4", "OPENBLAS_NUM_THREADS": "4", "POLARS_MAX_THREADS": "4"}
    assert output(PYTHONHASHSEED="3", **threads) == first
