"""The targets of alerting through the bot's own feed; the long form is `simulated.py`'s."""

from __future__ import annotations

import numpy as np

from tests.operations.simulated import BURST, HEALTHY, drawn, pages


def test_burst_of_a_fifth_bad_in_the_peak_pages_within_30_s() -> None:
    rng = np.random.default_rng(11)
    assert BURST.begin is not None
    total, bad = drawn(BURST, rng)
    found = pages(total, bad, from_s=BURST.begin - 600, until_s=BURST.begin + 60)
    assert len(found) == 1
    assert 0 <= found[0] - BURST.begin <= 30


def test_healthy_peak_does_not_page() -> None:
    total, bad = drawn(HEALTHY, np.random.default_rng(12))
    assert pages(total, bad, from_s=8400, until_s=9600) == []
