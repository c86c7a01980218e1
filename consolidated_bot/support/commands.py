"""What support can be asked (commands, imperative) and what it says (results)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from consolidated_bot.core.messages import Said, Sender
from consolidated_bot.support.domain import Canned, Promised, Ticket
from consolidated_bot.support.faq import Entry
from consolidated_bot.support.statistics import Statistics


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
class TicketsFound:
    """The newest first."""

    words: str
    tickets: tuple[Ticket, ...]


@dataclass(frozen=True, slots=True)
class ShowStatistics:
    """By an agent, of the last `days`."""

    sender: Sender
    days: int


@dataclass(frozen=True, slots=True)
class StatisticsShown:
    days: int
    waiting: int
    figures: Statistics


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
class Opened:
    """Staff has opened a ticket; `fresh` as in `Submitted`."""

    ticket: Ticket
    fresh: bool = True


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
class SilentClosed:
    tickets: tuple[Ticket, ...]


@dataclass(frozen=True, slots=True)
class ContactLost:
    """Somebody with a ticket in hand has blocked the bot."""

    ticket: Ticket


@dataclass(frozen=True, slots=True)
class TopicRestored:
    """A ticket's topic was deleted and is opened anew."""

    ticket: Ticket
    history: tuple[Entered, ...]


@dataclass(frozen=True, slots=True)
class Watched:
    """Tickets that staff is told of for the first time, by one promise."""

    what: Promised
    warned: tuple[Ticket, ...]
    overdue: tuple[Ticket, ...]


@dataclass(frozen=True, slots=True)
class PromisesWatched:
    promises: tuple[Watched, ...]


@dataclass(frozen=True, slots=True)
class HandAlbumsOn:
    """By a timer: albums that have come whole."""


@dataclass(frozen=True, slots=True)
class AlbumsComplete:
    """By ticket: the parts of an album, all by one author."""

    albums: tuple[tuple[Ticket, tuple[AlbumPart, ...]], ...]


@dataclass(frozen=True, slots=True)
class TicketsErased:
    numbers: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Ignored:
    """Nothing to be said; `journey` and `ticket_number` are for the log."""

    journey: str = "support/ignored"
    ticket_number: int | None = None


@dataclass(frozen=True, slots=True)
class Submitted:
    """`fresh` is False when the same message had made the ticket already.

    `queue` is set when the ticket has no card of its own; `in_album`: its picture comes later.
    """

    ticket: Ticket
    queue: Queue | None = None
    fresh: bool = True
    in_album: bool = False


@dataclass(frozen=True, slots=True)
class Queue:
    """How many tickets wait for agents, and the next of them."""

    waiting: int
    next: tuple[Ticket, ...]


@dataclass(frozen=True, slots=True)
class QueueShown:
    queue: Queue


@dataclass(frozen=True, slots=True)
class CannedListed:
    ticket: Ticket
    canned: tuple[Canned, ...]


@dataclass(frozen=True, slots=True)
class NoteAdded:
    ticket: Ticket


@dataclass(frozen=True, slots=True)
class Revised:
    """What was kept of a message has changed; `part` is ticket, user, agent or note."""

    ticket: Ticket
    part: str
    command: Revise


@dataclass(frozen=True, slots=True)
class Greeted:
    name: str


@dataclass(frozen=True, slots=True)
class HelpGiven:
    """The list of commands, maybe because of one that there is not."""

    unknown: str | None = None


@dataclass(frozen=True, slots=True)
class CategoryAsked:
    """A guided ticket begins."""


@dataclass(frozen=True, slots=True)
class TextAsked:
    category: str


@dataclass(frozen=True, slots=True)
class Cancelled:
    """A dialogue was ended, or there was none (`idle`)."""

    idle: bool = False


@dataclass(frozen=True, slots=True)
class Listed:
    tickets: tuple[Ticket, ...]


@dataclass(frozen=True, slots=True)
class Shown:
    ticket: Ticket
    history: tuple[Entered, ...]


@dataclass(frozen=True, slots=True)
class Changed:
    """A ticket changed; `what` is taken, assigned, released, closed, reopened or rated.

    `by_staff` says who did it, `queue` is set if the ticket left the queue card. `fresh`: an agent
    has it for the first time and is told its `history`; `previous` is the name of who had it.
    """

    ticket: Ticket
    what: str
    by_staff: bool
    queue: Queue | None = None
    history: tuple[Entered, ...] = ()
    fresh: bool = False
    previous: str | None = None


@dataclass(frozen=True, slots=True)
class Answered:
    """`changed`: the ticket itself is another than before."""

    ticket: Ticket
    text: str
    command: AnswerTicket
    fresh: bool = True
    changed: bool = True


@dataclass(frozen=True, slots=True)
class Added:
    """`in_album`: the picture comes later, with the others."""

    ticket: Ticket
    text: str
    said: Said
    fresh: bool = True
    reopened: bool = False
    in_album: bool = False


@dataclass(frozen=True, slots=True)
class Overview:
    """The FAQ's categories."""


@dataclass(frozen=True, slots=True)
class CategoryOpened:
    category: str
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """What a search found, best first; `freely`: said without a command.

    `open_ticket` is a ticket of theirs that it may belong to.
    """

    words: str
    entries: tuple[Entry, ...]
    freely: bool = False
    message_id: int = 0
    open_ticket: int | None = None


@dataclass(frozen=True, slots=True)
class Read:
    entry: Entry


@dataclass(frozen=True, slots=True)
class Asked:
    step: str
