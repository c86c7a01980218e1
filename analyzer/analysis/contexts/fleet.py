"""What is known of a fleet, as arrays: calls, journeys, and what else ties services together.

Everything is sorted by name before it becomes an array, and every array that is summed later
holds whole numbers, so that no answer depends on the order of the input or on threads.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy import sparse

from analyzer.analysis.contexts.tables import (
    LAYER_TABLE,
    read_edges,
    read_journeys,
    read_table,
)

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Evidence:
    """What else is known beside calls and journeys; everything is optional.

    `services` lists services that appear nowhere else (no edge, no journey). `layers` maps a
    layer's name to a frame (service, item): services that share an item (a table, an owner, a
    failing minute) belong together by that layer; it counts only with a weight in
    `Settings.layer_weights`. `owner`, `runtime` and `memory_mb` speak per service and are used
    by constraints.
    """

    services: Sequence[str] = ()
    layers: Mapping[str, Any] = field(default_factory=dict)
    owner: Mapping[str, str] = field(default_factory=dict)
    runtime: Mapping[str, str] = field(default_factory=dict)
    memory_mb: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Fleet:
    """A fleet as arrays over `services` (sorted): row = caller, column = callee.

    `calls` counts directed calls, `asynchronous` the asynchronous part of them, `time_ns` the
    time spent in them (zero where unknown). `touches` is journeys x services, 0 or 1; `volume`
    how often each journey ran. `calls_by_journey` is journeys x (services * services), the calls
    whose journey is known, or None where none is. `operations` holds (caller, callee, message,
    journey, calls) rows of edges that name a message.
    `layers` maps a layer's name to an items x services incidence.
    """

    services: tuple[str, ...]
    calls: Floats
    asynchronous: Floats
    time_ns: Ints
    journeys: tuple[str, ...]
    touches: sparse.csr_array
    volume: Floats
    calls_by_journey: sparse.csr_array | None
    operations: tuple[tuple[str, str, str, str, float], ...]
    layers: Mapping[str, sparse.csr_array]

    def without(self, left_out: Sequence[str]) -> Fleet:
        """The fleet as it looks without some services; journeys that touch nothing else stay."""
        gone = set(left_out)
        keep = np.array([name not in gone for name in self.services], dtype=np.bool_)
        square = np.ix_(keep, keep)
        by_journey = self.calls_by_journey
        return replace(
            self,
            services=tuple(name for name in self.services if name not in gone),
            calls=self.calls[square],
            asynchronous=self.asynchronous[square],
            time_ns=self.time_ns[square],
            touches=self.touches[:, keep],
            calls_by_journey=(
                None if by_journey is None else by_journey[:, np.outer(keep, keep).ravel()]
            ),
            operations=tuple(row for row in self.operations if not gone & {row[0], row[1]}),
            layers={name: items[:, keep] for name, items in self.layers.items()},
        )

    @property
    def messages(self) -> list[tuple[str, str]]:
        """(callee, message) pairs, each once, sorted."""
        return sorted({(callee, message) for _, callee, message, _, _ in self.operations})

    def calls_of(self, times: Ints) -> Floats:
        """Call counts if each journey had run `times` as often; what has no journey stays."""
        by_journey = self.calls_by_journey
        if by_journey is None:
            return self.calls
        change = (times - 1) @ by_journey
        return self.calls + np.asarray(change, dtype=np.float64).reshape(self.calls.shape)

    def with_journeys(self, chosen: Bools) -> Fleet:
        """The fleet as the chosen journeys alone show it; calls follow where they are known."""
        rows = np.flatnonzero(chosen)
        by_journey = self.calls_by_journey
        calls = self.calls
        if by_journey is not None:
            by_journey = by_journey[rows]
            calls = np.asarray(by_journey.sum(axis=0), dtype=np.float64).reshape(calls.shape)
        return replace(
            self,
            calls=calls,
            journeys=tuple(self.journeys[row] for row in rows),
            touches=self.touches[rows],
            volume=self.volume[rows],
            calls_by_journey=by_journey,
        )

    def fingerprint(self) -> bytes:
        """A hash of all that the grouping reads; equal for equal input in any order."""
        digest = hashlib.sha256()
        digest.update("\0".join((*self.services, "", *self.journeys)).encode())
        digest.update(self.calls.tobytes())
        sources = [self.touches, *(self.layers[name] for name in sorted(self.layers))]
        if self.calls_by_journey is not None:
            sources.append(self.calls_by_journey)
        for matrix in sources:
            for part in (matrix.indptr, matrix.indices, matrix.data):
                digest.update(np.asarray(part, dtype=np.float64).tobytes())
        return digest.digest()


def assemble(edges: object, journeys: object, evidence: Evidence) -> Fleet:
    """A `Fleet` from frames; raises `UsageError` that names every wrong column."""
    edge_frame, journey_frame = read_edges(edges), read_journeys(journeys)
    layers = {
        name: read_table(table, f"layer {name!r}", LAYER_TABLE)
        for name, table in sorted(evidence.layers.items())
    }
    services = _services(edge_frame, journey_frame, layers, evidence)
    index = {name: at for at, name in enumerate(services)}
    touched = _touches(edge_frame, journey_frame)
    names = tuple(touched.get_column("journey").unique().sort().to_list())
    size = len(services)
    asynchronous = edge_frame.filter(pl.col("mode") == "async")
    operations = edge_frame.filter(pl.col("message") != "").select(
        "caller", "callee", "message", "journey", "calls"
    )
    return Fleet(
        services=services,
        calls=_square(edge_frame, "calls", index),
        asynchronous=_square(asynchronous, "calls", index),
        time_ns=_square(edge_frame, "time_ns", index).astype(np.int64),
        journeys=names,
        touches=incidence(touched, ("journey", "service"), names, index),
        volume=_volume(touched),
        calls_by_journey=_calls_by_journey(edge_frame, names, index, size),
        operations=tuple(operations.sort(pl.all()).rows()),
        layers={name: _layer(table, index) for name, table in layers.items()},
    )


def _services(
    edges: pl.DataFrame,
    journeys: pl.DataFrame,
    layers: Mapping[str, pl.DataFrame],
    evidence: Evidence,
) -> tuple[str, ...]:
    names = {str(name) for name in evidence.services}
    for column in (edges["caller"], edges["callee"], journeys["service"]):
        names.update(column.to_list())
    for table in layers.values():
        names.update(table["service"].to_list())
    return tuple(sorted(names))


def _touches(edges: pl.DataFrame, journeys: pl.DataFrame) -> pl.DataFrame:
    """Rows (journey, service, weight): as stated, and as the calls of a journey imply.

    A service that reports no span of its own is still touched where a journey calls it. What is
    implied weighs 1 beside a stated journey, whose weights say how often it ran.
    """
    stated = journeys.filter(pl.col("weight") > 0)
    named = edges.filter((pl.col("journey") != "") & (pl.col("calls") > 0))
    implied = pl.concat(
        named.select("journey", pl.col(end).alias("service"), weight=pl.lit(1.0))
        for end in ("caller", "callee")
    )
    return (
        pl.concat([stated, implied])
        .group_by("journey", "service")
        .agg(pl.col("weight").max())
        .sort("journey", "service")
    )


def _volume(touched: pl.DataFrame) -> Floats:
    per_journey = touched.group_by("journey").agg(pl.col("weight").max()).sort("journey")
    return per_journey.get_column("weight").to_numpy().astype(np.float64)


def _square(edges: pl.DataFrame, column: str, index: Mapping[str, int]) -> Floats:
    matrix = np.zeros((len(index), len(index)))
    # Sorted by value: a sum of fractions must not depend on the order of the rows.
    summed = (
        edges.sort("caller", "callee", column)
        .group_by("caller", "callee", maintain_order=True)
        .agg(pl.col(column).sum())
    )
    for caller, callee, amount in summed.rows():
        matrix[index[caller], index[callee]] = amount
    return matrix


def incidence(
    table: pl.DataFrame,
    columns: tuple[str, str],
    items: Sequence[str],
    index: Mapping[str, int],
) -> sparse.csr_array:
    """Items x services, 1 where the table has the pair; `columns` = (item, service)."""
    row_of = {name: at for at, name in enumerate(items)}
    pairs = table.select(columns).unique().sort(columns)
    rows = np.array([row_of[name] for name in pairs.get_column(columns[0])], dtype=np.int64)
    cells = np.array([index[name] for name in pairs.get_column(columns[1])], dtype=np.int64)
    ones = np.ones(len(rows), dtype=np.int64)
    matrix = sparse.csr_array((ones, (rows, cells)), shape=(len(items), len(index)))
    matrix.sort_indices()
    return matrix


def _layer(table: pl.DataFrame, index: Mapping[str, int]) -> sparse.csr_array:
    items = table.get_column("item").unique().sort().to_list()
    return incidence(table, ("item", "service"), items, index)


def _calls_by_journey(
    edges: pl.DataFrame, names: Sequence[str], index: Mapping[str, int], size: int
) -> sparse.csr_array | None:
    """Per-journey counts, or None where no edge says which journey made it."""
    if edges.is_empty() or not (edges["journey"] != "").any():
        return None
    row_of = {name: at for at, name in enumerate(names)}
    table = edges.filter(pl.col("journey").is_in(list(names))).sort(
        "journey", "caller", "callee", "calls"
    )
    rows = [row_of[name] for name in table.get_column("journey")]
    cells = [
        index[caller] * size + index[callee]
        for caller, callee in table.select("caller", "callee").rows()
    ]
    matrix = sparse.csr_array(
        (table.get_column("calls").to_numpy(), (rows, cells)), shape=(len(names), size * size)
    )
    matrix.sum_duplicates()
    return matrix
