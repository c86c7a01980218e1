"""Rules that hold between an objective and the alert policies it uses."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from analyzer.slo.spec.registry import ReadPolicy
from analyzer.slo.spec.values import DAY, TimeWindow

LONG_PERIOD_S = 30 * DAY
TOLERANCE = Fraction(5, 100)
"""How far a written threshold may be from budget share * period / window (rounding by hand)."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What the caller decides: how often rules run, and that a budget below one event is meant."""

    evaluation_step_s: int = 15
    small_budget_confirmed: bool = False


@dataclass(frozen=True, slots=True)
class Terms:
    """What an alert is judged against; known even where the rest of the SLO was refused."""

    target: Fraction
    window: TimeWindow


def check_policies(terms: Terms, policies: list[ReadPolicy], settings: Settings) -> None:
    names: set[str] = set()
    for read in policies:
        if read.policy.name in names:
            read.origin.refuse(
                f"AlertPolicy {read.policy.name!r} is used twice here", "keep one of the two"
            )
        names.add(read.policy.name)
        _check_reachable(terms, read)
        _check_share(terms, read)
        _check_windows(terms, read, settings)


def _check_reachable(terms: Terms, read: ReadPolicy) -> None:
    """An error share above 1 does not exist: such an alert sleeps through a total outage."""
    bad_share = read.policy.threshold * (1 - terms.target)
    if bad_share >= 1:
        highest = float(1 / (1 - terms.target))
        read.threshold.refuse(
            f"can never fire: burn {float(read.policy.threshold):g} at target "
            f"{float(terms.target):g} needs {float(bad_share):.0%} bad events",
            f"write a threshold below {highest:g}",
        )


def _check_share(terms: Terms, read: ReadPolicy) -> None:
    policy = read.policy
    if policy.budget_share is None:
        return
    period_s = terms.window.duration.seconds
    expected = policy.budget_share * period_s / policy.long_window_s
    if policy.threshold <= 1 and period_s < LONG_PERIOD_S:
        read.threshold.refuse(
            f"is {float(policy.threshold):g}: a pair of a campaign that burns no faster than the "
            "budget allows would ring on a healthy day",
            "raise the budget share or shorten the lookbackWindow",
        )
    if abs(policy.threshold - expected) > TOLERANCE * expected:
        read.threshold.refuse(
            f"is {float(policy.threshold):g}, but a budget share of "
            f"{float(policy.budget_share):g} over {period_s / policy.long_window_s:g} windows "
            f"per period is a burn of {float(expected):g}",
            f"write {float(expected):g} or change the share",
        )


def _check_windows(terms: Terms, read: ReadPolicy, settings: Settings) -> None:
    policy = read.policy
    if policy.long_window_s > terms.window.duration.seconds:
        read.threshold.refuse(
            "has a lookbackWindow longer than the SLO's time window", "write a shorter one"
        )
    short_s = policy.short_window_s
    if short_s is None:
        return
    if short_s < 2 * settings.evaluation_step_s:
        read.origin.refuse(
            f"has a short window of {short_s} s, below two evaluation steps of "
            f"{settings.evaluation_step_s} s",
            "write a longer analyzer.local/short-window",
        )
    if short_s > policy.long_window_s:
        read.origin.refuse(
            "has a short window longer than its lookbackWindow",
            "write a shorter analyzer.local/short-window",
        )
