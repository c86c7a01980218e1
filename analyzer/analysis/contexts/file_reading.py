"""`contexts.yaml` read back: what the architect changed becomes wishes.

Once a service is moved, or a context made, the file is taken as listed: nothing else shall move
behind the architect's back (rule `hold`; false lets contexts that were left alone follow the
evidence). Lines that were removed are decided again. Names stick to the group that keeps most of
their services.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

import yaml

from analyzer.analysis.contexts import file_nodes as nodes
from analyzer.analysis.contexts.constraints import Constraints, Wish
from analyzer.analysis.contexts.difference import Difference, difference, match
from analyzer.analysis.contexts.file_nodes import Problems, Text
from analyzer.errors import ConfigurationError

TREATMENTS: Final = ("own", "library", "attach")
_SECTIONS: Final = ("contexts", "shared", "rules", "owner", "runtime", "proposed")


_SYNONYMS: Final = {"must_link": "together", "cannot_link": "apart"}
_LINE: Final = re.compile(r"^line \d+: ")


@dataclass(slots=True)
class _Draft:
    """What has been read so far."""

    problems: Problems = field(default_factory=Problems)
    home: dict[str, tuple[str, int]] = field(default_factory=dict)
    contexts: dict[str, list[str]] = field(default_factory=dict)
    shared: dict[str, str] = field(default_factory=dict)
    wishes: list[Wish] = field(default_factory=list)
    pins: list[Wish] = field(default_factory=list)
    rules: dict[str, Any] = field(default_factory=dict)
    owner: dict[str, str] = field(default_factory=dict)
    runtime: dict[str, str] = field(default_factory=dict)
    proposed: dict[str, str] = field(default_factory=dict)
    lines: dict[str, int] = field(default_factory=dict)

    def named(self, service: Text) -> None:
        """Note where a service is spoken of first."""
        self.lines.setdefault(service.value, service.line)


def parse(text: str) -> Constraints:
    """The wishes in a `contexts.yaml`.

    Raises `ConfigurationError` with every problem of the file, each with its line.
    """
    draft = _read(text)
    if draft.problems.found:
        raise ConfigurationError(draft.problems.found)
    found = {service: context for service, (context, _) in draft.home.items()}
    hold = _holds(draft, found)
    wishes = [*_pins(draft, found, hold=hold), *draft.wishes]
    number = draft.rules.pop("number_of_contexts", None)
    return Constraints(
        wishes=tuple(wishes),
        names={name: tuple(members) for name, members in draft.contexts.items() if members},
        shared=draft.shared,
        owner=draft.owner,
        runtime=draft.runtime,
        contexts=number,
        hold=hold,
        before={**draft.proposed, **found},
        earlier=frozenset(draft.proposed),
        lines=draft.lines,
        **draft.rules,
    )


def from_mapping(wishes: Mapping[str, Any]) -> Constraints:
    """The wishes in a dict shaped like `contexts.yaml`, or like its section `rules` alone.

    `must_link` and `cannot_link` are read as `together` and `apart`. Raises
    `ConfigurationError` with every problem.
    """
    plain = {_SYNONYMS.get(str(key), str(key)): _plain(value) for key, value in wishes.items()}
    document = plain if set(plain) & set(_SECTIONS) else {"rules": plain}
    try:
        found = parse(yaml.safe_dump(document, allow_unicode=True))
    except ConfigurationError as error:
        raise ConfigurationError([_LINE.sub("", said) for said in error.problems]) from None
    wishes_only = tuple(replace(wish, line=None) for wish in found.wishes)
    return replace(found, wishes=wishes_only, lines={})


def _plain(value: object) -> object:
    """Names and numbers in lists and dicts, whatever collections they came in."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, set | frozenset):
        return [_plain(item) for item in sorted(value, key=str)]
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value if value is None or isinstance(value, bool | int | float) else str(value)


def edits(text: str) -> Difference:
    """What the architect changed in the file against what had been proposed."""
    draft = _read(text)
    if draft.problems.found:
        raise ConfigurationError(draft.problems.found)
    listed = {service: context for service, (context, _) in draft.home.items()}
    hubs = {name: draft.proposed.get(name, name) for name in draft.shared}
    return difference(draft.proposed, {**hubs, **listed})


def _read(text: str) -> _Draft:
    draft = _Draft()
    root = nodes.root_of(text, draft.problems)
    readers: dict[str, Callable[[_Draft, yaml.Node], None]] = {
        "contexts": _contexts,
        "shared": _shared,
        "rules": _rules,
        "owner": lambda draft, node: _words(draft, node, "owner", draft.owner),
        "runtime": lambda draft, node: _words(draft, node, "runtime", draft.runtime),
        "proposed": lambda draft, node: _words(draft, node, "proposed", draft.proposed),
    }
    for key, value in nodes.entries(root, "the file", draft.problems):
        if key.value in readers:
            readers[key.value](draft, value)
        else:
            draft.problems.unknown(key, _SECTIONS, "section")
    for name in sorted(set(draft.shared) & set(draft.home)):
        draft.problems.add(
            draft.home[name][1], f"service {name!r} stands in contexts and in shared: choose one"
        )
    return draft


def _contexts(draft: _Draft, node: yaml.Node) -> None:
    for context, listed in nodes.entries(node, "contexts", draft.problems):
        members = draft.contexts.setdefault(context.value, [])
        if not context.value.strip():
            draft.problems.add(context.line, "a context needs a name")
        for name in nodes.names(listed, f"context {context.value!r}", draft.problems):
            if name.value in draft.home:
                other, line = draft.home[name.value]
                draft.problems.add(
                    name.line,
                    f"service {name.value!r} stands in {context.value!r} and in {other!r} "
                    f"(line {line})",
                )
                continue
            draft.home[name.value] = (context.value, name.line)
            draft.named(name)
            members.append(name.value)


def _shared(draft: _Draft, node: yaml.Node) -> None:
    for service, value in nodes.entries(node, "shared", draft.problems):
        treatment = nodes.scalar(value, f"shared {service.value!r}", draft.problems)
        if treatment is None:
            continue
        if treatment.value not in TREATMENTS:
            draft.problems.unknown(treatment, TREATMENTS, "treatment")
        draft.shared[service.value] = treatment.value
        draft.named(service)


def _words(draft: _Draft, node: yaml.Node, what: str, into: dict[str, str]) -> None:
    for service, value in nodes.entries(node, what, draft.problems):
        word = nodes.scalar(value, f"{what} of {service.value!r}", draft.problems)
        if word is not None:
            into[service.value] = word.value
            draft.named(service)


def _rules(draft: _Draft, node: yaml.Node) -> None:
    lists: dict[str, Callable[[_Draft, yaml.Node], None]] = {
        "together": lambda draft, node: _sets(draft, node, "together"),
        "apart": lambda draft, node: _sets(draft, node, "apart"),
        "pinned": _pinned,
        "separate": _separate,
        "frozen": _frozen,
    }
    values: dict[str, Callable[[yaml.Node, str, Problems], object]] = {
        "hold": nodes.switch_or_nothing,
        "one_owner": nodes.switch,
        "one_runtime": nodes.switch,
        "split_at_queues": nodes.switch,
        "max_services": nodes.whole,
        "max_memory_mb": nodes.number,
        "max_teams": nodes.whole,
        "number_of_contexts": nodes.whole,
    }
    for key, value in nodes.entries(node, "rules", draft.problems):
        if key.value in lists:
            lists[key.value](draft, value)
        elif key.value in values:
            draft.rules[key.value] = values[key.value](value, key.value, draft.problems)
        else:
            draft.problems.unknown(key, [*lists, *values], "rule")


def _sets(draft: _Draft, node: yaml.Node, kind: str) -> None:
    for item in nodes.items(node, kind, draft.problems):
        found = nodes.names(item, f"{kind} (a list of lists)", draft.problems)
        for name in found:
            draft.named(name)
        services = tuple(dict.fromkeys(name.value for name in found))
        if len(services) == 1:
            draft.problems.add(nodes.line_of(item), f"{kind} needs two services or more")
        elif kind == "together":
            draft.wishes.append(Wish("together", services, line=nodes.line_of(item)))
        else:
            draft.wishes.append(Wish("apart", services, line=nodes.line_of(item)))


def _pinned(draft: _Draft, node: yaml.Node) -> None:
    for service, value in nodes.entries(node, "pinned", draft.problems):
        context = nodes.scalar(value, f"pinned {service.value!r}", draft.problems)
        draft.named(service)
        if context is not None:
            draft.pins.append(Wish("pin", (service.value,), context.value, service.line))


def _separate(draft: _Draft, node: yaml.Node) -> None:
    for reason, value in nodes.entries(node, "separate", draft.problems):
        found = nodes.names(value, f"separate {reason.value!r}", draft.problems)
        for name in found:
            draft.named(name)
        services = tuple(dict.fromkeys(name.value for name in found))
        draft.wishes.append(Wish("separate", services, reason.value, reason.line))


def _frozen(draft: _Draft, node: yaml.Node) -> None:
    for name in nodes.names(node, "frozen", draft.problems):
        draft.named(name)
        draft.wishes.append(Wish("frozen", (name.value,), line=name.line))


def _holds(draft: _Draft, found: Mapping[str, str]) -> bool:
    """Whether every context is taken as listed: as the rule says, else once one was edited."""
    ruled: bool | None = draft.rules.pop("hold", None)
    if ruled is not None:
        return ruled
    return bool(draft.proposed) and bool(_touched(draft, found))


def _pins(draft: _Draft, found: Mapping[str, str], *, hold: bool) -> list[Wish]:
    """A pin for every service of a context that the architect touched, and the written ones."""
    written = _written_pins(draft, found)
    whole = hold or not draft.proposed  # a file written by hand means what it lists
    touched = set(found.values()) if whole else _touched(draft, found)
    listed = [
        Wish("pin", (name,), context, draft.home[name][1])
        for name, context in found.items()
        if context in touched and name not in written
    ]
    return [*listed, *written.values()]


def _written_pins(draft: _Draft, found: Mapping[str, str]) -> dict[str, Wish]:
    """Pins of an earlier round as they hold now.

    A pin follows a context that was renamed, and gives way where its service was moved since.
    """
    new_names = {old: new for new, old in match(draft.proposed, found).items()}
    kept = {}
    for wish in draft.pins:
        name = wish.services[0]
        target = wish.target if wish.target in draft.contexts else new_names.get(wish.target)
        was = draft.proposed.get(name)
        moved = name in found and was is not None and new_names.get(was) != found[name]
        if not (moved and was == wish.target):
            kept[name] = replace(wish, target=target or wish.target)
    return kept


def _touched(draft: _Draft, found: Mapping[str, str]) -> set[str]:
    """Contexts that gained or lost a service against what was proposed."""
    old_names = match(draft.proposed, found)
    new_names = {old: new for new, old in old_names.items()}
    moved = [
        name
        for name, context in found.items()
        if draft.proposed.get(name) != old_names.get(context)
    ]
    apart_now = [name for name in draft.shared if draft.proposed.get(name) in new_names]
    gained = {found[name] for name in moved}
    lost = {new_names.get(draft.proposed.get(name, "")) for name in [*moved, *apart_now]}
    return {context for context in gained | lost if context is not None}
