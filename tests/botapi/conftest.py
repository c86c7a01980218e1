"""An emulator per test, and two unmodified client libraries on it."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator

import pytest

from analyzer.replay.botapi import Emulator, Limits, ManualClock, Settings, Text, User
from tests.botapi.callers import CALLERS, Caller

# python-telegram-bot warns about the coming type of retry_after unless told that one knows.
os.environ.setdefault("PTB_TIMEDELTA", "1")

ANN = User(user_id=1001, first_name="Ann", username="ann_of_tests")


@pytest.fixture
def clock() -> ManualClock:
    """The emulator's clock in tests that ask for it."""
    return ManualClock()


@pytest.fixture
def settings() -> Settings:
    """No send limits, for what is not about limits; modules that are about them override this."""
    return Settings(limits=Limits(enabled=False))


@pytest.fixture
async def telegram(request: pytest.FixtureRequest, settings: Settings) -> AsyncIterator[Emulator]:
    """A running emulator; on the manual clock if the test asks for `clock`."""
    manual = "clock" in request.fixturenames
    clock = request.getfixturevalue("clock") if manual else None
    async with Emulator(settings, clock) as emulator:
        yield emulator


@pytest.fixture(params=CALLERS)
async def caller(request: pytest.FixtureRequest, telegram: Emulator) -> AsyncIterator[Caller]:
    """Either client library, connected."""
    async with CALLERS[request.param](telegram) as connected:
        yield connected


@pytest.fixture
async def ann(telegram: Emulator) -> User:
    """A user who has started the bot; the update about it is confirmed."""
    await telegram.door.write(Text(user=ANN, text="/start"))
    telegram.world.queue.drop_all()
    return ANN
