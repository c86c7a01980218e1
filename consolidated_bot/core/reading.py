"""A stored update as aiogram's model, without the parts of it that the model does not know.

Telegram adds kinds of media, origins and reactions several times a year. Who wrote what and where
is not lost because something new hangs on the message: what cannot be read is left out.
"""

from __future__ import annotations

from typing import Any

import structlog
from aiogram import Bot
from aiogram.types import Update
from pydantic import ValidationError

from consolidated_bot.core.json_text import loads

ALLOWED_UPDATES = ["message", "edited_message", "callback_query"]
NEEDED = frozenset({"message", "chat", "from", "message_id", "date", "id", "data", "text"})
ASSUMED = {"first_name": "", "is_bot": False, "chat_instance": "", "date": 0, "message_id": 0}
"""What a deleted account lacks, and what other servers than Telegram's forget.

The number of a message only where a button stands: a ticket is known by its message's.
"""
MOST_PASSES = 8


def read_update(body: str, bot: Bot) -> Update | None:
    """The update in `body`, None for a kind that nobody here asked for.

    Raises `ValidationError` or `ValueError` for what is no update even without its strange parts.
    """
    raw = loads(body.encode())
    if isinstance(raw, dict) and not any(raw.get(kind) is not None for kind in ALLOWED_UPDATES):
        return None
    left_out: list[str] = []
    for _ in range(MOST_PASSES):
        try:
            update = Update.model_validate(raw, context={"bot": bot})
        except ValidationError as error:
            mended = [_mend(raw, problem["loc"]) for problem in error.errors()]
            if not any(part is not None for part in mended):
                raise
            left_out += filter(None, mended)
        else:
            if left_out:
                structlog.get_logger().warning(
                    "parts of an update are not known and were left out", parts=left_out
                )
            return update
    return Update.model_validate(raw, context={"bot": bot})


def _mend(raw: Any, where: tuple[int | str, ...]) -> str | None:
    """Fill in what is missing at `where`, or leave out the outermost part on the way that can be.

    Returns the name of what was left out, "" if something was filled in, None if neither goes.
    """
    holder = raw
    for step, key in enumerate(where):
        if not isinstance(holder, dict):
            return None
        if key in ASSUMED and (key != "message_id" or where[0] == "callback_query"):
            known, holder[key] = holder.get(key), ASSUMED[str(key)]
            return None if known == holder[key] else ""
        if key not in holder:  # pydantic's name of a variant
            continue
        if step and key not in NEEDED:
            del holder[key]
            return str(key)
        holder = holder[key]
    return None
