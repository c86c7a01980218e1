"""One send as calls of the Bot API: cards edited in place, and what refusals can be mended."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Any

from consolidated_bot.core.bot_api import BotApiError, Calls, Failure
from consolidated_bot.core.messages import Topic
from consolidated_bot.core.outbox import Queued
from consolidated_bot.core.topics import GONE, ForumTopics

FindMessage = Callable[[str], Awaitable[int | None]]
TopicLost = Callable[[int, str], Awaitable[None]]

REMEMBERED_SLOTS = 10_000
EDIT_FIELDS = frozenset({"text", "parse_mode", "entities", "link_preview_options", "reply_markup"})
NOT_MODIFIED = "message is not modified"
EDIT_TARGET_GONE = ("message to edit not found", "message can't be edited", "message_id_invalid")
TOPIC_CALLS = frozenset({"closeForumTopic", "reopenForumTopic", "deleteForumTopic"})
CLOSED = "topic_closed"
UNCHANGED = "topic_not_modified"
BAD_MARKUP = "can't parse entities"


class Transmission:
    """Makes a send happen and returns the ids of the messages that stand for it."""

    def __init__(
        self, api: Calls, find_message: FindMessage, topics: ForumTopics, topic_lost: TopicLost
    ) -> None:
        """`find_message` looks a slot up where it is stored; `topic_lost` hears of deletions."""
        self._api = api
        self._find_message = find_message
        self._topics = topics
        self._topic_lost = topic_lost
        self._slots: OrderedDict[str, int] = OrderedDict()

    def forget_places(self) -> None:
        """Messages are numbered anew: look up where they stand."""
        self._slots.clear()

    def knows(self, slot: str) -> bool:
        """Whether a send to `slot` will be an edit, as far as memory tells."""
        return slot in self._slots

    async def transmit(self, item: Queued) -> tuple[int, ...]:
        """Return the message ids, none for calls that make no message; raise `BotApiError`."""
        params: dict[str, Any] = {"chat_id": item.chat_id, **item.params}
        if item.method in TOPIC_CALLS:
            await self._steer_topic(item, params)
            return ()
        if item.slot is None:
            return await self._deliver(item, params)
        standing = await self._standing(item.slot)
        if standing is not None and await self._edit(params, standing):
            made: tuple[int, ...] = (standing,)
        else:
            made = await self._deliver(item, params)
        if made:
            self._remember(item.slot, made[0])
        return made

    async def _deliver(self, item: Queued, params: dict[str, Any]) -> tuple[int, ...]:
        """Send into the item's topic, which may have to be opened, reopened or made anew."""
        if item.topic is None:
            return _message_ids(await self._call(item.method, params))
        for last in (False, True):
            thread_id = await self._topics.opened(item.chat_id, item.topic)
            if thread_id is None and item.topic.needed:
                return ()
            placed = {**params, "message_thread_id": thread_id}
            try:
                return _message_ids(await self._call(item.method, placed, place=True))
            except BotApiError as error:
                if last or not await self._mended(item, item.topic, thread_id, error):
                    raise
        raise AssertionError("the second attempt returns or raises")

    async def _mended(
        self, item: Queued, topic: Topic, thread_id: int | None, error: BotApiError
    ) -> bool:
        """Whether the topic can be written into now."""
        description = error.description.lower()
        if error.failure is not Failure.REFUSED or thread_id is None:
            return False
        if CLOSED in description:
            thread = {"chat_id": item.chat_id, "message_thread_id": thread_id}
            await self._reopen(item.chat_id, thread)
            return True
        if any(words in description for words in GONE):
            await self._topics.forget(item.chat_id, topic)
            await self._topic_lost(item.chat_id, topic.key)
            return True
        return False

    async def _reopen(self, chat_id: int, thread: dict[str, Any]) -> None:
        """Where we may not, the group as a whole is written to: nothing is lost in a topic."""
        try:
            await self._call("reopenForumTopic", thread, place=True)
        except BotApiError as error:
            if error.failure is not Failure.REFUSED:
                raise
            self._topics.avoid(chat_id)

    async def _steer_topic(self, item: Queued, params: dict[str, Any]) -> None:
        """Close, reopen or delete a topic; where none is open there is nothing to do."""
        assert item.topic is not None
        thread_id = await self._topics.known(item.chat_id, item.topic)
        if thread_id is None:
            return
        try:
            placed = {**params, "message_thread_id": thread_id}
            await self._call(item.method, placed, place=True)
        except BotApiError as error:
            description = error.description.lower()
            gone = any(words in description for words in GONE)
            if not gone and UNCHANGED not in description:
                raise
            if not gone:
                return
        else:
            gone = item.method == "deleteForumTopic"
        if gone:
            await self._topics.forget(item.chat_id, item.topic)

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
            if any(words in description for words in (*EDIT_TARGET_GONE, *GONE)):
                return False
            raise
        return True

    def _remember(self, slot: str, message_id: int) -> None:
        self._slots[slot] = message_id
        self._slots.move_to_end(slot)
        if len(self._slots) > REMEMBERED_SLOTS:
            self._slots.popitem(last=False)

    async def _call(self, method: str, params: dict[str, Any], *, place: bool = False) -> Any:
        """Call; what can be mended (markup, thread) is repeated once.

        `place`: the thread matters, so a message is not sent without it.
        """
        try:
            return await self._api.call(method, params)
        except BotApiError as error:
            plain = _without_refused(error, params, place=place)
            if plain is None:
                raise
            return await self._api.call(method, plain)


def _without_refused(
    error: BotApiError, params: dict[str, Any], *, place: bool
) -> dict[str, Any] | None:
    """The same message without what was refused: the text matters more than its dress."""
    if error.failure is not Failure.REFUSED:
        return None
    description = error.description.lower()
    if BAD_MARKUP in description and "parse_mode" in params:
        return {key: value for key, value in params.items() if key != "parse_mode"}
    no_thread = any(words in description for words in (*GONE, CLOSED))
    if no_thread and not place and "message_thread_id" in params:
        return {key: value for key, value in params.items() if key != "message_thread_id"}
    return None


def _message_ids(result: Any) -> tuple[int, ...]:
    made = result if isinstance(result, list) else [result]
    ids = (each.get("message_id") for each in made if isinstance(each, dict))
    return tuple(number for number in ids if isinstance(number, int))
