"""One way to call the emulator through either client library, and to expect its refusals."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import aiogram.methods
import pytest
import telegram as ptb
from aiogram import exceptions as aiogram_errors
from telegram import error as ptb_errors
from telegram.request import HTTPXRequest

from analyzer.replay.botapi import Emulator
from tests.botapi.bots import aiogram_bot

Refusal = Literal[
    "bad_request", "unauthorized", "forbidden", "not_found", "conflict", "too_many", "server"
]

AIOGRAM: dict[Refusal, type[Exception]] = {
    "bad_request": aiogram_errors.TelegramBadRequest,
    "unauthorized": aiogram_errors.TelegramUnauthorizedError,
    "forbidden": aiogram_errors.TelegramForbiddenError,
    "not_found": aiogram_errors.TelegramNotFound,
    "conflict": aiogram_errors.TelegramConflictError,
    "too_many": aiogram_errors.TelegramRetryAfter,
    "server": aiogram_errors.TelegramServerError,
}
PTB: dict[Refusal, type[Exception]] = {
    "bad_request": ptb_errors.BadRequest,
    "unauthorized": ptb_errors.InvalidToken,
    "forbidden": ptb_errors.Forbidden,
    "not_found": ptb_errors.InvalidToken,  # python-telegram-bot takes every 404 for that
    "conflict": ptb_errors.Conflict,
    "too_many": ptb_errors.RetryAfter,
    "server": ptb_errors.NetworkError,
}


class Caller(Protocol):
    """A client library."""

    async def call(self, method: str, **parameters: Any) -> Any:
        """The library's own result object of a Bot API method."""
        ...

    async def download(self, path: str) -> bytes:
        """The bytes behind a file path."""
        ...

    def refused(self, kind: Refusal, words: str = "") -> Any:
        """A context whose call must be refused like that."""
        ...


@dataclass(slots=True)
class AiogramCaller:
    bot: Any

    async def call(self, method: str, **parameters: Any) -> Any:
        shape = getattr(aiogram.methods, method[0].upper() + method[1:])
        return await self.bot(shape(**parameters))

    async def download(self, path: str) -> bytes:
        stream = await self.bot.download_file(path)
        content = stream.read()
        assert isinstance(content, bytes)
        return content

    @contextmanager
    def refused(self, kind: Refusal, words: str = "") -> Iterator[None]:
        with pytest.raises(AIOGRAM[kind], match=re.escape(words) or None):
            yield


@dataclass(slots=True)
class PtbCaller:
    bot: Any

    async def call(self, method: str, **parameters: Any) -> Any:
        name = re.sub(r"[A-Z]", lambda match: "_" + match.group().lower(), method)
        return await getattr(self.bot, name)(**parameters)

    async def download(self, path: str) -> bytes:
        file = ptb.File("x", "y", file_path=f"{self.bot.base_file_url}/{path}")
        file.set_bot(self.bot)
        return bytes(await file.download_as_bytearray())

    @contextmanager
    def refused(self, kind: Refusal, words: str = "") -> Iterator[None]:
        # The library capitalises the first letter of Telegram's sentence.
        with pytest.raises(PTB[kind], match="(?i)" + re.escape(words) if words else None):
            yield


@asynccontextmanager
async def aiogram_caller(emulator: Emulator) -> AsyncIterator[Caller]:
    bot = aiogram_bot(emulator)
    try:
        yield AiogramCaller(bot)
    finally:
        await bot.session.close()


@asynccontextmanager
async def ptb_caller(emulator: Emulator) -> AsyncIterator[Caller]:
    # Reading the machine's certificates takes longer than most tests; nothing here is https.
    plain = {"verify": False}
    bot = ptb.Bot(
        emulator.settings.token,
        request=HTTPXRequest(httpx_kwargs=plain),
        get_updates_request=HTTPXRequest(httpx_kwargs=plain),
        base_url=f"{emulator.url}/bot",
        base_file_url=f"{emulator.url}/file/bot",
    )
    async with bot:
        yield PtbCaller(bot)


CALLERS = {"aiogram": aiogram_caller, "ptb": ptb_caller}
