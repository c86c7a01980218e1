"""Choices of the trace layer, one frozen value that travels with a run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, get_args

HOUR_NS: Final = 3_600_000_000_000

PathRule = Literal["sections", "crisp"]
PATH_RULES: Final = get_args(PathRule)


@dataclass(frozen=True, slots=True)
class PathOptions:
    """The extensions of the rule `sections` (METHODS section 3); all off = as published.

    `async_edges`: FOLLOWS_FROM and every edge found asynchronous are non-blocking, not only
    PRODUCER -> CONSUMER. `touching`: a child that ends exactly where the next one starts is
    taken (the published rule demands strictly before). `gaps`: a client span's own stretches
    are marked `gap` and charged to its callee.
    """

    async_edges: bool = True
    touching: bool = True
    gaps: bool = True


PUBLISHED: Final = PathOptions(async_edges=False, touching=False, gaps=False)


@dataclass(frozen=True, slots=True)
class TraceOptions:
    """How traces are cleaned, linked and timed.

    `resolution_ns` names the services with a coarse clock (METHODS section 1: all starts
    multiples of 1 ms -> 1_000_000); excursions below it are rounding, not skew. `quiet_gap_ns`
    splits a trace id that is used again later. A call counts as a retry when it starts at most
    `retry_window_ns` after a failed call of the same caller, callee and message ended.
    """

    path_rule: PathRule = "sections"
    path: PathOptions = PathOptions()
    resolution_ns: Mapping[str, int] = field(default_factory=dict)
    quiet_gap_ns: int = HOUR_NS
    retry_window_ns: int = 10_000_000_000


DEFAULT: Final = TraceOptions()
