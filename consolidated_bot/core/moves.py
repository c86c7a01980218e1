"""A group keeps its name with us when Telegram renumbers it.

A group that becomes a supergroup (switching its topics on is enough) gets another chat id, and its
messages are counted anew. Inside, the chat goes by the id it was known by, for the operations chat
the one in OPS_CHAT_ID; only at the two doors, where updates come in and calls go out, the new one
is put for it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import structlog
from sqlalchemy import Connection, delete, select, update

from consolidated_bot.core.bot_api import BotApiError, Calls
from consolidated_bot.core.bus import Bus
from consolidated_bot.core.db import upsert
from consolidated_bot.core.messages import (
    Answer,
    ChatMoved,
    MoveNoted,
    NoteMove,
    Priority,
    Scope,
    Send,
)
from consolidated_bot.core.tables import FORUM_TOPIC, MOVED_CHAT, SENT_MESSAGE

Announce = Callable[[ChatMoved], Awaitable[None]]


class ChatMoves:
    """Which chat is known by which id; `renumbered` is called when one has moved."""

    def __init__(self) -> None:
        """Nothing has moved; `renumbered` is set by the bootstrap module."""
        self._outside: dict[int, int] = {}
        self._inside: dict[int, int] = {}
        self.renumbered: Callable[[], None] = lambda: None

    def inside(self, chat_id: int) -> int:
        """What a chat of Telegram's is called here."""
        return self._inside.get(chat_id, chat_id)

    def outside(self, chat_id: int) -> int:
        """Where a chat of ours is at Telegram's."""
        return self._outside.get(chat_id, chat_id)

    def learn(self, moves: Mapping[int, int]) -> None:
        """Take over where chats are now."""
        if any(self._outside.get(chat) != there for chat, there in moves.items()):
            self._outside |= moves
            self._inside = {there: chat for chat, there in self._outside.items()}
            self.renumbered()


class ForwardingApi:
    """Calls the Bot API with chats as they are known here; follows one that has moved."""

    def __init__(self, api: Calls, moves: ChatMoves, announce: Announce) -> None:
        """Tell `announce` of moves that only a refused call brings to light."""
        self._api = api
        self._moves = moves
        self._announce = announce

    async def call(self, method: str, params: Mapping[str, Any] | None = None) -> Any:
        """See `Calls.call`."""
        given = dict(params or {})
        try:
            return await self._api.call(method, self._addressed(given))
        except BotApiError as error:
            if error.moved_to is None:
                raise
            await self._announce(ChatMoved(given["chat_id"], error.moved_to))
            return await self._api.call(method, self._addressed(given))

    def _addressed(self, params: dict[str, Any]) -> dict[str, Any]:
        there: dict[str, Any] = {
            name: self._moves.outside(params[name])
            for name in ("chat_id", "from_chat_id")
            if name in params
        }
        return {**params, **there}


class Relocation:
    """The use case of a move: stored, learnt, told to staff."""

    def __init__(self, moves: ChatMoves, bot_id: int, ops_chat_id: int | None) -> None:
        """Keep `moves` up to date."""
        self._moves = moves
        self._bot_id = bot_id
        self._ops_chat_id = ops_chat_id

    def mount(self, bus: Bus) -> None:
        """Let the bus know."""
        bus.mount_handlers(_connection, {NoteMove: self._note})
        bus.mount_subscribers(_connection, {ChatMoved: self._follow})
        bus.mount_presenters(
            {MoveNoted: lambda _, __: Answer("platform/chat-moved")}, {ChatMoved: self._told}
        )

    def _note(self, _: Connection, scope: Scope, command: NoteMove) -> MoveNoted:
        scope.publish(ChatMoved(self._moves.inside(command.chat_id), command.moved_to))
        return MoveNoted()

    def _follow(self, connection: Connection, _: Scope, event: ChatMoved) -> ChatMoved | None:
        if self._moves.outside(event.chat_id) == event.moved_to:
            return None
        structlog.get_logger().warning("a group has moved", was=event.chat_id, now=event.moved_to)
        record(connection, self._bot_id, event)
        self._moves.learn({event.chat_id: event.moved_to})
        return event

    def _told(self, event: ChatMoved) -> Answer:
        if event.chat_id != self._ops_chat_id:
            return Answer("platform/chat-moved")
        text = (
            f"This group is a supergroup now, with the id {event.moved_to}. Everything goes on "
            f"here; set OPS_CHAT_ID={event.moved_to} before the next start."
        )
        send = Send(event.chat_id, {"text": text}, priority=Priority.ALERT)
        return Answer("platform/chat-moved", (send,))


def stored(connection: Connection, bot_id: int) -> dict[int, int]:
    """Where the chats that have moved are now."""
    rows = connection.execute(
        select(MOVED_CHAT.c.chat_id, MOVED_CHAT.c.moved_to).filter_by(bot_id=bot_id)
    )
    return {row[0]: row[1] for row in rows}


def record(connection: Connection, bot_id: int, move: ChatMoved) -> None:
    """Keep `move`; what was sent into the old group cannot be edited or answered any more."""
    statement = upsert(connection, MOVED_CHAT).values(
        bot_id=bot_id, chat_id=move.chat_id, moved_to=move.moved_to
    )
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=["bot_id", "chat_id"], set_={"moved_to": move.moved_to}
        )
    )
    for table in (SENT_MESSAGE, FORUM_TOPIC):
        connection.execute(delete(table).filter_by(bot_id=bot_id, chat_id=move.chat_id))


def adopt(connection: Connection, bot_id: int, chat_id: int) -> None:
    """Call a chat by its new id from now on, since the settings do."""
    mine = {"bot_id": bot_id, "moved_to": chat_id}
    was = connection.execute(select(MOVED_CHAT.c.chat_id).filter_by(**mine)).scalar()
    if was is None:
        return
    connection.execute(delete(MOVED_CHAT).filter_by(**mine))
    for table in (SENT_MESSAGE, FORUM_TOPIC):
        connection.execute(
            update(table).filter_by(bot_id=bot_id, chat_id=was).values(chat_id=chat_id)
        )


def _connection(connection: Connection) -> Connection:
    """The core's use cases work on the transaction itself."""
    return connection
