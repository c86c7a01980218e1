from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from analyzer.replay.botapi import Emulator, Limits, Settings
from tests.fleet.running import Running


@pytest.fixture
async def telegram() -> AsyncIterator[Emulator]:
    async with Emulator(Settings(limits=Limits(enabled=False))) as emulator:
        yield emulator


@pytest.fixture
async def fleet(tmp_path: Path, telegram: Emulator) -> AsyncIterator[Running]:
    """The fleet with HTTP between all services."""
    async with Running(tmp_path, telegram) as running:
        yield running
