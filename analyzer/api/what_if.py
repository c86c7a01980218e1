"""What merging would bring, for what a store holds: traces out, the relation `whatif` back in."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import polars as pl

from analyzer.analysis.whatif import Assumptions, WhatIf, what_if
from analyzer.api.recordings import Relation, one_trace_in, recording_of
from analyzer.store import Store

_SHOWN = ("p50", "p95", "p99")
_BYTES_PER_MB = 1e6
_COLUMNS = 8
"""The columns of the relation; the value's frame has further ones behind them."""


def predict(relation: Relation, folder: Path, context_of: Mapping[str, str], seed: int) -> WhatIf:
    """Return what the grouping `context_of` (service -> context) is predicted to bring.

    `relation` runs a relation of the store in `folder`.
    """
    recording = recording_of(relation, folder)
    return what_if(recording, context_of, seed, _assumptions(relation))


def _assumptions(relation: Relation) -> Assumptions:
    """Return what the processes logged of themselves: memory in MB, processor time in cores."""
    samples: dict[str, dict[str, list[tuple[int, float]]]] = {}
    for service, name, time_ns, value in relation("resource_samples").iter_rows():
        samples.setdefault(name, {}).setdefault(service, []).append((time_ns, value))
    memory = samples.get("process.memory.usage", {})
    return Assumptions(
        memory={
            service: [(time_ns, value / _BYTES_PER_MB) for time_ns, value in rows]
            for service, rows in memory.items()
        },
        cpu=samples.get("process.cpu.utilization", {}),
    )


def write_what_if(store: Store, context_of: Mapping[str, str], seed: int) -> None:
    """Replace the relation `whatif` by the prediction for this grouping."""
    found = predict(store.frame, store.path.parent, context_of, seed)
    rows = [row[:_COLUMNS] for row in found.frame.rows()]
    with store.transaction():
        store.clear(["whatif"])
        store.append("whatif", rows)
        store.run("forget_findings", {"topic": "whatif"})
        said = [*_sampled(one_trace_in(store.frame)), *found.warnings]
        words = [(at, "whatif", sentence) for at, sentence in enumerate(said)]
        store.append("finding", words)


def _sampled(one_in: int) -> list[str]:
    if one_in == 1:
        return []
    return [f"Predicted from one trace in {one_in}, chosen by a hash of its id: n counts those."]


def readable_what_if(stored: pl.DataFrame) -> pl.DataFrame:
    """Return the relation as people compare it: one row per journey, most saved first.

    Columns context, journey, n, p50, p95, p99 (each `before -> predicted`), saved (at the
    highest quantile that n allows).
    """
    journeys: dict[tuple[str, str], dict[str, object]] = {}
    for row in stored.sort("context", "journey", "quantile").iter_rows(named=True):
        shown = journeys.setdefault(
            (row["context"], row["journey"]), {"n": row["n"], "saved_ms": 0.0}
        )
        before, after = row["before_ms"], row["predicted_ms"]
        name = f"p{100 * row['quantile']:g}"
        if before is None or after is None:
            shown[name] = "not enough data"
        else:
            shown[name] = f"{_ms(before)} → {_ms(after)}"
            shown["saved_ms"] = before - after
    rows = [
        (context, journey, shown["n"], *(shown.get(name) for name in _SHOWN), shown["saved_ms"])
        for (context, journey), shown in journeys.items()
    ]
    schema = {
        "context": pl.String,
        "journey": pl.String,
        "n": pl.Int64,
        **dict.fromkeys(_SHOWN, pl.String),
        "saved_ms": pl.Float64,
    }
    frame = pl.DataFrame(rows, schema=schema, orient="row")
    return frame.sort("saved_ms", "context", "journey", descending=[True, False, False])


def _ms(value: float) -> str:
    return f"{value / 1_000:,.2f} s" if value >= 1_000 else f"{value:,.1f} ms"
