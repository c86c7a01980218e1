"""What support's use cases say: each result has a presenter, or a notice where a timer asked."""

from __future__ import annotations

from dataclasses import dataclass

from consolidated_bot.core.messages import Said
from consolidated_bot.support.commands import AlbumPart, AnswerTicket, Entered, Revise
from consolidated_bot.support.domain import Canned, Promised, Ticket
from consolidated_bot.support.faq import Entry
from consolidated_bot.support.statistics import Statistics


@dataclass(frozen=True, slots=True)
class TicketsFound:
    """The newest first."""

    words: str
    tickets: tuple[Ticket, ...]


@dataclass(frozen=True, slots=True)
class StatisticsShown:
    days: int
    waiting: int
    figures: Statistics


@dataclass(frozen=True, slots=True)
class Opened:
    """Staff has opened a ticket; `fresh` as in `Submitted`."""

    ticket: Ticket
    fresh: bool = True


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
