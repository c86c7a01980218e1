"""The critical path of one journey in rows: by the rule asked for, gaps charged to callees."""

from __future__ import annotations

from analyzer.model.span import PathSection
from analyzer.trace.critical_path.agreement import is_sampled, rules_differ
from analyzer.trace.critical_path.crisp import crisp_exclusive
from analyzer.trace.critical_path.sections import Section, critical_sections
from analyzer.trace.options import TraceOptions
from analyzer.trace.quality import Quality
from analyzer.trace.split import Charge
from analyzer.trace.timing import Timing
from analyzer.trace.tree import Tree


def path_of(
    root: int,
    tree: Tree,
    timing: Timing,
    charged: dict[int, Charge],
    options: TraceOptions,
    quality: Quality,
) -> list[PathSection]:
    """The critical path of the journey at `root`, sorted by time.

    Under `crisp`, which knows lengths but no positions, a section starts where its span starts.
    Under `sections` a sample of the traces is also walked by the other rule, and counted.
    """
    if options.path_rule == "crisp":
        return _rows(_crisp_stretches(root, tree, timing), tree, {})
    sections = critical_sections(root, timing, options.path)
    if sections and is_sampled(tree.spans[root].trace_id):
        quality.count("rules_compared")
        if rules_differ(root, tree, timing, sections):
            quality.count("rules_differ")
    sections.reverse()
    return _rows(sections, tree, charged if options.path.gaps else {})


def _crisp_stretches(root: int, tree: Tree, timing: Timing) -> list[Section]:
    stretches = [
        (i, begin, begin + length)
        for i, length in crisp_exclusive(root, tree, timing)
        if (begin := timing.start[i]) is not None
    ]
    return sorted(stretches, key=lambda stretch: (stretch[1], stretch[0]))


def _rows(sections: list[Section], tree: Tree, charged: dict[int, Charge]) -> list[PathSection]:
    spans = tree.spans
    rows = []
    for i, start, end in sections:
        span = spans[i]
        charge = charged.get(i)
        kind, callee = ("own", None) if charge is None else ("gap", charge.callee)
        rows.append(
            PathSection(
                span.trace_id,
                span.span_id,
                span.service_name,
                span.operation,
                start,
                end,
                kind,
                callee,
            )
        )
    return rows
