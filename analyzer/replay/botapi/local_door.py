"""The control door of an emulator in the same process."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast, get_args

from analyzer.replay.botapi.door import Acted, Edit, Group, Media, Press, Text, User
from analyzer.replay.botapi.errors import ImpossibleActError
from analyzer.replay.botapi.feed import ChatEvent
from analyzer.replay.botapi.messages import (
    Draft,
    caption_content,
    new_message,
    text_content,
    topic_of,
)
from analyzer.replay.botapi.methods.media import MediaKind, media_content, store_file
from analyzer.replay.botapi.params import Upload
from analyzer.replay.botapi.shapes import Json
from analyzer.replay.botapi.text import found_entities
from analyzer.replay.botapi.world import CallbackQuery, Chat, Role, World


@dataclass(slots=True)
class LocalDoor:
    """Acts on `world` directly."""

    world: World

    async def add_group(self, group: Group, members: dict[int, str] | None = None) -> None:
        """Put the bot (as administrator) and `members` into a group or forum."""
        roles: dict[int, Role] = {self.world.settings.bot_id: "administrator"}
        for user_id, role in (members or {}).items():
            if role not in get_args(Role):
                raise ImpossibleActError(f"no such role: {role}; roles: {get_args(Role)}")
            self._meet(User(user_id=user_id))
            roles[user_id] = cast("Role", role)
        self.world.chats[group.chat_id] = Chat(
            group.chat_id, "supergroup", group.title, group.is_forum, roles=roles
        )

    async def write(self, text: Text) -> Acted:
        """Send a text or command."""
        chat = self._chat(text.user, text.chat_id)
        content = text_content(text.text, found_entities(text.text))
        reply_to = None
        if text.reply_to_message_id is not None:
            reply_to = self._message(chat, text.reply_to_message_id)
        thread_id = text.thread_id or topic_of(chat, reply_to)
        message = self._new(chat, text.user, content, thread_id, reply_to)
        return self._queue("wrote", text.user, "message", message)

    async def send(self, media: Media) -> Acted:
        """Send a photo, document or other file."""
        if media.kind not in get_args(MediaKind):
            raise ImpossibleActError(f"users send {get_args(MediaKind)} here, not {media.kind}")
        kind = cast("MediaKind", media.kind)
        chat = self._chat(media.user, media.chat_id)
        upload = Upload(media.file_name, media.content, media.mime_type)
        stored = store_file(self.world, kind, upload)
        content = media_content(kind, stored, media.file_name)
        content |= caption_content(media.caption, found_entities(media.caption))
        if media.media_group_id is not None:
            content["media_group_id"] = media.media_group_id
        message = self._new(chat, media.user, content, media.thread_id)
        return self._queue(f"sent_{kind}", media.user, "message", message)

    async def edit(self, edit: Edit) -> Acted:
        """Edit an own message."""
        chat = self._chat(edit.user, edit.chat_id)
        message = self._message(chat, edit.message_id)
        if message["from"]["id"] != edit.user.user_id:
            raise ImpossibleActError(f"message {edit.message_id} is somebody else's")
        kept = {k: v for k, v in message.items() if k not in {"text", "entities"}}
        edited = kept | text_content(edit.text, found_entities(edit.text))
        edited["edit_date"] = self.world.now_s()
        chat.messages[edit.message_id] = edited
        return self._queue("edited", edit.user, "edited_message", edited)

    async def press(self, press: Press) -> Acted:
        """Press a button that is on the message now."""
        chat = self._chat(press.user, press.chat_id)
        message = self._message(chat, press.message_id)
        rows = (message.get("reply_markup") or {}).get("inline_keyboard", [])
        if not any(b.get("callback_data") == press.callback_data for row in rows for b in row):
            raise ImpossibleActError(
                f"message {press.message_id} has no button {press.callback_data!r}"
            )
        world = self.world
        chat.instance = chat.instance or str(world.random.getrandbits(63))
        query = CallbackQuery(
            str(world.random.getrandbits(62)),
            chat.chat_id,
            press.user.user_id,
            world.clock.monotonic_ns(),
        )
        world.queries[query.query_id] = query
        body = {
            "id": query.query_id,
            "from": world.users[press.user.user_id],
            "message": message,
            "chat_instance": chat.instance,
            "data": press.callback_data,
        }
        acted = self._push("pressed", press.user, chat, {"callback_query": body})
        return Acted(
            chat.chat_id,
            acted.monotonic_ns,
            acted.update_id,
            press.message_id,
            query.query_id,
        )

    async def block(self, user: User, *, blocked: bool = True) -> Acted:
        """Block or unblock the bot; the bot learns it by `my_chat_member`."""
        chat = self._chat(user, None, blocking=True)
        old, new = ("member", "kicked") if blocked else ("kicked", "member")
        if chat.bot_is_out is blocked:
            raise ImpossibleActError(f"user {user.user_id} has already done that")
        chat.bot_is_out = blocked
        body = {
            "chat": self.world.chat_json(chat),
            "from": self.world.users[user.user_id],
            "date": self.world.now_s(),
            "old_chat_member": self._membership(old),
            "new_chat_member": self._membership(new),
        }
        act = "blocked" if blocked else "unblocked"
        return self._push(act, user, chat, {"my_chat_member": body})

    async def events(self, after: int, timeout_seconds: float = 0.0) -> list[ChatEvent]:
        """What became visible after event number `after`, waiting for the first one."""
        return await self.world.feed.after(after, timeout_seconds)

    async def last_seq(self) -> int:
        """The number of the newest event."""
        return self.world.feed.last_seq

    def _membership(self, status: str) -> Json:
        until: Json = {"until_date": 0} if status == "kicked" else {}
        return {"status": status, "user": self.world.me, **until}

    def _meet(self, user: User) -> None:
        self.world.users.setdefault(user.user_id, user.as_json())

    def _chat(self, user: User, chat_id: int | None, *, blocking: bool = False) -> Chat:
        self._meet(user)
        if chat_id is None or chat_id == user.user_id:
            chat = self.world.chats.setdefault(user.user_id, Chat(user.user_id, "private"))
            if chat.bot_is_out and not blocking:
                raise ImpossibleActError(f"user {user.user_id} has blocked the bot")
            return chat
        if chat_id not in self.world.chats:
            raise ImpossibleActError(f"there is no chat {chat_id}: call add_group first")
        return self.world.chats[chat_id]

    def _message(self, chat: Chat, message_id: int) -> Json:
        if message_id not in chat.messages:
            raise ImpossibleActError(f"chat {chat.chat_id} has no message {message_id}")
        return chat.messages[message_id]

    def _new(
        self,
        chat: Chat,
        user: User,
        content: Json,
        thread_id: int | None = None,
        reply_to: Json | None = None,
    ) -> Json:
        if thread_id is not None:
            topic = chat.topics.get(thread_id)
            if topic is None:
                raise ImpossibleActError(f"chat {chat.chat_id} has no topic {thread_id}")
            if topic.closed and chat.roles.get(user.user_id) not in {"creator", "administrator"}:
                raise ImpossibleActError(f"topic {thread_id} is closed")
        sender = self.world.users[user.user_id]
        return new_message(self.world, chat, Draft(content, sender, thread_id, reply_to))

    def _queue(self, act: str, user: User, kind: str, message: Json) -> Acted:
        chat = self.world.chats[message["chat"]["id"]]
        return self._push(act, user, chat, {kind: message})

    def _push(self, act: str, user: User, chat: Chat, body: Json) -> Acted:
        kind: str = next(iter(body))
        update: dict[str, Any] = body[kind]
        message_id = update.get("message_id")
        moment = self.world.clock.monotonic_ns()
        update_id = self.world.queue.push(kind, body)
        self.world.journal.write(
            "user_acted",
            act=act,
            chat_id=chat.chat_id,
            user_id=user.user_id,
            update_id=update_id,
            message_id=message_id,
        )
        return Acted(chat.chat_id, moment, update_id, message_id)
