"""The proposal as a Mermaid flowchart: contexts as boxes, calls as arrows."""

from __future__ import annotations

from collections import defaultdict

import numpy as np

from analyzer.analysis.contexts.context_map import ContextMap


def mermaid(found: ContextMap) -> str:
    """Mermaid text: one subgraph per context, one arrow per service edge.

    Asynchronous edges are dotted; edges between contexts are thick, since they stay remote.
    """
    number = {name: at for at, name in enumerate(found.fleet.services)}
    lines = ["flowchart LR"]
    for at, (context, services) in enumerate(found.groups.items()):
        lines.append(f'  subgraph c{at}["{_label(context)}"]')
        lines += [f'    s{number[name]}["{_label(name)}"]' for name in services]
        lines.append("  end")
    calls, queued = found.fleet.calls, found.fleet.asynchronous
    for one, other in zip(*np.nonzero(calls), strict=True):
        if one == other:
            continue
        names = found.fleet.services[one], found.fleet.services[other]
        inside = found.assignment[names[0]] == found.assignment[names[1]]
        count = f"{calls[one, other]:,.0f}"
        if queued[one, other] >= calls[one, other]:
            arrow = f"-. {count} async .->"
        elif inside:
            arrow = f"-- {count} -->"
        else:
            arrow = f"== {count} ==>"
        lines.append(f"  s{one} {arrow} s{other}")
    return "\n".join([*lines, ""])


def _label(name: str) -> str:
    """Text inside quotes; Mermaid knows no backslash, only entities."""
    entities: defaultdict[str, str] = defaultdict(str, {'"': "#quot;", "#": "#35;", "&": "#amp;"})
    entities |= {"<": "#lt;", ">": "#gt;", "`": "#96;", "\\": "#92;"}
    flat = " ".join(name.split())
    return "".join(entities[letter] or letter for letter in flat if letter.isprintable())
