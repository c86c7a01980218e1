"""From an update to a command: one aiogram Router per context, one table per router.

aiogram runs synchronous filters in a thread each and asks every registered handler in turn; with
fifty commands that alone costs 660 us an update (BOT section 4). So each router registers one
asynchronous filter per kind of event and looks the handler up in a table. Handlers are plain
functions: they read the update and return a command; nothing is done before its transaction.

Guided dialogues are rows written in the update's own transaction, which aiogram's FSM storage
cannot be: its state is set while the handler runs, whether or not the effects commit.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from aiogram import Router
from aiogram.types import CallbackQuery, Message

from consolidated_bot.core.elsewhere import SpeakElsewhere
from consolidated_bot.core.messages import NoteMove, Sender
from consolidated_bot.core.place import Place

CommandRoute = Callable[[Sender, str, Message], Any]
ButtonRoute = Callable[[Sender, str, CallbackQuery], Any]
MessageRoute = Callable[[Sender, Message], Any]


class Routes:
    """The table of one context."""

    def __init__(self, name: str, journeys: Mapping[str, str] | None = None) -> None:
        """Name the router; `journeys` are those that words alone make certain (`Intentions`)."""
        self.name = name
        self.journeys = journeys or {}
        self.commands: dict[str, CommandRoute] = {}
        self.buttons: dict[str, ButtonRoute] = {}
        self._staff: MessageRoute | None = None
        self._edited: MessageRoute | None = None
        self._text: MessageRoute | None = None
        self._stray: ButtonRoute | None = None

    def command(self, *names: str) -> Callable[[CommandRoute], CommandRoute]:
        """Register for `/name arguments`."""

        def register(route: CommandRoute) -> CommandRoute:
            for name in names:
                self.commands[name] = route
            return route

        return register

    def button(self, prefix: str) -> Callable[[ButtonRoute], ButtonRoute]:
        """Register for callback data `prefix:rest`."""

        def register(route: ButtonRoute) -> ButtonRoute:
            self.buttons[prefix] = route
            return route

        return register

    def staff(self, route: MessageRoute) -> MessageRoute:
        """Register for replies and for what stands in topics, in the operations chat."""
        self._staff = route
        return route

    def edited(self, route: MessageRoute) -> MessageRoute:
        """Register for messages that their authors have changed."""
        self._edited = route
        return route

    def text(self, route: MessageRoute) -> MessageRoute:
        """Register for everything else that people write outside the operations chat."""
        self._text = route
        return route

    def stray(self, route: ButtonRoute) -> ButtonRoute:
        """Register for buttons that nobody knows: of an earlier bot with the same token."""
        self._stray = route
        return route

    def router(self) -> Router:
        """The aiogram router of this table."""
        router = Router(name=self.name)
        router.message.register(_run_command, self._is_command)
        router.callback_query.register(_run_button, self._is_button)
        if self._edited:
            router.edited_message.register(_run_message(self._edited))
        return router

    def fallback(self) -> Router | None:
        """The router of what is neither a command nor a button; goes after all others."""
        if self._text is None and self._staff is None and self._stray is None:
            return None
        router = Router(name=f"{self.name} fallback")
        if self._staff is not None:
            router.message.register(_run_message(self._staff), _is_staffs)
        if self._text is not None:
            router.message.register(_run_message(self._text), _is_said)
        if self._stray is not None:
            router.callback_query.register(_run_button, self._is_stray)
        return router

    async def _is_command(self, message: Message, place: Place) -> bool | dict[str, Any]:
        text = message.text or message.caption
        if not text or text[0] != "/":
            return False
        head, _, rest = text.partition(" ")
        if "\n" in head:
            head, _, more = head.partition("\n")
            rest = f"{more} {rest}"
        name, _, addressed = head[1:].partition("@")
        if addressed and addressed.lower() != place.bot_username.lower():
            return False
        route = self.commands.get(name.lower())
        if route is not None and not place.serves(message):
            route = _elsewhere
        return {"route": route, "words": rest.strip()} if route else False

    async def _is_button(self, query: CallbackQuery, place: Place) -> bool | dict[str, Any]:
        prefix, _, rest = (query.data or "").partition(":")
        route = self.buttons.get(prefix)
        if route is None or query.message is None:
            return False
        return {"route": route if place.serves(query.message) else _elsewhere, "words": rest}

    async def _is_stray(self, query: CallbackQuery, place: Place) -> bool | dict[str, Any]:
        if query.message is None or not place.serves(query.message):
            return False
        return {"route": self._stray, "words": query.data or ""}


async def _run_command(message: Message, route: CommandRoute, words: str, place: Place) -> Any:
    return route(place.sender(message.from_user, message), words, message)


async def _run_button(query: CallbackQuery, route: ButtonRoute, words: str, place: Place) -> Any:
    assert query.message is not None
    return route(place.sender(query.from_user, query.message), words, query)


def _elsewhere(sender: Sender, words: str, event: Any) -> SpeakElsewhere:  # noqa: ARG001
    return SpeakElsewhere(sender)


async def _is_staffs(message: Message, place: Place) -> bool:
    author = message.from_user
    if author is not None and author.username == place.bot_username:
        return False  # what we do ourselves, such as closing a topic
    in_context = message.reply_to_message is not None or bool(message.is_topic_message)
    return in_context and place.is_operations(message)


async def _is_said(message: Message, place: Place) -> bool:
    return message.chat.type == "private" and not place.is_operations(message)


def _run_message(route: MessageRoute) -> Callable[..., Any]:
    async def run(message: Message, place: Place) -> Any:
        return route(place.sender(message.from_user, message), message)

    return run


def moves_router() -> Router:
    """Telegram's word, in the old group and in the new one, that a group has another id."""
    router = Router(name="moves")
    router.message.register(_note_move, _is_move)
    return router


async def _is_move(message: Message) -> bool:
    return bool(message.migrate_to_chat_id or message.migrate_from_chat_id)


async def _note_move(message: Message) -> NoteMove:
    if message.migrate_to_chat_id:
        return NoteMove(message.chat.id, message.migrate_to_chat_id)
    return NoteMove(message.migrate_from_chat_id or 0, message.chat.id)
