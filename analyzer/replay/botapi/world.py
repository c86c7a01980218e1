"""What Telegram's side remembers: users, chats with their messages and topics, files, queries."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Literal

from analyzer.replay.botapi.clock import NS_PER_SECOND, Clock
from analyzer.replay.botapi.errors import ApiError, bad_request, forbidden
from analyzer.replay.botapi.feed import Feed
from analyzer.replay.botapi.journal import Journal
from analyzer.replay.botapi.limits import SendLimiter
from analyzer.replay.botapi.settings import Settings
from analyzer.replay.botapi.shapes import Json
from analyzer.replay.botapi.updates import UpdateQueue

ChatType = Literal["private", "group", "supergroup", "channel"]
NAMES = ("first_name", "last_name", "username")
Role = Literal["creator", "administrator", "member", "left", "kicked"]


@dataclass(slots=True)
class Topic:
    """A forum topic; its thread id is the id of the message that created it."""

    thread_id: int
    name: str
    icon_color: int
    icon_custom_emoji_id: str = ""
    closed: bool = False


@dataclass(slots=True)
class Chat:
    """A chat as the bot sees it."""

    chat_id: int
    type: ChatType
    title: str = ""
    is_forum: bool = False
    messages: dict[int, Json] = field(default_factory=dict)
    topics: dict[int, Topic] = field(default_factory=dict)
    roles: dict[int, Role] = field(default_factory=dict)
    bot_is_out: bool = False
    last_message_id: int = 0
    instance: str = ""

    @property
    def is_group(self) -> bool:
        """Whether the limit per group applies."""
        return self.type in {"group", "supergroup"}

    def next_message_id(self) -> int:
        """Ids count up per chat."""
        self.last_message_id += 1
        return self.last_message_id


@dataclass(frozen=True, slots=True)
class CallbackQuery:
    """A press that waits for its answer."""

    query_id: str
    chat_id: int
    user_id: int
    asked_ns: int


@dataclass(frozen=True, slots=True)
class StoredFile:
    """Bytes that getFile hands out; a `url` was given by the bot and is not fetched."""

    file_id: str
    unique_id: str
    path: str
    content: bytes
    mime_type: str


@dataclass(slots=True)
class World:
    """The state behind the methods of one bot."""

    settings: Settings
    clock: Clock
    journal: Journal
    feed: Feed
    queue: UpdateQueue
    limiter: SendLimiter
    random: random.Random
    users: dict[int, Json] = field(default_factory=dict)
    chats: dict[int, Chat] = field(default_factory=dict)
    queries: dict[str, CallbackQuery] = field(default_factory=dict)
    files: dict[str, StoredFile] = field(default_factory=dict)
    commands: dict[str, list[Json]] = field(default_factory=dict)

    @property
    def me(self) -> Json:
        """The bot as a user."""
        return {
            "id": self.settings.bot_id,
            "is_bot": True,
            "first_name": self.settings.first_name,
            "username": self.settings.username,
        }

    def now_s(self) -> int:
        """Seconds since 1970: the resolution of Telegram's dates."""
        return self.clock.wall_ns() // NS_PER_SECOND

    def chat_json(self, chat: Chat) -> Json:
        """The Chat object inside messages."""
        if chat.type == "private":
            user = self.users[chat.chat_id]
            names: Json = {k: user[k] for k in NAMES if k in user}
            return {"id": chat.chat_id, "type": "private", **names}
        forum = {"is_forum": True} if chat.is_forum else {}
        return {"id": chat.chat_id, "type": chat.type, "title": chat.title, **forum}

    def reachable_chat(self, chat_id: int | str | None) -> Chat:
        """The chat the bot may write to; 400 or 403 if it may not."""
        if chat_id is None or chat_id == "":
            raise bad_request("chat_id is empty")
        chat = self.find_chat(chat_id)
        if chat is None:
            raise bad_request("chat not found")
        if chat.bot_is_out:
            raise _refusal(chat)
        return chat

    def find_chat(self, chat_id: int | str) -> Chat | None:
        """The chat by number or @username."""
        if isinstance(chat_id, str) and chat_id.startswith("@"):
            named = (u["id"] for u in self.users.values() if u.get("username") == chat_id[1:])
            return self.chats.get(next(named, 0))
        try:
            return self.chats.get(int(chat_id))
        except ValueError:
            return None

    def message(self, chat: Chat, message_id: int | None, missing: str) -> Json:
        """A message of `chat`; 400 with the sentence `missing` if there is none."""
        message = chat.messages.get(message_id or 0)
        if message is None:
            raise bad_request(missing)
        return message

    def topic(self, chat: Chat, thread_id: int) -> Topic:
        """A topic of `chat`; 400 if it was deleted or never was."""
        if thread_id not in chat.topics:
            raise bad_request("message thread not found")
        return chat.topics[thread_id]


def _refusal(chat: Chat) -> ApiError:
    if chat.type == "private":
        return forbidden("bot was blocked by the user")
    return forbidden(f"bot was kicked from the {chat.type} chat")
