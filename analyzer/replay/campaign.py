"""A recorded demand replayed against a bot process: emulator up, bot up, users in, bot down."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from analyzer.replay.botapi import Emulator, FaultRule, Latency, Limits, Settings, SystemClock
from analyzer.replay.drive import BotCommand, Closing, Driven, Journey, drive, running_bot
from analyzer.replay.drive.tasks import called_off
from analyzer.replay.staff import STAFF_ENVIRONMENT, Staff, broadcasts_for
from analyzer.replay.workload.recorded import Demand

TELEGRAM = (
    FaultRule(kind="delay", latency=Latency(median_seconds=0.06, sigma=0.3)),
    FaultRule(kind="error", share=0.001, status=502),
)
"""How far away Telegram is, and how often it stumbles; neither is scaled with the speed."""
DRAIN_SECONDS = 5.0
"""What the bot still has to say after the last user left: notifications, late answers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Campaign:
    """What to replay, against which command; all files go below `folder`.

    `staffed` for the bundled bot, whose staff sends notifications as the recording did.
    """

    demand: Demand
    words: Sequence[str]
    folder: Path
    speed: float
    staffed: bool = False
    environment: Mapping[str, str] = field(default_factory=dict)

    @property
    def bot_logs(self) -> Path:
        """Where the bot's logs and its output are gathered."""
        return self.folder / "bot-logs"

    @property
    def journal(self) -> Path:
        """All that the emulator sent and received."""
        return self.folder / "journal.jsonl"

    @property
    def users(self) -> Path:
        """What every user did and saw."""
        return self.folder / "users.jsonl"


@dataclass(frozen=True, slots=True)
class Replayed:
    """What became of it. `begun_us`: wall clock of the first moment, microseconds UTC.

    `exit_code` is what the bot had ended with before it was asked to end; None if it lived.
    `notifications` are rows as those of users; `refused` broadcasts are those whose card the bot
    never showed to the staff.
    """

    driven: Driven
    notifications: tuple[Journey, ...]
    begun_us: int
    exit_code: int | None
    refused: int = 0


def replay(campaign: Campaign) -> Replayed:
    """Replay in real time: the demand's time, the last answers, and a few seconds to drain.

    A bot that ends by itself ends the replay: nobody is left who could answer.

    Raises:
        UsageError: the bot cannot be started or never asks for updates.
    """
    return asyncio.run(_replay(campaign))


async def _replay(campaign: Campaign) -> Replayed:
    plan = campaign.demand.plan
    settings = Settings(
        seed=plan.seed,
        limits=Limits(scale=campaign.speed),
        faults=TELEGRAM,
        journal=campaign.journal,
    )
    campaign.bot_logs.mkdir(parents=True, exist_ok=True)
    command = BotCommand(
        words=campaign.words,
        output=campaign.bot_logs / "output.log",
        environment={**(STAFF_ENVIRONMENT if campaign.staffed else {}), **campaign.environment},
    )
    clock = SystemClock()
    async with Emulator(settings, clock) as telegram:
        notified = campaign.demand.notified if campaign.staffed else ()
        staff = Staff(telegram.door, broadcasts_for(notified), clock)
        await staff.assemble()
        async with running_bot(command, telegram) as process:
            await staff.gather(campaign.speed)
            begun_us = clock.wall_ns() // 1000
            closing = Closing(campaign.demand.closes_seconds)
            beside = [
                asyncio.ensure_future(staff.work()),
                asyncio.ensure_future(_silenced_at_the_end_of(process, closing)),
            ]
            try:
                driven = await drive(
                    plan,
                    telegram.door,
                    planned=campaign.demand.arrivals,
                    journeys=campaign.users,
                    clock=clock,
                    watch=closing,
                )
                await asyncio.sleep(DRAIN_SECONDS)
            finally:
                # A bot that never shows a card must not hold up the end.
                for task in beside:
                    await called_off(task)
            ended = process.returncode
    notifications = tuple(staff.notifications(plan))
    return Replayed(driven, notifications, begun_us, ended, staff.refused)


async def _silenced_at_the_end_of(process: asyncio.subprocess.Process, closing: Closing) -> None:
    await process.wait()
    closing.silence()
