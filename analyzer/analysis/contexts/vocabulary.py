"""Names for contexts, from the words of their services, messages and journeys.

Class-based TF-IDF (Grootendorst 2022): weight(t, k) = tf(t in k) * ln(1 + mean tokens per
context / frequency of t). A service's own name says more than one message, so it counts twice.
"""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

_TECHNICAL_WORDS: Final = """
a all an and api apis app application async backend by call callback calls check client cmd com
command common connect consume controller controllers core create db default delete dev do
event events execute fetch find for from frontend get grpc handler handlers head helper http
https id ids impl in index insert internal into io is item items list load local localhost main
manager managers message messages micro microservice module ms net new of on one options or org
patch post private process prod public publish put queue read receive req request resp response
rest rpc run save select send server service services set shared sql srv staging svc sync
system test the to topic trace update updates util utils uuid v1 v2 v3 v4 values web where with
write
"""
TECHNICAL: Final = frozenset(_TECHNICAL_WORDS.split())
"""Words that say how something is built or called, not what it is about."""

_NAME_WEIGHT: Final = 2.0
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_HEX = re.compile(r"[0-9a-f]{4,}", re.IGNORECASE)
_FUSED = re.compile(r"(?<=[a-z]{2})(service|svc|controller|handler|manager)$")
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


def words(name: str) -> list[str]:
    """The words of a name in lower case: camelCase, snake_case, paths; no ids, no numbers."""
    pieces = re.split(r"[^A-Za-z0-9]+", _UUID.sub(" ", name))
    parts = (part for part in pieces if not _is_id(part))
    matched = (match.group().lower() for part in parts for match in _WORD.finditer(part))
    found = (_FUSED.sub("", word) for word in matched)
    return [word for word in found if len(word) > 1 and not word.isdigit()]


def subject_words(name: str) -> list[str]:
    """The words of a name that say what it is about."""
    return [word for word in words(name) if word not in TECHNICAL]


def _is_id(part: str) -> bool:
    return bool(_HEX.fullmatch(part)) and any(letter.isdigit() for letter in part)


def stem(word: str) -> str:
    """A word without its ending: tickets and ticket are one subject, so is troubleshooting."""
    endings = (("ies", "y", 5), ("sses", "ss", 5), ("s", "", 4), ("ing", "", 9))
    for ending, instead, shortest in endings:
        if word.endswith(ending) and len(word) >= shortest and not word.endswith(("ss", "us")):
            return word[: -len(ending)] + instead
    return word


def context_names(
    groups: Sequence[Sequence[str]],
    messages: Iterable[tuple[str, str]],
    journeys: Iterable[tuple[str, Mapping[str, float]]],
    taken: Iterable[str] = (),
) -> list[str]:
    """One name per group of services, all different and not `taken`, in the order of `groups`.

    `messages` are (callee, message) rows; `journeys` (name, part per service), the parts of a
    journey adding up to 1. A group of one service takes that service's name.
    """
    surface = _Surface()
    common = _fleet_words(name for group in groups for name in group)
    counts = _counts(groups, messages, journeys, surface)
    ranked = _ranked(counts)
    names: list[str] = []
    for group, order in zip(groups, ranked, strict=True):
        if len(group) == 1:
            names.append(_own_name(group[0], common))
        else:
            names.append("-".join(surface.best(token) for token in order[:2]))
    thirds = [[surface.best(token) for token in order] for order in ranked]
    return _distinct(names, groups, thirds, set(taken))


def _own_name(service: str, common: frozenset[str]) -> str:
    """The name of a service without what all names share; whole where nothing is left."""
    subject = subject_words(service)
    said = [word for word in subject if word not in common] or subject or words(service)
    return "-".join(said) or service


class _Surface:
    """How each stem is written most often, service names before all else."""

    def __init__(self) -> None:
        self.forms: defaultdict[str, Counter[str]] = defaultdict(Counter)

    def note(self, word: str, weight: int) -> str:
        root = stem(word)
        self.forms[root][word] += weight
        return root

    def best(self, root: str) -> str:
        return min(self.forms[root].items(), key=lambda form: (-form[1], form[0]))[0]


def _counts(
    groups: Sequence[Sequence[str]],
    messages: Iterable[tuple[str, str]],
    journeys: Iterable[tuple[str, Mapping[str, float]]],
    surface: _Surface,
) -> list[dict[str, float]]:
    group_of = {name: at for at, group in enumerate(groups) for name in group}
    counts: list[defaultdict[str, float]] = [defaultdict(float) for _ in groups]
    common = _fleet_words(group_of)
    for name in sorted(group_of):
        for word in subject_words(name):
            if word not in common:
                counts[group_of[name]][surface.note(word, 1000)] += _NAME_WEIGHT
    for callee, message in messages:
        for word in dict.fromkeys(subject_words(message)):
            if callee in group_of and word not in common:
                counts[group_of[callee]][surface.note(word, 1)] += 1.0
    for journey, parts in journeys:
        for word in dict.fromkeys(subject_words(journey)):
            for service, part in sorted(parts.items()):
                if service in group_of and word not in common:
                    counts[group_of[service]][surface.note(word, 1)] += part
    return [dict(count) for count in counts]


def _fleet_words(services: Iterable[str]) -> frozenset[str]:
    """Words that more than half of the fleet's names share: a product's name, a prefix."""
    names = list(services)
    seen = Counter(word for name in names for word in set(subject_words(name)))
    least = max(2, len(names) // 2)
    return frozenset(word for word, count in seen.items() if count > least)


def _ranked(counts: Sequence[Mapping[str, float]]) -> list[list[str]]:
    total: defaultdict[str, float] = defaultdict(float)
    for count in counts:
        for token, amount in count.items():
            total[token] += amount
    mean = sum(total.values()) / max(len(counts), 1)

    def rank(count: Mapping[str, float]) -> list[str]:
        weight = {t: n * math.log1p(mean / total[t]) for t, n in count.items()}
        return sorted(weight, key=lambda token: (-round(weight[token], 9), token))

    return [rank(count) for count in counts]


def _distinct(
    names: list[str],
    groups: Sequence[Sequence[str]],
    ranked: Sequence[Sequence[str]],
    taken: set[str],
) -> list[str]:
    """Each name once: a third word first, then the first service, then a number."""
    result: list[str] = []
    for name, group, order in zip(names, groups, ranked, strict=True):
        third = [f"{name}-{order[2]}"] if len(order) > 2 and len(group) > 1 else []
        tries = [name, *third, f"{name}-{group[0]}" if name else group[0]]
        numbered = (f"{tries[-1]}-{number}" for number in range(2, len(groups) + 3))
        chosen = next(one for one in (*tries, *numbered) if one and one not in taken)
        taken.add(chosen)
        result.append(chosen)
    return result
