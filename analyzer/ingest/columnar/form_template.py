"""Templates of lines of a fixed form: parts that follow each other, each of few readings.

A form says the same as its format's reader of single lines, in patterns of which each has one way
to match. Where a part may be written in several ways (a time that is missing, a flag that tells
of a failure), the line that a template is learnt from decides on one of them: other ways are
other templates.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from analyzer.ingest.columnar.distinct import by_distinct
from analyzer.ingest.columnar.template import TEXT, Segment, Template
from analyzer.ingest.formats.pairs import unescaped


@dataclass(frozen=True, slots=True)
class Way:
    """One way in which a part of a line may be written.

    What `same` reads is the same in all lines of a template; `pattern` follows it. `keys` name
    the groups of `pattern`, an `@` before those that are no field of their own. `derived` are
    fields made of groups (null: left to the reader of single lines); the values of `fixed` ones
    hang on which ways a line's parts are written in, and on nothing else.
    """

    pattern: str
    keys: tuple[str, ...] = ()
    fixed: tuple[str, ...] = ()
    derived: Mapping[str, pl.Expr] = field(default_factory=dict)
    same: str = ""

    def match(self, sample: str, place: int) -> tuple[Segment, int] | None:
        """Return the part of a template for what stands at `place`, and where that ends."""
        said = re.compile(f"({self.same})(?:{self.pattern})").match(sample, place)
        if said is None:
            return None
        slots = tuple((key, TEXT) for key in self.keys)
        return Segment(re.escape(said[1]) + self.pattern, slots), said.end()


@dataclass(frozen=True, slots=True)
class Form:
    """The lines of a format: its name, its reader, and the ways of each part, the surest first.

    `whole` is the field that holds the line itself.
    """

    format: str
    read: Callable[[str], dict[str, Any] | None]
    parts: Sequence[Sequence[Way]]
    whole: str | None = None


def learn_form(form: Form, sample: str) -> Template | None:
    """Return the template of a line of `form`; None where it is none, or is written oddly."""
    segments: list[Segment] = []
    derived: dict[str, pl.Expr] = {}
    fixed: set[str] = set()
    place = 0
    for ways in form.parts:
        found = next(((way, at) for way in ways if (at := way.match(sample, place))), None)
        if found is None:
            return None
        way, (segment, place) = found
        segments.append(segment)
        derived |= way.derived
        fixed.update(way.fixed)
    read = form.read(sample) if place == len(sample) else None
    if read is None:
        return None
    told = {key for part in segments for key, _ in part.slots} | derived.keys() | {form.whole}
    constants = {key: read[key] for key in read if key not in told and key in fixed}
    if not read.keys() <= told | constants.keys():
        return None
    return Template(
        format=form.format,
        keys=tuple(read),
        segments=segments,
        unescape=unescaped,
        quoted=frozenset(),
        constants=constants,
        derived={key: value for key, value in derived.items() if key in read},
        whole=form.whole,
    )


def each(values: pl.Expr, change: Callable[[str], str | None]) -> pl.Expr:
    """Return what a reader of single values makes of each text of a column; nulls stay."""
    return values.map_batches(lambda texts: by_distinct(texts, change), return_dtype=pl.String)


def other_than(key: str, text: str) -> pl.Expr:
    """Return the values of a group but where they are `text`: that is another way."""
    return pl.when(pl.col(key) != text).then(pl.col(key))
