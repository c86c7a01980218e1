"""`consolidated-bot doctor`: what is wrong before users find out. Imports no aiogram."""

from __future__ import annotations

import time
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any

import aiohttp

from consolidated_bot.components import COMPONENTS
from consolidated_bot.config import Settings
from consolidated_bot.core.bot_api import BotApi, BotApiError, Failure
from consolidated_bot.core.db import open_database
from consolidated_bot.core.db.migrations import missing
from consolidated_bot.core.errors import BotError
from consolidated_bot.core.redaction import redact

TOLERATED_SKEW_SECONDS = 30.0

Json = dict[str, Any]


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
        token, me = await _token(api)
        findings.append(token)
        if not token.bad:
            findings += [await _webhook(api, settings), await _operations(api, settings, me)]
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
        text = (
            f"{settings.bot_api_url} did not answer ({error}): check BOT_API_URL and the network"
        )
        return Finding("clock", text, bad=True)
    if date is None:
        return Finding("clock", "the Bot API's server gives no date to compare with")
    skew = time.time() - parsedate_to_datetime(date).timestamp()
    text = f"{skew:+.0f} s from the Bot API's server"
    if abs(skew) <= TOLERATED_SKEW_SECONDS:
        return Finding("clock", text)
    return Finding("clock", f"{text}: due times would be wrong; switch time sync on", bad=True)


async def _token(api: BotApi) -> tuple[Finding, Json]:
    try:
        me = await api.call("getMe", seconds=10)
    except BotApiError as error:
        next_step = "is the network up?"
        if error.failure is Failure.UNAUTHORIZED:
            next_step = "copy BOT_TOKEN again from @BotFather"
        return Finding("token", f"getMe failed: {error.description}; {next_step}", bad=True), {}
    return Finding("token", f"belongs to @{me.get('username')}"), me


async def _webhook(api: BotApi, settings: Settings) -> Finding:
    try:
        status = await api.call("getWebhookInfo", seconds=10)
    except BotApiError as error:
        return Finding("webhook", f"getWebhookInfo failed: {error.description}", bad=True)
    url = status.get("url") or ""
    pending = f"{status.get('pending_update_count', 0)} updates wait"
    if problem := status.get("last_error_message"):
        pending += f"; Telegram's last error: {problem}"
    if settings.bot_mode == "polling":
        text = f"set to {url}; polling will remove it" if url else f"none; {pending}"
        return Finding("webhook", text)
    if not url:
        return Finding("webhook", "not set yet; `run` sets it")
    if url != settings.webhook_url:
        return Finding("webhook", f"set to {url}; `run` will set WEBHOOK_URL instead; {pending}")
    return Finding("webhook", f"set to {url}; {pending}")


async def _operations(api: BotApi, settings: Settings, me: Json) -> Finding:
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
        mend = "add the bot, or mend OPS_CHAT_ID"
        if error.moved_to is not None:
            mend = f"set OPS_CHAT_ID={error.moved_to}"
        text = f"{settings.ops_chat_id}: {error.description}; {mend}"
        return Finding(subject, text, bad=True)
    title = chat.get("title")
    status = str(member.get("status"))
    if status in {"left", "kicked"}:
        return Finding(subject, f"the bot is not a member of {title}: add it", bad=True)
    administers = status in {"administrator", "creator"}
    if not administers and not me.get("can_read_all_group_messages"):
        text = f"{title}: the bot is {status} and sees no answers; make it administrator"
        return Finding(subject, text, bad=True)
    if not chat.get("is_forum"):
        return Finding(subject, f"{title}: no forum, so tickets share one thread of messages")
    if not (administers and member.get("can_manage_topics", True)):
        text = f"{title}: the bot may not manage topics; give it that right"
        return Finding(subject, text, bad=True)
    return Finding(subject, f"{title}: a forum, and the bot may open topics")
