"""Writes a run: one file a service, lines in order of time within each slice, truth beside."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
import orjson

from tests.volume.render import FORMATS, Format, Spans
from tests.volume.simulate import Batch, Integers, Run, batches
from tests.volume.topology import Topology, planted_topology
from tests.volume.truth import Truth

JOURNEYS_PER_SECOND = 200.0
SHORTEST_SECONDS = 3600.0  # so that baseline and peak are minutes, not moments


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """About `lines` good lines in one format; a share of bad and blank ones beside them."""

    format: str
    lines: int
    seed: int
    out: Path
    bad_share: float = 0.001
    journeys_per_second: float = JOURNEYS_PER_SECOND


def write_volume(order: Order) -> dict[str, object]:
    """Write `<out>/logs/<service>/` and `<out>/truth.json`; returns the truth."""
    form, topology = FORMATS[order.format], planted_topology(order.seed)
    journeys = int(np.ceil(order.lines / _lines_per_journey(topology, form))) + 1
    run = Run(
        topology,
        order.seed,
        journeys,
        max(SHORTEST_SECONDS, journeys / order.journeys_per_second),
        form.resolution_us,
    )
    truth = Truth()
    source = np.random.default_rng([order.seed, 1])
    with ExitStack() as stack:
        files: dict[str, BinaryIO] = {}
        for service in topology.services:
            path = order.out / "logs" / service / form.file_name
            path.parent.mkdir(parents=True, exist_ok=True)
            files[service] = stack.enter_context(path.open("wb"))
        for part in batches(run):
            writer = _Slice(form, source, {service: _Column() for service in files})
            for batch in part:
                truth.add(batch)
                writer.add(batch)
            writer.spoil(order.bad_share, truth)
            writer.write(files, truth)
    told = truth.as_json(run, order.format)
    (order.out / "truth.json").write_bytes(orjson.dumps(told, option=orjson.OPT_INDENT_2))
    return told


def _lines_per_journey(topology: Topology, form: Format) -> float:
    weights = np.array([journey.weight for journey in topology.journeys])
    nodes = np.array([len(journey.nodes) for journey in topology.journeys])
    # Both sides of every call but the root's, or the callee's side alone.
    lines = nodes if len(form.sides) == 1 else 2 * nodes - 1
    return float((weights * lines).sum() / weights.sum())


class _Column:
    """Lines of one service with their times, in no order yet."""

    __slots__ = ("lines", "times")

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.times: list[Integers] = []


@dataclass(slots=True)
class _Slice:
    """One slice of the run on its way to the files."""

    form: Format
    source: np.random.Generator
    columns: dict[str, _Column]

    def add(self, batch: Batch) -> None:
        for spans in self._spans(batch):
            column = self.columns[spans.service]
            column.lines += self.form.render(spans)
            column.times.append(spans.end_us)

    def _ids(self, count: int, size: int) -> list[str]:
        return self.source.bytes(count * size).hex(" ", size).split() if count else []

    def _spans(self, batch: Batch) -> Iterator[Spans]:
        nodes = batch.journey.nodes
        traces = self._ids(batch.n, 16)
        own_ids: list[list[str]] = []
        for node, times in zip(nodes, batch.nodes, strict=True):
            own = self._ids(batch.n, 8)
            parents = own_ids[node.parent] if node.parent >= 0 else None
            if parents is not None and "client" in self.form.sides:
                caller = nodes[node.parent].service
                between = self._ids(batch.n, 8)
                yield Spans(
                    caller,
                    node.operation,
                    "client" if node.mode == "sync" else "producer",
                    node.service,
                    traces,
                    between,
                    parents,
                    times.client_start_us,
                    times.client_us,
                    times.failed,
                )
                parents = between
            own_ids.append(own)
            yield Spans(
                node.service,
                node.operation,
                "server" if node.mode == "sync" else "consumer",
                "",
                traces,
                own,
                parents,
                times.server_start_us,
                times.server_us,
                times.failed,
            )

    def spoil(self, share: float, truth: Truth) -> None:
        """Plant bad lines among the others, half of them cut short, half blank."""
        for column in self.columns.values():
            count = len(column.lines)
            truth.records += count
            bad = int(self.source.binomial(count, share)) if count else 0
            truncated = int(self.source.binomial(bad, 0.5))
            truth.truncated += truncated
            truth.blank += bad - truncated
            if bad:
                column.lines += [self.form.truncated] * truncated + [""] * (bad - truncated)
                times = np.concatenate(column.times)
                column.times.append(self.source.integers(times.min(), times.max() + 1, bad))

    def write(self, files: dict[str, BinaryIO], truth: Truth) -> None:
        for service, column in self.columns.items():
            if not column.lines:
                continue
            order = np.argsort(np.concatenate(column.times), kind="stable").tolist()
            lines = column.lines
            text = "\n".join([lines[place] for place in order])
            files[service].write(text.encode() + b"\n")
            truth.lines_by_file[f"{service}/{self.form.file_name}"] += len(lines)
