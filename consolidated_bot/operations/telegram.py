"""Operations on Telegram: updates become commands."""

from __future__ import annotations

import re
from typing import Any

from aiogram.types import CallbackQuery, Message

from consolidated_bot.core.messages import Sender
from consolidated_bot.core.routes import Routes
from consolidated_bot.core.words import number_in
from consolidated_bot.operations import commands as o

routes = Routes("operations")

DURATION = re.compile(r"(\d{1,4})\s*(m|min|h)", re.IGNORECASE)
BUTTON_SILENCE_S = 3600.0
HOLD_S = 3600.0
ACTIONS = frozenset({"ack", "confirm", "back", "escalate"})


@routes.command("status")
def status(sender: Sender, words: str, message: Message) -> Any:
    return o.AskStatus(sender)


@routes.command("incident")
def incident(sender: Sender, words: str, message: Message) -> Any:
    """`/incident` lists what is open, `/incident 3` shows one with its plan."""
    return o.ShowIncidents(sender, number_in(words))


@routes.command("ack")
def ack(sender: Sender, words: str, message: Message) -> Any:
    return o.ActOnIncident(sender, "ack", number_in(words))


@routes.command("escalate")
def escalate(sender: Sender, words: str, message: Message) -> Any:
    return o.ActOnIncident(sender, "escalate", number_in(words))


@routes.command("silence")
def silence(sender: Sender, words: str, message: Message) -> Any:
    """`/silence [3] 30m why`, `/silence [3] off`."""
    first, _, rest = words.partition(" ")
    number = number_in(first)
    duration, _, reason = (rest if number is not None else words).strip().partition(" ")
    if duration.lower() == "off":
        return o.SilenceIncident(sender, number, 0.0, reason)
    seconds = _seconds(duration)
    if seconds is None:
        return o.Misunderstood(sender, "bad_silence")
    return o.SilenceIncident(sender, number, seconds, reason)


@routes.command("level")
def level(sender: Sender, words: str, message: Message) -> Any:
    """`/level` shows, `/level 2 [30m] why` holds one, `/level auto` gives it back."""
    first, _, rest = words.strip().partition(" ")
    if not first:
        return o.ShowLevel(sender)
    if first.lower() == "auto":
        return o.SetLevel(sender, None, reason=rest)
    number = number_in(first.upper().removeprefix("L"))
    if number is None:
        return o.Misunderstood(sender, "bad_level")
    duration, _, reason = rest.strip().partition(" ")
    seconds = _seconds(duration)
    if seconds is None:
        seconds, reason = HOLD_S, rest
    return o.SetLevel(sender, number, seconds, reason)


@routes.command("campaign")
def campaign(sender: Sender, words: str, message: Message) -> Any:
    """`/campaign start NAME VOLUME [4h]`, `/campaign status`, `/campaign end`."""
    action, *given = words.split()[:6] or ["status"]
    if action == "status" and not given:
        return o.ShowCampaign(sender)
    if action == "end" and not given:
        return o.EndCampaign(sender)
    if action == "start" and len(given) in {2, 3}:
        volume = number_in(given[1].replace(",", "").replace("_", ""))
        seconds = _seconds(given[2]) if len(given) == 3 else None
        if volume is not None and (len(given) == 2 or seconds is not None):
            minutes = None if seconds is None else round(seconds / 60)
            return o.StartCampaign(sender, given[0], volume, minutes)
    return o.Misunderstood(sender, "bad_campaign")


@routes.button("op")
def press(sender: Sender, words: str, query: CallbackQuery) -> Any:
    """`op:action:incident[:step]`."""
    action, _, rest = words.partition(":")
    number, _, step = rest.partition(":")
    incident_number = number_in(number) or 0
    if action in ACTIONS:
        return o.ActOnIncident(sender, action, incident_number)
    if action == "silence":
        return o.SilenceIncident(sender, incident_number, BUTTON_SILENCE_S, "by the button")
    if action == "runbook":
        return o.ShowIncidents(sender, incident_number)
    if action == "step":
        return o.TickStep(sender, incident_number, step)
    return None


def _seconds(text: str) -> float | None:
    match = DURATION.fullmatch(text.strip())
    if match is None or not int(match[1]):
        return None
    return float(match[1]) * (3600 if match[2].lower() == "h" else 60)
