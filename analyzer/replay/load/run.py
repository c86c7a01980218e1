"""One load test in real time: emulator up, bot up, levels of users, fault, bot down."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path

from analyzer.errors import UsageError
from analyzer.replay.botapi import Emulator, Limits, Settings, SystemClock
from analyzer.replay.botapi.clock import NS_PER_SECOND, Clock
from analyzer.replay.campaign import DRAIN_SECONDS, TELEGRAM
from analyzer.replay.drive import BotCommand, Closing, Driven, Journey, drive, running_bot
from analyzer.replay.drive.process import kill_at_once
from analyzer.replay.drive.tasks import called_off
from analyzer.replay.load.faults import slow_database, telegram_faults
from analyzer.replay.load.levels import FAULTS, LoadPlan
from analyzer.replay.load.loaded import Loaded, Moment, calls_in
from analyzer.replay.load.meters import Reading, Usage, reading, usage
from analyzer.replay.staff import STAFF_ENVIRONMENT, Staff, broadcasts_for

SMALL_AUDIENCE = 20
"""Few subscribers, many broadcasts: every level has some."""
STOP_WITHIN_SECONDS = 5.0
"""A bot that ends later is killed: what it would still send is not counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadRun:
    """What to run against which command; files go below `folder`.

    `staffed` for the bundled bot alone; `database` is the SQLite file that DATABASE_URL names.
    """

    plan: LoadPlan
    words: Sequence[str]
    folder: Path
    database: Path
    staffed: bool
    limits: Limits
    environment: Mapping[str, str] = field(default_factory=dict)

    @property
    def journal(self) -> Path:
        """All that the emulator sent and received."""
        return self.folder / "journal.jsonl"


def run_load(run: LoadRun, look: Callable[[Moment], bool]) -> Loaded:
    """Run in real time: the plan's time, the last answers, and a few seconds to drain.

    `look` is shown every second and says whether enough is known. A bot that ends by itself ends
    the run.

    Raises:
        UsageError: the bot cannot be started, or the fault cannot be made.
    """
    return asyncio.run(_run(run, look))


async def _run(run: LoadRun, look: Callable[[Moment], bool]) -> Loaded:
    faulty = run.plan.scenario in FAULTS
    begin, end = run.plan.fault_seconds if faulty else (0.0, 0.0)
    clock = SystemClock()
    settings = Settings(
        seed=run.plan.plan.seed,
        limits=run.limits,
        faults=(*TELEGRAM, *telegram_faults(run.plan.scenario, begin, end)),
        journal=run.journal,
    )
    logs = run.folder / "bot-logs"
    logs.mkdir(parents=True, exist_ok=True)
    command = BotCommand(
        words=run.words,
        output=logs / "output.log",
        environment={**(STAFF_ENVIRONMENT if run.staffed else {}), **run.environment},
        stop_within_seconds=STOP_WITHIN_SECONDS,
    )
    async with Emulator(settings, clock) as telegram, AsyncExitStack() as stack:
        notified = run.plan.notified if run.staffed else ()
        staff = Staff(telegram.door, broadcasts_for(notified, SMALL_AUDIENCE), clock)
        await staff.assemble()
        closing = Closing(run.plan.plan.seconds)
        bench = _Bench(run, clock, command, telegram, stack, staff, closing)
        await bench.start_bot()
        await staff.gather(1.0)
        telegram.begin_faults()
        return await bench.play(look)


@dataclass(slots=True)
class _Bench:
    run: LoadRun
    clock: Clock
    command: BotCommand
    telegram: Emulator
    stack: AsyncExitStack
    staff: Staff
    closing: Closing
    readings: list[Reading] = field(default_factory=list)
    begun_ns: int = 0
    stopped_seconds: float | None = None
    gone: str = ""
    _bot: asyncio.subprocess.Process | None = None
    _used_before: float = 0.0

    async def start_bot(self) -> None:
        """Start the bot, again if it was there before."""
        self._bot = await self.stack.enter_async_context(running_bot(self.command, self.telegram))

    async def play(self, look: Callable[[Moment], bool]) -> Loaded:
        """Bring in the users; what goes on beside them ends with them."""
        self.begun_ns = self.clock.monotonic_ns()
        beside = [
            asyncio.ensure_future(work)
            for work in (self.staff.work(), self._watch(look), self._fault())
        ]
        playing = asyncio.ensure_future(
            drive(
                self.run.plan.plan,
                self.telegram.door,
                planned=self.run.plan.arrivals,
                journeys=self.run.folder / "users.jsonl",
                clock=self.clock,
                watch=self.closing,
            )
        )
        try:
            await _all_well(playing, beside)
            driven = await playing
            await asyncio.sleep(DRAIN_SECONDS)
        finally:
            for task in (*beside, playing):
                await called_off(task)
        return Loaded(
            driven=driven,
            notifications=tuple(self.staff.notifications(self.run.plan.plan)),
            begun_ns=self.begun_ns,
            readings=tuple(self.readings),
            calls=tuple(calls_in(self.run.journal, self.begun_ns)),
            stopped_seconds=self.stopped_seconds,
            exit_code=self._bot.returncode if self._bot else None,
            gone=self.gone,
        )

    def _seconds(self) -> float:
        return (self.clock.monotonic_ns() - self.begun_ns) / NS_PER_SECOND

    async def _watch(self, look: Callable[[Moment], bool]) -> None:
        while self.stopped_seconds is None:
            await asyncio.sleep(1.0)
            at, rows, staff = self._seconds(), tuple(self.closing.rows), self.staff.as_it_stands()
            # In a thread: judging all rows would hold up users and Telegram alike.
            enough = await asyncio.to_thread(self._looked, look, at, (rows, staff))
            if self._bot is not None and self._bot.returncode is not None:
                self.closing.silence()
                enough = True
            if enough:
                self._stop()

    def _looked(
        self, look: Callable[[Moment], bool], at: float, seen: tuple[Sequence[Journey], Staff]
    ) -> bool:
        rows, staff = seen
        self.readings.append(reading(at, self._usage()))
        told = tuple(staff.notifications(self.run.plan.plan))
        return look(Moment(at, self.begun_ns, rows, told))

    def _stop(self) -> None:
        self.stopped_seconds = self._seconds()
        self.closing.close()

    def _usage(self) -> Usage | None:
        """What the bot used so far; a killed one's time counts on in its successor's."""
        if self._bot is None or (now := usage(self._bot.pid)) is None:
            return None
        return Usage(self._used_before + now.processor_seconds, now.memory_mb)

    async def _fault(self) -> None:
        scenario = self.run.plan.scenario
        if scenario not in FAULTS:
            return
        begin, end = self.run.plan.fault_seconds
        await asyncio.sleep(begin)
        if scenario == "database-slow":
            await slow_database(self.run.database, end - begin)
        elif scenario == "kill-9":
            await self._kill()

    async def _kill(self) -> None:
        """End the bot as a crash does, and start it again as a supervisor would: at once."""
        killed, self._bot = self._bot, None
        assert killed is not None
        used = [one.bot.processor_seconds for one in self.readings if one.bot]
        self._used_before = used[-1] if used else 0.0
        kill_at_once(killed)
        await killed.wait()
        try:
            await self.start_bot()
        except UsageError as error:
            self.gone = str(error)
            self.closing.silence()
            self._stop()


async def _all_well(
    playing: asyncio.Future[Driven], beside: Sequence[asyncio.Future[None]]
) -> None:
    """Wait for the users; a failure beside them ends the run."""
    waiting: set[asyncio.Future[Driven] | asyncio.Future[None]] = {playing, *beside}
    while not playing.done():
        done, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
