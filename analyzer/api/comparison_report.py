"""What the page about before and after shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analyzer.api.comparison_words import sentences
from analyzer.render.comparison import ComparisonContent, distribution_figure, render_comparison
from analyzer.render.report import Chart

if TYPE_CHECKING:
    from analyzer.api.comparison import Comparison


def comparison_html(found: Comparison) -> str:
    """The page as text."""
    charts = [
        Chart(
            f"{journey.journey}: {journey.verdict.value}",
            distribution_figure(sample.before, sample.after, journey.journey, sample.deadline_ms),
            journey.note,
        )
        for journey in found.journeys
        if (sample := found.samples.get(journey.journey)) and sample.before and sample.after
    ]
    told = [found.tally, *sentences(found.journeys)]
    return render_comparison(
        ComparisonContent(found.verdict.value, told, charts, found.frame, found.notes)
    )
