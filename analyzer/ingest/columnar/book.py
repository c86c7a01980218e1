"""A block of lines sorted: those that templates read, by the column, and the others.

Lines that continue the one before them are among the others, and so is the line before: it must
still be open when they come. What becomes of a line here does not depend on the lines before the
block, so a file gives the same rows wherever its blocks begin.
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import polars as pl

from analyzer.ingest.columnar import proxy_forms, server_forms
from analyzer.ingest.columnar.access_template import learn_access
from analyzer.ingest.columnar.form_template import learn_form
from analyzer.ingest.columnar.glog_template import learn_glog
from analyzer.ingest.columnar.heads import Head
from analyzer.ingest.columnar.json_template import learn_json
from analyzer.ingest.columnar.origins import Origins
from analyzer.ingest.columnar.page import Flags, Page, Places
from analyzer.ingest.columnar.peeling import Below, block_of, learn_head, taken_off
from analyzer.ingest.columnar.resolve import unproven, usable
from analyzer.ingest.columnar.syslog_template import learn_headed
from analyzer.ingest.columnar.template import TEXT, Column, Template, Wording
from analyzer.ingest.columnar.text_template import learn_logfmt, learn_text
from analyzer.ingest.fields import Resolver
from analyzer.ingest.formats import wrappers
from analyzer.ingest.formats.dialects import is_log_line_by_form
from analyzer.ingest.formats.json_text import parse_line
from analyzer.ingest.formats.known import FORMATS
from analyzer.ingest.formats.messages import MAYBE_KNOWN, read_message
from analyzer.ingest.formats.split_lines import SplitLines
from analyzer.ingest.shapes import HEAD_KEY, Shape, shape_of

_MAX_TEMPLATES = 64
MAX_LESSONS = 96
MIN_LINES = 16
"""Fewer lines than this are not worth the setting up of columns."""
_FORMS = (*proxy_forms.FORMS, *server_forms.FORMS)
"""No line is of two of these."""
# Formats that no template describes: what one of them reads, it must be let read.
_RIVALS = [
    entry.read for entry in FORMATS if entry.name not in {"access", "logfmt", "glog", "text"}
]


class Lesson(NamedTuple):
    """A template, the shape of the lines it reads, and what their keys are called.

    `keys` are the template's as the user renamed them; `bare` are further names of some of them:
    those of keys inside an object that holds all of a line's fields. `body` is the template's
    key that may hold a message of a form that some library prints.
    """

    template: Template
    shape: Shape
    keys: tuple[str, ...]
    bare: tuple[tuple[str, str], ...]
    body: str | None

    def named(self, columns: Mapping[str, Column]) -> dict[str, Column]:
        """Return the columns of a match under the names that their shape knows them by."""
        found = dict(zip(self.keys, columns.values(), strict=True))
        return found | {bare: found[key] for bare, key in self.bare}

    @property
    def wording(self) -> Wording | None:
        """Return how a message is made of other columns, under the names of those."""
        told = self.template.wording
        if told is None:
            return None
        names = dict(zip(self.template.keys, self.keys, strict=True))
        parts = tuple((text, key and names[key]) for text, key in told.parts)
        return Wording(names[told.message], parts)


class HeadLesson(NamedTuple):
    """A head, and the templates of what stands below it."""

    head: Head
    below: Book


class Part(NamedTuple):
    """Lines that a template took: their places on the page, their columns and origins."""

    lesson: Lesson
    places: Places
    columns: dict[str, Column]
    origins: Origins | None


@dataclass(slots=True)
class Found:
    """What templates and heads made of a page.

    `below` are the lines by their outermost wrapper; `ended` tells of all wrappers, inner ones
    too, which lines end in a line feed within them. `tangled` tells that some are cut within
    a wrapper: only the reader of single lines knows what their streams are.
    """

    parts: list[Part] = field(default_factory=list)
    below: list[Below] = field(default_factory=list)
    ended: list[Flags] = field(default_factory=list)
    tangled: bool = False


class Book:
    """The templates of one file, or of what stands below one head in it, learnt as lines come."""

    def __init__(
        self,
        resolver: Resolver,
        renames: Mapping[str, str],
        *,
        texts: bool,
        depth: int = 0,
    ) -> None:
        """Sort for `resolver`; `renames` are the user's, `texts` is False for JSON only."""
        self._resolver = resolver
        self._renames = renames
        self._texts = texts
        self._depth = depth
        self._lessons: list[Lesson | HeadLesson] = []

    @property
    def splits(self) -> bool:
        """Tell whether lines may come in pieces, after what was learnt so far."""
        heads = [known for known in self._lessons if isinstance(known, HeadLesson)]
        return any(
            known.below.splits if known.head.transparent else known.head.splits for known in heads
        )

    def read(self, page: Page, origins: Origins | None, splits: SplitLines) -> Found:
        """Return what templates and heads make of a page, learning them where they must be.

        `origins` are what the wrappers of its lines say of them (None: they stand in none),
        `splits` tells how lines before were cut into pieces.
        """
        found = Found()
        places = np.flatnonzero(~page.blank)

        def left_by(lesson: Lesson | HeadLesson, places: Places) -> Places:
            if isinstance(lesson, HeadLesson):
                return self._take_off(lesson, page, places, origins, splits, found)
            return self._apply(lesson, page, places, origins, found)

        for lesson in list(self._lessons):
            places = left_by(lesson, places)
        attempts = 0
        while len(places) >= MIN_LINES and attempts < MAX_LESSONS:
            # Not the first of them each time: that one may be the odd one.
            sample = int(places[(attempts * 7919) % len(places)])
            attempts += 1
            learnt = self._learn(
                page, sample, arrives=origins is not None and origins.arrival_ns is not None
            )
            if learnt is not None:
                self._lessons.append(learnt)
                places = left_by(learnt, places)
        return found

    def _take_off(
        self,
        lesson: HeadLesson,
        page: Page,
        places: Places,
        origins: Origins | None,
        splits: SplitLines,
        found: Found,
    ) -> Places:
        """Take a head off the lines that have it and read what stands below; return the others."""
        clock = self._resolver.clock
        peeled = lesson.head.peel(page, places, clock, ends_lines=splits.ends_lines)
        below = None if peeled is None else taken_off(lesson.head, peeled, page, origins, clock)
        if below is None:
            return places
        peeled, known = below.peeled, len(found.parts)
        if not lesson.head.transparent:
            found.below.append(below)
        if peeled.ended is not None:
            found.ended.append(peeled.ended)
        if len((whole := below.whole()).origins):
            texts, outside = Page(block_of(whole.peeled.texts)), whole.peeled.places
            inside = lesson.below.read(texts, whole.origins, splits)
            found.parts.extend(part._replace(places=outside[part.places]) for part in inside.parts)
            found.ended.extend(inside.ended)
            found.tangled |= inside.tangled
            if lesson.head.transparent:
                found.below.extend(part.at(outside) for part in inside.below)
        if peeled.pieces is not None and (self._depth or lesson.below.splits):
            found.tangled |= len(splits) > 0 or bool(peeled.pieces.any())
        if not lesson.head.open:
            return np.setdiff1d(places, peeled.places, assume_unique=True)
        read = [part.places for part in found.parts[known:]]
        return np.setdiff1d(places, np.concatenate(read), assume_unique=True) if read else places

    def _apply(
        self, lesson: Lesson, page: Page, places: Places, origins: Origins | None, found: Found
    ) -> Places:
        """Let a template take its lines; return what it leaves."""
        if not len(places):
            return places
        left = np.zeros(len(page), dtype=bool)
        left[places] = True
        for taken, columns in lesson.template.match(page, places):
            chosen, usual = taken, columns
            aside = self._aside(lesson, columns)
            if aside is not None:
                usual = {
                    key: Column(kind, values.filter(~aside))
                    for key, (kind, values) in columns.items()
                }
                chosen = taken[~aside.to_numpy()]
            if len(chosen):
                theirs = origins and origins.gather(pl.Series(chosen))
                found.parts.append(Part(lesson, chosen, usual, theirs))
                left[chosen] = False
        return np.flatnonzero(left)

    def _aside(self, lesson: Lesson, columns: dict[str, Column]) -> pl.Series | None:
        """Tell the lines whose values ask for the reader of single lines; None: no line does."""
        masks = [unproven(lesson.shape, lesson.named(columns), self._resolver)]
        if lesson.body is not None and not lesson.template.known:
            masks.append(of_known_form(columns[lesson.body]))
        found = [mask for mask in masks if mask is not None]
        return functools.reduce(operator.or_, found) if found else None

    def _learn(self, page: Page, place: int, *, arrives: bool) -> Lesson | HeadLesson | None:
        if len(self._lessons) >= _MAX_TEMPLATES:
            return None
        sample = page.text(place)
        template = self._learn_json(sample) if sample[:1] == "{" else self._learn_text(sample)
        if template is None:
            return self._learn_head(sample)
        if template.format == "json" and "log" in template.keys:
            return None  # what a collector wraps around lines has a reader of its own
        keys = tuple(self._renames.get(key, key) for key in template.keys)
        written = shape_of(keys)
        if len(set(keys)) < len(keys) or written.unfinished:
            return None
        bare: dict[str, str] = {}
        for key, name in written.contained:
            if name not in keys:
                bare.setdefault(name, key)
        shape = shape_of((*keys, *bare))
        if not usable(shape, self._resolver, arrives=arrives):
            return None
        body = _message_key(template, keys, written)
        lesson = Lesson(template, shape, keys, tuple(bare.items()), body)
        matched = list(template.match(page, np.array([place])))
        if not matched or self._aside(lesson, matched[0].columns) is not None:
            return None
        return lesson

    def _learn_head(self, sample: str) -> HeadLesson | None:
        if self._depth >= wrappers.MAX_LAYERS - 1 or not self._texts:
            return None
        head = learn_head(sample, self._resolver.clock)
        heads = [known.head for known in self._lessons if isinstance(known, HeadLesson)]
        if head is None or head in heads:
            return None
        depth = self._depth + (not head.transparent)
        below = Book(self._resolver, self._renames, texts=True, depth=depth)
        return HeadLesson(head, below)

    def _learn_json(self, sample: str) -> Template | None:
        value = parse_line(sample.encode())
        if not isinstance(value, dict) or not is_log_line_by_form(value, self._resolver.clock):
            return None
        return learn_json(sample)

    def _learn_text(self, sample: str) -> Template | None:
        if not self._texts or "\x1b" in sample or wrappers.is_wrapped(sample):
            return None
        formed = next((found for form in _FORMS if (found := learn_form(form, sample))), None)
        if formed is not None:
            return formed
        if any(read(sample) is not None for read in _RIVALS):
            return None
        return (
            learn_access(sample)
            or learn_logfmt(sample)
            or learn_glog(sample)
            or learn_text(sample)
            or learn_headed(sample)
        )


def _message_key(template: Template, keys: tuple[str, ...], shape: Shape) -> str | None:
    """Return the key of the template whose text the readers of messages would look at."""
    if "asctime" in keys:
        return "message" if "message" in template.keys else None
    if shape.body and HEAD_KEY not in keys:
        return template.keys[keys.index(shape.body[0])]
    return None


def of_known_form(column: Column) -> pl.Series | None:
    """Tell the messages of a form that some library prints; None: no line holds one."""
    if column.kind != TEXT:
        return None
    joined = column.values.str.join("\n")
    if str(joined[0]).isascii() and not joined.str.contains(f"(?m){MAYBE_KNOWN}")[0]:
        return None
    marked = column.values.str.contains(MAYBE_KNOWN).fill_null(value=False)
    if not marked.any():
        return None
    known = [read_message(text) is not None for text in column.values.filter(marked)]
    return marked.scatter(marked.arg_true(), pl.Series(known)) if any(known) else None
