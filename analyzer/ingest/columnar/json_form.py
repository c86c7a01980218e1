"""Lines of one JSON form read by a parser, and the proof that they are of that form.

A parser that is asked for some keys says nothing of others, of repeated ones, or of a number that
it made a text. So its answer is written down again in the form of the sample: a line that says
the same byte for byte holds these keys and values, in this order, and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import polars as pl

from analyzer.ingest.columnar.page import Flags, Page, Places

# As nearly every writer of JSON has it; how control characters are written, differs.
_ESCAPED = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


class Slot(NamedTuple):
    """A value: the name of its column, and the keys that lead to it from the outermost object.

    `quoted` values are strings; what else must look like `pattern`, if there is one.
    """

    name: str
    path: tuple[str, ...]
    quoted: bool
    pattern: str | None = None


@dataclass(frozen=True, slots=True)
class JsonForm:
    """Words and slots as they follow each other in a line, and the number of quotes in it."""

    parts: Sequence[str | Slot]
    quotes: int

    @property
    def _slots(self) -> list[Slot]:
        return [part for part in self.parts if isinstance(part, Slot)]

    def candidates(self, page: Page, places: Places) -> Places:
        """Return the lines that may be of this form."""
        alike: Flags = page.quotes[places] == self.quotes % 256
        return places[alike | page.tangled[places]]

    def match(self, page: Page, places: Places) -> Iterator[tuple[Places, pl.DataFrame]]:
        """Yield the lines that are of this form for sure, and their values as texts by column.

        Where one of them is no JSON, or its quotes are tangled, others may be of this form too.
        """
        slashed = page.slashed[places]
        yield from self._written_alike(page, places[~slashed])
        if slashed.any():
            escaped = places[slashed & ~page.tangled[places]]
            yield from self._written_alike(page, escaped, _ESCAPED)

    def _written_alike(
        self, page: Page, places: Places, escapes: Mapping[str, str] | None = None
    ) -> Iterator[tuple[Places, pl.DataFrame]]:
        if not len(places):
            return
        all_of_it = len(places) == len(page)
        lines = page.whole if all_of_it else page.whole.gather(places)
        values = self._parsed(page.data if all_of_it else _joined(lines))
        if values is None or len(values) != len(lines):
            return
        written = values.select(pl.concat_str(self._line(page.end_mark, escapes))).to_series()
        alike = (written == lines).fill_null(value=False)
        for slot in self._slots:
            if slot.pattern is not None:
                alike &= values[slot.name].str.contains(f"^{slot.pattern}$")
        if alike.all():
            yield places, values
        elif alike.any():
            yield places[alike.to_numpy()], values.filter(alike)

    def _line(self, end_mark: str, escapes: Mapping[str, str] | None) -> Iterator[pl.Expr]:
        """Yield the parts of a line as it is written."""
        for part in self.parts:
            if not isinstance(part, Slot):
                yield pl.lit(part)
            elif escapes is None or not part.quoted:
                yield pl.col(part.name)
            else:
                yield pl.col(part.name).str.replace_many(escapes)
        yield pl.lit(end_mark)

    def _parsed(self, data: bytes) -> pl.DataFrame | None:
        slots = self._slots
        try:
            found = pl.read_ndjson(data, schema=_schema([slot.path for slot in slots]))
        except (pl.exceptions.ComputeError, pl.exceptions.SchemaError):
            return None
        if all(len(slot.path) == 1 for slot in slots):
            return found
        return found.select(_value(slot).alias(slot.name) for slot in slots)


def form_of(parts: Iterable[str | Slot]) -> JsonForm | None:
    """Return the form of a line; None where it holds a backslash, or no value."""
    joined: list[str | Slot] = []
    for part in parts:
        if joined and isinstance(part, str) and isinstance(joined[-1], str):
            joined[-1] += part
        else:
            joined.append(part)
    words = "".join(part for part in joined if isinstance(part, str))
    if "\\" in words or len(joined) < 2:
        return None
    return JsonForm(joined, words.count('"'))


def _schema(paths: Sequence[tuple[str, ...]]) -> dict[str, Any]:
    """Return the schema of an object that holds a text wherever a path ends."""
    inner: dict[str, list[tuple[str, ...]]] = {}
    for key, *rest in paths:
        inner.setdefault(key, []).append(tuple(rest))
    return {
        key: pl.Struct(_schema(rests)) if rests[0] else pl.String for key, rests in inner.items()
    }


def _value(slot: Slot) -> pl.Expr:
    first, *rest = slot.path
    found = pl.col(first)
    for key in rest:
        found = found.struct.field(key)
    return found


def _joined(lines: pl.Series) -> bytes:
    return str(lines.str.join("")[0]).encode()
