"""What passes between a user and the gateway: a turn comes in, an answer goes out."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, NamedTuple

from sample_logs.fleet.tracing import Scope


class Turn(NamedTuple):
    """A user's message or press of a button."""

    update_id: int
    chat_id: int
    name: str
    text: str
    callback_id: str | None

    @property
    def command(self) -> str:
        word = self.text.split(maxsplit=1)[0] if self.text else ""
        return word.partition("@")[0].lower() if word.startswith("/") else ""

    @property
    def rest(self) -> str:
        return self.text.partition(" ")[2].strip()


class Answer(NamedTuple):
    """Text and buttons, a row each: label and callback data."""

    text: str
    buttons: Sequence[tuple[str, str]] = ()

    def message(self, chat_id: int) -> dict[str, Any]:
        message: dict[str, Any] = {"chat_id": chat_id, "text": self.text[:4096]}
        if self.buttons:
            rows = [[{"text": label, "callback_data": token}] for label, token in self.buttons]
            message["reply_markup"] = {"inline_keyboard": rows}
        return message


class UseCase(NamedTuple):
    """`operation` is the name under which the gateway logs the update."""

    operation: str
    run: Callable[[Turn, Scope], Awaitable[Answer]]


def read_turn(update: Mapping[str, Any]) -> Turn | None:
    """The turn in an update; None for kinds this bot does not know."""
    query = update.get("callback_query")
    message = update.get("message") or (query or {}).get("message")
    if message is None:
        return None
    text = str(query.get("data", "") if query else message.get("text", ""))
    sender = (query or message).get("from", {})
    callback_id = str(query["id"]) if query else None
    name = str(sender.get("first_name", ""))
    return Turn(int(update["update_id"]), int(message["chat"]["id"]), name, text, callback_id)
