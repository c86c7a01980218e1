"""The control door: what virtual users do and see.

`Door` is the same for a driver in the emulator's process (`LocalDoor`) and for one elsewhere
(`remote.RemoteDoor`, JSON over HTTP).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from analyzer.replay.botapi.feed import ChatEvent
from analyzer.replay.botapi.shapes import Json


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """A person; `user_id` is also the id of the private chat with the bot."""

    user_id: int
    first_name: str = "Ann"
    last_name: str | None = None
    username: str | None = None
    language_code: str | None = "en"

    def as_json(self) -> Json:
        """Telegram's User object."""
        names = {
            "last_name": self.last_name,
            "username": self.username,
            "language_code": self.language_code,
        }
        given = {name: value for name, value in names.items() if value is not None}
        return {
            "id": self.user_id,
            "is_bot": False,
            "first_name": self.first_name,
            **given,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A group or forum the bot is in; `chat_id` is negative, as Telegram's are."""

    chat_id: int
    title: str = "Operations"
    is_forum: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A text or command somebody writes; `chat_id` None means the private chat."""

    user: User
    text: str
    chat_id: int | None = None
    thread_id: int | None = None
    reply_to_message_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Press:
    """A press on the button with `callback_data` under a message."""

    user: User
    message_id: int
    callback_data: str
    chat_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Media:
    """A file somebody sends: `kind` as the field of the message is called (photo, voice, ...).

    Equal `media_group_id`s make an album.
    """

    user: User
    kind: str
    content: bytes
    file_name: str = "file.dat"
    mime_type: str = "application/octet-stream"
    caption: str = ""
    chat_id: int | None = None
    thread_id: int | None = None
    media_group_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """A new text for a message that the user wrote."""

    user: User
    message_id: int
    text: str
    chat_id: int | None = None


@dataclass(frozen=True, slots=True)
class Acted:
    """What an act led to; `update_id` is None when the update is held back or unwanted."""

    chat_id: int
    monotonic_ns: int
    update_id: int | None = None
    message_id: int | None = None
    callback_query_id: str | None = None


class Door(Protocol):
    """What users can do and see; `ImpossibleActError` for what no real user could do."""

    async def add_group(self, group: Group, members: dict[int, str] | None = None) -> None:
        """Put the bot (as administrator) and `members` (user id: role) into a group."""
        ...

    async def write(self, text: Text) -> Acted:
        """Send a text or command."""
        ...

    async def press(self, press: Press) -> Acted:
        """Press a button that is on the message now."""
        ...

    async def send(self, media: Media) -> Acted:
        """Send a photo, document or other file."""
        ...

    async def edit(self, edit: Edit) -> Acted:
        """Edit an own message."""
        ...

    async def block(self, user: User, *, blocked: bool = True) -> Acted:
        """Block or unblock the bot."""
        ...

    async def events(self, after: int, timeout_seconds: float = 0.0) -> list[ChatEvent]:
        """What became visible after event number `after`, waiting for the first one."""
        ...

    async def last_seq(self) -> int:
        """The number of the newest event: where a new reader begins."""
        ...
