"""What support can be asked (commands, imperative), and the values that commands speak of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from consolidated_bot.core.messages import Said, Sender


@dataclass(frozen=True, slots=True)
class Entered:
    """Something said on a ticket; `author` is user, agent or note (for colleagues)."""

    ticket_number: int
    author: str
    author_id: int
    body: str
    chat_id: int
    message_id: int
    at_ms: int
    attachment: str | None = None


@dataclass(frozen=True, slots=True)
class AlbumPart:
    """One picture of an album; `author` is user or agent."""

    chat_id: int
    message_id: int
    album: str
    ticket_number: int | None
    author: str


@dataclass(frozen=True, slots=True)
class SpotInOperations:
    """What a message in the operations chat answers; `to_bot`: it is the bot's own message."""

    replied_to: int | None = None
    to_bot: bool = False


@dataclass(frozen=True, slots=True)
class SubmitTicket:
    """`after` as in `StartTicket`."""

    sender: Sender
    text: str
    category: str = "other"
    attachment: str | None = None
    album: str | None = None
    after: str | None = None


@dataclass(frozen=True, slots=True)
class AddToTicket:
    """What was said as a free question belongs to a ticket."""

    said: Said
    number: int


@dataclass(frozen=True, slots=True)
class Revise:
    """The sender's message, of which we may keep something, now says `text`."""

    sender: Sender
    text: str
    attachment: str | None = None


@dataclass(frozen=True, slots=True)
class StartTicket:
    """`after` is what did not help before: `faq:ENTRY` or `fix:STEP`."""

    sender: Sender
    after: str | None = None


@dataclass(frozen=True, slots=True)
class ChooseCategory:
    sender: Sender
    category: str


@dataclass(frozen=True, slots=True)
class Cancel:
    sender: Sender


@dataclass(frozen=True, slots=True)
class ListTickets:
    sender: Sender


@dataclass(frozen=True, slots=True)
class ShowTicket:
    sender: Sender
    number: int


@dataclass(frozen=True, slots=True)
class TakeTicket:
    sender: Sender
    number: int


@dataclass(frozen=True, slots=True)
class AssignTicket:
    """By an agent, to a colleague: `to` is a user id, @username or `me`.

    `number` None: the ticket that `spot` is about.
    """

    sender: Sender
    number: int | None
    to: str
    spot: SpotInOperations = SpotInOperations()


@dataclass(frozen=True, slots=True)
class ReleaseTicket:
    """By an agent: whoever likes may take it; `number` as in `AssignTicket`."""

    sender: Sender
    number: int | None
    spot: SpotInOperations = SpotInOperations()


@dataclass(frozen=True, slots=True)
class FindTickets:
    """By an agent: `words` are a number, what is looked for, or `mine`."""

    sender: Sender
    words: str


@dataclass(frozen=True, slots=True)
class ShowStatistics:
    """By an agent, of the last `days`."""

    sender: Sender
    days: int


@dataclass(frozen=True, slots=True)
class CloseTicket:
    """`number` None: the ticket that `spot` is about; no `spot`: its topic was closed by hand."""

    sender: Sender
    number: int | None
    spot: SpotInOperations | None = None


@dataclass(frozen=True, slots=True)
class ReopenTicket:
    """As `CloseTicket`."""

    sender: Sender
    number: int | None
    spot: SpotInOperations | None = None


@dataclass(frozen=True, slots=True)
class OpenTicket:
    """By staff, to a person: `reference` is a user id, @username, customer id or #ticket."""

    sender: Sender
    reference: str
    text: str


@dataclass(frozen=True, slots=True)
class RateTicket:
    sender: Sender
    number: int
    stars: int


@dataclass(frozen=True, slots=True)
class AnswerTicket:
    """An agent's reply to a card, or words in a ticket's topic."""

    sender: Sender
    spot: SpotInOperations
    text: str
    attachment: str | None = None
    album: str | None = None


@dataclass(frozen=True, slots=True)
class AnswerCanned:
    """Answer by the text kept under `name`; an unknown name asks which there are."""

    sender: Sender
    name: str
    spot: SpotInOperations
    number: int | None = None


@dataclass(frozen=True, slots=True)
class NoteTicket:
    sender: Sender
    spot: SpotInOperations
    text: str


@dataclass(frozen=True, slots=True)
class ShowQueue:
    sender: Sender


@dataclass(frozen=True, slots=True)
class Greet:
    """`toward` is the command that the link asked for which was followed."""

    sender: Sender
    toward: Any = None


@dataclass(frozen=True, slots=True)
class AskHelp:
    """`unknown` is a command that was written and that there is not."""

    sender: Sender
    unknown: str | None = None


@dataclass(frozen=True, slots=True)
class PressStray:
    """A button that nobody knows; also its result."""

    sender: Sender


@dataclass(frozen=True, slots=True)
class SearchFaq:
    sender: Sender
    words: str


@dataclass(frozen=True, slots=True)
class OpenCategory:
    sender: Sender
    category: str


@dataclass(frozen=True, slots=True)
class ReadEntry:
    sender: Sender
    entry: str


@dataclass(frozen=True, slots=True)
class Troubleshoot:
    sender: Sender
    step: str = "start"


@dataclass(frozen=True, slots=True)
class WatchPromises:
    """By a timer: see which promises are broken or nearly so."""


@dataclass(frozen=True, slots=True)
class CloseSilent:
    """By a timer: tickets whose authors have not said anything for long."""


@dataclass(frozen=True, slots=True)
class HandAlbumsOn:
    """By a timer: albums that have come whole."""
