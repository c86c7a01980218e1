"""Which services the fleet has, how each team logs, what it passes on, how wrong its clock is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from sample_logs.fleet.json_styles import EcsJson, OtlpLines, StructlogJson
from sample_logs.fleet.lines import TeamLog
from sample_logs.fleet.service import Service
from sample_logs.fleet.services.accounts import Accounts
from sample_logs.fleet.services.audit import Audit
from sample_logs.fleet.services.faq import Faq
from sample_logs.fleet.services.gateway import Gateway
from sample_logs.fleet.services.notifications import Notifications
from sample_logs.fleet.services.subscriptions import Subscriptions
from sample_logs.fleet.services.tickets import Tickets
from sample_logs.fleet.services.troubleshooting import Troubleshooting
from sample_logs.fleet.text_styles import AccessLog, AuditLogfmt, Logfmt, PythonText, SecondsText
from sample_logs.fleet.tracing import Propagation, WallClock

Style = Callable[[str, Path, WallClock], TeamLog]


class Team(NamedTuple):
    """A service as its team runs it."""

    service: type[Service]
    style: Style
    calls: tuple[str, ...] = ()
    propagation: Propagation = Propagation.W3C
    skew_ms: int = 0


TEAMS: dict[str, Team] = {
    team.service.name: team
    for team in (
        Team(
            Gateway,
            EcsJson,
            (
                "accounts",
                "faq",
                "notifications",
                "subscriptions",
                "tickets",
                "troubleshooting",
                "audit",
            ),
        ),
        Team(Faq, PythonText),
        Team(Tickets, Logfmt, ("accounts", "audit", "faq", "notifications", "subscriptions")),
        Team(Accounts, OtlpLines),
        Team(Subscriptions, AccessLog, ("notifications",), Propagation.REQUEST_ID),
        Team(Notifications, StructlogJson, ("accounts",)),
        Team(Audit, AuditLogfmt, skew_ms=-1400),
        Team(Troubleshooting, SecondsText, ("faq",)),
    )
}


def processes(merged: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    """The services of each process: one each, but for the `merged` ones, which share one."""
    unknown = sorted(set(merged) - set(TEAMS))
    if unknown:
        raise ValueError(f"no such service: {', '.join(unknown)}; known: {', '.join(TEAMS)}")
    together = tuple(name for name in TEAMS if name in merged)
    alone: list[tuple[str, ...]] = [(name,) for name in TEAMS if name not in merged]
    return [together, *alone] if together else alone
