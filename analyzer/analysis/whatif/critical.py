"""Which calls lie on the critical path, by the rule `sections` (METHODS section 3)."""

from __future__ import annotations

from analyzer.analysis.whatif.run import Run, Site


def critical_sites(run: Run) -> list[Site]:
    """The calls of a run that its duration rests on, in order of position.

    From the end backwards: the last-ending child, then the last one that had ended when the
    one before started. Equal ends go to the later start, then to the earlier position.
    """
    if not run.sites:
        return []
    taken = {0}
    pending = [0]
    answers = {site.node: site.answer for site in run.sites if site.answer >= 0}
    while pending:
        at = pending.pop()
        below = run.children[at]
        chosen = [answers[at]] if at in answers else _backwards(run, below)
        taken.update(chosen)
        pending += chosen
    return [site for site in run.sites if site.node in taken]


def _backwards(run: Run, below: list[int]) -> list[int]:
    order = sorted(below, key=lambda child: (-run.end[child], -run.start[child], child))
    chosen: list[int] = []
    for child in order:
        if not chosen or run.end[child] <= run.start[chosen[-1]]:
            chosen.append(child)
    return chosen
