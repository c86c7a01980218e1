"""A support bot of python-telegram-bot: `python -m tests.validation.ptb_bot`.

Made as its users make one: nothing in it knows the analyzer but BOT_API_URL, BOT_TOKEN, LOG_FILE.
It logs in a manner of its own; a mapping file names its operations.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import time
import uuid
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
from telegram import Update
from telegram.error import BadRequest, NetworkError, RetryAfter
from telegram.ext import Application, CommandHandler

LOG = Path(os.environ["LOG_FILE"])
NUMBERS = itertools.count(1)
PAUSE_SECONDS = 0.05
Handler = Callable[[Update, Any], Coroutine[Any, Any, None]]


async def say(update: Update, text: str) -> None:
    """Answer; again when Telegram asks to wait or stumbles."""
    assert update.message is not None
    while True:
        try:
            await update.message.reply_text(text)
        except RetryAfter as refused:
            wait = refused.retry_after
            await asyncio.sleep(wait if isinstance(wait, float | int) else wait.total_seconds())
        except BadRequest:
            raise
        except NetworkError:
            await asyncio.sleep(PAUSE_SECONDS)
        else:
            return


def write(line: dict[str, Any]) -> None:
    with LOG.open("ab") as log:
        log.write(orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE))


def logged(operation: str, handle: Handler) -> Handler:
    """`handle` with a line about every update."""

    async def handled(update: Update, context: Any) -> None:
        begun, at = time.perf_counter(), datetime.now(UTC)
        await handle(update, context)
        line = {
            "ts": at.isoformat(),
            "service": "ptb-bot",
            "operation": operation,
            "trace_id": uuid.uuid4().hex,
            "span_id": uuid.uuid4().hex[:16],
            "kind": "server",
            "start_time": at.isoformat(),
            "duration_ms": round(1000 * (time.perf_counter() - begun), 3),
            "status": "ok",
        }
        write(line)

    return handled


async def new_ticket(update: Update, _context: Any) -> None:
    await say(update, f"Ticket #{next(NUMBERS)} received.")


async def search(update: Update, _context: Any) -> None:
    await say(update, "This is what the handbook says.")


def main() -> None:
    builder = Application.builder().token(os.environ["BOT_TOKEN"]).concurrent_updates(64)
    bot = builder.base_url(f"{os.environ['BOT_API_URL']}/bot").build()
    bot.add_handler(CommandHandler("ticket", logged("new_ticket", new_ticket)))
    bot.add_handler(CommandHandler("faq", logged("search", search)))
    bot.run_polling(drop_pending_updates=False)


if __name__ == "__main__":
    main()
