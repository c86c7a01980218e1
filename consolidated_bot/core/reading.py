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
MOST_PASSES = 8


def read_update(body: str, bot: Bot) -> Update | None:
    """The update in `body`, None for a kind that nobody here asked for.

    Raises `ValidationError` or `ValueError` for what is no update even without its strange parts.
    """
    raw = loads(body.encode())
    if isinstance(raw, dict) and not any(raw.get(kind) is not None for kind in ALLOWED_UPDATES):
        return None
    left_out: list[str] = []
    while True:
        try:
            update = Update.model_validate(raw, context={"bot": bot})
        except ValidationError as error:
            mended = [part for each in error.errors() if (part := _mend(raw, each["loc"]))]
            left_out += mended
            if not mended or len(left_out) > MOST_PASSES:
                raise
        else:
            if left_out:
                structlog.get_logger().warning(
                    "parts of an update are not known and were left out", parts=left_out
                )
            return update


def _mend(raw: Any, where: tuple[int | str, ...]) -> str | None:
    """Leave out the outermost part that can be spared on the way to `where`; its name."""
    holder = raw
    for step, key in enumerate(where):
        if not isinstance(holder, dict):
            return None
        if key == "first_name" and key not in holder:  # of a deleted account
            holder["first_name"] = ""
            return "first_name"
        if key not in holder:  # pydantic's name of a variant
            continue
        if step and key not in NEEDED:
            del holder[key]
            return str(key)
        holder = holder[key]
    return None
