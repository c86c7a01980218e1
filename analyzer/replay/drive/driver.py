"""Virtual users at work: arrivals by plan, scenarios as state machines, rows as results."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from analyzer.replay.botapi.clock import NS_PER_SECOND, Clock, SystemClock
from analyzer.replay.botapi.door import Acted, Door, Text, User
from analyzer.replay.botapi.door import Press as PressButton
from analyzer.replay.botapi.errors import ImpossibleActError
from analyzer.replay.botapi.feed import ChatEvent
from analyzer.replay.drive.chats import Chats
from analyzer.replay.drive.collector import without_full_collections
from analyzer.replay.drive.journeys import Journey, JourneyLog
from analyzer.replay.drive.recorder import Attempt, Recorder, Visit
from analyzer.replay.drive.schedule import Fired, open_loop
from analyzer.replay.drive.summary import RunFacts, Summary, summarize
from analyzer.replay.drive.tasks import called_off
from analyzer.replay.drive.watch import Watch
from analyzer.replay.workload.arrivals import Arrival, arrivals
from analyzer.replay.workload.plan import Plan
from analyzer.replay.workload.scenarios import SCENARIOS
from analyzer.replay.workload.steps import Press, Say, Step, Wait
from analyzer.replay.workload.users import Persona, personas


async def drive(
    plan: Plan,
    door: Door,
    *,
    planned: Sequence[Arrival] | None = None,
    journeys: Path | None = None,
    clock: Clock | None = None,
    watch: Watch | None = None,
) -> Driven:
    """Run `plan` against the bot behind `door`, in real time; rows go to `journeys` as they end.

    A `watch` hears of every row, and may say that it is over: then nobody comes, and whoever is
    here goes after the answer that is waited for.

    `planned` are arrivals, recorded ones for instance, in place of those the plan draws. Returns
    when the last user is content or has lost patience.
    """
    clock = clock or SystemClock()
    chats = Chats(door)
    watching = watch or Watch()
    with JourneyLog(clock, journeys, watching.heard) as log, without_full_collections():
        coming = arrivals(plan) if planned is None else planned
        run = _Run(plan, coming, door, chats, clock, Recorder(plan, log, clock), watching)
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
class _Run:
    plan: Plan
    planned: Sequence[Arrival]
    door: Door
    chats: Chats
    clock: Clock
    recorder: Recorder
    watch: Watch
    busy: set[int] = field(default_factory=set)
    over: asyncio.Event = field(default_factory=asyncio.Event)
    idle: set[asyncio.Task[None]] = field(default_factory=set)

    async def play(self) -> RunFacts:
        people = personas(self.plan.users, self.plan.seed)
        self.recorder.begun_ns = self.clock.monotonic_ns()

        async def begin(fired: Fired) -> None:
            arrival = self.planned[fired.number]
            await self._visit(arrival, people[arrival.user], fired)

        times = [arrival.at_seconds for arrival in self.planned]
        closing = [asyncio.ensure_future(end) for end in (self._close(), self._fall_silent())]
        try:
            await open_loop(times, begin, self.clock, self.over)
        finally:
            for task in closing:
                await called_off(task)
        return RunFacts(
            plan=self.plan.name,
            seed=self.plan.seed,
            scenarios=len(self.planned),
            warm_up_seconds=self.plan.warm_up_seconds,
            sends_by_second=self.chats.sends_by_second,
        )

    async def _close(self) -> None:
        """Once it is over, send home whoever waits for no answer."""
        await self.watch.over()
        self.over.set()
        for task in self.idle:
            task.cancel()

    async def _fall_silent(self) -> None:
        await self.watch.silent()
        self.chats.fall_silent()

    @contextmanager
    def _at_leisure(self) -> Iterator[None]:
        """While a user only thinks or looks on: the visit may end here."""
        task = asyncio.current_task()
        assert task is not None
        self.idle.add(task)
        try:
            yield
        finally:
            self.idle.discard(task)

    async def _visit(self, arrival: Arrival, persona: Persona, fired: Fired) -> None:
        user = User(
            user_id=persona.user_id,
            first_name=persona.first_name,
            language_code=persona.language_code,
        )
        visit = Visit(arrival, persona, user, fired.intended_ns)
        if persona.user_id in self.busy:
            self.recorder.dropped(visit, "user is busy")
            return
        self.busy.add(persona.user_id)
        self.chats.open(persona.user_id)
        try:
            await self._converse(visit)
        finally:
            self.busy.discard(persona.user_id)
            self.chats.close(persona.user_id)

    async def _converse(self, visit: Visit) -> None:
        conversation = SCENARIOS[visit.arrival.scenario](visit.persona)
        try:
            step = next(conversation)
            while True:
                if isinstance(step.act, Wait):
                    answer = await self._wait(visit, step.act)
                else:
                    answer = await self._take(visit, step, step.act)
                    if answer is None or self.over.is_set():
                        conversation.close()
                        return
                    await self._think(visit)
                    # What the bot has made of its answer meanwhile is what the user acts on.
                    answer = self.chats.as_it_stands(visit.persona.user_id, answer)
                step = conversation.send(answer)
        except StopIteration:
            return

    async def _think(self, visit: Visit) -> None:
        """The next act is due after a pause from the answer, whenever this task is woken."""
        pause = round(visit.persona.pause_seconds() / self.plan.pace * NS_PER_SECOND)
        visit.intended_ns = self.clock.monotonic_ns() + pause
        with self._at_leisure():
            await asyncio.sleep(pause / NS_PER_SECOND)

    async def _wait(self, visit: Visit, wait: Wait) -> ChatEvent | None:
        """What comes by itself; also what came while the user was thinking."""
        deadline = asyncio.get_running_loop().time() + wait.seconds / self.plan.pace
        with self._at_leisure():
            seen = await self.chats.answer(visit.persona.user_id, 0, deadline)
        visit.intended_ns = self.clock.monotonic_ns()
        return seen

    async def _take(self, visit: Visit, step: Step, act: Say | Press) -> ChatEvent | None:
        """Do one step; the answer, or None when the user should give up."""
        visit.steps += 1
        issued = self.clock.monotonic_ns()
        try:
            acted = await self._act(visit.user, act)
        except ImpossibleActError as error:
            attempt = Attempt(issued, None, None)
            self.recorder.attempted(visit, step, attempt, str(error))
            return None
        attempt = Attempt(issued, acted, await self._answer(visit, step, acted, issued))
        self.recorder.attempted(visit, step, attempt, None)
        return attempt.answer if attempt.outcome == "ok" else None

    async def _answer(
        self, visit: Visit, step: Step, acted: Acted, issued_ns: int
    ) -> ChatEvent | None:
        deadline = asyncio.get_running_loop().time() + self.plan.patience_seconds
        while True:
            answer = await self.chats.answer(visit.persona.user_id, issued_ns, deadline)
            if answer is None or (_concerns(acted, answer) and step.accepts(answer)):
                return answer

    async def _act(self, user: User, act: Say | Press) -> Acted:
        if isinstance(act, Say):
            return await self.door.write(Text(user=user, text=act.text))
        return await self.door.press(
            PressButton(user=user, message_id=act.message_id, callback_data=act.callback_data)
        )


def _concerns(acted: Acted, event: ChatEvent) -> bool:
    """Whether an event can be the answer: a new message, or an edit of the one acted on or newer.

    Bots edit older messages by themselves, status cards for instance.
    """
    if event.kind == "message" or acted.message_id is None or event.message_id is None:
        return True
    return event.message_id >= acted.message_id
