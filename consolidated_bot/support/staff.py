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

from consolidated_bot.core.keyboards import keyboard
from consolidated_bot.core.lengths import LONGEST_PIECE, pieces, units
from consolidated_bot.core.messages import Answer, Priority, Send, Sender, Topic
from consolidated_bot.support import commands as c
from consolidated_bot.support import results as r
from consolidated_bot.support.domain import Ticket
from consolidated_bot.support.staff_cards import (
    LONGEST_SHOWN,
    TOPIC_CALLS,
    buttons_of,
    card_text,
    copies,
    newest_that_fit,
    part_of,
    queue_text,
    relay_slot,
    topic_for,
    topic_of,
    transcript,
)

TRANSCRIPT_PICTURES = 10


class StaffView:
    """Sends to the operations chat; nothing without one."""

    def __init__(self, ops_chat_id: int | None) -> None:
        """Speak to `ops_chat_id`."""
        self._ops_chat_id = ops_chat_id

    def submitted(self, result: r.Submitted) -> list[Send]:
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
            card_text(ticket), buttons_of(ticket), slot=f"ops-card:{ticket.number}", ticket=ticket
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

    def changed(self, result: r.Changed) -> list[Send]:
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

    def added(self, result: r.Added) -> list[Send]:
        """The author wrote more on a ticket."""
        ticket, said = result.ticket, result.said
        sends = [*self.cards(ticket)] if result.reopened else []
        sends += self._relayed(ticket, escape(ticket.author_name), result.text, said.sender)
        if said.attachment and said.album is None and not result.in_album:
            sends += self._copies(ticket, said.sender.chat_id, [said.sender.message_id])
        return sends

    def revised(self, result: r.Revised) -> list[Send]:
        """The author changed a message: what was relayed changes with it."""
        ticket = result.ticket
        if result.part == "ticket":
            return [*self.cards(ticket), *self._whole(ticket, topic_of(ticket))]
        who = f"{escape(ticket.author_name)} (edited)"
        return self._relayed(ticket, who, result.command.text, result.command.sender)

    def _relayed(self, ticket: Ticket, who: str, text: str, source: Sender) -> list[Send]:
        """Somebody's words, in as many messages as they take."""
        sends: list[Send] = []
        for position, piece in enumerate(pieces(text)):
            line = f"<b>#{ticket.number}</b> {who}: {escape(piece)}"
            slot = part_of(relay_slot(source), position)
            sends += self._send(line, None, slot=slot, ticket=ticket, topic=topic_of(ticket))
        return sends

    def shown(self, result: r.Shown, to: Sender) -> Send:
        """A ticket with what was said on it, wherever an agent asks."""
        ticket = result.ticket
        text = card_text(ticket)
        said = newest_that_fit(transcript(result.history), LONGEST_PIECE - units(text))
        params: dict[str, Any] = {
            "text": "\n".join([text, *said]),
            "parse_mode": "HTML",
            "reply_markup": buttons_of(ticket),
            "message_thread_id": to.thread_id,
        }
        return Send(to.chat_id, params, about=f"ticket:{ticket.number}")

    def _passed_on(self, ticket: Ticket, previous: str | None) -> list[Send]:
        """Where it is talked of, who has it now: a mention, so that they are called."""
        who = f'<a href="tg://user?id={ticket.agent_id}">{escape(ticket.agent_name or "?")}</a>'
        before = f", no longer with {escape(previous)}" if previous else ""
        text = f"<b>#{ticket.number}</b> is with {who} now{before}"
        return self._send(text, None, ticket=ticket, topic=topic_of(ticket))

    @property
    def notices(self) -> dict[type, Callable[[Any], Answer]]:
        """What timers and events have to say."""
        return {
            r.PromisesWatched: self.watched,
            r.AlbumsComplete: self.albums,
            r.TicketsErased: self.erased,
            r.TopicRestored: self.restored,
            r.ContactLost: self.lost,
        }

    def watched(self, result: r.PromisesWatched) -> Answer:
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

    def restored(self, result: r.TopicRestored) -> Answer:
        """The card and the transcript, as an agent found them when taking the ticket."""
        ticket = result.ticket
        sends = [*self._topic_card(ticket), *self._handed_over(ticket, result.history)]
        return Answer("support/topic-restore", tuple(sends), ticket_id=ticket.number)

    def lost(self, result: r.ContactLost) -> Answer:
        """Nobody reads what is answered."""
        ticket = result.ticket
        text = f"<b>#{ticket.number}</b>: {escape(ticket.author_name)} has blocked the bot"
        sends = self._send(text, None, ticket=ticket, topic=topic_of(ticket))
        return Answer("support/contact-lost", tuple(sends), ticket_id=ticket.number)

    def albums(self, result: r.AlbumsComplete) -> Answer:
        """Each album as one, to the other side of its ticket."""
        sends: list[Send] = []
        for ticket, parts in result.albums:
            source, ids = parts[0].chat_id, [part.message_id for part in parts]
            if parts[0].author == "agent":
                sends.append(copies(ticket, ticket.chat_id, source, ids))
            else:
                sends += self._copies(ticket, source, ids)
        return Answer("support/album", tuple(sends))

    def erased(self, result: r.TicketsErased) -> Answer:
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

    def queue(self, queue: r.Queue) -> list[Send]:
        """The card of all that has none of its own, edited in place."""
        text, rows = queue_text(queue)
        return self._send(text, keyboard(rows), slot="ops-queue")

    def _handed_over(self, ticket: Ticket, history: Sequence[c.Entered]) -> list[Send]:
        """What an agent finds in the new topic below the card: all that was said so far."""
        topic = topic_for(ticket, needed=True)
        sends = self._whole(ticket, topic)
        if history:
            said = newest_that_fit(transcript(history), LONGEST_PIECE)
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
            buttons_of(ticket),
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
        return [replace(made, priority=Priority.ALERT, topic=topic_of(ticket))]

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
