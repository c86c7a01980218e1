"""Where the bot stands: its own name, and which chat is the staff's. Imports no aiogram."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from consolidated_bot.core.messages import Sender
from consolidated_bot.core.moves import ChatMoves

if TYPE_CHECKING:
    from aiogram.types import Chat, InaccessibleMessage, Message, User


@dataclass(frozen=True, slots=True)
class Place:
    """What turns a message into a sender: which bot this is and which chat is the staff's."""

    bot_username: str
    ops_chat_id: int | None
    moves: ChatMoves = field(default_factory=ChatMoves)

    def serves(self, message: Message | InaccessibleMessage) -> bool:
        """Whether it stands where something may be asked of us: in private, or with staff."""
        return message.chat.type == "private" or self.is_operations(message)

    def is_operations(self, message: Message | InaccessibleMessage) -> bool:
        """Whether `message` stands in the staff's chat."""
        return self.moves.inside(message.chat.id) == self.ops_chat_id

    def sender(self, user: User | None, message: Message | InaccessibleMessage) -> Sender:
        """Who stands behind `message` (pressed a button on it, or wrote it)."""
        chat = message.chat
        in_topic = getattr(message, "is_topic_message", None)  # an inaccessible one is in none
        return Sender(
            chat_id=self.moves.inside(chat.id),
            user_id=user.id if user else chat.id,
            message_id=message.message_id,
            language=(user.language_code or "en") if user else "en",
            name=_name(user or chat),
            username=user.username if user else None,
            private=chat.type == "private",
            is_operations=self.is_operations(message),
            thread_id=getattr(message, "message_thread_id", None) if in_topic else None,
        )


def _name(somebody: User | Chat) -> str:
    """What to call somebody; deleted accounts have no name."""
    return somebody.full_name.strip() or somebody.username or str(somebody.id)
