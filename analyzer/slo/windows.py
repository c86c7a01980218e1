"""Burn-rate alert pairs: a long window that says it matters, a short one that says it goes on.

Two schemes. From 30 days on: the shares of the budget of the Google SRE Workbook, chapter 5; the
burn rate is computed from share and period, never typed. For campaigns of hours the same windows
scaled down would be seconds long and page nearly every healthy campaign, so the share of the
*whole* budget is fixed and the burn follows: B = c * P / L (SLO.md section 5).
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from analyzer.slo.live import SECOND_US
from analyzer.slo.spec.values import DAY, HOUR, MINUTE, AlertPolicy, Objective

LONG_PERIOD_S = 30 * DAY
KEEP_FIRING_S = 10 * MINUTE
SHORT_PART = 12
PAGE, TICKET = "page", "ticket"
PERIOD_BUCKETS = 1500


@dataclass(frozen=True, slots=True)
class Pair:
    """One alert: fires at burn rate `burn` (above it if `strict`) over both windows.

    With `budget_share` the long window must hold that share of the whole budget instead.
    """

    name: str
    severity: str
    long_s: int
    short_s: int
    burn: Fraction
    budget_share: Fraction | None = None
    strict: bool = False
    keep_firing_s: int = 0
    alert_after_s: int = 0


@dataclass(frozen=True, slots=True)
class RefusedPair:
    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class Scheme:
    """The pairs that make sense for a period, and those that do not, with the reason."""

    pairs: tuple[Pair, ...]
    refused: tuple[RefusedPair, ...] = ()


@dataclass(frozen=True, slots=True)
class _Share:
    name: str
    severity: str
    share: Fraction
    long_s: Fraction
    floor_s: int = MINUTE


def scheme(period_s: int, target: Fraction) -> Scheme:
    """The alert pairs for a period: the workbook's from 30 days on, a campaign's below."""
    return (
        thirty_day_scheme(period_s, target)
        if period_s >= LONG_PERIOD_S
        else campaign_scheme(period_s, target)
    )


def thirty_day_scheme(period_s: int, target: Fraction) -> Scheme:
    """2 % in 1 h and 5 % in 6 h page, 10 % in 1 d and in 3 d open a ticket."""
    rows = [
        _Share("page-1h", PAGE, Fraction(2, 100), Fraction(HOUR)),
        _Share("page-6h", PAGE, Fraction(5, 100), Fraction(6 * HOUR)),
        _Share("ticket-1d", TICKET, Fraction(10, 100), Fraction(DAY)),
        _Share("ticket-3d", TICKET, Fraction(10, 100), Fraction(3 * DAY)),
    ]
    return _judged([_pair(row, period_s, spend=False) for row in rows], target)


def campaign_scheme(period_s: int, target: Fraction) -> Scheme:
    """20 % of the budget in P/48 (>= 5 min) and 40 % in P/8 page, 60 % in P/2 is a ticket."""
    rows = [
        _Share("page-quick", PAGE, Fraction(20, 100), Fraction(period_s, 48), 5 * MINUTE),
        _Share("page-slow", PAGE, Fraction(40, 100), Fraction(period_s, 8)),
        _Share("ticket", TICKET, Fraction(60, 100), Fraction(period_s, 2)),
    ]
    return _judged([_pair(row, period_s, spend=True) for row in rows], target)


def _pair(row: _Share, period_s: int, *, spend: bool) -> Pair:
    """Windows are whole minutes, as OpenSLO writes them; the burn follows the real window."""
    long_s = _whole_minutes(max(row.long_s, Fraction(row.floor_s)))
    return Pair(
        row.name,
        row.severity,
        long_s,
        short_window(long_s),
        row.share * period_s / long_s,
        row.share if spend else None,
        strict=not spend,
        keep_firing_s=KEEP_FIRING_S if spend else 0,
    )


def short_window(long_s: int) -> int:
    """1/12 of the long window in whole minutes, rounded up: never 0."""
    return _whole_minutes(Fraction(long_s, SHORT_PART))


def _whole_minutes(seconds: Fraction) -> int:
    return max(1, -(-seconds // MINUTE)) * MINUTE


def _judged(pairs: list[Pair], target: Fraction) -> Scheme:
    kept: list[Pair] = []
    refused: list[RefusedPair] = []
    for pair in pairs:
        if pair.burn < 1 or (pair.burn == 1 and pair.budget_share is not None):
            reason = f"burn {float(pair.burn):g} is no faster than the budget allows"
        elif pair.burn * (1 - target) >= 1:
            share = float(pair.burn * (1 - target))
            reason = f"can never fire: it would take {share:.0%} bad events"
        elif pair.short_s >= pair.long_s:
            reason = "its windows are too short to differ"
        else:
            kept.append(pair)
            continue
        refused.append(RefusedPair(pair.name, reason))
    return Scheme(tuple(kept), tuple(refused))


def period_bucket_us(period_s: int) -> int:
    """The width of the buckets that a rolling period of whole minutes is made of, exactly."""
    return max(SECOND_US, period_s * SECOND_US // PERIOD_BUCKETS)


def rolling_end_us(period_s: int, until_us: int) -> int:
    """Where a rolling window ends that contains what was before `until_us`: with its bucket.

    A live window drops what is old bucket by bucket, so a report's windows have the same edges:
    both count the same events, to the last one.
    """
    width_us = period_bucket_us(period_s)
    return -(-until_us // width_us) * width_us


def pairs_of(objective: Objective) -> tuple[Pair, ...]:
    """The pairs to evaluate: those of the file, or the scheme of the period where it has none."""
    if not objective.policies:
        return scheme(objective.window.duration.seconds, objective.target).pairs
    return tuple(_from_policy(policy) for policy in objective.policies if policy.when_breaching)


def _from_policy(policy: AlertPolicy) -> Pair:
    keep = policy.keep_firing_s
    if keep is None:
        keep = KEEP_FIRING_S if policy.budget_share is not None else 0
    return Pair(
        policy.name,
        policy.severity,
        policy.long_window_s,
        policy.short_window_s or short_window(policy.long_window_s),
        policy.threshold,
        policy.budget_share,
        strict=policy.op == "gt",
        keep_firing_s=keep,
        alert_after_s=policy.alert_after_s,
    )
