"""Server-Sent Events: what changed since the last beat, worked out once for all who look.

Nobody has a queue. At each beat a client gets the difference to the beat before, if it had that
one, else the whole view: a slow client skips beats and is never far behind, and costs nobody.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import count, zip_longest
from time import monotonic
from typing import Any

import orjson

from analyzer.dashboard.board import Board, BoardSnapshot
from analyzer.dashboard.charts import Charts, objective_charts
from analyzer.dashboard.signs import Row, View
from analyzer.dashboard.view import Words

BEAT_S = 0.75
CHARTS_EVERY = 4
MARGIN_S = 0.001
PHASES, PHASE_S = 20, 0.01
Clock = Callable[[], int]
Part = Mapping[str, Any]
"""Texts, tones and lists of a view, whole or as far as they changed."""


@dataclass(frozen=True)
class Moment:
    """One scope at one beat; `change` is for who saw the beat `after`, `whole` for all others."""

    beat: int
    after: int | None
    view: View
    charts: Charts
    change: bytes

    @cached_property
    def whole(self) -> bytes:
        """The message that needs no other."""
        return _message(_whole(self.view), self.charts)


class Stream:
    """Views of one board by scope (None: the whole), at most one per scope and beat."""

    def __init__(self, board: Board, clock: Clock, wall: Clock) -> None:
        """Read `board` at the time of `clock`; ages are told by `wall`."""
        self.board = board
        self._clock = clock
        self._wall = wall
        self._words: tuple[int, Words] | None = None
        self._moments: dict[str | None, Moment] = {}
        self._working = asyncio.Lock()
        self._phases = count()

    def snapshot(self) -> BoardSnapshot:
        """The board now, at most once per beat."""
        beat = present_beat()
        if self._words is None or self._words[0] != beat:
            self._read(beat, self.board.snapshot(self._clock(), self._wall()))
        return self._present().found

    def forget(self) -> None:
        """Read the board anew, also within a beat: somebody wrote and wants to see it."""
        self._words = None

    def phase(self) -> float:
        """How long after a beat the next client is served, in s: not all in one turn."""
        return next(self._phases) % PHASES * PHASE_S

    async def moment(self, context: str | None) -> Moment:
        """The present beat of a scope, worked out in short steps: a bot has more to do."""
        async with self._working:
            beat = present_beat()
            known = self._moments.get(context)
            if known is not None and known.beat >= beat:
                return known
            words = await self._look(beat)
            view = await _said(words, context)
            due = known is None or beat // CHARTS_EVERY != known.beat // CHARTS_EVERY
            charts = await self._charts(words.found, context) if due or not known else known.charts
            change = difference(known.view, view) if known else _whole(view)
            message = _message(change, charts if due else {})
            moment = Moment(beat, known.beat if known else None, view, charts, message)
            self._moments[context] = moment
            return moment

    async def _look(self, beat: int) -> Words:
        if self._words is None or self._words[0] != beat:
            for found in self.board.looks(self._clock(), self._wall()):
                if found is not None:
                    self._read(beat, found)
                await asyncio.sleep(0)
        return self._present()

    def _read(self, beat: int, found: BoardSnapshot) -> None:
        self._words = beat, Words(self.board, found, self._wall())

    def _present(self) -> Words:
        assert self._words is not None
        return self._words[1]

    async def _charts(self, found: BoardSnapshot, context: str | None) -> Charts:
        """The chart columns of a context's objectives by name; the whole draws none."""
        charts: Charts = {}
        for watched in found.objectives:
            if watched.snapshot.objective.context == context:
                charts[watched.snapshot.objective.name] = objective_charts(self.board, watched)
                await asyncio.sleep(0)
        return charts

    async def next(
        self, context: str | None, seen: int | None, phase_s: float = 0.0
    ) -> tuple[int, bytes]:
        """Wait for the beat after `seen`: its number, and what a client that saw `seen` lacks."""
        if seen is not None:
            due = (seen + 1) * BEAT_S + phase_s
            await asyncio.sleep(max(0.0, due - monotonic()) + MARGIN_S)
        moment = await self.moment(context)
        in_step = seen is not None and moment.after == seen
        return moment.beat, moment.change if in_step else moment.whole


async def _said(words: Words, context: str | None) -> View:
    view = View()
    for step in words.steps(context):
        view = step or view
        await asyncio.sleep(0)
    return view


def present_beat() -> int:
    """The number of the present beat; beats are counted by the monotonic clock."""
    return int(monotonic() / BEAT_S)


def difference(before: View, after: View) -> Part:
    """What of `after` is not in `before`; keys never vanish while a page is open.

    Of a list: how many rows it has now, and by row number the cells that are new or changed.
    """
    return {
        "texts": _changed(before.texts, after.texts),
        "tones": _changed(before.tones, after.tones),
        "rows": {
            name: [len(rows), _changed_rows(before.lists.get(name, ()), rows)]
            for name, rows in after.lists.items()
            if before.lists.get(name) != rows
        },
    }


def _changed(before: Row, after: Row) -> Row:
    return {key: text for key, text in after.items() if before.get(key) != text}


def _changed_rows(before: Sequence[Row], after: Sequence[Row]) -> list[tuple[int, Row]]:
    nothing: Row = {}
    pairs = zip_longest(before[: len(after)], after, fillvalue=nothing)
    return [(n, _changed(old, new)) for n, (old, new) in enumerate(pairs) if old != new]


def _whole(view: View) -> Part:
    return {"texts": view.texts, "tones": view.tones, "lists": view.lists}


def _message(part: Part, charts: Charts) -> bytes:
    """One event. JSON holds no line break, so the data is one line."""
    document = {key: found for key, found in {**part, "charts": charts}.items() if found}
    return b"data: " + orjson.dumps(document) + b"\n\n"
