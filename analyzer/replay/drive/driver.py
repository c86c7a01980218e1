"""Virtual users at work: arrivals by plan, scenarios as state machines, rows as results."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from analyzer.replay.botapi.clock import NS_PER_SECOND, Clock, SystemClock
from analyzer.replay.botapi.door import Acted, Door, Text, User
from analyzer.replay.botapi.door import Press as PressButton
from analyzer.replay.botapi.errors import ImpossibleActError
from analyzer.replay.botapi.feed import ChatEvent
from analyzer.replay.drive.chats import Chats
from analyzer.replay.drive.collector import without_full_collections
from analyzer.replay.drive.journeys import Journey, JourneyLog, Outcome
from analyzer.replay.drive.schedule import Fired, open_loop
from analyzer.replay.drive.summary import RunFacts, Summary, summarize
from analyzer.replay.workload.arrivals import Arrival, arrivals
from analyzer.replay.workload.plan import Plan
from analyzer.replay.workload.scenarios import SCENARIOS, Press, Say, Step, Wait, is_apology
from analyzer.replay.workload.users import Persona, personas


async def drive(
    plan: Plan,
    door: Door,
    *,
    planned: Sequence[Arrival] | None = None,
    journeys: Path | None = None,
    clock: Clock | None = None,
) -> Driven:
    """Run `plan` against the bot behind `door`, in real time; rows go to `journeys` as they end.

    `planned` are arrivals, recorded ones for instance, in place of those the plan draws. Returns
    when the last user is content or has lost patience.
    """
    clock = clock or SystemClock()
    chats = Chats(door)
    with JourneyLog(clock, journeys) as log, without_full_collections():
        coming = arrivals(plan) if planned is None else planned
        run = _Run(plan, coming, door, chats, clock, log)
        following = asyncio.ensure_future(chats.follow(await door.last_seq()))
        playing = asyncio.ensure_future(run.play())
        try:
            # A reader that fails must end the run: without it nobody would ever be answered.
            await asyncio.wait({following, playing}, return_when=asyncio.FIRST_COMPLETED)
            if following.done():
                following.result()
            facts = await playing
        finally:
            for task in (following, playing):
                task.cancel()
            await asyncio.gather(following, playing, return_exceptions=True)
    return Driven(tuple(log.rows), summarize(log.rows, facts))


@dataclass(frozen=True, slots=True)
class Driven:
    """The rows of a run and their summary."""

    rows: tuple[Journey, ...]
    summary: Summary


@dataclass(slots=True)
class _Visit:
    """A user in a scenario."""

    arrival: Arrival
    persona: Persona
    user: User
    intended_ns: int
    steps: int = 0


@dataclass(frozen=True, slots=True)
class _Attempt:
    """One act and what came back."""

    issued_ns: int
    acted: Acted
    answer: ChatEvent | None


@dataclass(slots=True)
class _Run:
    plan: Plan
    planned: Sequence[Arrival]
    door: Door
    chats: Chats
    clock: Clock
    log: JourneyLog
    begun_ns: int = 0
    busy: set[int] = field(default_factory=set)

    async def play(self) -> RunFacts:
        people = personas(self.plan.users, self.plan.seed)
        self.begun_ns = self.clock.monotonic_ns()

        async def begin(fired: Fired) -> None:
            arrival = self.planned[fired.number]
            await self._visit(arrival, people[arrival.user], fired)

        await open_loop([arrival.at_seconds for arrival in self.planned], begin, self.clock)
        return RunFacts(
            plan=self.plan.name,
            seed=self.plan.seed,
            scenarios=len(self.planned),
            warm_up_seconds=self.plan.warm_up_seconds,
            sends_by_second=self.chats.sends_by_second,
        )

    async def _visit(self, arrival: Arrival, persona: Persona, fired: Fired) -> None:
        user = User(
            user_id=persona.user_id,
            first_name=persona.first_name,
            language_code=persona.language_code,
        )
        visit = _Visit(arrival, persona, user, fired.intended_ns)
        if persona.user_id in self.busy:
            self._drop(visit, "user is busy")
            return
        self.busy.add(persona.user_id)
        self.chats.open(persona.user_id)
        try:
            await self._converse(visit)
        finally:
            self.busy.discard(persona.user_id)
            self.chats.close(persona.user_id)

    async def _converse(self, visit: _Visit) -> None:
        conversation = SCENARIOS[visit.arrival.scenario](visit.persona)
        try:
            step = next(conversation)
            while True:
                answer = await self._take(visit, step)
                if answer is None and not isinstance(step.act, Wait):
                    conversation.close()
                    return
                step = conversation.send(answer)
                if not isinstance(step.act, Wait):
                    await self._think(visit)
        except StopIteration:
            return

    async def _think(self, visit: _Visit) -> None:
        """The next act is due after a pause from the answer, whenever this task is woken."""
        pause = round(visit.persona.pause_seconds() / self.plan.pace * NS_PER_SECOND)
        visit.intended_ns = self.clock.monotonic_ns() + pause
        await asyncio.sleep(pause / NS_PER_SECOND)

    async def _take(self, visit: _Visit, step: Step) -> ChatEvent | None:
        """Do one step; the answer, or None when the user should give up."""
        loop, user_id = asyncio.get_running_loop(), visit.persona.user_id
        if isinstance(step.act, Wait):
            now, seconds = self.clock.monotonic_ns(), step.act.seconds / self.plan.pace
            return await self.chats.answer(user_id, now, loop.time() + seconds)
        visit.steps += 1
        issued = self.clock.monotonic_ns()
        deadline = loop.time() + self.plan.patience_seconds
        try:
            acted = await self._act(visit.user, step.act)
        except ImpossibleActError as error:
            self._drop(visit, str(error), step.journey)
            return None
        answer = await self.chats.answer(user_id, issued, deadline)
        while answer is not None and not step.accepts(answer):
            answer = await self.chats.answer(user_id, issued, deadline)
        outcome: Outcome = "ok"
        if answer is None:
            outcome = "unanswered"
        elif is_apology(answer):
            outcome = "failed"
        name = step.journey if outcome != "ok" or answer is None else step.completed_by(answer)
        self._record(visit, name, _Attempt(issued, acted, answer), outcome)
        return answer if outcome == "ok" else None

    async def _act(self, user: User, act: Say | Press) -> Acted:
        if isinstance(act, Say):
            return await self.door.write(Text(user=user, text=act.text))
        return await self.door.press(
            PressButton(user=user, message_id=act.message_id, callback_data=act.callback_data)
        )

    def _record(self, visit: _Visit, name: str, attempt: _Attempt, outcome: Outcome) -> None:
        answered = attempt.answer.monotonic_ns if attempt.answer else None
        ended = answered or self.clock.monotonic_ns()
        waited_ms = (ended - visit.intended_ns) / 1e6
        row = self._row(visit, name)
        deadline_ms = row.deadline_ms
        self.log.add(
            replace(
                row,
                t_end=self.log.wall(answered) if answered else None,
                issued_ns=attempt.issued_ns,
                answered_ns=answered,
                latency_ms=waited_ms if answered else None,
                waited_ms=waited_ms,
                lag_ms=(attempt.issued_ns - visit.intended_ns) / 1e6,
                late=answered is None or waited_ms > deadline_ms,
                outcome=outcome,
                update_id=attempt.acted.update_id,
            )
        )

    def _drop(self, visit: _Visit, reason: str, journey: str = "scenario") -> None:
        self.log.add(replace(self._row(visit, journey), reason=reason))

    def _row(self, visit: _Visit, name: str) -> Journey:
        since_start = (visit.intended_ns - self.begun_ns) / NS_PER_SECOND
        return Journey(
            journey_id=f"{self.plan.name}-{self.plan.seed}-{visit.arrival.number}-{visit.steps}",
            journey=name,
            scenario=visit.arrival.scenario,
            phase=visit.arrival.phase,
            user_id=visit.persona.user_id,
            campaign=self.plan.name,
            t_start=self.log.wall(visit.intended_ns),
            t_end=None,
            intended_ns=visit.intended_ns,
            issued_ns=None,
            answered_ns=None,
            latency_ms=None,
            waited_ms=0.0,
            lag_ms=None,
            deadline_ms=1000 * self.plan.deadline_seconds(name),
            late=True,
            outcome="dropped",
            warm_up=since_start < self.plan.warm_up_seconds,
        )
