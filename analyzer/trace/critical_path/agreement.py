"""How far the two rules of the critical path agree (METHODS section 3, last paragraph)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Final
from zlib import crc32

from analyzer.trace.critical_path.crisp import crisp_exclusive
from analyzer.trace.critical_path.sections import Section
from analyzer.trace.timing import Timing
from analyzer.trace.tree import Tree

SAMPLE: Final = 16
"""One trace in so many is compared, chosen by its id: the same ones in every run."""
TOLERANCE: Final = 0.01


def is_sampled(trace_id: str) -> bool:
    """Whether a trace is among those that both rules are computed for."""
    return crc32(trace_id.encode()) % SAMPLE == 0


def rules_differ(root: int, tree: Tree, timing: Timing, sections: Iterable[Section]) -> bool:
    """Whether any service's time differs between the rules by more than 1 % of the root."""
    length = timing.end[root] - (timing.start[root] or 0)
    by_service: dict[str, int] = defaultdict(int)
    for span, start, end in sections:
        by_service[tree.spans[span].service_name] += end - start
    for span, exclusive in crisp_exclusive(root, tree, timing):
        by_service[tree.spans[span].service_name] -= exclusive
    return any(abs(difference) > TOLERANCE * length for difference in by_service.values())
