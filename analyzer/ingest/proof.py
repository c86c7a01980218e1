"""What a first reading of a file proves: units of bare durations (FORMATS section 3, rule 4).

A number without a unit is compared with an interval that the same lines give independently (end
minus start, or two lines that share an id). The power of 1000 that fits is taken, where enough
lines agree; the file is then read again with it.
"""

from __future__ import annotations

from collections import OrderedDict, defaultdict
from statistics import median

_UNITS_NS = (1, 1_000, 1_000_000, 1_000_000_000)
_MIN_SAMPLES = 20
_AGREEING_SHARE = 0.95
_TOLERANCE = 0.02
_MAX_SAMPLES = 2_000
_MAX_IDS = 20_000


class UnitProof:
    """Collects durations of unknown unit with the intervals that could prove it."""

    def __init__(self) -> None:
        self._samples: defaultdict[str, list[tuple[float, int]]] = defaultdict(list)
        self._first_seen: OrderedDict[str, int] = OrderedDict()
        self._full: set[str] = set()
        self._proved: bool | None = None
        self.unknown = False

    def see_interval(self, key: str, value: float, interval_ns: int) -> None:
        """Note that `key` held `value` where the work took `interval_ns`."""
        samples = self._samples[key]
        if len(samples) >= _MAX_SAMPLES:
            self._full.add(key)
        elif value > 0 and interval_ns > 0:
            samples.append((value, interval_ns))
            self._proved = None

    def see_id(self, identifier: str, time_ns: int, key: str | None, value: float) -> None:
        """Note a line with an id: the first begins the work, one with a duration ends it."""
        if key is not None:
            began = self._first_seen.pop(identifier, None)
            if began is not None:
                self.see_interval(key, value, time_ns - began)
            return
        if identifier not in self._first_seen:
            self._first_seen[identifier] = time_ns
            if len(self._first_seen) > _MAX_IDS:
                self._first_seen.popitem(last=False)

    @property
    def decided(self) -> bool:
        """Tell whether units are proved, and no further line could change what they are."""
        if len(self._full) < max(len(self._samples), 1):
            return False
        if self._proved is None:
            self._proved = bool(self.units())
        return self._proved

    def units(self) -> dict[str, int]:
        """Return the nanoseconds per unit of each key whose samples agree on one."""
        return {key: unit for key, samples in self._samples.items() if (unit := _unit_of(samples))}


def _unit_of(samples: list[tuple[float, int]]) -> int | None:
    if len(samples) < _MIN_SAMPLES:
        return None

    def errors(unit: int) -> list[float]:
        return [abs(value * unit - interval) / interval for value, interval in samples]

    best = min(_UNITS_NS, key=lambda unit: median(errors(unit)))
    agreeing = sum(error <= _TOLERANCE for error in errors(best))
    return best if agreeing >= _AGREEING_SHARE * len(samples) else None
