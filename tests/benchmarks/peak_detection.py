"""How often a planted peak is found in the traffic, and how often one is seen in noise.

    python -m tests.benchmarks.peak_detection

Poisson arrivals of two journeys by turns of chance, lognormal latencies (sigma 0.5), one of the
two slowed in the peak; for each fleet the same without a peak. Then noise alone: heavy tails,
latencies that stick together, rare and frequent errors.
"""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from analyzer.analysis.hotspots.windows import SECOND_NS, find_windows

PLANTED = (
    # minutes, journeys a second, first and last minute of the peak, factor
    (10, 0.2, 4, 7, 4.0),
    (10, 0.5, 4, 7, 4.0),
    (10, 1.0, 4, 7, 3.0),
    (20, 2.0, 8, 12, 2.5),
    (30, 0.2, 12, 20, 4.0),
    (60, 0.05, 20, 35, 4.0),
    (120, 0.5, 60, 80, 4.0),
)
NOISE = (
    # sigma, correlation of neighbours, error rate, journeys a second, hours
    (0.5, 0.0, 0.01, 1.0, 1),
    (1.0, 0.0, 0.01, 2.0, 1),
    (1.0, 0.9, 0.01, 2.0, 2),
    (0.5, 0.0, 0.001, 5.0, 2),
    (1.0, 0.0, 0.05, 0.3, 6),
    (0.5, 0.5, 0.02, 10.0, 1),
)
SEEDS = 20


def journeys(
    rng: np.random.Generator,
    seconds: NDArray[np.float64],
    log_latency: NDArray[np.float64],
    error_rate: float,
) -> pl.DataFrame:
    count = len(seconds)
    return pl.DataFrame(
        {
            "journey": rng.choice(["ticket", "faq"], count),
            "start_ns": (seconds * SECOND_NS).astype(np.int64),
            "duration_ns": (1e8 * np.exp(log_latency)).astype(np.int64),
            "status": np.where(rng.random(count) < error_rate, "error", "ok"),
        }
    )


def planted(case: tuple[int, float, int, int, float], seed: int) -> tuple[bool, bool]:
    """(the peak is met to half of its length at least, something is seen without it)."""
    minutes, rate, first, last, factor = case
    rng = np.random.default_rng(seed)
    seconds = np.sort(rng.uniform(0, 60 * minutes, int(rate * 60 * minutes)))
    calm = journeys(rng, seconds, 0.5 * rng.normal(size=len(seconds)), 0.0)
    slow = pl.col("start_ns").is_between(60 * first * SECOND_NS, 60 * last * SECOND_NS)
    times = pl.when(slow & (pl.col("journey") == "ticket")).then(factor).otherwise(1.0)
    peak = calm.with_columns((pl.col("duration_ns") * times).cast(pl.Int64))
    met = sum(
        max(
            0,
            min(window.end_ns, 60 * last * SECOND_NS)
            - max(window.start_ns, 60 * first * SECOND_NS),
        )
        for window in find_windows(peak)
    )
    return 2 * met >= 60 * (last - first) * SECOND_NS, bool(find_windows(calm))


def noise(case: tuple[float, float, float, float, int], seed: int) -> bool:
    sigma, correlation, error_rate, rate, hours = case
    rng = np.random.default_rng(seed)
    seconds = np.sort(rng.uniform(0, 3_600 * hours, int(rate * 3_600 * hours)))
    steps = rng.normal(size=len(seconds))
    sticky = steps.copy()
    for i in range(1, len(steps)):
        sticky[i] = correlation * sticky[i - 1] + np.sqrt(1 - correlation**2) * steps[i]
    return bool(find_windows(journeys(rng, seconds, sigma * sticky, error_rate)))


def main() -> None:
    for peak in PLANTED:
        results = [planted(peak, seed) for seed in range(SEEDS)]
        found, false = (sum(result[i] for result in results) for i in (0, 1))
        minutes, rate, first, last, factor = peak
        print(  # noqa: T201 - a script's product
            f"{minutes} min, {rate}/s, x {factor} in minutes {first}-{last}: "
            f"found {found} of {SEEDS}, without it {false} false"
        )
    for case in NOISE:
        false = sum(noise(case, seed) for seed in range(SEEDS))
        print(f"noise {case}: {false} of {SEEDS} false")  # noqa: T201


if __name__ == "__main__":
    main()
