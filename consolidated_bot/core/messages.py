"""What use cases say and are told: commands, events, sends. No framework in here.

A command is an imperative frozen dataclass with one handler; an event is past tense with any
number of subscribers. Both run inside the transaction of the update that caused them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any, Protocol


class Priority(IntEnum):
    """Who goes first at the limits (BOT rule 14); a smaller number overtakes."""

    PAGE = 0
    REPLY = 1
    ALERT = 2
    BROADCAST = 3


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic of its own in a group, called `title`.

    `needed`: without topics in that group the send is left out; else it goes to the group.
    """

    key: str
    title: str
    needed: bool = False


@dataclass(frozen=True, slots=True)
class Send:
    """One call of the Bot API to be made after the transaction, at least once.

    `slot` names a message that is edited in place: the first send creates it, later ones edit it,
    and a newer one replaces one still waiting. `about` ties the sent message to a subject, so
    that a reply to it finds the subject. `not_before_ms` (UTC epoch) delays it. `journey` makes it
    a journey of its own, not the confirmation of an update's. `topic` is where it goes in a forum.
    """

    chat_id: int
    params: Mapping[str, Any]
    method: str = "sendMessage"
    priority: Priority = Priority.REPLY
    slot: str | None = None
    about: str | None = None
    not_before_ms: int = 0
    journey: str | None = None
    topic: Topic | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What a presenter makes of a result: the journey's name and end, and the sends.

    `journey` is `context/journey` as the objectives name it; `outcome` is ok or user_error (a
    correct refusal).
    """

    journey: str
    sends: tuple[Send, ...] = ()
    outcome: str = "ok"
    ticket_id: int | None = None


@dataclass(frozen=True, slots=True)
class Sender:
    """Who wrote the update, where, and in which words they may be answered."""

    chat_id: int
    user_id: int
    message_id: int
    language: str = "en"
    name: str = ""
    username: str | None = None
    private: bool = True
    is_operations: bool = False
    thread_id: int | None = None
    zone: str = "UTC"


@dataclass(frozen=True, slots=True)
class LanguageOf:
    """Question: in which language is this user answered? `hint` is what Telegram says."""

    user_id: int
    hint: str = "en"


@dataclass(frozen=True, slots=True)
class StandingOf:
    """Question: how does this user stand with us? Asked before anything is done for them."""

    user_id: int
    hint: str = "en"


@dataclass(frozen=True, slots=True)
class Standing:
    """Answer to `StandingOf`: their language and time zone, and whether they are banned."""

    language: str = "en"
    zone: str = "UTC"
    banned: bool = False


@dataclass(frozen=True, slots=True)
class ChatUnreachable:
    """Event: Telegram refused a send because the user blocked the bot or the chat is gone."""

    chat_id: int
    reason: str


@dataclass(frozen=True, slots=True)
class NoteMove:
    """Command: Telegram says that a group has another id from now on."""

    chat_id: int
    moved_to: int


@dataclass(frozen=True, slots=True)
class MoveNoted:
    """Whatever there is to say of a move is said in the operations chat."""


@dataclass(frozen=True, slots=True)
class ChatMoved:
    """Event: the group known as `chat_id` is `moved_to` at Telegram's now."""

    chat_id: int
    moved_to: int


@dataclass(frozen=True, slots=True)
class TopicLost:
    """Event: somebody has deleted the topic `key`; the next send opens an empty one."""

    chat_id: int
    key: str


@dataclass(frozen=True, slots=True)
class SendEnded:
    """Event: a send that is about something ended: sent, dropped or failed."""

    about: str
    chat_id: int
    state: str


@dataclass(frozen=True, slots=True)
class SendTroubled:
    """Event: Telegram has not taken a page; it goes on being tried."""

    about: str
    chat_id: int
    reason: str


@dataclass(frozen=True, slots=True)
class Said:
    """Command: somebody wrote something that is neither a command nor a button.

    `attachment` is the kind of media (photo, document, ...) when there is one, `album` what the
    parts of an album share, `replied_to` the message it answers.
    """

    sender: Sender
    text: str
    attachment: str | None = None
    replied_to: int | None = None
    album: str | None = None


@dataclass(frozen=True, slots=True)
class Conversation:
    """A guided dialogue in progress: whose (`context/dialogue`), where, and what is known."""

    topic: str
    step: str
    draft: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Turn:
    """What somebody said, with the guided dialogue it belongs to (None: no dialogue)."""

    said: Said
    conversation: Conversation | None


@dataclass(frozen=True, slots=True)
class AuditLine:
    """Who did what, when (UTC epoch ms), to what."""

    at_ms: int
    actor_id: int | None
    action: str
    subject: str
    before: str | None
    after: str | None
    reason: str | None


class Scope(Protocol):
    """What a use case may do besides its own tables; everything joins its transaction."""

    @property
    def now_ms(self) -> int: ...

    def ask(self, question: Any) -> Any:
        """The answer of the context that handles `question` (a command without effect)."""
        ...

    def publish(self, event: Any) -> None:
        """Tell subscribers, after the use case and inside its transaction."""
        ...

    def next_number(self, name: str) -> int:
        """The next of a gapless series."""
        ...

    def audit(self, action: str, subject: str, **details: object) -> None:
        """Append to the audit log: `actor_id`, `before`, `after`, `reason` as known."""
        ...

    def audited(self, subject: str | None, most: int) -> list[AuditLine]:
        """The newest lines of the audit log (of one subject), the newest first."""
        ...

    def conversation(self, sender: Sender) -> Conversation | None:
        """The sender's guided dialogue in progress."""
        ...

    def converse(self, sender: Sender, conversation: Conversation | None) -> None:
        """Start, continue or (None) end the sender's guided dialogue."""
        ...
