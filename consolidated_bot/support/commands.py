"""What support can be asked (commands, imperative) and what it says (results)."""

from __future__ import annotations

from dataclasses import dataclass

from consolidated_bot.core.messages import Sender
from consolidated_bot.support.domain import Ticket
from consolidated_bot.support.faq import Entry


@dataclass(frozen=True, slots=True)
class Entered:
    """Something said on a ticket."""

    ticket_number: int
    author: str
    author_id: int
    body: str
    chat_id: int
    message_id: int
    at_ms: int


@dataclass(frozen=True, slots=True)
class SubmitTicket:
    sender: Sender
    text: str
    category: str = "other"
    attachment: str | None = None


@dataclass(frozen=True, slots=True)
class StartTicket:
    sender: Sender


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
class CloseTicket:
    sender: Sender
    number: int


@dataclass(frozen=True, slots=True)
class ReopenTicket:
    sender: Sender
    number: int


@dataclass(frozen=True, slots=True)
class RateTicket:
    sender: Sender
    number: int
    stars: int


@dataclass(frozen=True, slots=True)
class AnswerTicket:
    """An agent's reply in the operations chat to `replied_to`."""

    sender: Sender
    replied_to: int
    text: str
    attachment: str | None = None


@dataclass(frozen=True, slots=True)
class Greet:
    sender: Sender


@dataclass(frozen=True, slots=True)
class AskHelp:
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
    """By a timer: see which first responses are late or nearly so."""


@dataclass(frozen=True, slots=True)
class PromisesWatched:
    """Tickets that staff is told of for the first time."""

    warned: tuple[Ticket, ...]
    breached: tuple[Ticket, ...]


@dataclass(frozen=True, slots=True)
class Submitted:
    """`fresh` is False when the same message had made the ticket already."""

    ticket: Ticket
    queue: Queue
    fresh: bool = True
    attachment: str | None = None


@dataclass(frozen=True, slots=True)
class Queue:
    """What waits for agents; `individually`: the newest ticket gets a card of its own."""

    unfinished: int
    next: tuple[Ticket, ...]
    individually: bool


@dataclass(frozen=True, slots=True)
class Greeted:
    name: str


@dataclass(frozen=True, slots=True)
class HelpGiven:
    """The list of commands."""


@dataclass(frozen=True, slots=True)
class CategoryAsked:
    """A guided ticket begins."""


@dataclass(frozen=True, slots=True)
class TextAsked:
    category: str


@dataclass(frozen=True, slots=True)
class Cancelled:
    """A dialogue was ended, or there was none."""


@dataclass(frozen=True, slots=True)
class Listed:
    tickets: tuple[Ticket, ...]


@dataclass(frozen=True, slots=True)
class Shown:
    ticket: Ticket
    history: tuple[Entered, ...]


@dataclass(frozen=True, slots=True)
class Changed:
    """A ticket changed; `what` is taken, closed, reopened or rated, `by_staff` who did it."""

    ticket: Ticket
    what: str
    by_staff: bool


@dataclass(frozen=True, slots=True)
class Answered:
    ticket: Ticket
    text: str
    source: Sender
    attachment: str | None
    fresh: bool = True


@dataclass(frozen=True, slots=True)
class Added:
    ticket: Ticket
    text: str
    source: Sender
    attachment: str | None
    fresh: bool = True


@dataclass(frozen=True, slots=True)
class Overview:
    """The FAQ's categories."""


@dataclass(frozen=True, slots=True)
class CategoryOpened:
    category: str
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """What a search found, best first; `freely`: said without a command."""

    words: str
    entries: tuple[Entry, ...]
    freely: bool = False
    message_id: int = 0


@dataclass(frozen=True, slots=True)
class Read:
    entry: Entry


@dataclass(frozen=True, slots=True)
class Asked:
    step: str
