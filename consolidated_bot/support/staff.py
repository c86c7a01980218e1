"""What staff sees in the operations chat: cards, topics, and one queue card under a flood.

A group takes 20 messages a minute. So a ticket gets a card of its own while few are announced;
beyond that the queue card, edited in place, shows how many wait and lets an agent take the next.
In a forum a ticket gets a topic once an agent has taken it: what its author writes lands there,
what staff writes there is the answer. Staff's language is English: one group, one language.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from html import escape
from typing import Any

from consolidated_bot.core.keyboards import button, keyboard
from consolidated_bot.core.lengths import LONGEST_PIECE, cut, pieces, units
from consolidated_bot.core.messages import Answer, Priority, Send, Sender, Topic
from consolidated_bot.support import commands as c
from consolidated_bot.support.domain import Ticket
from consolidated_bot.support.moments import moment

LONGEST_SHOWN = 1500
LONGEST_LINE = 300
TRANSCRIPT_PICTURES = 10


class StaffView:
    """Sends to the operations chat; nothing without one."""

    def __init__(self, ops_chat_id: int | None) -> None:
        """Speak to `ops_chat_id`."""
        self._ops_chat_id = ops_chat_id

    def submitted(self, result: c.Submitted) -> list[Send]:
        """A new ticket."""
        ticket = result.ticket
        if result.queue is not None:
            return self.queue(result.queue)
        sends = [*self.card(ticket), *self._whole(ticket)]
        if ticket.attachment and not result.in_album:
            sends += self._copies(ticket, ticket.chat_id, [ticket.message_id])
        return sends

    def card(self, ticket: Ticket) -> list[Send]:
        """The ticket's card in its present state, with the buttons that make sense."""
        return self._send(
            card_text(ticket), _buttons(ticket), slot=f"ops-card:{ticket.number}", ticket=ticket
        )

    def cards(self, ticket: Ticket) -> list[Send]:
        """The card in the group, and the one in the ticket's topic if it has one.

        A group takes few messages, and edits count: so only what changes the buttons, or the
        text of the ticket, changes both.
        """
        sends = self.card(ticket)
        if ticket.agent_id is not None:
            sends += self._topic_card(ticket)
        return sends

    def changed(self, result: c.Changed) -> list[Send]:
        """A ticket was taken, closed, reopened or rated."""
        ticket = result.ticket
        sends = self.card(ticket) if result.what == "rated" else self.cards(ticket)
        if result.fresh:
            sends += self._handed_over(ticket, result.history)
        if result.what == "assigned" and (result.previous or not result.fresh):
            sends += self._passed_on(ticket, result.previous)
        elif result.what in TOPIC_CALLS and ticket.agent_id is not None:
            sends += self._steer_topic(ticket, TOPIC_CALLS[result.what])
        return sends if result.queue is None else [*sends, *self.queue(result.queue)]

    def added(self, result: c.Added) -> list[Send]:
        """The author wrote more on a ticket."""
        ticket, said = result.ticket, result.said
        sends = [*self.cards(ticket)] if result.reopened else []
        sends += self._relayed(ticket, escape(ticket.author_name), result.text, said.sender)
        if said.attachment and said.album is None and not result.in_album:
            sends += self._copies(ticket, said.sender.chat_id, [said.sender.message_id])
        return sends

    def revised(self, result: c.Revised) -> list[Send]:
        """The author changed a message: what was relayed changes with it."""
        ticket = result.ticket
        if result.part == "ticket":
            return [*self.cards(ticket), *self._whole(ticket, _topic_of(ticket))]
        who = f"{escape(ticket.author_name)} (edited)"
        return self._relayed(ticket, who, result.command.text, result.command.sender)

    def _relayed(self, ticket: Ticket, who: str, text: str, source: Sender) -> list[Send]:
        """Somebody's words, in as many messages as they take."""
        sends: list[Send] = []
        for position, piece in enumerate(pieces(text)):
            line = f"<b>#{ticket.number}</b> {who}: {escape(piece)}"
            slot = part_of(relay_slot(source), position)
            sends += self._send(line, None, slot=slot, ticket=ticket, topic=_topic_of(ticket))
        return sends

    def shown(self, result: c.Shown, to: Sender) -> Send:
        """A ticket with what was said on it, wherever an agent asks."""
        ticket = result.ticket
        text = card_text(ticket)
        said = newest_that_fit(_transcript(result.history), LONGEST_PIECE - units(text))
        params: dict[str, Any] = {
            "text": "\n".join([text, *said]),
            "parse_mode": "HTML",
            "reply_markup": _buttons(ticket),
            "message_thread_id": to.thread_id,
        }
        return Send(to.chat_id, params, about=f"ticket:{ticket.number}")

    def _passed_on(self, ticket: Ticket, previous: str | None) -> list[Send]:
        """Where it is talked of, who has it now: a mention, so that they are called."""
        who = f'<a href="tg://user?id={ticket.agent_id}">{escape(ticket.agent_name or "?")}</a>'
        before = f", no longer with {escape(previous)}" if previous else ""
        text = f"<b>#{ticket.number}</b> is with {who} now{before}"
        return self._send(text, None, ticket=ticket, topic=_topic_of(ticket))

    @property
    def notices(self) -> dict[type, Callable[[Any], Answer]]:
        """What timers and events have to say."""
        return {
            c.PromisesWatched: self.watched,
            c.AlbumsComplete: self.albums,
            c.TicketsErased: self.erased,
            c.TopicRestored: self.restored,
            c.ContactLost: self.lost,
        }

    def watched(self, result: c.PromisesWatched) -> Answer:
        """One message for all that is late, so that a flood does not drown the chat."""
        sends: list[Send] = []
        for watched in result.promises:
            what = watched.what.value
            for tickets, words in (
                (watched.overdue, f"The promised {what} is overdue"),
                (watched.warned, f"Three quarters of the time to the {what} are over"),
            ):
                if tickets:
                    numbers = ", ".join(f"#{ticket.number}" for ticket in tickets[:20])
                    more = f" and {len(tickets) - 20} more" if len(tickets) > 20 else ""
                    alone = tickets[0] if len(tickets) == 1 else None
                    sends += self._send(f"{words}: {numbers}{more}", None, ticket=alone)
        return Answer("support/promise-watch", tuple(sends))

    def opened(self, ticket: Ticket) -> list[Send]:
        """An agent has written to somebody first."""
        return self.cards(ticket)

    def closed_for_silence(self, ticket: Ticket) -> list[Send]:
        """As if an agent had closed it."""
        return [*self.cards(ticket), *self._steer_topic(ticket, TOPIC_CALLS["closed"])]

    def restored(self, result: c.TopicRestored) -> Answer:
        """The card and the transcript, as an agent found them when taking the ticket."""
        ticket = result.ticket
        sends = [*self._topic_card(ticket), *self._handed_over(ticket, result.history)]
        return Answer("support/topic-restore", tuple(sends), ticket_id=ticket.number)

    def lost(self, result: c.ContactLost) -> Answer:
        """Nobody reads what is answered."""
        ticket = result.ticket
        text = f"<b>#{ticket.number}</b>: {escape(ticket.author_name)} has blocked the bot"
        sends = self._send(text, None, ticket=ticket, topic=_topic_of(ticket))
        return Answer("support/contact-lost", tuple(sends), ticket_id=ticket.number)

    def albums(self, result: c.AlbumsComplete) -> Answer:
        """Each album as one, to the other side of its ticket."""
        sends: list[Send] = []
        for ticket, parts in result.albums:
            source, ids = parts[0].chat_id, [part.message_id for part in parts]
            if parts[0].author == "agent":
                sends.append(copies(ticket, ticket.chat_id, source, ids))
            else:
                sends += self._copies(ticket, source, ids)
        return Answer("support/album", tuple(sends))

    def erased(self, result: c.TicketsErased) -> Answer:
        """What staff was shown of a person goes, too: topics are deleted, cards emptied."""
        sends: list[Send] = []
        for number in result.numbers:
            text = f"<b>#{number}</b> erased at its author's wish"
            sends += self._send(text, None, slot=f"ops-card:{number}")
            if self._ops_chat_id is not None:
                topic = Topic(f"ticket:{number}", f"#{number}")
                method = "deleteForumTopic"
                sends.append(Send(self._ops_chat_id, {}, method=method, topic=topic))
        return Answer("support/erase", tuple(sends))

    def queue(self, queue: c.Queue) -> list[Send]:
        """The card of all that has none of its own, edited in place."""
        text, rows = queue_text(queue)
        return self._send(text, keyboard(rows), slot="ops-queue")

    def _handed_over(self, ticket: Ticket, history: Sequence[c.Entered]) -> list[Send]:
        """What an agent finds in the new topic below the card: all that was said so far."""
        topic = topic_for(ticket, needed=True)
        sends = self._whole(ticket, topic)
        if history:
            said = newest_that_fit(_transcript(history), LONGEST_PIECE)
            sends += self._send("\n".join(said), None, ticket=ticket, topic=topic)
        shown = [e for e in history if e.attachment and e.author == "user"]
        pictures = [ticket.message_id] if ticket.attachment else []
        pictures += [e.message_id for e in shown[:TRANSCRIPT_PICTURES]]
        if pictures and self._ops_chat_id is not None:
            made = copies(ticket, self._ops_chat_id, ticket.chat_id, sorted(pictures))
            sends.append(replace(made, topic=topic, priority=Priority.ALERT))
        return sends

    def _whole(self, ticket: Ticket, topic: Topic | None = None) -> list[Send]:
        """The whole of a text that is too long for its card."""
        if units(ticket.body) <= LONGEST_SHOWN:
            return []
        where = "topic" if topic else "ops"
        sends: list[Send] = []
        for position, piece in enumerate(pieces(ticket.body)):
            line = f"<b>#{ticket.number}</b> in full: {escape(piece)}"
            slot = part_of(f"{where}-text:{ticket.number}", position)
            sends += self._send(line, None, slot=slot, ticket=ticket, topic=topic)
        return sends

    def _topic_card(self, ticket: Ticket) -> list[Send]:
        return self._send(
            card_text(ticket),
            _buttons(ticket),
            slot=f"topic-card:{ticket.number}",
            ticket=ticket,
            topic=topic_for(ticket, needed=True),
        )

    def _steer_topic(self, ticket: Ticket, method: str) -> list[Send]:
        if self._ops_chat_id is None:
            return []
        topic = topic_for(ticket)
        return [Send(self._ops_chat_id, {}, method=method, priority=Priority.ALERT, topic=topic)]

    def _copies(self, ticket: Ticket, source: int, message_ids: Sequence[int]) -> list[Send]:
        if self._ops_chat_id is None:
            return []
        made = copies(ticket, self._ops_chat_id, source, message_ids)
        return [replace(made, priority=Priority.ALERT, topic=_topic_of(ticket))]

    def _send(
        self,
        text: str,
        markup: dict[str, Any] | None,
        *,
        slot: str | None = None,
        ticket: Ticket | None = None,
        topic: Topic | None = None,
    ) -> list[Send]:
        if self._ops_chat_id is None:
            return []
        params = {"text": text, "parse_mode": "HTML", "reply_markup": markup}
        about = f"ticket:{ticket.number}" if ticket else None
        chat_id = self._ops_chat_id
        return [
            Send(chat_id, params, priority=Priority.ALERT, slot=slot, about=about, topic=topic)
        ]


TOPIC_CALLS = {"closed": "closeForumTopic", "reopened": "reopenForumTopic"}


def topic_for(ticket: Ticket, *, needed: bool = False) -> Topic:
    """The ticket's topic; `needed`: what is not sent into a topic is not sent at all."""
    title = f"#{ticket.number} {ticket.author_name}: {ticket.body}".replace("\n", " ")
    return Topic(f"ticket:{ticket.number}", title[:100], needed)


def copies(ticket: Ticket, chat_id: int, source: int, message_ids: Sequence[int]) -> Send:
    """Messages with whatever media they carry; several keep together as an album."""
    about = f"ticket:{ticket.number}"
    if len(message_ids) == 1:
        params: dict[str, Any] = {"from_chat_id": source, "message_id": message_ids[0]}
        return Send(chat_id, params, method="copyMessage", about=about)
    params = {"from_chat_id": source, "message_ids": list(message_ids)}
    return Send(chat_id, params, method="copyMessages", about=about)


def relay_slot(source: Sender) -> str:
    """Where the relayed text of a message stands: an edit of the one edits the other."""
    return f"relay:{source.chat_id}:{source.message_id}"


def part_of(slot: str | None, position: int) -> str | None:
    """The slot of a further piece of what stands in `slot`."""
    return slot if slot is None or position == 0 else f"{slot}:{position}"


def queue_text(queue: c.Queue) -> tuple[str, list[list[dict[str, str]]]]:
    """What waits, and buttons to take it."""
    if not queue.waiting:
        return "No ticket waits.", []
    lines = [f"<b>{queue.waiting} tickets wait</b>" if queue.waiting > 1 else "<b>1 waits</b>"]
    lines += [
        f"#{ticket.number} ({escape(ticket.category)}, by "
        f"{moment(ticket.first_response_due_ms)}) {escape(cut(ticket.body, 80))}"
        for ticket in queue.next
    ]
    buttons = [
        button(f"Take #{ticket.number}", f"tk:take:{ticket.number}") for ticket in queue.next
    ]
    return "\n".join(lines), [buttons[i : i + 3] for i in range(0, len(buttons), 3)]


def card_text(ticket: Ticket) -> str:
    """A ticket as staff sees it."""
    who = f", {escape(ticket.agent_name)}" if ticket.agent_name and ticket.state != "open" else ""
    response = (
        f"answered {moment(ticket.first_response_ms)}"
        if ticket.first_response_ms is not None
        else f"first answer by {moment(ticket.first_response_due_ms)}"
    )
    broken = ticket.breached_ms is not None or ticket.resolution_breached_ms is not None
    late = " ⚠ overdue" if broken else ""
    rating = f"\nRating: {'★' * ticket.rating}" if ticket.rating else ""
    return (
        f"<b>#{ticket.number}</b> {ticket.state}{who} · {escape(ticket.category)} · "
        f"{ticket.priority}{late}\n{escape(ticket.author_name)}: "
        f"{escape(cut(ticket.body, LONGEST_SHOWN))}\n{response}, "
        f"solution by {moment(ticket.resolution_due_ms)} (UTC){rating}"
    )


def _topic_of(ticket: Ticket) -> Topic | None:
    """Where what concerns the ticket is said: in its topic once an agent has it."""
    return topic_for(ticket) if ticket.agent_id is not None else None


def _transcript(history: Sequence[c.Entered]) -> list[str]:
    return [f"{escape(e.author)}: {escape(cut(e.body, LONGEST_LINE))}" for e in history]


def newest_that_fit(lines: Sequence[str], most: int) -> list[str]:
    """The last of `lines` that together take at most `most` of a message."""
    kept: list[str] = []
    for line in reversed(lines):
        most -= units(line) + 1
        if most < 0:
            break
        kept.insert(0, line)
    return kept


def _buttons(ticket: Ticket) -> dict[str, Any]:
    if ticket.state == "closed":
        return keyboard([[button("Open again", f"tk:reopen:{ticket.number}")]])
    close = button("Close", f"tk:close:{ticket.number}")
    canned = button("Answers", f"ca:{ticket.number}:")
    if ticket.state == "open":
        return keyboard([[button("Take", f"tk:take:{ticket.number}"), close]])
    release = button("Release", f"tk:release:{ticket.number}")
    return keyboard([[canned, release, close]])
