"""One load test in real time: emulator up, bot up, levels of users, fault, bot down."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path

import orjson

from analyzer.replay.botapi import Emulator, Limits, Settings, SystemClock
from analyzer.replay.botapi.clock import NS_PER_SECOND, Clock
from analyzer.replay.campaign import DRAIN_SECONDS, TELEGRAM, called_off
from analyzer.replay.drive import BotCommand, Driven, Journey, Watch, drive, running_bot
from analyzer.replay.load.faults import slow_database, telegram_faults
from analyzer.replay.load.levels import FAULTS, LoadPlan
from analyzer.replay.load.meters import Usage, usage
from analyzer.replay.staff import STAFF_ENVIRONMENT, Staff, broadcasts_for

SMALL_AUDIENCE = 20
"""Few subscribers, many broadcasts: every level has some."""
SENDS = ("send", "edit", "copy", "forward")


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


@dataclass(frozen=True, slots=True)
class Moment:
    """What is known `at_seconds` into the run: journeys that ended so far, the bot's usage."""

    at_seconds: float
    begun_ns: int
    rows: Sequence[Journey]
    notifications: Sequence[Journey]
    usage: Usage | None


@dataclass(frozen=True, slots=True)
class Call:
    """A send or edit as the Bot API answered it."""

    at_seconds: float
    status: int


@dataclass(frozen=True, slots=True)
class Loaded:
    """What became of a run. `begun_ns` is its first moment on the rows' clock.

    `stopped_seconds`: when it was ended because enough was known; None if it ran to its end.
    `exit_code`: what the bot had ended with unasked; None if it lived.
    """

    driven: Driven
    notifications: tuple[Journey, ...]
    begun_ns: int
    usages: tuple[tuple[float, Usage], ...]
    calls: tuple[Call, ...]
    stopped_seconds: float | None
    exit_code: int | None


class _Looking(Watch):
    """Gathers rows while they come; ends the arrivals when told to."""

    def __init__(self) -> None:
        self.rows: list[Journey] = []
        self.stopped_seconds: float | None = None

    def heard(self, row: Journey) -> None:
        self.rows.append(row)

    def enough(self) -> bool:
        return self.stopped_seconds is not None


def run_load(run: LoadRun, look: Callable[[Moment], bool]) -> Loaded:
    """Run in real time. `look` is shown every second and says whether enough is known.

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
    )
    async with Emulator(settings, clock) as telegram, AsyncExitStack() as stack:
        notified = run.plan.notified if run.staffed else ()
        staff = Staff(telegram.door, broadcasts_for(notified, SMALL_AUDIENCE), clock)
        await staff.assemble()
        bench = _Bench(run, clock, command, telegram, stack, staff)
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
    looking: _Looking = field(default_factory=_Looking)
    usages: list[tuple[float, Usage]] = field(default_factory=list)
    begun_ns: int = 0
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
                watch=self.looking,
            )
        )
        try:
            await _all_well(playing, beside)
            driven = await playing
            await asyncio.sleep(DRAIN_SECONDS)
        finally:
            for task in (*beside, playing):
                await called_off(task)
        assert self._bot is not None
        return Loaded(
            driven,
            tuple(self.staff.notifications(self.run.plan.plan)),
            self.begun_ns,
            tuple(self.usages),
            tuple(self._calls()),
            self.looking.stopped_seconds,
            self._bot.returncode,
        )

    def _seconds(self) -> float:
        return (self.clock.monotonic_ns() - self.begun_ns) / NS_PER_SECOND

    async def _watch(self, look: Callable[[Moment], bool]) -> None:
        plan = self.run.plan.plan
        while self.looking.stopped_seconds is None:
            await asyncio.sleep(1.0)
            at, used = self._seconds(), self._usage()
            if used:
                self.usages.append((at, used))
            told = tuple(self.staff.notifications(plan))
            if look(Moment(at, self.begun_ns, self.looking.rows, told, used)):
                self.looking.stopped_seconds = at

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
        assert self._bot is not None
        if self.usages:
            self._used_before = self.usages[-1][1].processor_seconds
        self._bot.kill()
        await self._bot.wait()
        await self.start_bot()

    def _calls(self) -> list[Call]:
        found = []
        with self.run.journal.open("rb") as lines:
            for line in lines:
                if b'"request_answered"' not in line:
                    continue
                call = orjson.loads(line)
                if call["method"].lower().startswith(SENDS):
                    at = (call["monotonic_ns"] - self.begun_ns) / NS_PER_SECOND
                    found.append(Call(at, call["status"]))
        return found


async def _all_well(
    playing: asyncio.Future[Driven], beside: Sequence[asyncio.Future[None]]
) -> None:
    """Wait for the users; a failure beside them ends the run."""
    waiting: set[asyncio.Future[Driven] | asyncio.Future[None]] = {playing, *beside}
    while not playing.done():
        done, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
