"""The same driver, unchanged, gets every scenario through both bots of this repository."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from analyzer.replay.botapi import Emulator, Settings
from analyzer.replay.drive import BotCommand, drive, running_bot
from analyzer.replay.workload import SCENARIOS, Arrival, Phase, Plan
from tests.conftest import ROOT

SPACING_SECONDS = 0.4


def fleet(tmp_path: Path) -> BotCommand:
    words = (sys.executable, "-m", "sample_logs.fleet", "run", "--logs", str(tmp_path / "logs"))
    return BotCommand(words=words, output=tmp_path / "bot.log", folder=ROOT)


def consolidated(tmp_path: Path) -> BotCommand:
    return BotCommand(
        words=(sys.executable, "-m", "consolidated_bot", "run"),
        output=tmp_path / "bot.log",
        folder=ROOT,
        environment={
            "DATABASE_URL": f"sqlite+aiosqlite:///{tmp_path / 'bot.db'}",
            "DASHBOARD_LISTEN": "127.0.0.1:0",
        },
    )


@pytest.mark.parametrize("bot", [fleet, consolidated])
async def test_every_scenario_succeeds(tmp_path: Path, bot: Callable[[Path], BotCommand]) -> None:
    every = [
        Arrival(number, number * SPACING_SECONDS, "all", scenario, number)
        for number, scenario in enumerate(SCENARIOS)
    ]
    phases = (Phase(name="all", seconds=len(every) * SPACING_SECONDS, rate=1),)
    plan = Plan(name="every scenario", phases=phases, pace=4, patience_seconds=30)
    async with Emulator(Settings()) as telegram, running_bot(bot(tmp_path), telegram):
        driven = await drive(plan, telegram.door, planned=every)
    assert [row for row in driven.rows if row.outcome != "ok"] == []
    journeys = {row.journey for row in driven.rows}
    assert {
        "ticket-submit",
        "ticket-list",
        "faq-search",
        "faq-read",
        "troubleshoot-answer",
        "profile-change",
        "notification-list",
        "subscribe",
    } <= journeys
    # Each of the four submitting scenarios got its number.
    assert sum(row.journey == "ticket-submit" for row in driven.rows) == 4
