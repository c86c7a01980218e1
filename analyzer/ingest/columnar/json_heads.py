"""Collectors' JSON around lines of text: Docker's, Fluent Bit's and their like, under `log`.

The object is read by a template of its own; all its values but the line and the time of arrival
tell where the line came from, and are looked at once for each combination.
"""

from __future__ import annotations

import copy
from typing import NamedTuple

import numpy as np
import polars as pl

from analyzer.ingest.columnar.heads import Head, Peeled, kinds_of, on_one_line
from analyzer.ingest.columnar.json_template import learn_json
from analyzer.ingest.columnar.moments import moments
from analyzer.ingest.columnar.page import Page, Places
from analyzer.ingest.columnar.template import Matched, Template
from analyzer.ingest.formats import wrappers
from analyzer.ingest.formats.json_text import parse_line
from analyzer.ingest.formats.split_lines import DOCKER_PIECE
from analyzer.ingest.line_times import Origin
from analyzer.ingest.times import Clock

_SEPARATOR = "\x1f"
_NOTHING = "\x00"


class _Part(NamedTuple):
    """What one match of the template gives."""

    places: Places
    texts: pl.Series
    ended: pl.Series
    keys: pl.Series
    arrival: pl.Series


class JsonHead(Head):
    """An object of one form with a line under `log`, and its time of arrival under `stamp`."""

    splits = True

    def __init__(self, template: Template, stamp: str) -> None:
        self._template = template
        self._stamp = stamp

    def peel(self, page: Page, places: Places, clock: Clock, *, ends_lines: bool) -> Peeled | None:
        """Take the objects off."""
        taken = [self._peeled(part, clock) for part in self._template.match(page, places)]
        parts = [part for part in taken if part is not None]
        if not parts:
            return None
        found = np.concatenate([part.places for part in parts])
        ended = pl.concat([part.ended for part in parts])
        texts = pl.concat([part.texts for part in parts])
        keys = pl.concat([part.keys for part in parts])
        kinds = kinds_of(keys, found)
        if kinds is None:
            return None
        pieces = ~ended
        if not ends_lines:
            pieces &= texts.str.len_chars() > DOCKER_PIECE
        arrival = pl.concat([part.arrival for part in parts])
        return Peeled(
            found,
            texts,
            *kinds,
            arrival,
            zoned=True,
            pieces=pieces.to_numpy(),
            ended=ended.to_numpy(),
        )

    def _peeled(self, part: Matched, clock: Clock) -> _Part | None:
        columns = part.columns
        log = columns["log"].values
        told = moments(columns[self._stamp], clock)
        if told is None or not told.zoned:
            return None
        others = [
            values.cast(pl.String).fill_null(_NOTHING)
            for key, (_, values) in columns.items()
            if key not in {"log", self._stamp}
        ]
        same = pl.repeat("", len(log), dtype=pl.String, eager=True)
        keys = pl.select(pl.concat_str([same, *others], separator=_SEPARATOR)).to_series()
        texts = log.str.strip_chars_end("\r\n")
        good = told.epoch.is_not_null() & on_one_line(texts)
        return _Part(
            part.places[good.to_numpy()],
            texts.filter(good),
            log.str.ends_with("\n").filter(good),
            keys.filter(good),
            told.epoch.filter(good),
        )

    def origin(self, sample: str, outer: Origin, clock: Clock) -> Origin | None:
        """Return what the object says of its line."""
        value = parse_line(sample.encode())
        layers = wrappers.peel_value(value, outer, copy.copy(clock))
        return layers[0].origin if layers else None


def learn_json_head(sample: str, clock: Clock) -> Head | None:
    """Return the head that an object is around a line of text, None where it is none."""
    value = parse_line(sample.encode())
    if not isinstance(value, dict) or not isinstance(value.get("log"), str):
        return None
    layers = wrappers.peel_value(value, Origin(), copy.copy(clock))
    stamp = wrappers.stamp_key(value)
    template = learn_json(sample)
    if layers is None or len(layers) != 1 or layers[0].fields or stamp is None or template is None:
        return None
    if not {stamp, "log"} <= set(template.keys) or not "".join(template.keys).isprintable():
        return None
    return JsonHead(template, stamp)
