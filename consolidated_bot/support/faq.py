"""The handbook of answers: categories, entries, a search in two languages, trees of questions.

The search is small on purpose: a handful of hundred entries in memory. A word matches another if
one begins with the other after the endings of Russian and English inflection are cut; matches in
the question and the keywords count more than in the answer, rare words more than common ones
(inverse document frequency, Sparck Jones 1972).
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

WORD = re.compile(r"\w+")
ENDINGS = re.compile(
    r"(?:ments?|ings?|ations?|edly|ed|es|s|ly|e"
    r"|иями|ями|ами|ого|его|ому|ему|ыми|ими|ение|ения|ать|ять|ить|еть|ешь|ете|ите|ает|яет|ую|юю"
    r"|ая|яя|ое|ее|ые|ие|ый|ий|ой|ов|ев|ей|ам|ям|ах|ях|ом|ем|а|я|о|е|ы|и|у|ю|ь)$"
)
SHORTEST_STEM = 3
IGNORED = frozenset(  # words that carry no meaning, in both languages
    [
        "a",
        "an",
        "and",
        "are",
        "can",
        "do",
        "does",
        "for",
        "how",
        "i",
        "in",
        "is",
        "it",
        "my",
        "not",
        "of",
        "on",
        "or",
        "the",
        "to",
        "what",
        "when",
        "where",
        "why",
        "with",
        "в",
        "во",
        "где",
        "и",
        "из",
        "как",
        "мне",
        "мой",
        "моя",
        "мы",
        "на",
        "не",
        "но",
        "о",
        "от",
        "по",
        "при",
        "с",
        "со",
        "у",
        "что",
        "я",
        "это",
    ]
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One question with its answer, by language."""

    id: str
    category: str
    question: Mapping[str, str]
    answer: Mapping[str, str]
    keywords: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Step:
    """One question of a troubleshooting tree: options lead to another step or end it."""

    id: str
    text: Mapping[str, str]
    options: tuple[tuple[str, Mapping[str, str]], ...]


def in_language(texts: Mapping[str, str], language: str) -> str:
    """The text in `language`, else in English, else in whatever there is."""
    return texts.get(language) or texts.get("en") or next(iter(texts.values()))


def stem(word: str) -> str:
    """A word without its inflection, as far as endings tell."""
    bare = word.lower().replace("ё", "е")
    cut = ENDINGS.sub("", bare)
    return cut if len(cut) >= SHORTEST_STEM else bare


def stems(text: str) -> list[str]:
    """The stems of the words that carry meaning."""
    return [stem(word) for word in WORD.findall(text) if word.lower() not in IGNORED]


class Handbook:
    """All categories, entries and trees; immutable once made."""

    def __init__(
        self,
        categories: Mapping[str, Mapping[str, str]],
        entries: Sequence[Entry],
        steps: Iterable[Step],
    ) -> None:
        """Index the entries."""
        self.categories = dict(categories)
        self.entries = {entry.id: entry for entry in entries}
        self.steps = {step.id: step for step in steps}
        self._weights = {entry.id: _weights(entry) for entry in entries}
        appearing: dict[str, int] = {}
        for weights in self._weights.values():
            for word in weights:
                appearing[word] = appearing.get(word, 0) + 1
        total = max(1, len(entries))
        self._rarity = {word: math.log(1 + total / count) for word, count in appearing.items()}

    def of_category(self, category: str) -> list[Entry]:
        """The entries of one category, in the order of the file."""
        return [entry for entry in self.entries.values() if entry.category == category]

    def described(self, place: str) -> str | None:
        """What somebody has read at `faq:ENTRY` or `fix:STEP`, in words for staff."""
        kind, _, name = place.partition(":")
        if kind == "faq" and (entry := self.entries.get(name)):
            return f"Has read: {in_language(entry.question, 'en')}"
        if kind == "fix" and (step := self.steps.get(name)):
            return f"Has tried: {in_language(step.text, 'en')}"
        return None

    def search(self, words: str, most: int = 5) -> list[Entry]:
        """The entries that fit best, best first; empty if none has any of the words."""
        wanted = stems(words)
        scored = [
            (sum(self._score(stem_, weights) for stem_ in wanted), entry_id)
            for entry_id, weights in self._weights.items()
        ]
        best = sorted((-score, entry_id) for score, entry_id in scored if score > 0)
        return [self.entries[entry_id] for _, entry_id in best[:most]]

    def _score(self, wanted: str, weights: Mapping[str, float]) -> float:
        exact = weights.get(wanted)
        if exact is not None:
            return exact * self._rarity[wanted]
        if len(wanted) <= SHORTEST_STEM:
            return 0.0
        near = [
            weight * self._rarity[word] / 2
            for word, weight in weights.items()
            if len(word) > SHORTEST_STEM and (word.startswith(wanted) or wanted.startswith(word))
        ]
        return max(near, default=0.0)


def _weights(entry: Entry) -> dict[str, float]:
    weights: dict[str, float] = {}
    for texts, weight in ((entry.answer, 1.0), (entry.keywords, 3.0), (entry.question, 3.0)):
        for text in texts.values():
            for word in stems(text):
                weights[word] = max(weight, weights.get(word, 0.0))
    return weights
