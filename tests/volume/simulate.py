"""Journeys in batches of arrays: starts, durations, failures of every node, nested exactly.

All times are whole units of the format's resolution, so that what is written is the truth.
A node's duration is its own time and its synchronous children one after the other; a client's
duration is its server's and the network. A message is handed over before the parent ends and is
worked on after that.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tests.volume.topology import Journey, Planted, Topology

US = 1_000_000
# 2026-03-02, a Monday, 06:00 UTC; the run's peak is its middle fifth, with three times the rate.
BEGIN_US = 1_772_431_200 * US
PEAK_BEGIN, PEAK_END, PEAK_RATE = 0.4, 0.6, 3.0
SIGMA = 0.35
Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class NodeTimes:
    """Of one node, an array over a batch's journeys: microseconds; the client begins first."""

    client_start_us: Integers
    client_us: Integers
    server_start_us: Integers
    server_us: Integers
    failed: Flags


@dataclass(frozen=True, slots=True)
class Batch:
    """`n` journeys of one kind, in order of their starts."""

    journey: Journey
    n: int
    nodes: tuple[NodeTimes, ...]


@dataclass(frozen=True, slots=True)
class Run:
    """How many journeys over how many seconds, in which resolution (microseconds)."""

    topology: Topology
    seed: int
    journeys: int
    seconds: float
    resolution_us: int
    batch: int = 20_000

    @property
    def peak_us(self) -> tuple[int, int]:
        """Begin and end of the peak."""
        length = self.seconds * US
        return BEGIN_US + round(PEAK_BEGIN * length), BEGIN_US + round(PEAK_END * length)


def batches(run: Run) -> Iterator[list[Batch]]:
    """Slices of the run in order of time, each with a batch of every journey."""
    source = np.random.default_rng(run.seed)
    weights = np.array([journey.weight for journey in run.topology.journeys])
    weights /= weights.sum()
    for first in range(0, run.journeys, run.batch):
        count = min(run.batch, run.journeys - first)
        shares = first / run.journeys, (first + count) / run.journeys
        starts = np.sort(_starts(run, source.uniform(*shares, count)))
        kinds = source.choice(len(weights), size=count, p=weights)
        yield [
            _batch(run, source, journey, starts[kinds == number])
            for number, journey in enumerate(run.topology.journeys)
        ]


def _starts(run: Run, ranks: NDArray[np.float64]) -> Integers:
    """Moments at which a share of `ranks` of all journeys has begun: denser in the peak."""
    width = PEAK_END - PEAK_BEGIN
    area = 1 - width + PEAK_RATE * width
    knots = [0.0, PEAK_BEGIN / area, (PEAK_BEGIN + PEAK_RATE * width) / area, 1.0]
    position = np.interp(ranks, knots, [0.0, PEAK_BEGIN, PEAK_END, 1.0])
    return _whole(BEGIN_US + position * run.seconds * US, run.resolution_us)


def _batch(run: Run, source: np.random.Generator, journey: Journey, starts: Integers) -> Batch:
    n, nodes = len(starts), journey.nodes
    begin, end = run.peak_us
    in_peak = (starts >= begin) & (starts < end)
    own, failed = [], []
    for node in nodes:
        factor = _planted(run.topology.hotspots, "latency", node.service, node.operation)
        slower = np.where(in_peak, factor.peak if factor else 1.0, 1.0)
        median_us = node.own_ms * 1000
        own.append(_whole(median_us * slower * source.lognormal(0, SIGMA, n), run.resolution_us))
        fault = _planted(run.topology.hotspots, "errors", node.service, node.operation)
        share = np.where(in_peak, fault.peak, fault.baseline) if fault else np.full(n, 0.0005)
        failed.append(source.random(n) < share)
    network = [_whole(source.uniform(300, 1500, n), run.resolution_us) for _ in nodes]
    return Batch(journey, n, _nested(journey, starts, own, network, failed))


def _nested(
    journey: Journey,
    starts: Integers,
    own: list[Integers],
    network: list[Integers],
    failed: list[Flags],
) -> tuple[NodeTimes, ...]:
    nodes = journey.nodes
    server = [array.copy() for array in own]
    for index in range(len(nodes) - 1, 0, -1):  # children stand after their parents
        if nodes[index].mode == "sync":
            server[nodes[index].parent] += server[index] + network[index]
    cursor: list[Integers] = []
    times: list[NodeTimes] = []
    for index, node in enumerate(nodes):
        client = server[index] + network[index]
        if node.parent < 0:
            begun = starts
        elif node.mode == "sync":
            begun = cursor[node.parent]
            cursor[node.parent] = begun + client
        else:
            parent, client = times[node.parent], network[index]
            parent_end = parent.server_start_us + parent.server_us
            begun = np.maximum(parent.server_start_us, parent_end - client)
        arrived = begun if node.parent < 0 else begun + network[index] // 2
        if node.mode == "async":
            arrived = begun + client
        cursor.append(arrived + own[index] // 2)
        times.append(NodeTimes(begun, client, arrived, server[index], failed[index]))
    return tuple(times)


def _planted(
    hotspots: tuple[Planted, ...], kind: str, service: str, operation: str
) -> Planted | None:
    for planted in hotspots:
        if (planted.kind, planted.service, planted.operation) == (kind, service, operation):
            return planted
    return None


def _whole(values: NDArray[np.float64], unit: int) -> Integers:
    return np.maximum(1, np.rint(values / unit)).astype(np.int64) * unit
