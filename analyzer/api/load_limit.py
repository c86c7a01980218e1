"""What was used up where a bot under load broke, as far as it shows from outside."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from analyzer.replay.botapi.limits import Limits

NEAR_LIMIT = 0.75
"""Of Telegram's overall limit: a bot that keeps a reserve for pages stops below it."""
REFUSED_SHARE = 0.01
BUSY_CORE = 0.85
"""Of one core: an event loop has no more than that to work with."""
BUSY_MACHINE = 0.9


def limit_words(level: Mapping[str, Any], limit_scale: float) -> str:
    """What ended the climb at `level` (a row of `levels_frame`), with the figures that say so.

    The generator comes first: one that is late measures itself, whatever else was busy.
    """
    if level["problem"]:
        return f"this machine's, not the bot's: its generator did not keep up{_processors(level)}"
    if limit_scale and _is_telegrams(level, limit_scale):
        return (
            f"Telegram's: {_sends(level, limit_scale)} were sent, {level['refused_429']:,} were "
            f"refused with 429, while the bot kept {_cores(level['bot_cores'])} busy; "
            "--limit-scale 0 shows what it holds without that limit"
        )
    if (level["bot_cores"] or 0) >= BUSY_CORE:
        return f"the bot's processor: {_cores(level['bot_cores'])} busy"
    busy, cores = level["machine_cores"], os.cpu_count() or 1
    if busy is not None and busy >= BUSY_MACHINE * cores:
        return f"this machine's processors, not the bot's alone{_processors(level)}"
    telegram = f"not Telegram's ({_sends(level, limit_scale)}) and " if limit_scale else ""
    return (
        f"{telegram}not the bot's processor ({_cores(level['bot_cores'])} busy): a wait inside "
        "the bot, which its own log divides into queue, handle and send"
    )


def _is_telegrams(level: Mapping[str, Any], limit_scale: float) -> bool:
    sent = level["sends_per_second"]
    refused = level["refused_429"] > REFUSED_SHARE * sent * level["seconds"]
    return bool(sent >= NEAR_LIMIT * _allowed(limit_scale) or refused)


def _allowed(limit_scale: float) -> float:
    limits = Limits(scale=limit_scale)
    return limits.overall_per_second * limits.scale


def _sends(level: Mapping[str, Any], limit_scale: float) -> str:
    return (
        f"{level['sends_per_second']:.1f} of {_allowed(limit_scale):g} allowed messages a second"
    )


def _processors(level: Mapping[str, Any]) -> str:
    """Who kept the machine busy; empty where the system does not tell."""
    busy, bot = level["machine_cores"], level["bot_cores"]
    if busy is None:
        return ""
    generator = level["generator_cores"]
    others = max(0.0, busy - (bot or 0.0) - generator)
    return (
        f"; {busy:.2f} of {os.cpu_count()} cores were busy: {bot or 0:.2f} with the bot, "
        f"{generator:.2f} with the generator, {others:.2f} with other programs"
    )


def _cores(cores: float | None) -> str:
    return "an unknown part of a core" if cores is None else f"{cores:.2f} cores"
