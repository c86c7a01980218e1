"""The proposal in CML, the language of Context Mapper (contextmapper.org)."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable

import numpy as np

from analyzer.analysis.contexts.context_map import ContextMap
from analyzer.analysis.contexts.vocabulary import words

_SHOWN = 5


def context_mapper(found: ContextMap) -> str:
    """CML text: the context map and a bounded context each, services as aggregates.

    A caller depends on its callee: the callee is upstream. Contexts that call each other are
    partners. Names become CamelCase; the name in the logs stands beside it.
    """
    names = _identifiers(found.groups, "Context")
    services = _identifiers(found.fleet.services, "Service")
    messages: defaultdict[str, list[str]] = defaultdict(list)
    for callee, text in found.fleet.messages:
        messages[callee].append(text)
    lines = ["ContextMap Proposed {", "  type = SYSTEM_LANDSCAPE", "  state = TO_BE", ""]
    lines += [f"  contains {names[context]}" for context in found.groups]
    lines += ["", *_relationships(found, names), "}"]
    for context, members in found.groups.items():
        summary = found.context(context)
        lines += [
            "",
            f"BoundedContext {names[context]} {{",
            "  type = FEATURE",
            f"  domainVisionStatement = {_text(f'{context}: {summary}')}",
        ]
        for name in members:
            said = ", ".join(_text(text) for text in [name, *messages[name][:_SHOWN]])
            lines += [f"  Aggregate {services[name]} {{", f"    responsibilities = {said}", "  }"]
        lines.append("}")
    return "\n".join([*lines, ""])


def _relationships(found: ContextMap, names: dict[str, str]) -> list[str]:
    contexts = list(found.groups)
    home = [contexts.index(found.assignment[name]) for name in found.fleet.services]
    member = np.eye(len(contexts))[home] if contexts else np.zeros((0, 0))
    between = member.T @ found.fleet.calls @ member
    queued = member.T @ found.fleet.asynchronous @ member
    lines = []
    for one, here in enumerate(contexts):
        for other, there in enumerate(contexts):
            count = between[one, other]
            if one == other or count == 0 or (between[other, one] > 0 and other < one):
                continue
            both = between[other, one]
            ends = "[P]<->[P]" if both else "[D]<-[U]"
            total, waiting = count + both, queued[one, other] + queued[other, one]
            said = f"{total:,.0f} calls" + (f", {waiting:,.0f} asynchronous" if waiting else "")
            lines.append(f"  {names[here]} {ends} {names[there]} {{")
            lines.append(f"    implementationTechnology = {_text(said)}")
            lines.append("  }")
    return lines


def _identifiers(names: Iterable[str], ending: str) -> dict[str, str]:
    """A different identifier for each name; the ending keeps clear of CML's own words."""
    taken: set[str] = set()
    found = {}
    for name in names:
        ascii_words = [word for word in words(name) if word.isascii()]
        base = "".join(word.capitalize() for word in ascii_words).removesuffix(ending) or "Unnamed"
        chosen, number = base + ending, 1
        while chosen in taken:
            number += 1
            chosen = f"{base}{number}{ending}"
        taken.add(chosen)
        found[name] = chosen
    return found


def _text(said: str) -> str:
    flat = " ".join(said.split())
    return json.dumps("".join(c for c in flat if c.isprintable()), ensure_ascii=False)
