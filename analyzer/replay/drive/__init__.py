"""The driver: takes a plan's users through their scenarios, open loop, and measures.

    bot = BotCommand(words=("consolidated-bot", "run"), output=Path("bot.log"))
    async with Emulator(settings) as telegram, running_bot(bot, telegram):
        driven = await drive(campaign(seed=7), telegram.door, journeys=Path("journeys.jsonl"))
    driven.summary.valid, driven.summary.journeys["ticket-submit"].p99_ms

Arrivals keep their times whatever the bot does (open loop), latency counts from the *intended*
moment, and a run that could not keep its times says so (SLO.md section 7).
"""

from __future__ import annotations

from analyzer.replay.drive.driver import Driven, drive
from analyzer.replay.drive.journeys import Journey, Outcome
from analyzer.replay.drive.process import BotCommand, running_bot
from analyzer.replay.drive.schedule import Fired, open_loop
from analyzer.replay.drive.summary import JourneyFigures, Summary, summarize
from analyzer.replay.drive.watch import Closing, Watch

__all__ = [
    "BotCommand",
    "Closing",
    "Driven",
    "Fired",
    "Journey",
    "JourneyFigures",
    "Outcome",
    "Summary",
    "Watch",
    "drive",
    "open_loop",
    "running_bot",
    "summarize",
]
