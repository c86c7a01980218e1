"""The page about a validation: the answer, the facts of the run, all tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from analyzer.render.report import Section
from analyzer.render.templates_env import environment


@dataclass(frozen=True, slots=True, kw_only=True)
class ValidationContent:
    """Everything the page shows; `charts` are (title, SVG) of our own figures."""

    kind: str = "Validation"
    outcome: str
    headline: str
    findings: Sequence[str]
    facts: Sequence[tuple[str, str]]
    charts: Sequence[tuple[str, str]]
    sections: Sequence[Section]
    notes: Sequence[str]


def render_validation(content: ValidationContent) -> str:
    """Return the page; nothing in it reaches the network."""
    charts = [(title, Markup(picture)) for title, picture in content.charts]  # noqa: S704 - matplotlib escapes its texts
    return environment().get_template("validation.html.j2").render(report=content, charts=charts)
