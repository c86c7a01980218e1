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
