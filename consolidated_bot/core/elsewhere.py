"""In groups that are not the staff's nothing is done: what we say to somebody is theirs alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from consolidated_bot.core.bus import Bus
from consolidated_bot.core.messages import Answer, Scope, Send, Sender
from consolidated_bot.core.texts import IN_PRIVATE, in_words


@dataclass(frozen=True, slots=True)
class SpeakElsewhere:
    """Command: something was asked of us in a group; also its result."""

    sender: Sender


class Elsewhere:
    """Shows the way into a private chat."""

    def __init__(self, bot_username: str) -> None:
        """Link to `bot_username`."""
        self._link = f"https://t.me/{bot_username}"

    def mount(self, bus: Bus) -> None:
        """Let the bus know."""
        bus.mount_handlers(lambda _: None, {SpeakElsewhere: self._refer})
        bus.mount_presenters({SpeakElsewhere: self._referred}, {})

    def _refer(self, _: None, scope: Scope, command: SpeakElsewhere) -> SpeakElsewhere:  # noqa: ARG002
        return command

    def _referred(self, _: SpeakElsewhere, to: Sender) -> Answer:
        params: dict[str, Any] = {
            "text": in_words(IN_PRIVATE, to.language),
            "reply_markup": {"inline_keyboard": [[{"text": "💬", "url": self._link}]]},
            "reply_parameters": {
                "message_id": to.message_id,
                "allow_sending_without_reply": True,
            },
        }
        if to.thread_id is not None:
            params["message_thread_id"] = to.thread_id
        return Answer("platform/elsewhere", (Send(to.chat_id, params),), outcome="user_error")
