"""The ten points of SLO.md section 6 in the running bot, with a fake clock."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from analyzer.replay.botapi import Emulator
from analyzer.replay.botapi.clock import ManualClock
from tests.operations.rig import Rig, emulated, running


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
async def telegram(clock: ManualClock) -> AsyncIterator[Emulator]:
    async with emulated(clock) as emulator:
        yield emulator


@pytest.fixture
async def rig(tmp_path: Path, telegram: Emulator, clock: ManualClock) -> AsyncIterator[Rig]:
    async with running(tmp_path, telegram, clock) as bot:
        yield bot


async def burst(rig: Rig) -> None:
    """A fifth of the submissions fails for a minute, at 4 a second."""
    for _ in range(12):
        await rig.journeys_end(good=16, bad=4)
        await rig.advance(5)


async def test_one_incident_with_one_message_however_long_it_burns(rig: Rig) -> None:
    await burst(rig)
    told = await rig.messages()
    assert len(told) == 1
    assert "support-ticket-submit-5s" in told[0]
