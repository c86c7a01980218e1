"""Support's use cases: commands in, results out, over a store that knows no SQL here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from consolidated_bot.core.messages import ChatUnreachable, TopicLost
from consolidated_bot.published import AccountErased
from consolidated_bot.support.answers import Answers
from consolidated_bot.support.desk import Desk
from consolidated_bot.support.handling import Handling
from consolidated_bot.support.outreach import Outreach
from consolidated_bot.support.submitting import DIALOGUE, Submitting
from consolidated_bot.support.tickets import Policy
from consolidated_bot.support.upkeep import Upkeep

__all__ = ["DIALOGUE", "Policy", "Support"]


class Support:
    """The use cases under one operator's policy."""

    def __init__(self, policy: Policy) -> None:
        """Work by `policy`."""
        self._submitting = Submitting(policy)
        self._upkeep = Upkeep(policy)
        self._outreach = Outreach(policy)
        self._parts = (
            self._submitting,
            Handling(policy),
            Desk(),
            self._upkeep,
            self._outreach,
            Answers(policy.handbook),
        )

    @property
    def handlers(self) -> dict[type, Callable[..., Any]]:
        """By command or question."""
        return {kind: use for part in self._parts for kind, use in part.handlers.items()}

    @property
    def dialogues(self) -> dict[str, Callable[..., Any]]:
        """By topic of a conversation; "" is said outside of any."""
        return {DIALOGUE: self._submitting.continue_dialogue, "": self._submitting.hear}

    @property
    def subscribers(self) -> dict[type, Callable[..., Any]]:
        """By event."""
        return {
            AccountErased: self._upkeep.erase,
            TopicLost: self._upkeep.restore_topic,
            ChatUnreachable: self._outreach.lose,
        }
