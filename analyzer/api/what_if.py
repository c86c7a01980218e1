"""What merging would bring, for what a store holds: traces out, the relation `whatif` back in."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from analyzer.analysis.contexts import Constraints
from analyzer.analysis.whatif import Assumptions, WhatIf, what_if
from analyzer.api.merge_words import context_sentences, migration_sentences
from analyzer.api.recordings import Relation, one_trace_in, recording_of
from analyzer.store import Store

_BYTES_PER_MB = 1e6
_COLUMNS = (
    "context",
    "journey",
    "quantile",
    "before_ms",
    "predicted_ms",
    "low_ms",
    "high_ms",
    "n",
    "saved_low_ms",
    "saved_high_ms",
)
"""The columns of the relation; the value's frame has further ones."""


def predict(
    relation: Relation,
    folder: Path,
    context_of: Mapping[str, str],
    seed: int,
    wishes: Constraints | None = None,
) -> WhatIf:
    """Return what the grouping `context_of` (service -> context) is predicted to bring.

    `relation` runs a relation of the store in `folder`; `wishes` names owners and runtimes.
    """
    recording = recording_of(relation, folder)
    return what_if(recording, context_of, seed, _assumptions(relation, wishes or Constraints()))


def _assumptions(relation: Relation, wishes: Constraints) -> Assumptions:
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
        owner=wishes.owner,
        runtime=wishes.runtime,
    )


def write_what_if(store: Store, context_of: Mapping[str, str], seed: int) -> None:
    """Replace the relation `whatif` by the prediction for this grouping."""
    found = predict(store.frame, store.path.parent, context_of, seed)
    rows = found.frame.select(_COLUMNS).rows()
    said = {
        "whatif": [
            *context_sentences(found),
            *_sampled(one_trace_in(store.frame)),
            *found.warnings,
        ],
        "migration": migration_sentences(found),
    }
    with store.transaction():
        store.clear(["whatif"])
        store.append("whatif", rows)
        for topic in said:
            store.run("forget_findings", {"topic": topic})
        store.append(
            "finding",
            [(at, topic, line) for topic, lines in said.items() for at, line in enumerate(lines)],
        )


def _sampled(one_in: int) -> list[str]:
    if one_in == 1:
        return []
    return [f"Predicted from one trace in {one_in}, chosen by a hash of its id: n counts those."]
