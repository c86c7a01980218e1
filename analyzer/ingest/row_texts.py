"""The free texts of rows that came one by one: masked, templated, their attributes rendered.

Masking runs over whole batches: a fast look tells which texts could hold anything to hide, and
only those go through the patterns.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

import orjson

from analyzer.ingest.mask import Masker
from analyzer.ingest.mask_keys import rule_of
from analyzer.ingest.text import template_of


class RowTexts(NamedTuple):
    """The free texts of one row before they are masked; `told` is what its template is made of."""

    body: str | None
    told: str | None
    attributes: str | None

    @property
    def joined(self) -> str:
        """Return all that must be looked at."""
        told = "" if self.told is self.body else self.told
        return f"{self.body}\n{told}\n{self.attributes}"


def masked(texts: list[RowTexts], masker: Masker) -> tuple[list[str | None], ...]:
    """Return bodies, templates and attributes, masked where they hold something to hide.

    What is masked is replaced in `texts`.
    """
    mask = masker.text
    for place in masker.suspects([text.joined for text in texts]):
        body, told, attributes = texts[place]
        shown = body and mask(body)
        reason = shown if told is body else told and mask(told)
        texts[place] = RowTexts(shown, reason, attributes and _masked_json(attributes, masker))
    templates = [told and template_of(told) for _, told, _ in texts]
    return [text.body for text in texts], templates, [text.attributes for text in texts]


def _masked_json(attributes: str, masker: Masker) -> str:
    return _dumped(masker.texts_of(orjson.loads(attributes)))


def rendered(attributes: dict[str, Any], masker: Masker) -> str:
    """Return attributes as JSON, those masked whose key alone says that they must be.

    What is masked is replaced in `attributes`.
    """
    for key in _ruled(tuple(attributes)):
        attributes[key] = masker.value(key, attributes[key])
    for key, value in attributes.items():
        if isinstance(value, list | dict):
            attributes[key] = masker.value(key, value)
    return _dumped(attributes)


@lru_cache(maxsize=10_000)
def _ruled(keys: tuple[str, ...]) -> tuple[str, ...]:
    """Return those of an object's keys that say themselves what becomes of their values."""
    return tuple(key for key in keys if rule_of(key))


def _dumped(value: object) -> str:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS, default=str).decode()
