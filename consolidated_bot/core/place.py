"""Where the bot stands: its own name, and which chat is the staff's. Imports no aiogram."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from consolidated_bot.core.messages import Sender

if TYPE_CHECKING:
    from aiogram.types import Message, User


@dataclass(frozen=True, slots=True)
class Place:
    """What turns a message into a sender: which bot this is and which chat is the staff's."""

    bot_username: str
    ops_chat_id: int | None

    def sender(self, user: User | None, message: Message) -> Sender:
        """Who stands behind `message` (pressed a button on it, or wrote it)."""
        chat = message.chat
        return Sender(
            chat_id=chat.id,
            user_id=user.id if user else chat.id,
            message_id=message.message_id,
            language=(user.language_code or "en") if user else "en",
            name=user.full_name if user else chat.full_name,
            username=user.username if user else None,
            private=chat.type == "private",
            is_operations=chat.id == self.ops_chat_id,
            thread_id=message.message_thread_id if message.is_topic_message else None,
        )
