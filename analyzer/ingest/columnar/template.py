"""Lines that differ in their values only: one anchored pattern reads a whole column of them.

A template is learnt from one line that the readers of single lines understood. What it matches,
those readers would split into the same keys and values; each module that makes templates says
why. Patterns are kept so simple that the regex engine reads them in one pass over the bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import polars as pl

from analyzer.ingest.columnar.json_form import JsonForm
from analyzer.ingest.columnar.page import Page, Places

# More groups than this and the engine leaves its one-pass automaton.
MAX_GROUPS = 15
_REST = "((?s:.*))"

TEXT, INT, FLOAT, FLAG, JSON = "text", "int", "float", "flag", "json"
"""What a column holds: texts; whole numbers; the texts of decimals, of true or false, of JSON."""


class Column(NamedTuple):
    """The values of one key over many lines: their kind, and a series (Int64 or String)."""

    kind: str
    values: pl.Series


class Segment(NamedTuple):
    """A part of a line: its pattern, and the key and kind of each group in it, in their order.

    `text` is what it says in every line, before its one slot if it has any; None: that varies.
    """

    pattern: str
    slots: tuple[tuple[str, str], ...] = ()
    text: str | None = None


class Wording(NamedTuple):
    """The key of a message, and its parts: words, and the key of the value that follows them."""

    message: str
    parts: tuple[tuple[str, str | None], ...]


class Matched(NamedTuple):
    """The places of the lines that a template read, and their columns in the reader's order."""

    places: Places
    columns: dict[str, Column]


@dataclass(frozen=True)
class Template:
    """How lines of one kind are read.

    `keys` is the order that the reader of single lines gives; `constants` hold the values that
    are the same in every line, `derived` those made of captured ones (null: left to the reader of
    single lines), `whole` is the key that takes the line itself. `quoted` keys are
    captured with their quotes, if any (None: all stood between quotes that were left out);
    `unescape` reads the backslashes between quotes (None: not readable). `checks` must hold for
    the captured values: else the line is another reader's. `known` lines hold a message of a
    form that a library prints, and are read as that. `wording` tells how a message is made of
    words and other keys' values. `form` reads the same of most lines, and sooner.
    """

    format: str
    keys: tuple[str, ...]
    segments: Sequence[Segment]
    unescape: Callable[[str], str | None]
    constants: Mapping[str, str | None] = field(default_factory=dict)
    quoted: frozenset[str] | None = None
    checks: Sequence[pl.Expr] = ()
    derived: Mapping[str, pl.Expr] = field(default_factory=dict)
    whole: str | None = None
    known: bool = False
    wording: Wording | None = None
    form: JsonForm | None = None

    def match(self, page: Page, places: Places) -> Iterator[Matched]:
        """Yield what it reads of the lines of `page` at `places`."""
        if self.form is not None and page.is_text:
            places = self.form.candidates(page, places)
            for taken, values in list(self.form.match(page, places)):
                yield from self._read(values, taken, page, escaped=False)
                places = np.setdiff1d(places, taken, assume_unique=True)
        if len(places):
            few = self.form is not None
            lines = page.texts_at(places) if few else page.texts.gather(places)
            captured, kept = self._captured(lines)
            yield from self._read(
                captured, places[kept.to_numpy()], page, escaped=bool(page.slashed[places].any())
            )

    def _read(
        self, found: pl.DataFrame, places: Places, page: Page, *, escaped: bool
    ) -> Iterator[Matched]:
        """Yield the lines whose captured values are what they should be."""
        if not len(places):
            return
        numbers = [pl.col(key).cast(pl.Int64, strict=False) for key in self._keys_of(INT)]
        found = self._texts(found, escaped=escaped).with_columns(numbers)
        if self.derived:
            found = found.with_columns(**self.derived)
        good = found.select(pl.all_horizontal(pl.all().is_not_null(), *self.checks)).to_series()
        if not good.all():
            found, places = found.filter(good), places[good.to_numpy()]
        if len(places):
            yield Matched(places, self._columns(found, page, places))

    def _keys_of(self, kind: str) -> list[str]:
        return [key for _, slots in self._parts for key, of in slots if of == kind]

    def __post_init__(self) -> None:
        """Cut the pattern into as many pieces as the engine's number of groups asks for."""
        parts: list[tuple[str, tuple[tuple[str, str], ...]]] = []
        pattern, slots = "^", list[tuple[str, str]]()
        for segment in self.segments:
            if len(slots) + len(segment.slots) > MAX_GROUPS:
                parts.append((f"{pattern}{_REST}$", tuple(slots)))
                pattern, slots = "^", []
            pattern += segment.pattern
            slots += segment.slots
        object.__setattr__(self, "_parts", [*parts, (f"{pattern}$", tuple(slots))])

    _parts: Sequence[tuple[str, tuple[tuple[str, str], ...]]] = field(init=False, repr=False)

    def _captured(self, lines: pl.Series) -> tuple[pl.DataFrame, pl.Series]:
        """Return the groups of the lines that match, by key, and those lines' places."""
        places = pl.int_range(len(lines), eager=True, dtype=pl.Int64)
        captured = pl.DataFrame()
        for pattern, slots in self._parts:
            groups = lines.str.extract_groups(pattern).struct.unnest()
            matched = groups.to_series(0).is_not_null()
            if not matched.all():
                groups, places = groups.filter(matched), places.filter(matched)
                captured = captured.filter(matched) if captured.width else captured
            names = [key for key, _ in slots]
            if groups.width > len(names):
                lines = groups.to_series(len(names))
                groups = groups.select(groups.columns[: len(names)])
            groups.columns = names
            captured = captured.hstack(groups) if captured.width else groups
        return captured, places

    def _texts(self, found: pl.DataFrame, *, escaped: bool) -> pl.DataFrame:
        """Take the quotes off, and read the backslashes of the few texts that hold any.

        `escaped` tells whether there is a backslash at all.
        """
        if self.quoted is None and not escaped:
            return found
        for key in self._keys_of(TEXT):
            values = found[key]
            opened = None
            if self.quoted is not None:
                if key not in self.quoted:
                    continue
                opened = values.str.starts_with('"')
                if not opened.any():
                    continue
                bare = values.str.slice(1).str.strip_suffix('"')
                values = bare if opened.all() else bare.zip_with(opened, values)
            slashed = values.str.contains("\\", literal=True)
            places = (slashed if opened is None else slashed & opened).arg_true()
            if len(places):
                read = [self.unescape(text) for text in values.gather(places)]
                values = values.scatter(places, pl.Series(read, dtype=pl.String))
            found = found.with_columns(values.alias(key))
        return found

    def _columns(self, found: pl.DataFrame, page: Page, places: Places) -> dict[str, Column]:
        kinds = {key: kind for _, slots in self._parts for key, kind in slots}
        columns: dict[str, Column] = {}
        for key in self.keys:
            if key == self.whole:
                columns[key] = Column(TEXT, page.texts.gather(places))
            elif key in kinds:
                columns[key] = Column(kinds[key], found[key])
            elif key in self.derived:
                columns[key] = Column(TEXT, found[key])
            else:
                same = pl.repeat(self.constants[key], len(places), dtype=pl.String, eager=True)
                columns[key] = Column(TEXT, same)
        return columns
