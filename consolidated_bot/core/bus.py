"""The in-process bus: commands to their one handler, events to their subscribers.

Both run synchronously in the caller's transaction: an event can neither be lost nor outlive a
rollback. Presenters turn results into sends, by the type of the result.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import Connection

from consolidated_bot.core.messages import Answer, Scope, Sender, Turn

Store = Callable[[Connection], Any]
UseCase = Callable[[Any, Scope, Any], Any]
Presenter = Callable[[Any, Sender], Answer]
Notice = Callable[[Any], Answer]


class Bus:
    """The registry; filled once by the bootstrap module, read-only afterwards."""

    def __init__(self) -> None:
        """Start empty."""
        self._handlers: dict[type, tuple[Store, UseCase]] = {}
        self._subscribers: dict[type, list[tuple[Store, UseCase]]] = {}
        self._presenters: dict[type, Presenter] = {}
        self._notices: dict[type, Notice] = {}
        self._dialogues: dict[str, tuple[Store, UseCase]] = {}

    def mount_handlers(self, store: Store, handlers: Mapping[type, UseCase]) -> None:
        """Let a context's use cases answer its commands, each over the context's store."""
        for command, use_case in handlers.items():
            if command in self._handlers:
                raise ValueError(f"{command.__name__} has two handlers")
            self._handlers[command] = (store, use_case)

    def mount_subscribers(self, store: Store, subscribers: Mapping[type, UseCase]) -> None:
        """Let a context hear of events; what a subscriber returns is presented as a notice."""
        for event, use_case in subscribers.items():
            self._subscribers.setdefault(event, []).append((store, use_case))

    def mount_presenters(
        self, presenters: Mapping[type, Presenter], notices: Mapping[type, Notice]
    ) -> None:
        """`presenters` answer the sender of an update, `notices` speak to somebody else."""
        self._presenters.update(presenters)
        self._notices.update(notices)

    def mount_dialogues(self, store: Store, dialogues: Mapping[str, UseCase]) -> None:
        """By topic of a conversation: who takes its next message (a `Turn`); "" takes others."""
        self._dialogues.update({topic: (store, use_case) for topic, use_case in dialogues.items()})

    def execute(self, connection: Connection, scope: Scope, command: Any) -> Any:
        """Return the handler's result."""
        store, use_case = self._handlers[type(command)]
        return use_case(store(connection), scope, command)

    def notify(self, connection: Connection, scope: Scope, event: Any) -> list[Any]:
        """Return what the subscribers of `event` have to say."""
        said = []
        for store, use_case in self._subscribers.get(type(event), ()):
            result = use_case(store(connection), scope, event)
            if result is not None:
                said.append(result)
        return said

    def present(self, result: Any, sender: Sender) -> Answer:
        """Return the answer to the sender."""
        return self._presenters[type(result)](result, sender)

    def notice(self, result: Any) -> Answer:
        """Return what is sent because of an event."""
        return self._notices[type(result)](result)

    def take_turn(self, connection: Connection, scope: Scope, turn: Turn) -> Any:
        """Return what the dialogue that the turn belongs to makes of it."""
        topic = turn.conversation.topic if turn.conversation else ""
        store, use_case = self._dialogues.get(topic) or self._dialogues[""]
        return use_case(store(connection), scope, turn)

    def handles(self, command: type) -> bool:
        """Whether somebody answers `command`."""
        return command in self._handlers
