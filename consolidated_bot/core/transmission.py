"""One send as calls of the Bot API: cards edited in place, and what refusals can be mended."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Any

from consolidated_bot.core.bot_api import BotApi, BotApiError, Failure
from consolidated_bot.core.outbox import Queued

FindMessage = Callable[[str], Awaitable[int | None]]

REMEMBERED_SLOTS = 10_000
EDIT_FIELDS = frozenset({"text", "parse_mode", "entities", "link_preview_options", "reply_markup"})
NOT_MODIFIED = "message is not modified"
EDIT_TARGET_GONE = ("message to edit not found", "message can't be edited", "message_id_invalid")
NO_TOPIC = ("message thread not found", "topic_deleted", "topic_closed")
BAD_MARKUP = "can't parse entities"


class Transmission:
    """Makes a send happen and returns the id of the message that stands for it."""

    def __init__(self, api: BotApi, find_message: FindMessage) -> None:
        """`find_message` looks a slot up where it is stored."""
        self._api = api
        self._find_message = find_message
        self._slots: OrderedDict[str, int] = OrderedDict()

    def knows(self, slot: str) -> bool:
        """Whether a send to `slot` will be an edit, as far as memory tells."""
        return slot in self._slots

    async def transmit(self, item: Queued) -> int | None:
        """Return the message id, None for calls that make no message; raise `BotApiError`."""
        params: dict[str, Any] = {"chat_id": item.chat_id, **item.params}
        if item.slot is None:
            return _message_id(await self._call(item.method, params))
        standing = await self._standing(item.slot)
        if standing is None or not await self._edit(params, standing):
            standing = _message_id(await self._call(item.method, params))
        if standing is not None:
            self._remember(item.slot, standing)
        return standing

    async def _standing(self, slot: str) -> int | None:
        if slot in self._slots:
            return self._slots[slot]
        return await self._find_message(slot)

    async def _edit(self, params: dict[str, Any], message_id: int) -> bool:
        """Whether the message now says so; False if it is gone and must be sent anew."""
        kept = {key: value for key, value in params.items() if key in EDIT_FIELDS}
        try:
            await self._call(
                "editMessageText", {"chat_id": params["chat_id"], "message_id": message_id, **kept}
            )
        except BotApiError as error:
            description = error.description.lower()
            if NOT_MODIFIED in description:
                return True
            if any(words in description for words in EDIT_TARGET_GONE):
                return False
            raise
        return True

    def _remember(self, slot: str, message_id: int) -> None:
        self._slots[slot] = message_id
        self._slots.move_to_end(slot)
        if len(self._slots) > REMEMBERED_SLOTS:
            self._slots.popitem(last=False)

    async def _call(self, method: str, params: dict[str, Any]) -> Any:
        """Call; what can be mended (markup, deleted topic, moved group) is repeated once."""
        try:
            return await self._api.call(method, params)
        except BotApiError as error:
            plain = _mended(error, params)
            if plain is None:
                raise
            return await self._api.call(method, plain)


def _mended(error: BotApiError, params: dict[str, Any]) -> dict[str, Any] | None:
    """The same message without what was refused: the text matters more than its dress."""
    if error.failure is not Failure.REFUSED:
        return None
    if error.moved_to is not None:
        return {**params, "chat_id": error.moved_to}
    description = error.description.lower()
    if BAD_MARKUP in description and "parse_mode" in params:
        return {key: value for key, value in params.items() if key != "parse_mode"}
    if any(words in description for words in NO_TOPIC) and "message_thread_id" in params:
        return {key: value for key, value in params.items() if key != "message_thread_id"}
    return None


def _message_id(result: Any) -> int | None:
    number = result.get("message_id") if isinstance(result, dict) else None
    return number if isinstance(number, int) else None
