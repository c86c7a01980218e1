"""Forum topics: opened when first written into, recreated when somebody has deleted them.

Opening is durable before the first message is sent into the topic: a kill in between leaves at
most one empty topic behind, never two with messages. A group without topics, or one where we may
not open any, is written to as a whole; it is asked again after a while.
"""

from __future__ import annotations

import time
from typing import Protocol

from sqlalchemy import Connection, delete, select

from consolidated_bot.core.bot_api import BotApiError, Calls, Failure
from consolidated_bot.core.db import Database, upsert
from consolidated_bot.core.messages import Topic
from consolidated_bot.core.tables import FORUM_TOPIC

LONGEST_TITLE = 128
ASK_AGAIN_SECONDS = 300.0
GONE = ("message thread not found", "topic_deleted", "topic_id_invalid", "thread_id_invalid")


class TopicStore(Protocol):
    """Where open topics are remembered."""

    async def thread(self, chat_id: int, key: str) -> int | None: ...

    async def keep(self, chat_id: int, key: str, thread_id: int | None) -> None:
        """None: the topic is gone."""
        ...


class ForumTopics:
    """Finds the thread of a topic, opening it if there is none."""

    def __init__(self, api: Calls, store: TopicStore) -> None:
        """Ask `api`, remember in `store`."""
        self._api = api
        self._store = store
        self._without: dict[int, float] = {}

    async def known(self, chat_id: int, topic: Topic) -> int | None:
        """The topic's thread if it is open."""
        return await self._store.thread(chat_id, topic.key)

    async def opened(self, chat_id: int, topic: Topic) -> int | None:
        """The topic's thread; None if this group has no topics."""
        if self._without.get(chat_id, 0.0) > time.monotonic():
            return None
        thread_id = await self._store.thread(chat_id, topic.key)
        return thread_id if thread_id is not None else await self._open(chat_id, topic)

    def avoid(self, chat_id: int) -> None:
        """Write to the group as a whole for a while."""
        self._without[chat_id] = time.monotonic() + ASK_AGAIN_SECONDS

    async def forget(self, chat_id: int, topic: Topic) -> None:
        """Somebody deleted it."""
        await self._store.keep(chat_id, topic.key, None)

    async def _open(self, chat_id: int, topic: Topic) -> int | None:
        params = {"chat_id": chat_id, "name": topic.title[:LONGEST_TITLE]}
        try:
            made = await self._api.call("createForumTopic", params)
        except BotApiError as error:
            if error.failure is not Failure.REFUSED:
                raise
            self.avoid(chat_id)
            return None
        thread_id = made.get("message_thread_id") if isinstance(made, dict) else None
        if not isinstance(thread_id, int):
            raise BotApiError(Failure.AMBIGUOUS, "createForumTopic returned no topic")
        await self._store.keep(chat_id, topic.key, thread_id)
        return thread_id


class StoredTopics:
    """The `TopicStore` of one bot in its database."""

    def __init__(self, database: Database, bot_id: int) -> None:
        """Remember in `database`."""
        self._database = database
        self._bot_id = bot_id

    async def thread(self, chat_id: int, key: str) -> int | None:
        return await self._database.read(lambda c: thread_of(c, self._bot_id, chat_id, key))

    async def keep(self, chat_id: int, key: str, thread_id: int | None) -> None:
        def unit(connection: Connection) -> None:
            mine = {"bot_id": self._bot_id, "chat_id": chat_id, "key": key}
            if thread_id is None:
                connection.execute(delete(FORUM_TOPIC).filter_by(**mine))
                return
            statement = upsert(connection, FORUM_TOPIC).values(**mine, thread_id=thread_id)
            connection.execute(
                statement.on_conflict_do_update(
                    index_elements=["bot_id", "chat_id", "key"], set_={"thread_id": thread_id}
                )
            )

        await self._database.write(unit)


def thread_of(connection: Connection, bot_id: int, chat_id: int, key: str) -> int | None:
    """The thread of an open topic."""
    mine = {"bot_id": bot_id, "chat_id": chat_id, "key": key}
    return connection.execute(select(FORUM_TOPIC.c.thread_id).filter_by(**mine)).scalar()


def key_of(connection: Connection, bot_id: int, chat_id: int, thread_id: int) -> str | None:
    """What the topic with this thread is about."""
    mine = {"bot_id": bot_id, "chat_id": chat_id, "thread_id": thread_id}
    return connection.execute(select(FORUM_TOPIC.c.key).filter_by(**mine)).scalar()
