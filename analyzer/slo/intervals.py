"""Bounds and sample sizes for shares and quantiles: what a count can and cannot show.

scipy.special is imported inside the functions: the bot imports this package at start-up and needs
an interval only when somebody asks for one.
"""

from __future__ import annotations

import math
from fractions import Fraction
from functools import lru_cache

CONFIDENCE = 0.95
FALSE_ALARM = 1e-3
MAX_NEEDED = 10**12


def clopper_pearson_lower(good: int, bad: int, confidence: float = CONFIDENCE) -> float:
    """One-sided lower bound of the share of good events; 0 where none was good.

    Source: Clopper and Pearson, Biometrika 26 (1934).
    """
    from scipy.special import betaincinv

    return float(betaincinv(good, bad + 1, 1 - confidence)) if good else 0.0


def clopper_pearson_upper(good: int, bad: int, confidence: float = CONFIDENCE) -> float:
    """One-sided upper bound of the share of good events; 1 where none was bad."""
    from scipy.special import betaincinv

    return float(betaincinv(good + 1, bad, confidence)) if bad else 1.0


def wilson(hits: float, n: float, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """Two-sided score interval of the share `hits` / `n`; (0, 1) for an empty sample.

    Counts need not be whole: a sample may be divided by its design effect.
    Source: Wilson, JASA 22 (1927).
    """
    from scipy.special import ndtri

    if not n:
        return 0.0, 1.0
    z = float(ndtri(0.5 + confidence / 2))
    share = hits / n
    centre = share + z * z / (2 * n)
    # A design effect can carry rounding below 0.
    spread = z * math.sqrt(max(0.0, share * (1 - share) / n + z * z / (4 * n * n)))
    scale = 1 + z * z / n
    lower = 0.0 if hits == 0 else max(0.0, (centre - spread) / scale)
    return lower, 1.0 if hits == n else min(1.0, (centre + spread) / scale)


def events_needed(bad: int, target: Fraction, confidence: float = CONFIDENCE) -> int | None:
    """The smallest n at which `bad` bad events still demonstrate `target`.

    That is the smallest n with P(Binomial(n, 1 - T) <= bad) <= 1 - confidence, the event-count
    form of "Clopper-Pearson lower bound >= T". None above 10**12 (targets next to 1).
    """
    bad_share, limit = float(1 - target), 1 - confidence
    low, high = bad, max(2 * bad, 2)
    while _binomial_cdf(bad, high, bad_share) > limit:
        low, high = high, 2 * high
        if high > MAX_NEEDED:
            return None
    while high - low > 1:
        middle = (low + high) // 2
        if _binomial_cdf(bad, middle, bad_share) <= limit:
            high = middle
        else:
            low = middle
    return high


@lru_cache(maxsize=8192)
def poisson_guard(expected: float, false_alarm: float = FALSE_ALARM) -> int:
    """k_min: the smallest k with P(Poisson(expected) >= k) <= `false_alarm`.

    So many bad events in a window are more than chance explains when the budget burns at
    rate 1. At least 1, also for an expectation of 0.
    """
    k = math.ceil(expected + 8 * math.sqrt(expected) + 12)  # far in the tail: P < 1e-12
    tail = 0.0
    while k > 1:
        below = tail + _poisson_probability(k - 1, expected)
        if below > false_alarm:
            break
        k, tail = k - 1, below
    return k


def _poisson_probability(k: int, expected: float) -> float:
    if expected <= 0:
        return 1.0 if k == 0 else 0.0
    return math.exp(k * math.log(expected) - expected - math.lgamma(k + 1))


def quantile_minimum(quantile: float, *, two_sided: bool, confidence: float = CONFIDENCE) -> int:
    """The sample size below which a quantile cannot be bounded (METHODS.md section 8)."""
    miss = 1 - confidence
    return math.ceil(math.log(miss / 2 if two_sided else miss) / math.log(quantile))


def order_statistic_ranks(
    n: int, quantile: float, confidence: float = CONFIDENCE
) -> tuple[int | None, int | None]:
    """Ranks (from 1) of the values that bound a quantile; None where a side is unbounded.

    The interval [x_(l), x_(u)) has P(l <= Binomial(n, q) < u) >= confidence, each side with at
    most half of the miss. Source: David and Nagaraja, Order Statistics (2003), section 7.1.
    """
    half = (1 - confidence) / 2
    low, high = 0, n + 1  # P(B <= low - 1) <= half holds for low = 0
    while high - low > 1:
        middle = (low + high) // 2
        if _binomial_cdf(middle - 1, n, quantile) <= half:
            low = middle
        else:
            high = middle
    lower = low or None
    low, high = 0, n + 1  # P(B >= high) <= half holds for high = n + 1
    while high - low > 1:
        middle = (low + high) // 2
        if _binomial_cdf(n - middle, n, 1 - quantile) <= half:
            high = middle
        else:
            low = middle
    return lower, high if high <= n else None


def _binomial_cdf(k: int, n: int, share: float) -> float:
    """P(Binomial(n, share) <= k); by the beta function, since scipy's bdtr ends at n = 2**31."""
    from scipy.special import betaincc

    if k < 0:
        return 0.0
    return 1.0 if k >= n else float(betaincc(k + 1, n - k, share))
