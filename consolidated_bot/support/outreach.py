"""Support's use cases that begin with us: whom we know, and tickets that staff opens to them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from consolidated_bot.core.messages import ChatUnreachable, Scope, Sender, StandingOf
from consolidated_bot.core.words import number_in
from consolidated_bot.published import HolderOf
from consolidated_bot.support.commands import Greet, OpenTicket
from consolidated_bot.support.domain import Contact, SupportRefused, Ticket, checked_body
from consolidated_bot.support.results import ContactLost, Greeted, Opened
from consolidated_bot.support.tickets import Policy, Tickets, require_agent

CATEGORY = "other"


class Outreach:
    """Telegram lets a bot write only to who has written to it, and has not blocked it."""

    def __init__(self, policy: Policy) -> None:
        """Work by `policy`."""
        self._policy = policy

    def greet(self, tickets: Tickets, scope: Scope, command: Greet) -> Any:
        """A welcome, or what the link that was followed leads to."""
        scope.converse(command.sender, None)
        meet(tickets, command.sender)
        if command.toward is not None:
            return scope.ask(command.toward)
        return Greeted(command.sender.name)

    def open(self, tickets: Tickets, scope: Scope, command: OpenTicket) -> Opened:
        """A ticket of a customer that an agent begins, and has taken."""
        sender = command.sender
        require_agent(scope, sender)
        if not command.reference or not command.text.strip():
            raise SupportRefused("open_usage")
        contact = _contact(tickets, scope, command.reference)
        if contact is None:
            raise SupportRefused("open_unknown", who=command.reference)
        if contact.unreachable_ms is not None:
            raise SupportRefused("open_blocked", who=contact.name)
        ticket = self._ticket(scope, command, contact)
        number = tickets.insert(ticket)
        if number is None:
            known = tickets.submitted_by(ticket.chat_id, ticket.message_id)
            assert known is not None
            return Opened(known, fresh=False)
        scope.audit("ticket.open", f"ticket:{number}", actor_id=sender.user_id, after=ticket.state)
        return Opened(replace(ticket, number=number))

    def _ticket(self, scope: Scope, command: OpenTicket, contact: Contact) -> Ticket:
        policy, sender, now = self._policy, command.sender, scope.now_ms
        priority = policy.priorities.get(CATEGORY, "normal")
        promise = policy.promises[priority]
        standing = scope.ask(StandingOf(contact.user_id, contact.language))
        return Ticket(
            number=0,
            chat_id=contact.chat_id,
            message_id=-sender.message_id,
            user_id=contact.user_id,
            author_name=contact.name,
            language=standing.language,
            category=CATEGORY,
            priority=priority,
            body=checked_body(command.text),
            state="taken",
            created_ms=now,
            first_response_due_ms=policy.hours.add(now, promise.first_response_minutes),
            resolution_due_ms=policy.hours.add(now, promise.resolution_minutes),
            agent_id=sender.user_id,
            agent_name=sender.name,
            first_response_ms=now,
            announced_ms=now,
            zone=standing.zone,
            waiting_since_ms=now,
        )

    def lose(self, tickets: Tickets, scope: Scope, event: ChatUnreachable) -> ContactLost | None:
        """They have blocked the bot: whoever has their ticket learns that nobody reads it."""
        contact = tickets.lose_contact(event.chat_id, scope.now_ms)
        ticket = tickets.unfinished_of(contact.user_id) if contact else None
        return ContactLost(ticket) if ticket is not None else None

    @property
    def handlers(self) -> dict[type, Callable[..., Any]]:
        """By command."""
        return {Greet: self.greet, OpenTicket: self.open}


def meet(tickets: Tickets, sender: Sender) -> None:
    """Know somebody who writes in private; who had blocked us has come back."""
    if not sender.private:
        return
    username = sender.username.lower() if sender.username else None
    tickets.meet(Contact(sender.user_id, sender.chat_id, sender.name, username, sender.language))


def _contact(tickets: Tickets, scope: Scope, reference: str) -> Contact | None:
    """By @username, #ticket, user id or customer id; the user id wins over the customer id."""
    if reference.startswith("@"):
        return tickets.contact(username=reference[1:].lower())
    if reference.startswith("#"):
        ticket = tickets.get(number_in(reference) or 0)
        return tickets.contact(user_id=ticket.user_id) if ticket else None
    if found := tickets.contact(user_id=number_in(reference) or 0):
        return found
    holder = scope.ask(HolderOf(reference))
    return tickets.contact(user_id=holder) if holder is not None else None
