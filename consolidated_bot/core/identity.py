"""Who are we, and is the operations chat there? Asked once, at the start."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import structlog

from consolidated_bot.core.bot_api import BotApi, BotApiError, Failure
from consolidated_bot.core.errors import ConfigurationError
from consolidated_bot.core.place import Place

FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Menus:
    """Commands with their descriptions: for users by language, and for staff."""

    users: Mapping[str, Mapping[str, str]]
    staff: Mapping[str, str]


async def introduce(
    api: BotApi, ops_chat_id: int | None, menus: Menus, stop: asyncio.Event
) -> Place | None:
    """Our name at Telegram; None if told to stop while it cannot be reached.

    A wrong token raises `ConfigurationError`; an unusable operations chat is reported and stops
    nothing.
    """
    pause = FIRST_PAUSE_SECONDS
    while not stop.is_set():
        try:
            me = await api.call("getMe", seconds=10)
        except BotApiError as error:
            if error.failure is Failure.UNAUTHORIZED:
                raise _token_refused() from error
            structlog.get_logger().error(
                "the Bot API cannot be reached; trying again",
                error=error.description,
                pause_seconds=pause,
            )
            await _sleep(stop, pause)
            pause = min(LONGEST_PAUSE_SECONDS, pause * 2)
        else:
            ops_now_at = await _check_operations(api, ops_chat_id)
            await _offer_commands(api, ops_now_at, menus)
            return Place(str(me.get("username") or ""), ops_chat_id)
    return None


async def refuse_bad_token(api_url: str, token: str) -> None:
    """Raise `ConfigurationError` if the Bot API refuses `token`; every other trouble can wait."""
    async with BotApi(api_url, token) as api:
        try:
            await api.call("getMe", seconds=2)
        except BotApiError as error:
            if error.failure is Failure.UNAUTHORIZED:
                raise _token_refused() from error


def _token_refused() -> ConfigurationError:
    return ConfigurationError(["BOT_TOKEN: the Bot API refuses it; copy it again from @BotFather"])


async def _check_operations(api: BotApi, ops_chat_id: int | None) -> int | None:
    """Where the operations chat is now, as far as Telegram tells."""
    log = structlog.get_logger()
    if ops_chat_id is None:
        log.warning("OPS_CHAT_ID is not set: tickets are stored, and no staff is told of them")
        return None
    try:
        await api.call("getChat", {"chat_id": ops_chat_id}, seconds=10)
    except BotApiError as error:
        if error.moved_to is not None:
            log.warning("the operations chat has moved: set OPS_CHAT_ID", now=error.moved_to)
            return error.moved_to
        if error.failure not in {Failure.REFUSED, Failure.GONE}:
            log.warning("OPS_CHAT_ID could not be checked", error=error.description)
            return ops_chat_id
        log.error(  # noqa: TRY400 - an expected answer, no traceback
            "OPS_CHAT_ID cannot be used; is the bot a member of that chat?",
            ops_chat_id=ops_chat_id,
            error=error.description,
        )
        return None
    return ops_chat_id


async def _offer_commands(api: BotApi, ops_chat_id: int | None, menus: Menus) -> None:
    """Fill the menu button, once a language; without it everything works as well."""
    offers: list[tuple[Mapping[str, str], dict[str, Any]]] = [
        (commands, {"language_code": None if language == "en" else language})
        for language, commands in menus.users.items()
    ]
    if ops_chat_id is not None:
        offers.append((menus.staff, {"scope": {"type": "chat", "chat_id": ops_chat_id}}))
    for commands, to in offers:
        named = [{"command": name, "description": text} for name, text in commands.items()]
        try:
            await api.call("setMyCommands", {"commands": named, **to}, seconds=10)
        except BotApiError as error:
            structlog.get_logger().warning("a menu was not set", error=error.description)


async def _sleep(stop: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await stop.wait()
    except TimeoutError:
        return
