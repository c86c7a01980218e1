"""Rule `sections` as published, written down a second time by recursion, on random traces."""

from __future__ import annotations

from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from analyzer.model.span import Span
from analyzer.trace.assemble import assemble
from analyzer.trace.options import PUBLISHED, PathOptions, TraceOptions
from tests.trace.spans import span


@dataclass
class Box:
    name: str
    start: int
    end: int
    children: list[Box] = field(default_factory=list)


def clipped(box: Box, low: int, high: int) -> Box | None:
    """The four cases of the published clean-up: inside, over one edge, over both, outside."""
    start, end = box.start, box.end
    if not (start >= low and end <= high):
        if end <= low or start >= high:
            return None
        start, end = max(start, low), min(end, high)
    kept = [clipped(child, start, end) for child in box.children]
    return Box(box.name, start, end, [child for child in kept if child is not None])


def path_of(box: Box, *, touching: bool) -> list[tuple[str, int, int]]:
    """Sections of a clipped tree, latest first, by the words of METHODS section 3."""
    sections: list[tuple[str, int, int]] = []
    reached = box.end
    waiting = sorted(box.children, key=lambda child: (-child.end, -child.start, child.name))
    first = True
    for child in waiting:
        ends_before = child.end <= reached if touching or first else child.end < reached
        if not ends_before:
            continue
        sections.append((box.name, child.end, reached))
        sections += path_of(child, touching=touching)
        reached = child.start
        first = False
    sections.append((box.name, box.start, reached))
    return [section for section in sections if section[1] < section[2]]


@st.composite
def trees(draw: st.DrawFn) -> tuple[list[Span], Box]:
    """A tree of distinct names in the order of their ids, with excursions on every side."""
    root = Box("00", 0, 60)
    boxes = [root]
    spans = [span("00", None, "a", start=0, duration=60)]
    for i in range(1, draw(st.integers(1, 12))):
        parent = draw(st.sampled_from(boxes))
        start = draw(st.integers(-10, 65))
        length = draw(st.integers(1, 40))
        box = Box(f"{i:02}", start, start + length)
        parent.children.append(box)
        boxes.append(box)
        spans.append(span(box.name, parent.name, "a", start=start, duration=length))
    return spans, root


def found(spans: list[Span], options: PathOptions) -> list[tuple[str, int, int]]:
    path = assemble(spans, TraceOptions(path=options)).sections
    return [(section.span_id, section.start_ns, section.end_ns) for section in reversed(path)]


@given(trees())
def test_published_rule(case: tuple[list[Span], Box]) -> None:
    spans, root = case
    whole = clipped(root, root.start, root.end)
    assert whole is not None
    assert found(spans, PUBLISHED) == path_of(whole, touching=False)


@given(trees())
def test_touching_children_are_taken_by_default(case: tuple[list[Span], Box]) -> None:
    spans, root = case
    options = PathOptions(async_edges=False, gaps=False)
    whole = clipped(root, root.start, root.end)
    assert whole is not None
    assert found(spans, options) == path_of(whole, touching=True)
