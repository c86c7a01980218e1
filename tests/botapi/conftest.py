"""An emulator per test, and two unmodified client libraries on it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from analyzer.replay.botapi import Emulator, Limits, Settings


@pytest.fixture
async def telegram() -> AsyncIterator[Emulator]:
    """An emulator without send limits, for flows that are not about limits."""
    async with Emulator(Settings(limits=Limits(enabled=False))) as emulator:
        yield emulator
