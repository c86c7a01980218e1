"""Bounded contexts from a fleet's calls and journeys: proposal, reasons, confidence, edits."""

from __future__ import annotations

from analyzer.analysis.contexts.agreement import adjusted_rand, mojofm
from analyzer.analysis.contexts.constraints import (
    Constraints,
    Wish,
    apart,
    frozen,
    pin,
    separate,
    together,
)
from analyzer.analysis.contexts.context_map import ContextMap
from analyzer.analysis.contexts.difference import Difference, difference
from analyzer.analysis.contexts.explanation import Explanation
from analyzer.analysis.contexts.file_reading import edits, parse
from analyzer.analysis.contexts.file_writing import render
from analyzer.analysis.contexts.fleet import Evidence
from analyzer.analysis.contexts.propose import propose_contexts
from analyzer.analysis.contexts.settings import Settings

__all__ = [
    "Constraints",
    "ContextMap",
    "Difference",
    "Evidence",
    "Explanation",
    "Settings",
    "Wish",
    "adjusted_rand",
    "apart",
    "difference",
    "edits",
    "frozen",
    "mojofm",
    "parse",
    "pin",
    "propose_contexts",
    "render",
    "separate",
    "together",
]
