"""`consolidated-bot doctor`: what is wrong before users find out. Imports no aiogram."""

from __future__ import annotations

import time
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

import aiohttp

from consolidated_bot.components import COMPONENTS
from consolidated_bot.config import Settings
from consolidated_bot.core.bot_api import BotApi, BotApiError
from consolidated_bot.core.db import open_database
from consolidated_bot.core.db.migrations import missing
from consolidated_bot.core.errors import BotError
from consolidated_bot.core.redaction import redact

TOLERATED_SKEW_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Finding:
    """One check: `bad` means the bot will not work as configured."""

    subject: str
    text: str
    bad: bool = False

    @property
    def line(self) -> str:
        return f"{'FAIL' if self.bad else 'ok  '}  {self.subject}: {redact(self.text)}"


async def examine(settings: Settings) -> list[Finding]:
    """Check everything; one finding per subject."""
    findings = [await _database(settings), await _clock(settings)]
    async with BotApi(settings.bot_api_url, settings.bot_token.get_secret_value()) as api:
        token = await _token(api)
        findings.append(token)
        if not token.bad:
            findings += [await _webhook(api, settings), await _operations(api, settings)]
    return findings


async def _database(settings: Settings) -> Finding:
    try:
        database = await open_database(settings.database_url)
        try:
            waiting = await database.read(lambda connection: missing(connection, COMPONENTS))
        finally:
            await database.close()
    except BotError as error:
        return Finding("database", str(error), bad=True)
    if waiting:
        text = f"reachable; `run` or `db upgrade` will apply {len(waiting)} migrations"
        return Finding("database", text)
    return Finding("database", "reachable, schema up to date")


async def _clock(settings: Settings) -> Finding:
    """Our clock against the Date header of the Bot API's server."""
    try:
        timeout = aiohttp.ClientTimeout(total=10)
        async with (
            aiohttp.ClientSession(timeout=timeout) as session,
            session.get(settings.bot_api_url, allow_redirects=False) as response,
        ):
            date = response.headers.get("Date")
    except (aiohttp.ClientError, TimeoutError) as error:
        return Finding("clock", f"{settings.bot_api_url} did not answer: {error}", bad=True)
    if date is None:
        return Finding("clock", "the Bot API's server gives no date to compare with")
    skew = time.time() - parsedate_to_datetime(date).timestamp()
    bad = abs(skew) > TOLERATED_SKEW_SECONDS
    return Finding("clock", f"{skew:+.0f} s from the Bot API's server", bad=bad)


async def _token(api: BotApi) -> Finding:
    try:
        me = await api.call("getMe", seconds=10)
    except BotApiError as error:
        return Finding("token", f"getMe failed: {error.description}", bad=True)
    return Finding("token", f"belongs to @{me.get('username')}")


async def _webhook(api: BotApi, settings: Settings) -> Finding:
    try:
        status = await api.call("getWebhookInfo", seconds=10)
    except BotApiError as error:
        return Finding("webhook", f"getWebhookInfo failed: {error.description}", bad=True)
    url = status.get("url") or ""
    pending = f"{status.get('pending_update_count', 0)} updates wait"
    if problem := status.get("last_error_message"):
        pending += f"; last error: {problem}"
    if settings.bot_mode == "polling":
        text = f"set to {url}; polling will remove it" if url else f"none; {pending}"
        return Finding("webhook", text)
    text = f"set to {url}; {pending}" if url else "not set yet; `run` sets it"
    return Finding("webhook", text)


async def _operations(api: BotApi, settings: Settings) -> Finding:
    subject = "operations chat"
    if settings.ops_chat_id is None:
        return Finding(subject, "OPS_CHAT_ID is not set: no staff is told of tickets")
    try:
        chat = await api.call("getChat", {"chat_id": settings.ops_chat_id}, seconds=10)
        member = await api.call(
            "getChatMember",
            {"chat_id": settings.ops_chat_id, "user_id": settings.bot_id},
            seconds=10,
        )
    except BotApiError as error:
        return Finding(subject, f"{settings.ops_chat_id}: {error.description}", bad=True)
    status = str(member.get("status"))
    if status in {"left", "kicked"}:
        return Finding(subject, f"the bot is not a member of {chat.get('title')}", bad=True)
    if status != "administrator":
        text = f"{chat.get('title')}: the bot is {status}; make it administrator to see replies"
        return Finding(subject, text)
    return Finding(subject, f"{chat.get('title')}: the bot is administrator")
