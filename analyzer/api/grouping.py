"""The proposal of contexts for what a store holds."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl

from analyzer.analysis.contexts import Constraints, ContextMap, Evidence, propose_contexts
from analyzer.analysis.contexts.settings import Settings
from analyzer.store import Store


def propose(
    frame: Callable[[str], pl.DataFrame], constraints: Constraints | None, seed: int
) -> ContextMap:
    """Return the proposal of contexts for the services that report for themselves.

    Peers that only others speak of (databases, brokers, foreign services) are no candidates for
    a merge; which services share one stands beside the proposal as the layer `data_store`.
    """
    reporting = frame("reporting_services")
    names = reporting.to_series()
    edges = frame("service_edges")
    inside = pl.col("callee").is_in(names.implode())
    return propose_contexts(
        edges.filter(pl.col("caller").is_in(names.implode()), inside),
        frame("journey_services").filter(pl.col("service").is_in(names.implode())),
        constraints=constraints,
        seed=seed,
        settings=Settings(hubs="apart"),
        evidence=Evidence(
            services=tuple(names),
            layers={
                "data_store": edges.filter(~inside)
                .select(pl.col("caller").alias("service"), pl.col("callee").alias("item"))
                .unique()
                .sort("service", "item")
            },
        ),
    )


def write_contexts(store: Store, contexts: ContextMap) -> None:
    """Replace the table `bounded_context` by this proposal."""
    with store.transaction():
        store.clear(["bounded_context"])
        store.append("bounded_context", contexts.frame.rows())
        store.run("forget_findings", {"topic": "context"})
        store.append("finding", [(at, "context", note) for at, note in enumerate(contexts.notes)])
