"""Writing is fast enough to make gigabytes in minutes."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.volume import FORMATS, Order, write_volume

LEAST_LINES_PER_SECOND = 100_000


@pytest.mark.long
@pytest.mark.parametrize("form", FORMATS)
def test_a_hundred_thousand_lines_a_second(tmp_path: Path, form: str) -> None:
    begun = time.perf_counter()
    truth = write_volume(Order(format=form, lines=1_000_000, seed=7, out=tmp_path))
    seconds = time.perf_counter() - begun
    assert truth["lines"] / seconds >= LEAST_LINES_PER_SECOND  # type: ignore[operator]
