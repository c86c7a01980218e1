"""How much two services belong together: calls, journeys and further layers (METHODS 6).

Sums are taken over whole numbers only (logarithms and weights are rounded to a fixed grid
first), so the result is the same for any order of rows, any number of threads, and equal
evidence gives exactly equal affinity - which is what makes ties visible as ties.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy import sparse

from analyzer.analysis.contexts.fleet import Fleet, Floats, Ints
from analyzer.analysis.contexts.settings import Settings

GRID: Final = 2.0**32
"""Affinities are multiples of 1/GRID; sums over 500 x 500 services stay exact in a double."""

_LOG_GRID: Final = 2.0**24
_WEIGHT_GRID: Final = 2.0**30
_JOURNEY_FLOOR: Final = 0.05


@dataclass(frozen=True, slots=True)
class Affinity:
    """`total` in units of 1/GRID (whole numbers, zero diagonal); `layers` in 0..1 by name.

    `weights` gives the part that each layer has in `total`; a layer with weight 0 is shown
    and does not count. `silent` layers lost theirs, since they tie every pair alike.
    """

    total: Floats
    layers: Mapping[str, Floats]
    weights: Mapping[str, float]
    silent: tuple[str, ...] = ()

    def mean(self, rows: Ints, columns: Ints) -> float:
        """Mean affinity (0..1) between two disjoint sets of services."""
        if not len(rows) or not len(columns):
            return 0.0
        return float(self.total[np.ix_(rows, columns)].sum()) / (len(rows) * len(columns)) / GRID


def affinity(
    fleet: Fleet, settings: Settings, calls: Floats | None = None, times: Ints | None = None
) -> Affinity:
    """The affinity of every pair; `calls` and `times` replace counts in a resampled draw.

    `times` says how often each journey counts (default once).
    """
    layers = {
        "calls": call_layer(fleet.calls if calls is None else calls),
        "journeys": shared_layer(fleet.touches, times),
        **{name: shared_layer(items) for name, items in fleet.layers.items()},
    }
    silent = _silent(layers)
    weights = settings.weights(tuple(layers), silent)
    total = np.zeros((len(fleet.services), len(fleet.services)))
    for name, layer in layers.items():
        total += weights[name] * layer
    total = np.rint(total * GRID)
    np.fill_diagonal(total, 0.0)
    return Affinity(total=total, layers=layers, weights=weights, silent=silent)


def _silent(layers: Mapping[str, Floats]) -> tuple[str, ...]:
    """Journeys that tie every pair alike (all of them touch everything) say nothing.

    Beside calls they would only blur what those say; without calls they are all there is.
    """
    apart = ~np.eye(len(layers["journeys"]), dtype=np.bool_)
    ties = layers["journeys"][apart]
    if len(ties) and ties.min() > 0 and np.ptp(ties) < 1 / GRID and layers["calls"].any():
        return ("journeys",)
    return ()


def scaled_calls(calls: Floats) -> Floats:
    """log(1 + calls) in both directions together, zero diagonal, on the grid."""
    logs = np.rint(np.log1p(calls) * _LOG_GRID)
    both = logs + logs.T
    np.fill_diagonal(both, 0.0)
    return both / _LOG_GRID


def call_layer(calls: Floats) -> Floats:
    """Degree-normalised log call affinity, scaled to a maximum of 1."""
    scaled = scaled_calls(calls)
    degree = scaled.sum(axis=1)
    degree[degree == 0] = 1.0
    layer: Floats = scaled / np.sqrt(degree[:, None] * degree[None, :])
    peak = layer.max(initial=0.0)
    return layer / peak if peak > 0 else layer


def item_weights(touches: sparse.csr_array) -> Ints:
    """Squared idf of each journey (or item) on the grid: rare company says more."""
    size = np.diff(touches.indptr)
    idf = np.log((1 + touches.shape[1]) / (1 + size)) + _JOURNEY_FLOOR
    return np.rint(idf * idf * _WEIGHT_GRID).astype(np.int64)


def shared_layer(touches: sparse.csr_array, times: Ints | None = None) -> Floats:
    """Cosine of the idf-weighted rows of two services over journeys (or items of a layer)."""
    services = touches.shape[1]
    if touches.nnz == 0:
        return np.zeros((services, services))
    weight = item_weights(touches)
    if times is not None:
        weight = weight * times
    weighted = sparse.csr_array(touches.multiply(weight[:, None]))
    common = np.asarray((touches.T @ weighted).todense(), dtype=np.float64)
    norm = np.diag(common).copy()
    norm[norm == 0] = 1.0
    # Normalised before the product: both factors are exact, so is the symmetry.
    cosine: Floats = common / np.sqrt(norm[:, None] * norm[None, :])
    np.fill_diagonal(cosine, 0.0)
    return cosine
