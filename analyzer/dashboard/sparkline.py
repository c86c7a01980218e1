"""A gauge's last hour as the path of a small SVG, 100 wide and 24 high."""

from __future__ import annotations

from collections.abc import Sequence

from analyzer.slo.live import SECOND_US

WIDTH, HEIGHT = 100, 24
SPAN_US = 3600 * SECOND_US
GAP_US = 120 * SECOND_US
MAX_POINTS = 120


def sparkline(points: Sequence[tuple[int, float]], now_us: int) -> str:
    """Path data; a gap of more than two minutes breaks the line. The axis starts at 0."""
    recent = [point for point in points if point[0] > now_us - SPAN_US]
    if not recent:
        return ""
    start_us = max(now_us - SPAN_US, recent[0][0] - SECOND_US)
    top = max((value for _, value in recent), default=0.0) or 1.0
    length = max(now_us - start_us, 1)
    parts, last_us = [], None
    for at_us, value in _thinned(recent):
        x = WIDTH * (at_us - start_us) / length
        y = HEIGHT - 1 - (HEIGHT - 2) * max(0.0, value) / top
        move = "M" if last_us is None or at_us - last_us > GAP_US else "L"
        parts.append(f"{move}{x:.1f} {y:.1f}")
        last_us = at_us
    return "".join(parts)


def _thinned(points: Sequence[tuple[int, float]]) -> list[tuple[int, float]]:
    """At most 120 points: the highest of each stretch, since peaks are what matters."""
    if len(points) <= MAX_POINTS:
        return list(points)
    step = -(-len(points) // MAX_POINTS)
    parts = [points[i : i + step] for i in range(0, len(points), step)]
    return [max(part, key=lambda point: point[1]) for part in parts]
