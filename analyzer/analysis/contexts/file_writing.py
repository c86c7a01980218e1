"""The proposal as `contexts.yaml`: an architect reads the comments and edits the lists."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import yaml

from analyzer.analysis.contexts.constraints import Constraints, Wish
from analyzer.analysis.contexts.context_map import ContextMap
from analyzer.analysis.contexts.explanation import Explanation
from analyzer.model.printable import printable

_HOW_TO = """\
# Edit this file and give it back:  analyze contexts --contexts contexts.yaml
#   rename a context   change its name; it stays with the group that keeps most of the services
#   move a service     move its line to another context, or to a new one
#   leave it open      remove its line: the evidence decides again
#   shared services    own (a context of its own), library (linked into all), attach (to one)
# Once you have moved a service the lists are taken as they stand (see the rule `hold`). Wishes
# that contradict each other are named by line.
"""

_RULES = (
    ("hold", "true: as listed; false: contexts you did not touch follow the evidence"),
    ("together", "[[a, b], [c, d]]: share a context"),
    ("apart", "[[a, b]]: never share one"),
    ("pinned", "{a: billing}: in the context of this name"),
    ("separate", "{personal data: [a]}: with no service outside the list"),
    ("frozen", "[a]: stays as it is, on its own"),
    ("one_owner", "true: a context has one data owner (see owner)"),
    ("one_runtime", "true: a context has one runtime (see runtime)"),
    ("split_at_queues", "true: no merge across an asynchronous edge"),
    ("max_services", "most services per context"),
    ("max_memory_mb", "most memory per context"),
    ("max_teams", "most owners per context"),
    ("number_of_contexts", "empty: chosen by modularity"),
)
_RULE_WIDTH = 28
_LONGEST_KEY = 1_000


def render(found: ContextMap) -> str:
    """The text of `contexts.yaml`; `parse` reads it back to wishes that give `found` again."""
    return "\n".join(
        [
            *_head(found),
            "contexts:" if _listed(found) else "contexts: {}",
            *_contexts(found),
            "",
            "shared:" if found.apart else "shared: {}",
            *_shared(found),
            "",
            "rules:",
            *_rules(found.constraints),
            *_mapping("owner", {**found.evidence.owner, **found.constraints.owner}),
            *_mapping("runtime", {**found.evidence.runtime, **found.constraints.runtime}),
            "",
            "# What was proposed: the difference to the lists above is what you changed.",
            *_mapping("proposed", found.assignment),
            "",
        ]
    )


def quoted(name: str) -> str:
    """A name as a YAML scalar that reads back as exactly this text."""
    bare = re.fullmatch(r"[A-Za-z][A-Za-z0-9_./-]*", name)
    if bare and isinstance(yaml.safe_load(name), str):
        return name
    plain = printable(name) == name
    text: str = yaml.safe_dump(name, allow_unicode=plain, width=float("inf"), default_style='"')
    return text.strip()


def entry(name: str, indent: int | None = None) -> str:
    """A name as the key of a mapping with its colon; inside `{}` without `indent`.

    YAML reads no key beyond 1,024 characters but an explicit one.
    """
    key = quoted(name)
    if len(key) < _LONGEST_KEY:
        return f"{key}:"
    return f"? {key} :" if indent is None else f"? {key}\n{' ' * indent}:"


def comment(text: str) -> str:
    """Text that stays inside one comment line, whatever a log put into a name."""
    flat = " ".join(text.split())
    return "".join(letter if letter.isprintable() else "?" for letter in flat)


def _head(found: ContextMap) -> list[str]:
    fleet = found.fleet
    calls = float(fleet.calls.sum() - np.trace(fleet.calls))
    first = (
        f"# Bounded contexts proposed from {len(fleet.services)} services, "
        f"{len(fleet.journeys)} journeys and {calls:,.0f} calls between services."
    )
    lines = [
        first,
        *_HOW_TO.splitlines(),
        *(f"# Note: {comment(note)}" for note in found.notes),
    ]
    if found.unstated:
        lines.append(f"# Not stated by the input: {comment(', '.join(found.unstated))}")
    lines += [f"# Split first: {comment(str(hint))}" for hint in found.split_hints]
    others = found.alternatives.filter(~found.alternatives["chosen"]).to_dicts()
    lines += [f"# With {row['contexts']} contexts: {comment(row['change'])}" for row in others]
    return lines


def _listed(found: ContextMap) -> dict[str, list[Explanation]]:
    listed: dict[str, list[Explanation]] = {}
    for why in found.explanations:
        if why.service not in found.apart:
            listed.setdefault(why.context, []).append(why)
    return {context: listed[context] for context in sorted(listed)}


def _contexts(found: ContextMap) -> list[str]:
    lines = []
    for context, members in _listed(found).items():
        lines += ["", f"  {entry(context, 2)}"]
        if len(members) > 1:
            lines.append(f"    # {comment(str(found.context(context)))}")
        width = max(len(quoted(why.service)) for why in members)
        lines += [f"    - {quoted(why.service):<{width}}  # {_why(why)}" for why in members]
    return lines


def _why(why: Explanation) -> str:
    parts = []
    if why.undecided:
        parts.append("UNDECIDED, ask")
    if why.confidence is not None:
        parts.append(f"sure {why.confidence:.0%}")
    if why.alternative is not None and why.margin is not None:
        parts.append(f"else {why.alternative} (margin {why.margin:+.2f})")
    return comment("; ".join([*parts, why.reason]))


def _shared(found: ContextMap) -> list[str]:
    return [
        f"  {entry(why.service, 2)} {found.constraints.shared.get(why.service, 'own')}"
        f"  # {_why(why)}"
        for why in found.explanations
        if why.service in found.apart
    ]


def _rules(wishes: Constraints) -> list[str]:
    def sets(kind: str) -> str:
        return _flow(_list(wish.services) for wish in _of(wishes, kind))

    pins = [
        f"{entry(name)} {quoted(wish.target)}"
        for wish in ([] if wishes.hold else _of(wishes, "pin"))
        for name in wish.services
    ]
    alone = [f"{entry(wish.target)} {_list(wish.services)}" for wish in _of(wishes, "separate")]
    values = {
        "hold": "true" if wishes.hold else "",
        "together": sets("together"),
        "apart": sets("apart"),
        "pinned": f"{{{', '.join(pins)}}}",
        "separate": f"{{{', '.join(alone)}}}",
        "frozen": _list([name for wish in _of(wishes, "frozen") for name in wish.services]),
        "one_owner": json.dumps(wishes.one_owner),
        "one_runtime": json.dumps(wishes.one_runtime),
        "split_at_queues": json.dumps(wishes.split_at_queues),
        "max_services": _number(wishes.max_services),
        "max_memory_mb": _number(wishes.max_memory_mb),
        "max_teams": _number(wishes.max_teams),
        "number_of_contexts": _number(wishes.contexts),
    }
    return [f"  {f'{name}: {values[name]}':<{_RULE_WIDTH}}  # {how}" for name, how in _RULES]


def _of(wishes: Constraints, kind: str) -> list[Wish]:
    return [wish for wish in wishes.wishes if wish.kind == kind]


def _flow(items: Iterable[str]) -> str:
    return f"[{', '.join(items)}]"


def _list(names: Sequence[str]) -> str:
    return _flow(quoted(name) for name in names)


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:g}"


def _mapping(title: str, entries: Mapping[str, str]) -> list[str]:
    if not entries:
        return [f"{title}: {{}}"]
    return [
        f"{title}:",
        *(f"  {entry(name, 2)} {quoted(entries[name])}" for name in sorted(entries)),
    ]
