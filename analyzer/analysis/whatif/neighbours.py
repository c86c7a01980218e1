"""Noisy neighbours: what services that shared nothing will share in one process."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from analyzer.analysis.whatif.exposure import units
from analyzer.analysis.whatif.quantiles import Floats
from analyzer.analysis.whatif.recording import Recording
from analyzer.analysis.whatif.replay import Merger
from analyzer.analysis.whatif.runs import Ints

_SECOND_NS = 1_000_000_000
BUSY = 0.6
"""Above this share of one event loop, queueing inside the process is no longer negligible."""


@dataclass(frozen=True, slots=True)
class Load:
    """What a context of several services will carry.

    `busy_peak` is the largest own time per second of the context (1 = one event loop busy),
    `busy_sum_of_peaks` the sum of its services' own peaks: equal where they peak together.
    `open_peak` and `open_sum_of_peaks` say the same of spans in flight, `memory_*` of memory and
    `cpu_*` of processor time (1 = one core busy), where every service of the context logs it.
    """

    context: str
    services: tuple[str, ...]
    busy_peak: float
    busy_sum_of_peaks: float
    open_peak: int
    open_sum_of_peaks: int
    memory_peak_mb: float | None
    memory_sum_of_peaks_mb: float | None
    cpu_peak: float | None
    cpu_sum_of_peaks: float | None

    @property
    def warning(self) -> str | None:
        """What to be wary of, None for nothing.

        Measured processor time decides where there is any: own time holds waiting as well.
        """
        if self.cpu_peak is not None:
            if self.cpu_peak <= BUSY:
                return None
            return (
                f"{self.context}: {self.cpu_peak:.2f} of a core busy at peak; above {BUSY} of one "
                "event loop, queueing in the process is not modelled"
            )
        if self.busy_peak <= BUSY:
            return None
        said = f"{self.context}: {self.busy_peak:.2f} s of own time in its busiest second"
        if self.busy_peak > 1:
            return (
                f"{said}: more than one event loop can work, so most of it is waiting that "
                "reports no span (pools, databases); whether one process carries the work is not "
                "modelled"
            )
        return f"{said}; above {BUSY} of one event loop, queueing in the process is not modelled"


Samples = Mapping[str, Sequence[tuple[int, float]]]
"""Service -> (time in nanoseconds, value) of a resource that its process logs."""


def loads(
    recording: Recording,
    merger: Merger,
    memory: Samples | None = None,
    cpu: Samples | None = None,
) -> tuple[Load, ...]:
    """One row per context that joins several services, by name."""
    members = {
        unit: names for unit, names in units(recording.services, merger).items() if len(names) > 1
    }
    wanted = {name for names in members.values() for name in names}
    spans = _spans(recording, wanted)
    seconds = {name: _busy(spans[name]) for name in wanted}
    found = []
    for unit, names in members.items():
        together = _add([seconds[name] for name in names])
        remembered = _resource(names, memory or {})
        worked = _resource(names, cpu or {})
        found.append(
            Load(
                context=unit,
                services=names,
                busy_peak=max(together.values(), default=0) / _SECOND_NS,
                busy_sum_of_peaks=sum(max(seconds[n].values(), default=0) for n in names)
                / _SECOND_NS,
                open_peak=_open([spans[name] for name in names]),
                open_sum_of_peaks=sum(_open([spans[name]]) for name in names),
                memory_peak_mb=remembered[0],
                memory_sum_of_peaks_mb=remembered[1],
                cpu_peak=worked[0],
                cpu_sum_of_peaks=worked[1],
            )
        )
    return tuple(found)


def _spans(recording: Recording, wanted: set[str]) -> dict[str, Ints]:
    """Per service an array of (start, end, own) over its spans that work themselves."""
    names, columns = recording.runs.names, recording.runs.spans.columns
    rows = np.stack([columns[name] for name in ("start", "end", "own_ns")], axis=1)
    working = columns["own_ns"] > 0
    codes = {names[code]: code for code in np.unique(columns["service"]).tolist()}
    return {name: rows[working & (columns["service"] == codes[name])] for name in sorted(wanted)}


def _busy(spans: Ints) -> dict[int, int]:
    """Own nanoseconds per second of the clock, spread evenly over each span."""
    busy: defaultdict[int, int] = defaultdict(int)
    first, last = spans[:, 0] // _SECOND_NS, (spans[:, 1] - 1) // _SECOND_NS
    inside = first >= last
    seconds, place = np.unique(first[inside], return_inverse=True)
    sums = np.zeros(len(seconds), dtype=np.int64)
    np.add.at(sums, place, spans[inside, 2])
    busy.update(zip(seconds.tolist(), sums.tolist(), strict=True))
    for begin, end, own in spans[~inside].tolist():
        for second in range(begin // _SECOND_NS, (end - 1) // _SECOND_NS + 1):
            low, high = max(begin, second * _SECOND_NS), min(end, (second + 1) * _SECOND_NS)
            busy[second] += own * (high - low) // (end - begin)
    return dict(busy)


def _add(parts: Sequence[Mapping[int, int]]) -> dict[int, int]:
    total: defaultdict[int, int] = defaultdict(int)
    for part in parts:
        for second, amount in part.items():
            total[second] += amount
    return dict(total)


def _open(parts: Sequence[Ints]) -> int:
    """The most spans in flight at one moment; one that ends makes room for one that starts."""
    spans = np.concatenate(parts) if parts else np.zeros((0, 3), dtype=np.int64)
    times = np.concatenate([spans[:, 1], spans[:, 0]])
    steps = np.repeat([-1, 1], len(spans))
    order = np.lexsort((steps, times))
    return int(steps[order].cumsum().max(initial=0))


def _resource(names: Sequence[str], samples_of: Samples) -> tuple[float | None, float | None]:
    """Peak of the sum and sum of the peaks, each service keeping its last known value."""
    if not all(samples_of.get(name) for name in names):
        return None, None
    times = np.unique([time for name in names for time, _ in samples_of[name]])
    total: Floats = np.zeros(len(times))
    peaks = 0.0
    for name in names:
        samples = sorted(samples_of[name])
        values = np.array([value for _, value in samples])
        at = np.searchsorted([time for time, _ in samples], times, side="right") - 1
        total += values[np.maximum(at, 0)]
        peaks += float(values.max())
    return float(total.max()), peaks
