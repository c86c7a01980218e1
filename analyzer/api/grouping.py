"""The proposal of contexts for what a store holds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import polars as pl

from analyzer.analysis.contexts import (
    Constraints,
    ContextMap,
    Evidence,
    failure_coupling,
    propose_contexts,
)
from analyzer.analysis.contexts.settings import Settings
from analyzer.errors import ConfigurationError
from analyzer.store import Store

_FEWEST_JOURNEYS = 3
_MOST_SERVICES = 600
"""Affinity is a matrix of services by services, resampled: beyond this the busiest are grouped."""
_RARE = 1_000
"""A variant that makes up less than a thousandth of all runs is an accident of logging."""


def propose(
    frame: Callable[[str], pl.DataFrame], constraints: Constraints | None, seed: int
) -> ContextMap:
    """Return the proposal of contexts for the services that report for themselves.

    Peers that only others speak of (databases, brokers, foreign services) are no candidates for
    a merge; which services share one stands beside the proposal as the layer `data_store`, and
    which fail in the same minutes as `failure_coupling`; neither has a weight of its own. Of
    more than six hundred services the busiest are grouped (`left_out` says so).
    """
    edges, journeys = _evidence(frame)
    reporting = frame("reporting_services").to_series()
    names = _busiest(reporting, edges)
    edges = edges.filter(pl.col("caller").is_in(names.implode()))
    inside = pl.col("callee").is_in(names.implode())
    with _blaming(constraints):
        return propose_contexts(
            edges.filter(inside),
            journeys.filter(pl.col("service").is_in(names.implode())),
            constraints=constraints,
            seed=seed,
            settings=Settings(hubs="apart"),
            evidence=Evidence(
                services=tuple(names),
                layers={
                    "data_store": edges.filter(~pl.col("callee").is_in(reporting.implode()))
                    .select(pl.col("caller").alias("service"), pl.col("callee").alias("item"))
                    .unique()
                    .sort("service", "item"),
                    "failure_coupling": failure_coupling(
                        frame("failing_minutes").select(
                            pl.col("service_name"), time=pl.from_epoch("minute_ns", time_unit="ns")
                        )
                    ).filter(pl.col("service").is_in(names.implode())),
                },
            ),
        )


@contextmanager
def _blaming(constraints: Constraints | None) -> Iterator[None]:
    """Say in front of every problem of the wishes which file they stand in."""
    try:
        yield
    except ConfigurationError as error:
        if constraints is None or constraints.source is None:
            raise
        said = [f"{constraints.source}: {problem}" for problem in error.problems]
        raise ConfigurationError(said) from error


def _busiest(names: pl.Series, edges: pl.DataFrame) -> pl.Series:
    """The services with the most calls to or from others, ties by name; sorted by name."""
    if len(names) <= _MOST_SERVICES:
        return names
    ends = pl.concat(
        edges.select(pl.col(end).alias("service_name"), "calls") for end in ("caller", "callee")
    )
    return (
        pl.DataFrame({"service_name": names})
        .join(ends.group_by("service_name").agg(pl.col("calls").sum()), "service_name", "left")
        .sort(pl.col("calls").fill_null(0), "service_name", descending=[True, False])
        .head(_MOST_SERVICES)["service_name"]
        .sort()
    )


def left_out(reporting: int, grouped: int) -> list[str]:
    """What to say of services that were not grouped; nothing where all were."""
    if reporting <= _MOST_SERVICES:
        return []
    return [
        (
            f"grouped: the {grouped:,} services with most calls of {reporting:,}; the others "
            "stay as they are. Analyse a part of the fleet to group its services."
        )
    ]


def _evidence(frame: Callable[[str], pl.DataFrame]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Edges and journeys; where one entry operation serves everything, its variants.

    A journey that touches every service ties all of them alike and so says nothing. What it
    touched in each run still does.
    """
    edges, journeys = frame("service_edges"), frame("journey_services")
    if journeys.get_column("journey").n_unique() >= _FEWEST_JOURNEYS:
        return edges, journeys
    variants = frame("journey_variants")
    runs = variants.group_by("journey").agg(pl.col("weight").max())["weight"].sum()
    return edges.drop("journey"), variants.filter(pl.col("weight") * _RARE >= runs)


def write_contexts(store: Store, contexts: ContextMap) -> None:
    """Replace the table `bounded_context` by this proposal."""
    with store.transaction():
        store.clear(["bounded_context"])
        store.append("bounded_context", contexts.frame.rows())
        store.run("forget_findings", {"topic": "context"})
        words = left_out(len(store.frame("reporting_services")), contexts.frame.height)
        words += [*contexts.notes, *(str(hint) for hint in contexts.split_hints)]
        words += _neighbours(contexts)
        store.append("finding", [(at, "context", text) for at, text in enumerate(words)])
        store.clear(["grouping_quality"])
        store.append("grouping_quality", contexts.metrics.with_row_index("place").rows())


def _neighbours(contexts: ContextMap) -> list[str]:
    """Return the cuts beside the proposed one in words, each with its modularity."""
    return [
        f"with {row['contexts']} contexts: {row['change']} (modularity {row['modularity']:.3f})"
        for row in contexts.alternatives.iter_rows(named=True)
        if not row["chosen"]
    ]
