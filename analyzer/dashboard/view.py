"""What a page says, word for word: the same view renders the page and updates it.

Everything is plain text under a key; the page puts text into the element of that key and never
interprets it, so no name that a log contains can become markup.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from analyzer.dashboard import wording
from analyzer.dashboard.board import Board, BoardSnapshot, Watched
from analyzer.dashboard.condition import ORDER, Condition, worst
from analyzer.dashboard.journeys import JourneyRow, busiest_first
from analyzer.dashboard.list_rows import (
    context_rows,
    gauge_row,
    incident_row,
    incident_words,
    journey_row,
    mark_row,
)
from analyzer.dashboard.objective_words import exhaustion, say_objective
from analyzer.dashboard.signs import SIGNS, TONES, Row, View
from analyzer.slo.live import SECOND_US

MAX_JOURNEYS = 48


class Words:
    """What is said of one moment: each piece is worked out once, for all scopes that show it."""

    def __init__(self, board: Board, found: BoardSnapshot, wall_us: int) -> None:
        """Speak about `found` of `board`; ages are told at `wall_us`."""
        self.found = found
        self._board = board
        self._wall_us = wall_us
        self._objectives: dict[str, View] = {}
        self._journeys: list[JourneyRow] | None = None
        self._gauges: dict[str | None, list[Row]] = {}

    def view(self, context: str | None = None) -> View:
        """The page of the whole (`context` None) or of one context."""
        for view in self.steps(context):
            if view is not None:
                return view
        raise AssertionError("the last step is the view")

    def steps(self, context: str | None = None) -> Iterator[View | None]:
        """`view` in short steps: None while it is not finished."""
        found, wall_us = self.found, self._wall_us
        view = View()
        shown = [w for w in found.objectives if context in {None, w.snapshot.objective.context}]
        _say_headline(view, found, shown, wall_us)
        for watched in shown:
            yield from self._say_objective(watched)
            view.include(self._objectives[watched.snapshot.objective.name])
        _say_incidents(view, found, wall_us, context)
        yield from self._tell_journeys()
        rows = [row for row in self._journeys or () if context in {None, row.context}]
        view.lists["journeys"] = [journey_row(row) for row in rows[:MAX_JOURNEYS]]
        view.lists["gauges"] = []
        for scope in dict.fromkeys((context, None)):
            yield from self._tell_gauges(scope)
            view.lists["gauges"] += self._gauges[scope]
        view.lists["marks"] = [mark_row(mark, found.at_us) for mark in reversed(found.marks)]
        view.lists["notes"] = [{"text": note} for note in found.notes]
        view.lists["contexts"] = context_rows(found, context)
        yield view

    def _say_objective(self, watched: Watched) -> Iterator[None]:
        name = watched.snapshot.objective.name
        if name not in self._objectives:
            said = View()
            say_objective(said, watched, self._wall_us)
            self._objectives[name] = said
            yield None

    def _tell_journeys(self) -> Iterator[None]:
        if self._journeys is None:
            rows = []
            for row in self._board.journeys.each(self.found.at_us):
                rows.append(row)
                yield None
            self._journeys = busiest_first(rows)

    def _tell_gauges(self, scope: str | None) -> Iterator[None]:
        if scope not in self._gauges:
            rows = []
            for _, gauge in self._board.gauges.of(scope):
                rows.append(gauge_row(gauge, self.found.at_us, scope))
                yield None
            self._gauges[scope] = rows


def _say_incidents(view: View, found: BoardSnapshot, wall_us: int, context: str | None) -> None:
    if found.incidents is None:
        view.lists["incidents"] = []
        view.say("incidents.count", "nobody is alerted from here", "none")
        return
    incidents = [i for i in found.incidents if context in {None, i.context}]
    view.lists["incidents"] = [incident_row(i, wall_us) for i in incidents]
    quiet = "none" if found.stale else "good"
    view.say("incidents.count", incident_words(incidents), "bad" if incidents else quiet)


def _say_headline(
    view: View, found: BoardSnapshot, shown: Sequence[Watched], wall_us: int
) -> None:
    condition = worst((w.condition for w in shown), Condition.NO_DATA)
    troubled = [w for w in shown if TONES[w.condition] in {"bad", "warn"}]
    if found.stale:
        sentence, condition = _silence(found, wall_us), Condition.STALE
    elif not shown:
        sentence = "No objectives: give an objectives file to get verdicts"
    elif troubled:
        verb = "needs" if len(troubled) == 1 else "need"
        sentence = f"{len(troubled)} of {wording.plural(len(shown), 'objective')} {verb} attention"
    elif condition is Condition.NO_DATA:
        sentence = "No events yet: nothing is known"
    else:
        silent = sum(w.condition is Condition.NO_DATA for w in shown)
        sentence = (
            "All objectives are acceptable"
            if not silent
            else (
                f"{len(shown) - silent} of {wording.plural(len(shown), 'objective')} acceptable, "
                f"no data for {silent}"
            )
        )
    view.say("headline", f"{SIGNS[condition]} {sentence}", TONES[condition])
    worst_first = sorted(troubled, key=lambda w: ORDER.index(w.condition))
    view.say("headline.more", "; ".join(_in_a_line(w) for w in worst_first[:3]))
    view.say("age", _age_words(found, wall_us), "none" if found.stale else "plain")
    view.say("as_of", f"{wording.clock(found.at_us, wall_us)} UTC")
    _say_campaign(view, found)
    level = found.level
    words = level.name + (f": {level.reason}" if level.reason else "")
    view.say("level", words if level.degraded else "", "warn" if level.degraded else "plain")


def _silence(found: BoardSnapshot, wall_us: int) -> str:
    if found.alive_us is None:
        return "The source has never said anything"
    age_s = (wall_us - found.alive_us) / SECOND_US
    return f"STALE: the source is silent for {wording.duration(age_s)}"


def _age_words(found: BoardSnapshot, wall_us: int) -> str:
    if found.alive_us is None:
        return "no data yet"
    age_s = max(0.0, (wall_us - found.alive_us) / SECOND_US)
    return f"data {wording.duration(age_s) if age_s >= 1 else '<1 s'} old"


def _in_a_line(watched: Watched) -> str:
    objective = watched.snapshot.objective
    left = watched.snapshot.budget.left_events
    rest = "budget overspent" if left < 0 else exhaustion(watched).lower()
    return f"{objective.context} {objective.journey}: {watched.condition}, {rest}"


def _say_campaign(view: View, found: BoardSnapshot) -> None:
    campaign = found.campaign
    if campaign is None:
        view.say("campaign", "")
        return
    length = campaign.end_us - campaign.start_us
    done = found.at_us - campaign.start_us
    if done < 0:
        words = f"starts in {wording.duration(-done / SECOND_US)}"
    elif done > length:
        words = f"ended {wording.clock(campaign.end_us, found.at_us)} UTC"
    else:
        left = wording.duration((length - done) / SECOND_US)
        words = f"{wording.rough_share(done / length)} done, ends in {left}"
    view.say("campaign", f"Campaign {campaign.name}: {words}")
