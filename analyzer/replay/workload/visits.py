"""Visits: acts of one user that follow each other closely, and the scenario that makes them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

VISIT_GAP_SECONDS = 60.0
"""A user who does nothing for longer than this has gone, and comes back as another visit."""


LOOK = "look"
LOOKS = ("start", "help", "status")
THEMES: Mapping[str, str] = {
    **dict.fromkeys(
        ("ticket-start", "ticket-begin", "ticket-question", "ticket-submit"), "ticket"
    ),
    **dict.fromkeys(("faq-list", "faq-search", "faq-read"), "faq"),
    "troubleshoot": "troubleshoot",
    **dict.fromkeys(("profile-show", "profile-question", "profile-change"), "profile"),
    **dict.fromkeys(("subscribe", "unsubscribe"), "subscribe"),
    **dict.fromkeys(("notification-list", "notification-open"), "notifications"),
    **dict.fromkeys(LOOKS, LOOK),
}
"""Journey -> what a visit with it is about; those of one theme can be steps of one scenario."""
FOLLOWS_A_TICKET = frozenset({"ticket-list", "notification-list", "notification-open"})
MOST: Mapping[str, int] = {
    **dict.fromkeys(("ticket-start", "ticket-begin", "ticket-question"), 8),
    **dict.fromkeys(("faq-list", "faq-search", "faq-read"), 3),
    "troubleshoot": 6,
}
"""How often the scenarios make a journey in one visit; once where nothing is said."""


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
    """Acts grouped to visits, in order of their beginnings; an act of nobody is a visit.

    A user who does what the scenario of a visit does not make, or makes no more, has begun
    another visit: every submitted ticket is one that will be submitted.
    """
    visits: list[list[Act]] = []
    latest: dict[str, list[Act]] = {}
    for act in sorted(acts, key=lambda one: one.at_seconds):
        visit = latest.get(act.user) if act.user else None
        if visit is None or not _goes_on(visit, act):
            visit = []
            latest[act.user] = visit
            visits.append(visit)
        visit.append(act)
    found = [part for visit in visits for part in _parts(visit)]
    return sorted(found, key=lambda visit: visit[0].at_seconds)


def _goes_on(visit: Sequence[Act], act: Act) -> bool:
    """Whether `act` belongs to a visit that began before."""
    if act.at_seconds - visit[-1].ends_seconds > VISIT_GAP_SECONDS:
        return False
    made = [one.journey for one in visit]
    if made.count(act.journey) >= MOST.get(act.journey, 1):
        return False
    if "ticket-submit" in made:
        return act.journey in FOLLOWS_A_TICKET
    theme = THEMES.get(act.journey)
    return theme is not None and theme == THEMES.get(made[0])


def _parts(visit: list[Act]) -> Iterator[list[Act]]:
    """Of a look around that is not the whole of it, every act by itself."""
    made = {act.journey for act in visit}
    if THEMES.get(visit[0].journey) != LOOK or made == set(LOOKS):
        yield visit
    else:
        yield from ([act] for act in visit)


def scenario_of(visit: Sequence[Act]) -> str | None:
    """The scenario that makes a visit's journeys; None where there is none."""
    made = [act.journey for act in visit]
    if "ticket-submit" in made:
        return _submission(made)
    if set(LOOKS) <= set(made):
        return "look_around"
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
    "start": "say_hello",
    "help": "read_help",
    "status": "ask_status",
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
