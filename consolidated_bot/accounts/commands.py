"""What accounts can be asked (commands, imperative) and what it says (results)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from consolidated_bot.accounts.domain import Account
from consolidated_bot.core.messages import AuditLine, Sender


@dataclass(frozen=True, slots=True)
class ViewProfile:
    sender: Sender


@dataclass(frozen=True, slots=True)
class ChangeProfile:
    sender: Sender
    field: str
    value: str


@dataclass(frozen=True, slots=True)
class AskField:
    """Guided: ask for a value of `field`, then for those of `following`."""

    sender: Sender
    field: str
    following: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FieldAsked:
    field: str


@dataclass(frozen=True, slots=True)
class ViewLanguages:
    sender: Sender


@dataclass(frozen=True, slots=True)
class ChangeLanguage:
    sender: Sender
    language: str


@dataclass(frozen=True, slots=True)
class IssueLinkCode:
    """By staff, in the operations chat."""

    sender: Sender
    customer_id: str


@dataclass(frozen=True, slots=True)
class LinkCustomer:
    sender: Sender
    customer_id: str
    code: str


@dataclass(frozen=True, slots=True)
class ViewPrivacy:
    sender: Sender


@dataclass(frozen=True, slots=True)
class ExportAccount:
    sender: Sender


@dataclass(frozen=True, slots=True)
class EraseAccount:
    """`confirmed` by a second press."""

    sender: Sender
    confirmed: bool


@dataclass(frozen=True, slots=True)
class GrantRole:
    """By an owner, in the operations chat."""

    sender: Sender
    user_id: int
    role: str


@dataclass(frozen=True, slots=True)
class ViewAudit:
    """By a lead, in the operations chat; `subject` like `ticket:12`, or empty for all."""

    sender: Sender
    subject: str


@dataclass(frozen=True, slots=True)
class AuditShown:
    lines: tuple[AuditLine, ...]


@dataclass(frozen=True, slots=True)
class BanUser:
    """By a lead, in the operations chat; `user_id` None: the author of what stands there.

    `replied_to` is the message that the command answers; `banned` False lifts the ban.
    """

    sender: Sender
    user_id: int | None
    banned: bool
    reason: str = ""
    replied_to: int | None = None


@dataclass(frozen=True, slots=True)
class BanChanged:
    account: Account
    language: str
    changed: bool


@dataclass(frozen=True, slots=True)
class Profile:
    """`changed` names the field that was just set."""

    account: Account
    role: str
    changed: str | None = None


@dataclass(frozen=True, slots=True)
class LanguagesShown:
    """The choice of languages."""


@dataclass(frozen=True, slots=True)
class LanguageChanged:
    language: str


@dataclass(frozen=True, slots=True)
class CodeIssued:
    customer_id: str
    code: str


@dataclass(frozen=True, slots=True)
class Linked:
    """`matches` is False when the code was wrong; the attempt is counted."""

    customer_id: str
    matches: bool


@dataclass(frozen=True, slots=True)
class PrivacyShown:
    """What we keep and for how long."""


@dataclass(frozen=True, slots=True)
class Exported:
    holdings: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class EraseAsked:
    """Erasing needs a second press."""


@dataclass(frozen=True, slots=True)
class Erased:
    """Everything about the person is gone."""


@dataclass(frozen=True, slots=True)
class RoleGranted:
    user_id: int
    role: str
