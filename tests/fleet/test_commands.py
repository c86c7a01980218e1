"""`python -m sample_logs.fleet` as its users type it."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from analyzer.replay.botapi import Emulator, Text, User
from sample_logs.fleet.record import Order, record
from sample_logs.fleet.recording import Recording
from sample_logs.fleet.story import lines_of, tell
from sample_logs.fleet.topology import TEAMS
from tests.conftest import ROOT

pytestmark = pytest.mark.alone

FLEET = (sys.executable, "-m", "sample_logs.fleet")


async def test_run_serves_a_bot_until_it_is_told_to_stop(
    tmp_path: Path, telegram: Emulator
) -> None:
    bot = {"BOT_API_URL": telegram.url, "BOT_TOKEN": telegram.settings.token}
    options = ("run", "--merge", ",".join(TEAMS), "--logs", str(tmp_path))
    running = await asyncio.create_subprocess_exec(
        *FLEET, *options, cwd=ROOT, env=os.environ | bot, stderr=subprocess.PIPE
    )
    await telegram.door.write(Text(user=User(user_id=501), text="/help"))
    [answer, *_] = await telegram.door.events(0, 30)
    assert "/ticket" in answer.text
    running.send_signal(signal.SIGTERM)
    _, errors = await running.communicate()
    assert (running.returncode, errors) == (0, b"")
    assert all(any("stopping" in line for line in lines_of(tmp_path, name)) for name in TEAMS)


def test_run_without_a_bot_says_what_is_missing() -> None:
    bare = {name: value for name, value in os.environ.items() if not name.startswith("BOT_")}
    run = subprocess.run(
        (*FLEET, "run"), cwd=ROOT, env=bare, capture_output=True, text=True, check=False
    )
    assert run.returncode == 2
    assert "--bot-api-url" in run.stderr


def test_a_short_recording_is_packed_with_its_facts(tmp_path: Path) -> None:
    order = Order(
        seed=7,
        minutes=0.2,
        out=tmp_path / "legacy",
        merged=("tickets", "faq", "accounts", "audit", "notifications", "troubleshooting"),
        command="as typed",
        drain_s=1.0,
    )
    made = record(order)
    facts = Recording.read(tmp_path)
    story = tell(order.out, facts)
    assert (facts.command, facts.seed, facts.merged) == ("as typed", 7, order.merged)
    assert facts.phases == made.phases
    assert [phase.name for phase in facts.phases][:3] == ["baseline", "ramp", "peak"]
    assert story.updates == facts.load["issued"] > 20
    assert sum(story.operations.values()) == story.updates
