"""What a user of a scenario does next, and how an answer to it is taken."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from analyzer.replay.botapi.feed import ChatEvent

TICKET_NUMBER = re.compile(r"#\s?\w*\d")
# Only at the beginning: help texts, too, speak of what "does not work".
APOLOGY = re.compile(r"\W*(?:sorry|oops|unfortunately|something went wrong)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Say:
    """Write a text or command."""

    text: str


@dataclass(frozen=True, slots=True)
class Press:
    """Press a button under a message."""

    message_id: int
    callback_data: str


@dataclass(frozen=True, slots=True)
class Wait:
    """Do nothing but look whether something comes, at most `seconds`; not a journey."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Step:
    """An act and the journey it begins.

    `done` says whether an answer completes that journey; an answer that does not is a question
    on the way, and its journey is called `otherwise`; without `otherwise` the user goes on
    waiting for one that does. `begins` says that the act itself completes nothing: what came of
    it without an answer is called `otherwise`, too.
    """

    journey: str
    act: Say | Press | Wait
    otherwise: str | None = None
    done: Callable[[ChatEvent], bool] | None = None
    begins: bool = False

    def completed_by(self, answer: ChatEvent) -> str:
        """The name of the journey that `answer` ends."""
        if self.otherwise is None or self.is_done(answer):
            return self.journey
        return self.otherwise

    @property
    def unfinished(self) -> str:
        """The name of the journey that no answer ended, or an apology."""
        return self.otherwise if self.begins and self.otherwise else self.journey

    def is_done(self, answer: ChatEvent) -> bool:
        """Whether `answer` completes the journey."""
        return self.done is None or self.done(answer)

    def accepts(self, answer: ChatEvent) -> bool:
        """Whether the user takes `answer` as one: the right one, a question, or an apology."""
        return self.otherwise is not None or self.is_done(answer) or is_apology(answer)


def is_apology(answer: ChatEvent) -> bool:
    """Whether the bot says that it failed."""
    return not carries_number(answer) and bool(APOLOGY.match(answer.text))


def carries_number(answer: ChatEvent) -> bool:
    """Whether an answer confirms a ticket."""
    return bool(TICKET_NUMBER.search(answer.text))
