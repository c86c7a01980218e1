"""What merging services would bring: traces rewritten, risks counted, steps put in order."""

from __future__ import annotations

from analyzer.analysis.whatif.accuracy import Measured, accuracy, failure_accuracy, headline
from analyzer.analysis.whatif.compiling import record
from analyzer.analysis.whatif.recording import Recording
from analyzer.analysis.whatif.whatif import Assumptions, WhatIf, grouping_of, what_if

__all__ = [
    "Assumptions",
    "Measured",
    "Recording",
    "WhatIf",
    "accuracy",
    "failure_accuracy",
    "grouping_of",
    "headline",
    "record",
    "what_if",
]
