"""A recording as one flat frame and back, so that it can be kept in a file."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import chain, pairwise

import numpy as np
import polars as pl

from analyzer.analysis.whatif.recording import Recording
from analyzer.analysis.whatif.runs import HEADS, PAIRS, SITES, SPANS, Ints, Parts, Runs

_GRAINS = {"spans": SPANS, "sites": SITES, "unknown": PAIRS, "queued": PAIRS}


def to_frame(recording: Recording) -> pl.DataFrame:
    """The recording as one row whose cells are lists: `names`, and the columns of `Runs`."""
    runs = recording.runs
    columns: dict[str, Ints] = {f"heads.{name}": runs.heads[name] for name in HEADS}
    for grain, names in _GRAINS.items():
        parts: Parts = getattr(runs, grain)
        columns[f"{grain}.ends"] = parts.ends
        columns |= {f"{grain}.{name}": parts.columns[name] for name in names}
    columns["needs.ends"] = np.cumsum([0, *map(len, runs.needs)])
    columns["needs.service"] = np.array(list(chain.from_iterable(runs.needs)), dtype=np.int64)
    cells = {name: pl.Series(values).implode() for name, values in columns.items()}
    return pl.DataFrame({"names": pl.Series(runs.names, dtype=pl.String).implode(), **cells})


def from_frame(frame: pl.DataFrame) -> Recording:
    """The recording that `to_frame` laid flat.

    Raises:
        KeyError: a column is missing (another version's frame).
    """
    cells: Mapping[str, pl.Series] = {name: frame[name][0] for name in frame.columns}
    columns = {name: cell.to_numpy() for name, cell in cells.items() if name != "names"}
    ends, services = columns["needs.ends"].tolist(), columns["needs.service"].tolist()
    grains = {
        grain: Parts(
            columns[f"{grain}.ends"], {name: columns[f"{grain}.{name}"] for name in names}
        )
        for grain, names in _GRAINS.items()
    }
    return Recording(
        Runs(
            names=tuple(cells["names"].to_list()),
            needs=tuple(tuple(services[a:b]) for a, b in pairwise(ends)),
            heads={name: columns[f"heads.{name}"] for name in HEADS},
            **grains,
        )
    )
