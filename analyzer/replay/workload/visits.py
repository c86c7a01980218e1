"""Visits: acts of one user that follow each other closely, and the scenario that makes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

VISIT_GAP_SECONDS = 60.0
"""A user who does nothing for longer than this has gone, and comes back as another visit."""


@dataclass(frozen=True, slots=True)
class Act:
    """One recorded journey that a user began; `user` is empty where the log names none."""

    at_seconds: float
    duration_seconds: float
    user: str
    journey: str
    operation: str

    @property
    def ends_seconds(self) -> float:
        """When it was over."""
        return self.at_seconds + self.duration_seconds


def visits_of(acts: Sequence[Act]) -> list[list[Act]]:
    """Acts grouped to visits, in order of their beginnings; an act of nobody is a visit."""
    visits: list[list[Act]] = []
    latest: dict[str, list[Act]] = {}
    for act in sorted(acts, key=lambda one: one.at_seconds):
        visit = latest.get(act.user) if act.user else None
        if visit is None or act.at_seconds - visit[-1].ends_seconds > VISIT_GAP_SECONDS:
            visit = []
            latest[act.user] = visit
            visits.append(visit)
        visit.append(act)
    return visits


def scenario_of(visit: Sequence[Act]) -> str | None:
    """The scenario that makes a visit's journeys; None where there is none."""
    made = [act.journey for act in visit]
    if "ticket-submit" in made:
        return _submission(made)
    for journey in made:
        if (scenario := JOURNEYS.get(journey)) is not None:
            listed = journey == "faq-read" and "list" in visit[0].operation
            return "read_faq" if listed else scenario
    return None


def _submission(made: Sequence[str]) -> str:
    submitted = made.index("ticket-submit")
    if {"ticket-start", "ticket-begin"} & set(made[:submitted]):
        return "ticket_guided"
    after = made[submitted:]
    if "notification-list" in after:
        return "ticket_and_notification"
    return "ticket_and_check" if "ticket-list" in after else "ticket_in_one_message"


JOURNEYS: Mapping[str, str] = {
    "ticket-submit": "ticket_in_one_message",
    "ticket-start": "give_up",
    "ticket-begin": "give_up",
    "ticket-list": "check_tickets",
    "faq-read": "search_faq",
    "faq-search": "search_faq",
    "faq-list": "read_faq",
    "troubleshoot": "troubleshoot",
    "profile-show": "edit_profile",
    "profile-question": "edit_profile",
    "profile-change": "edit_profile",
    "subscribe": "subscribe",
    "unsubscribe": "subscribe",
    "notification-list": "open_notification",
    "notification-open": "open_notification",
    "start": "look_around",
    "help": "look_around",
    "status": "look_around",
}
"""Journey (as the mapping file names it) -> the scenario of a visit that begins with it."""

COMMANDS: Mapping[str, str] = {
    "/ticket": "ticket-submit",
    "/tickets": "ticket-list",
    "/faq": "faq-read",
    "/troubleshoot": "troubleshoot",
    "/profile": "profile-show",
    "/subscribe": "subscribe",
    "/unsubscribe": "unsubscribe",
    "/notifications": "notification-list",
    "/start": "start",
    "/help": "help",
    "/status": "status",
}
"""Command (where a log calls its operations by them, and no mapping file does) -> journey."""
