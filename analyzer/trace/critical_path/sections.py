"""Rule `sections`: stretches of spans that tile the root's interval (jaegertracing/jaeger-ui).

Extended as METHODS section 3 says, each extension a switch of `PathOptions`; all off is the
published rule. Not seen by it: hidden dependencies between siblings, queueing in front of a
server.
"""

from __future__ import annotations

from analyzer.trace.options import PathOptions
from analyzer.trace.timing import Timing

Section = tuple[int, int, int]
"""(span, start_ns, end_ns): a stretch of the root's interval spent in the span at a position."""


def critical_sections(root: int, timing: Timing, options: PathOptions) -> list[Section]:
    """Sections of the journey that starts at `root`, latest first; none if it has no interval.

    From the end backwards: the last-ending child that ends by the time reached so far is on the
    path, what lies between is the span's own. Lengths add up to the root's duration exactly.
    """
    begin = timing.start[root]
    if begin is None:
        return []
    sections: list[Section] = []
    now = timing.end[root]
    touching = options.touching
    entered = True  # in the span just entered any child may be the last, also under `strictly`
    path = [(root, begin, _by_end(root, begin, now, timing, options))]
    while path:
        span, span_start, waiting = path[-1]
        while waiting:
            child_end, child_start, place = waiting.pop()
            if child_end < now or (child_end == now and (touching or entered)):
                if child_end < now:
                    sections.append((span, child_end, now))
                now = child_end
                entered = True
                below = _by_end(-place, child_start, child_end, timing, options)
                path.append((-place, child_start, below))
                break
        else:
            if span_start < now:
                sections.append((span, span_start, now))
                now = span_start
            entered = False
            path.pop()
    return sections


def _by_end(
    span: int, begin: int, finish: int, timing: Timing, options: PathOptions
) -> list[tuple[int, int, int]]:
    """Blocking children clipped to [begin, finish], as (end, start, -place), last-ending last.

    Ties in end time go to the later start, then to the smaller span id. A child outside is left
    out with its subtree.
    """
    children = timing.blocking[span]
    detached = timing.detached[span]
    if detached and not options.async_edges:
        children = [*children, *(child for child in detached if not timing.causal[child])]
    clipped = []
    for child in children:
        start = timing.start[child]
        end = timing.end[child]
        if start is None or start > finish or end < begin:
            continue
        if start < begin:
            if end == begin:
                continue
            start = begin
        if end > finish:
            if start == finish:
                continue
            end = finish
        clipped.append((end, start, -child))
    if len(clipped) > 1:
        clipped.sort()
    return clipped
