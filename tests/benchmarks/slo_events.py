# ruff: noqa: T201 - run as a program it prints its figure
"""How long one day of 10 million events takes to evaluate.

Run `python -m tests.benchmarks.slo_events`; it makes a store of its own in a temporary folder.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

from analyzer.api.objectives import evaluate_objectives
from analyzer.store import Store, query_relation
from tests.slo.samples import CAMPAIGN, read

MAKE = """
INSERT INTO slo_event
SELECT
    'j' || i AS journey_id, 'support' AS context, 'ticket-submit' AS journey,
    make_timestamp(CAST(1767225600000000 + i * 86400000000 // $n AS BIGINT)) AS t_start,
    make_timestamp(
        CAST(1767225600000000 + i * 86400000000 // $n + hash(i) % 5002000 AS BIGINT)
    ) AS t_end,
    CASE WHEN hash(i + 1) % 5000 = 0 THEN 'failed' ELSE 'success' END AS outcome,
    NULL AS reason, FALSE AS synthetic, NULL AS dedup_key, NULL AS campaign
FROM range($n) AS numbers(i)
"""


def main(n: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "analysis.duckdb"
        with Store(path) as store:
            store._connection.execute(MAKE, {"n": n})
        begin = time.perf_counter()
        report = evaluate_objectives(
            lambda name, parameters=None: query_relation(path, name, parameters), read(CAMPAIGN)
        )
        elapsed = time.perf_counter() - begin
        print(report.windows)
        print(f"{n:,} events evaluated in {elapsed:.2f} s")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000_000)
