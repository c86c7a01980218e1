from __future__ import annotations

from pathlib import Path

import pytest

from tests.bot.soak import soak


@pytest.mark.parametrize(
    ("seconds", "rate"), [(20.0, 100.0), pytest.param(3600.0, 100.0, marks=pytest.mark.long)]
)
async def test_memory_stays_flat_and_everybody_is_answered(
    tmp_path: Path, seconds: float, rate: float
) -> None:
    """Twenty seconds show a leak of some KiB an update; the hour is for those who want it."""
    found = await soak(seconds, rate, tmp_path)
    assert found.answered >= found.asked > 0
    assert found.asked >= int((seconds - found.behind_s) * rate) - rate
    assert found.flat, found
