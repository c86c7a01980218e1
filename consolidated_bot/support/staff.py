"""What staff sees in the operations chat: a card per ticket, or one queue card under a flood.

A group takes 20 messages a minute. So a ticket gets a card of its own while few are announced;
beyond that the queue card, edited in place, shows how many wait and lets an agent take the next.
Staff's language is English: one group, one language.
"""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from typing import Any

from consolidated_bot.core.keyboards import button, keyboard
from consolidated_bot.core.messages import Answer, Priority, Send, Sender
from consolidated_bot.support import commands as c
from consolidated_bot.support.domain import Ticket
from consolidated_bot.support.moments import moment

LONGEST_SHOWN = 1500


class StaffView:
    """Sends to the operations chat; nothing without one."""

    def __init__(self, ops_chat_id: int | None) -> None:
        """Speak to `ops_chat_id`."""
        self._ops_chat_id = ops_chat_id

    def submitted(self, result: c.Submitted, source: Sender) -> list[Send]:
        """A new ticket."""
        if not result.queue.individually:
            return self._queue(result.queue)
        sends = self.card(result.ticket)
        if result.attachment and self._ops_chat_id is not None:
            sends.append(self._copy(source, result.ticket))
        return sends

    def card(self, ticket: Ticket) -> list[Send]:
        """The ticket's card in its present state, with the buttons that make sense."""
        if ticket.state == "closed":
            buttons = [button("Open again", f"tk:reopen:{ticket.number}")]
        else:
            buttons = [button("Close", f"tk:close:{ticket.number}")]
            if ticket.state == "open":
                buttons.insert(0, button("Take", f"tk:take:{ticket.number}"))
        return self._send(
            _card_text(ticket),
            keyboard([buttons]),
            slot=f"ops-card:{ticket.number}",
            about=f"ticket:{ticket.number}",
        )

    def added(self, result: c.Added) -> list[Send]:
        """The author wrote more on a ticket."""
        ticket = result.ticket
        text = f"<b>#{ticket.number}</b> {escape(ticket.author_name)}: {escape(result.text)}"
        sends = self._send(text, None, about=f"ticket:{ticket.number}")
        if result.attachment and self._ops_chat_id is not None:
            sends.append(self._copy(result.source, ticket))
        return sends

    @property
    def notices(self) -> dict[type, Callable[[Any], Answer]]:
        """What timers have to say."""
        return {c.PromisesWatched: self.watched}

    def watched(self, result: c.PromisesWatched) -> Answer:
        """One message for all that is late, so that a flood does not drown the chat."""
        sends: list[Send] = []
        for tickets, words in (
            (result.breached, "The promised first answer is overdue"),
            (result.warned, "Three quarters of the time to the first answer are over"),
        ):
            if tickets:
                numbers = ", ".join(f"#{ticket.number}" for ticket in tickets[:20])
                more = f" and {len(tickets) - 20} more" if len(tickets) > 20 else ""
                about = f"ticket:{tickets[0].number}" if len(tickets) == 1 else None
                sends += self._send(f"{words}: {numbers}{more}", None, about=about)
        return Answer("support/promise-watch", tuple(sends))

    def _queue(self, queue: c.Queue) -> list[Send]:
        lines = [f"<b>{queue.unfinished} tickets wait.</b> The next:"]
        lines += [
            f"#{ticket.number} ({escape(ticket.category)}) {escape(ticket.body[:80])}"
            for ticket in queue.next
        ]
        buttons = [
            button(f"Take #{ticket.number}", f"tk:take:{ticket.number}") for ticket in queue.next
        ]
        rows = [buttons[:3], buttons[3:]]
        return self._send("\n".join(lines), keyboard(rows), slot="ops-queue")

    def _copy(self, source: Sender, ticket: Ticket) -> Send:
        assert self._ops_chat_id is not None
        return Send(
            self._ops_chat_id,
            {"from_chat_id": source.chat_id, "message_id": source.message_id},
            method="copyMessage",
            priority=Priority.ALERT,
            about=f"ticket:{ticket.number}",
        )

    def _send(
        self,
        text: str,
        markup: dict[str, Any] | None,
        *,
        slot: str | None = None,
        about: str | None = None,
    ) -> list[Send]:
        if self._ops_chat_id is None:
            return []
        params = {"text": text, "parse_mode": "HTML", "reply_markup": markup}
        return [Send(self._ops_chat_id, params, priority=Priority.ALERT, slot=slot, about=about)]


def _card_text(ticket: Ticket) -> str:
    who = f", {escape(ticket.agent_name)}" if ticket.agent_name else ""
    response = (
        f"answered {moment(ticket.first_response_ms)}"
        if ticket.first_response_ms is not None
        else f"first answer by {moment(ticket.first_response_due_ms)}"
    )
    rating = f"\nRating: {'★' * ticket.rating}" if ticket.rating else ""
    return (
        f"<b>#{ticket.number}</b> {ticket.state}{who} · {escape(ticket.category)} · "
        f"{ticket.priority}\n{escape(ticket.author_name)}: "
        f"{escape(ticket.body[:LONGEST_SHOWN])}\n{response}, "
        f"solution by {moment(ticket.resolution_due_ms)} (UTC){rating}"
    )
