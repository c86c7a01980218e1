# ruff: noqa: T201 - run as a program it prints its table
"""Latencies that depend on their neighbours, to measure what intervals and verdicts are worth.

Run `python -m tests.compare.simulation 400` for coverage and false alarms (a few minutes).
"""

from __future__ import annotations

import sys

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter

from analyzer.analysis.compare import (
    Side,
    Verdict,
    compare_journeys,
    quantile_differences,
)

Floats = NDArray[np.float64]


def latencies(n: int, correlation: float, random: np.random.Generator, scale: float = 1) -> Floats:
    """Log-normal latencies around 100 ms * scale whose logarithms are an AR(1) process."""
    noise = random.standard_normal(n) * np.sqrt(1 - correlation**2)
    noise[0] = random.standard_normal()
    level: Floats = lfilter([1.0], [1.0, -correlation], noise)
    return 100 * scale * np.exp(0.5 * level)


def failures(
    n: int, share: float, correlation: float, random: np.random.Generator
) -> NDArray[np.bool_]:
    """Bad events in episodes: a latent AR(1) process above its quantile."""
    from scipy.special import ndtri

    level = np.log(latencies(n, correlation, random) / 100) / 0.5
    episodes: NDArray[np.bool_] = level > ndtri(1 - share)
    return episodes


def coverage(n: int, correlation: float, quantile: float, runs: int, seed: int = 1) -> float:
    """How often the nominal 95 % interval of a difference of 0 holds it."""
    random = np.random.default_rng(seed)
    hits = 0
    for _ in range(runs):
        sides = [latencies(n, correlation, random) for _ in range(2)]
        (found,) = quantile_differences(sides[0], sides[1], (quantile,), random)
        assert found.low is not None
        assert found.high is not None
        hits += found.low <= 0 <= found.high
    return hits / runs


def verdicts(
    n: int, correlation: float, runs: int, *, scale: float = 1, share: float = 0.01, seed: int = 2
) -> dict[Verdict, float]:
    """Shares of verdicts of a whole comparison (bad share, p95, p99); `scale` 1 is A/A."""
    random = np.random.default_rng(seed)
    tally = dict.fromkeys(Verdict, 0)
    for run in range(runs):
        sides = [
            Side(
                latencies(n, correlation, random, factor),
                failures(n, share, correlation, random),
            )
            for factor in (1, scale)
        ]
        (found,) = compare_journeys({"j": sides[0]}, {"j": sides[1]}, seed=run)
        tally[found.verdict] += 1
    return {verdict: count / runs for verdict, count in tally.items()}


def main(runs: int) -> None:
    for quantile in (0.5, 0.95, 0.99):
        for correlation in (0.0, 0.5, 0.9):
            for n in (1000, 3000):
                found = coverage(n, correlation, quantile, runs)
                print(f"coverage p{100 * quantile:g} correlation {correlation} n {n}: {found:.3f}")
    for scale in (1, 1.2):
        for correlation in (0.0, 0.5, 0.9):
            for n in (1000, 3000, 10_000):
                shares = verdicts(n, correlation, runs, scale=scale)
                shown = ", ".join(f"{verdict} {share:.3f}" for verdict, share in shares.items())
                print(f"scale {scale} correlation {correlation} n {n}: {shown}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 400)
