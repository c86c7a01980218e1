"""What stands between a command and its use case: under overload not everything is done."""

from __future__ import annotations

from typing import Any, Protocol

from consolidated_bot.core.messages import Answer, Scope, Sender


class Gate(Protocol):
    """Asked for every command of an update, in its transaction."""

    def refuses(self, command: Any, sender: Sender, scope: Scope) -> Any | None:
        """A result to be presented instead."""

    def remark(self, answer: Answer, sender: Sender) -> Answer:
        """The answer, with what there is to add to it."""


class OpenGate:
    """Everything passes."""

    def refuses(self, command: Any, sender: Sender, scope: Scope) -> Any | None:  # noqa: ARG002
        """Never."""
        return None

    def remark(self, answer: Answer, sender: Sender) -> Answer:  # noqa: ARG002
        """As it is."""
        return answer
