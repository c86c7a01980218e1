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
from analyzer.analysis.contexts.context_mapper import context_mapper
from analyzer.analysis.contexts.difference import Difference, difference
from analyzer.analysis.contexts.explanation import Explanation
from analyzer.analysis.contexts.file_reading import edits, parse
from analyzer.analysis.contexts.file_writing import render
from analyzer.analysis.contexts.fleet import Evidence
from analyzer.analysis.contexts.layers import failure_coupling
from analyzer.analysis.contexts.mermaid import mermaid
from analyzer.analysis.contexts.propose import propose_contexts
from analyzer.analysis.contexts.settings import Settings
from analyzer.analysis.contexts.splits import SplitHint
from analyzer.analysis.contexts.summary import ContextSummary

__all__ = [
    "Constraints",
    "ContextMap",
    "ContextSummary",
    "Difference",
    "Evidence",
    "Explanation",
    "Settings",
    "SplitHint",
    "Wish",
    "adjusted_rand",
    "apart",
    "context_mapper",
    "difference",
    "edits",
    "failure_coupling",
    "frozen",
    "mermaid",
    "mojofm",
    "parse",
    "pin",
    "propose_contexts",
    "render",
    "separate",
    "together",
]
