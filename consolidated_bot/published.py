"""The published language: what one bounded context tells or asks another, and nothing else.

Events are past tense, questions end in a noun; contexts import this module, never each other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Role = Literal["user", "agent", "lead", "owner"]
RANK = {"user": 0, "agent": 1, "lead": 2, "owner": 3}


@dataclass(frozen=True, slots=True)
class RoleOf:
    """Question to accounts: what may this person do? `in_operations` says where they ask."""

    user_id: int
    in_operations: bool = False


@dataclass(frozen=True, slots=True)
class StaffRoles:
    """Question to accounts: who has which role? Answers `{user_id: role}` without users."""


@dataclass(frozen=True, slots=True)
class ServiceLevel:
    """Question to operations: how far is the service degraded? 0 (not at all) to 3."""


@dataclass(frozen=True, slots=True)
class AuthorAt:
    """Question to support: the author of the ticket that a place in the operations chat is about.

    Answered by a user id, or None.
    """

    chat_id: int
    thread_id: int | None
    replied_to: int | None


@dataclass(frozen=True, slots=True)
class TicketHearing:
    """Question to support: the ticket that something belongs to that a person says freely.

    Answered by its number, or None where it is a question of its own.
    """

    user_id: int
    chat_id: int
    replied_to: int | None
    album: str | None


@dataclass(frozen=True, slots=True)
class HolderOf:
    """Question to accounts: the user id of whoever linked this customer id, or None."""

    customer_id: str


@dataclass(frozen=True, slots=True)
class TicketSubmitted:
    """Support took in a ticket."""

    number: int
    user_id: int
    category: str


@dataclass(frozen=True, slots=True)
class TicketClosed:
    """Support closed a ticket."""

    number: int
    user_id: int
    chat_id: int


@dataclass(frozen=True, slots=True)
class AccountErased:
    """Accounts was told to forget a person: every context erases what it holds."""

    user_id: int


@dataclass(frozen=True, slots=True)
class HoldingsOf:
    """Question to a context: everything it holds of a person, for an export.

    One class per context answers it: `SupportHoldingsOf`, `NotificationHoldingsOf`.
    """

    user_id: int


@dataclass(frozen=True, slots=True)
class SupportHoldingsOf(HoldingsOf):
    """The same, of support."""


@dataclass(frozen=True, slots=True)
class NotificationHoldingsOf(HoldingsOf):
    """The same, of notifications."""


@dataclass(frozen=True, slots=True)
class QuietUntil:
    """Question to accounts: until when (UTC epoch ms) does this person want quiet? 0: not now."""

    user_id: int


@dataclass(frozen=True, slots=True)
class PlanChanged:
    """Accounts changed a subscription plan."""

    user_id: int
    chat_id: int
    plan: str
