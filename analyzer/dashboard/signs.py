"""The sign and the tone of every condition and verdict: never a colour alone."""

from __future__ import annotations

from dataclasses import dataclass, field

from analyzer.dashboard.condition import Condition
from analyzer.slo.budget import EvidenceVerdict, PeriodVerdict
from analyzer.slo.burn import BurnState

SIGNS = {
    Condition.CRITICAL: "\N{HEAVY MULTIPLICATION X}",
    Condition.BREACHED: "\N{CIRCLED MINUS}",
    Condition.INCREASING: "\N{BLACK UP-POINTING TRIANGLE}",
    Condition.RECOVERING: "\N{BLACK DOWN-POINTING TRIANGLE}",
    Condition.ACCEPTABLE: "\N{CHECK MARK}",
    Condition.STALE: "\N{DOUBLE VERTICAL LINE}",
    Condition.NO_DATA: "\N{WHITE CIRCLE}",
}
TONES = {
    Condition.CRITICAL: "bad",
    Condition.BREACHED: "bad",
    Condition.INCREASING: "warn",
    Condition.RECOVERING: "warn",
    Condition.ACCEPTABLE: "good",
    Condition.STALE: "none",
    Condition.NO_DATA: "none",
}
PERIOD_TONES = {
    PeriodVerdict.MET: "good",
    PeriodVerdict.AT_RISK: "warn",
    PeriodVerdict.BREACHED: "bad",
    PeriodVerdict.NO_DATA: "none",
}
EVIDENCE_TONES = {
    EvidenceVerdict.DEMONSTRATED: "good",
    EvidenceVerdict.REFUTED: "bad",
    EvidenceVerdict.NOT_ENOUGH_DATA: "none",
}
CONDITIONS_OF_BURN = {
    BurnState.CRITICAL: Condition.CRITICAL,
    BurnState.INCREASING: Condition.INCREASING,
    BurnState.RECOVERING: Condition.RECOVERING,
    BurnState.ACCEPTABLE: Condition.ACCEPTABLE,
}
Row = dict[str, str]


@dataclass(slots=True)
class View:
    """Texts and tones by key, and rows of lists by the list's name; a row's cells by theirs.

    A cell `tone` colours its row, `bar` is a width in percent, `spark` the path of a small chart.
    """

    texts: dict[str, str] = field(default_factory=dict)
    tones: dict[str, str] = field(default_factory=dict)
    lists: dict[str, list[Row]] = field(default_factory=dict)

    def say(self, key: str, text: str, tone: str | None = None) -> None:
        """Set a text, and the tone of the element that shows it."""
        self.texts[key] = text
        if tone is not None:
            self.tones[key] = tone

    def include(self, other: View) -> None:
        """Say all that `other` says."""
        self.texts |= other.texts
        self.tones |= other.tones
        self.lists |= other.lists
