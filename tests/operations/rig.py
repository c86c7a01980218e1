"""The bot in this process against an emulator, both under one clock that stands still."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sqlalchemy import text

from analyzer.replay.botapi import ChatEvent, Emulator, Press, Settings, Text, User
from analyzer.replay.botapi.clock import ManualClock
from analyzer.slo.alerts import Board
from consolidated_bot.bootstrap import make_service
from consolidated_bot.config import load_settings
from consolidated_bot.core.bot_api import BotApi
from consolidated_bot.core.db import Database
from consolidated_bot.core.place import Place
from consolidated_bot.core.service import Service
from consolidated_bot.core.telemetry import LogLines
from consolidated_bot.operations.commands import TickAlerts, WatchCampaign, WatchLoad
from consolidated_bot.operations.feed import LiveFeed
from consolidated_bot.operations.objectives import objectives_text
from consolidated_bot.operations.storage import SqlOperations
from consolidated_bot.operations.watch import Watch
from tests.bot.conftest import AGENT, OPERATIONS
from tests.bot.core_parts import fresh_database, sqlite_url, wait_until

LEAD = User(user_id=2003, first_name="Lena")
OWNER = User(user_id=2004, first_name="Olga")
STRANGER = User(user_id=2005, first_name="Stan")
MEMBERS = {AGENT.user_id: "agent", LEAD.user_id: "lead", OWNER.user_id: "owner"}
QUIET = 20
"""So many looks without a send under way: what is left waits for the clock."""
SUBMIT = ("support", "ticket-submit")


def one_objective(folder: Path) -> Path:
    """The bundled objective of tickets alone, for a period of 4 hours and 20,000 of them."""
    first, *_, service = objectives_text(None).split("\n---\n")
    objective = first.replace("duration: 30d", "duration: 4h").replace(
        "  annotations:\n", '  annotations:\n    analyzer.local/planned-events: "20000"\n'
    )
    file = folder / "slo.yaml"
    file.write_text(f"{objective}\n---\n{service}", "utf-8")
    return file


class SteadyClock:
    """The bot's clock, taken from the emulator's."""

    def __init__(self, clock: ManualClock) -> None:
        """Show what `clock` shows."""
        self._clock = clock

    def now_ms(self) -> int:
        return self._clock.wall_ns() // 1_000_000

    def monotonic(self) -> float:
        return self._clock.monotonic_ns() / 1e9


@dataclass
class Rig:
    """A running bot; nothing happens by the clock but through `advance`."""

    telegram: Emulator
    clock: ManualClock
    database: Database
    service: Service
    watch: Watch
    feed: LiveFeed
    seen: int = 0
    events: tuple[ChatEvent, ...] = ()
    journeys: int = 0

    @property
    def now_ms(self) -> int:
        return self.clock.wall_ns() // 1_000_000

    async def advance(self, seconds: float, *, step: float = 5.0) -> None:
        """Let time pass in steps, as the timers would."""
        left = seconds
        while left > 1e-9:
            self.clock.advance(min(step, left))
            left -= step
            await self.tick()

    async def tick(self) -> None:
        """One turn of all that operations does by the clock."""
        await self.watch.pulse()
        parts = self.service._parts
        for command in (WatchCampaign(), WatchLoad(), TickAlerts()):
            await parts.timers.fire(command)
        await self.settle()

    async def settle(self) -> None:
        """Until nothing is sent that can be sent now."""
        outgoing = self.service._parts.outgoing
        outgoing.offer(())
        quiet = 0
        async with asyncio.timeout(20):
            while len(outgoing) and quiet < QUIET:
                await asyncio.sleep(0.005)  # what it waits for is no event of ours
                quiet = 0 if outgoing._sending else quiet + 1

    async def read(self) -> list[ChatEvent]:
        """What has become visible since the last call."""
        new = await self.telegram.door.events(self.seen)
        self.seen = max((event.seq for event in new), default=self.seen)
        self.events = (*self.events, *new)
        return new

    async def messages(self, about: str = "Incident") -> list[str]:
        """The new messages in the operations chat since the last call; no edits."""
        new = await self.read()
        own = [e.text for e in new if e.kind == "message" and e.chat_id == OPERATIONS.chat_id]
        return [words for words in own if about in words]

    def live(self) -> ChatEvent:
        """The newest message with buttons, as it stands now."""
        shown = [e for e in self.events if e.chat_id == OPERATIONS.chat_id]
        newest = max(e.message_id or 0 for e in shown if e.kind == "message" and e.buttons)
        return [e for e in shown if e.message_id == newest][-1]

    async def press(self, user: User, label: str) -> None:
        """Press a button on the live message, and let the bot work on it."""
        await self.read()
        live = self.live()
        data = next(b.data for b in live.buttons if b.text.startswith(label))
        assert live.message_id is not None
        await self.press_on(live.message_id, user, str(data))

    async def press_on(self, message_id: int, user: User, data: str) -> None:
        await self._act(
            self.telegram.door.press(
                Press(
                    user=user,
                    message_id=message_id,
                    callback_data=data,
                    chat_id=OPERATIONS.chat_id,
                )
            )
        )

    async def write(
        self, user: User, words: str, chat_id: int | None = OPERATIONS.chat_id
    ) -> None:
        """Write something, by default in the operations chat, and let the bot work on it."""
        await self._act(self.telegram.door.write(Text(user=user, text=words, chat_id=chat_id)))

    async def _act(self, act: Any) -> None:
        acted = await act
        query = text("SELECT count(*) FROM inbox WHERE update_id = :id AND state = 'done'")
        async with asyncio.timeout(20):
            while not await self.database.read(  # noqa: ASYNC110
                lambda c: c.execute(query, {"id": acted.update_id}).scalar_one()
            ):
                await asyncio.sleep(0.005)
            while len(self.service._parts.workers):  # noqa: ASYNC110
                await asyncio.sleep(0.005)
        await self.settle()

    def journey(
        self, *, ms: float = 100, outcome: str = "ok", name: tuple[str, str] = SUBMIT
    ) -> dict[str, Any]:
        """One journey that ends now, as the core would tell of it; kept like one, too."""
        self.journeys += 1
        end = self.now_ms
        return {
            "journey": "/".join(name),
            "outcome": outcome,
            "trace_id": f"{self.journeys:032x}",
            "update_id": self.journeys,
            "received_ms": round(end - ms),
            "started_ms": round(end - ms),
            "committed_ms": round(end - ms),
        }

    async def journeys_end(self, good: int = 0, bad: int = 0, **like: Any) -> None:
        """So many journeys end now."""
        journals = [self.journey(**like) for _ in range(good)]
        journals += [self.journey(outcome="failed", **like) for _ in range(bad)]
        endings = [(journal, self.now_ms) for journal in journals]
        for journal, end in endings:
            self.feed.ended(journal, end)
        if endings:
            await self.database.write(lambda c: self.feed.keep(c, endings))

    async def board(self) -> Board:
        bot = self.telegram.settings.bot_id
        return await self.database.read(lambda c: SqlOperations(c, bot).board())

    async def stored(self, statement: str) -> Sequence[Any]:
        """Rows of the bot's database."""
        return await self.database.read(lambda c: c.execute(text(statement)).all())


@asynccontextmanager
async def running(
    folder: Path, telegram: Emulator, clock: ManualClock, **settings: Any
) -> AsyncIterator[Rig]:
    """The bot at work; entering again on the same folder is a restart."""
    given = {
        "bot_token": telegram.settings.token,
        "bot_api_url": telegram.url,
        "ops_chat_id": OPERATIONS.chat_id,
        "ops_members": MEMBERS,
        "send_rate_scale": 1000,
        **settings,
    }
    loaded = load_settings(**given)
    async with (
        fresh_database(sqlite_url(folder)) as database,
        BotApi(telegram.url, telegram.settings.token) as api,
    ):
        place = Place(telegram.settings.username, loaded.ops_chat_id)
        lines = LogLines(io.BytesIO())
        service = make_service(loaded, database, api, place, lines, SteadyClock(clock))
        parts = service._parts
        watch = parts.pulse
        assert isinstance(watch, Watch)
        assert parts.poller is not None
        await parts.leadership.acquire()
        await parts.housekeeping.reload_inbox()
        await parts.housekeeping.load_outbox()
        tasks = parts.workers.start()
        tasks += [
            asyncio.ensure_future(work) for work in (parts.poller.run(), parts.outgoing.run())
        ]
        channel = watch._parts.second_channel
        try:
            async with channel:
                rig = Rig(telegram, clock, database, service, watch, watch._parts.feed)
                rig.seen = await telegram.door.last_seq()
                await watch.pulse()
                yield rig
        finally:
            await parts.workers.stop(1)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await parts.leadership.release()


@asynccontextmanager
async def emulated(
    clock: ManualClock, settings: Settings | None = None
) -> AsyncIterator[Emulator]:
    """An emulator with the operations chat and its members."""
    settings = settings or Settings()
    quiet = replace(settings, limits=replace(settings.limits, enabled=False))
    async with Emulator(quiet, clock) as telegram:
        members = dict.fromkeys([*MEMBERS, STRANGER.user_id], "member")
        await telegram.door.add_group(OPERATIONS, members)
        yield telegram


__all__ = ["AGENT", "LEAD", "OWNER", "STRANGER", "Rig", "emulated", "running", "wait_until"]
