"""The value that hotspots are told in, and its words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from analyzer.analysis.hotspots.windows import Window

NOTICEABLE: Final = 1.05
"""Below this ratio of medians nobody would call an operation slower."""


@dataclass(frozen=True, slots=True)
class Hotspot:
    """An operation that changed in the peak; `rank` counts inside its `kind`.

    `kind` is latency or errors. p50s are medians of the operation's duration (its callers' view
    where the wait in front of it won), rates are errors that began there per call. `ratio` is
    peak over baseline of the kind's own figure. `share_of_slow_time` is its part of the slow
    journeys' critical path. `score` and `rank` are None where there is not enough data; `cause`
    then says how much there is. `window` is the peak that the row compares with the baseline.
    """

    rank: int | None
    service_name: str
    operation: str
    kind: str
    baseline_p50_ms: float | None
    peak_p50_ms: float | None
    baseline_error_rate: float | None
    peak_error_rate: float | None
    ratio: float | None
    score: float | None
    share_of_slow_time: float | None
    cause: str
    evidence_n: int
    window: Window | None = None

    @property
    def sentence(self) -> str:
        """The finding in words, for people."""
        if self.score is None:
            return f"{self.operation}: {self.cause}"
        if self.kind == "errors":
            return self._error_sentence()
        if self.ratio is not None and self.ratio < NOTICEABLE:
            return f"{self.operation}: {self.cause}"
        text = f"{self.operation}: "
        text += f"{self.ratio:.1f} x slower at peak" if self.ratio else "slower at peak"
        if self.share_of_slow_time is not None:
            text += f", {self.share_of_slow_time:.0%} of the slow journeys' time"
        return f"{text}; {self.why}" if self.cause else text

    @property
    def why(self) -> str:
        """The cause without the figures behind it."""
        return self.cause.partition("; ")[0]

    def _error_sentence(self) -> str:
        if not self.peak_error_rate:  # it happens more or less often, it does not fail
            return self.cause
        if self.ratio is None:
            head = f"{self.operation} errors new at peak ({self.peak_error_rate:.1%})"
        else:
            head = f"{self.operation} errors x {self.ratio:.1f} at peak"
        return f"{head}; {self.cause}" if self.cause else head
