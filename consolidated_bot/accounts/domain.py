"""Accounts' rules: what a profile may hold, how a customer id is verified, when it is quiet."""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from consolidated_bot.core.errors import Refused
from consolidated_bot.core.zones import zone_named

LANGUAGES = {"en": "English", "ru": "Русский"}
PLANS = ("free", "basic", "pro")
EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s.]+(?:\.[^@\s.]+)+")
CUSTOMER = re.compile(r"[A-Za-z0-9-]{3,32}")
HOURS = re.compile(r"(\d{1,2})\s*[-–]\s*(\d{1,2})")  # noqa: RUF001 - a typed dash is meant
LONGEST_NAME = 80
CODE_ATTEMPTS = 5
CODE_HOURS = 24
PROFILE_FIELDS = ("name", "email", "plan", "quiet", "zone")
REGISTRATION = ("name", "email")


class AccountsRefused(Refused):
    """Accounts turns a request down; `reason` is a key of its texts."""


@dataclass(frozen=True, slots=True)
class Account:
    """What a person told us about themselves.

    `zone` is an IANA time zone; `quiet_from` and `quiet_to` are hours of the day in it.
    """

    user_id: int
    chat_id: int
    created_ms: int
    name: str | None = None
    email: str | None = None
    language: str | None = None
    plan: str = "free"
    quiet_from: int | None = None
    quiet_to: int | None = None
    customer_id: str | None = None
    zone: str = "UTC"
    banned_ms: int | None = None

    def with_field(self, field: str, value: str) -> Account:
        """The same with a profile field set; refused if the value is not one."""
        text = value.strip()
        if field == "name":
            if not 1 <= len(text) <= LONGEST_NAME:
                raise AccountsRefused("bad_name", most=LONGEST_NAME)
            return replace(self, name=text)
        if field == "email":
            if not EMAIL.fullmatch(text):
                raise AccountsRefused("bad_email")
            return replace(self, email=text)
        if field == "plan":
            if text.lower() not in PLANS:
                raise AccountsRefused("bad_plan", plans=", ".join(PLANS))
            return replace(self, plan=text.lower())
        if field == "quiet":
            return self._with_quiet(text)
        if field == "zone":
            return replace(self, zone=checked_zone(text))
        raise AccountsRefused("bad_field")

    def _with_quiet(self, text: str) -> Account:
        if text.lower() in {"off", "выкл"}:
            return replace(self, quiet_from=None, quiet_to=None)
        match = HOURS.fullmatch(text)
        hours = [int(hour) for hour in match.groups()] if match else []
        if not hours or max(hours) > 23 or hours[0] == hours[1]:
            raise AccountsRefused("bad_quiet")
        return replace(self, quiet_from=hours[0], quiet_to=hours[1])

    def with_language(self, language: str) -> Account:
        """The same in another language."""
        if language not in LANGUAGES:
            raise AccountsRefused("bad_language", languages=", ".join(LANGUAGES))
        return replace(self, language=language)

    def quiet_until(self, now_ms: int) -> int:
        """The end of the quiet hours that now are (UTC epoch ms); 0 if it is not quiet."""
        if self.quiet_from is None or self.quiet_to is None:
            return 0
        now = datetime.fromtimestamp(now_ms / 1000, ZoneInfo(self.zone))
        ends = now.replace(hour=self.quiet_to, minute=0, second=0, microsecond=0)
        if ends <= now:
            ends += timedelta(days=1)
        begins = ends.replace(hour=self.quiet_from)
        if begins >= ends:
            begins -= timedelta(days=1)
        return round(ends.timestamp() * 1000) if begins <= now else 0


@dataclass(frozen=True, slots=True)
class LinkCode:
    """Proof that a customer id is somebody's: known to staff and the customer."""

    customer_id: str
    code_hash: str
    expires_ms: int
    attempts: int = 0

    @classmethod
    def issued(cls, customer_id: str, code: str, now_ms: int) -> LinkCode:
        """A fresh code for a day."""
        checked = checked_customer(customer_id)
        return cls(checked, _hash(checked, code), now_ms + CODE_HOURS * 3_600_000)

    def opens_with(self, code: str, now_ms: int) -> bool:
        """Whether `code` is the one; never after a day or too many tries."""
        if now_ms > self.expires_ms or self.attempts >= CODE_ATTEMPTS:
            return False
        return hmac.compare_digest(self.code_hash, _hash(self.customer_id, code.strip()))


def checked_zone(text: str) -> str:
    """The name of a time zone that exists; refused if there is none."""
    try:
        return zone_named(text).key
    except ValueError as error:
        raise AccountsRefused("bad_zone") from error


def checked_customer(text: str) -> str:
    """A customer id in its one spelling; refused if it is none."""
    customer_id = text.strip().upper()
    if not CUSTOMER.fullmatch(customer_id):
        raise AccountsRefused("bad_customer")
    return customer_id


def language_for(code: str) -> str:
    """The language we have that fits Telegram's language code."""
    return code[:2] if code[:2] in LANGUAGES else "en"


def _hash(customer_id: str, code: str) -> str:
    return hashlib.sha256(f"{customer_id}:{code}".encode()).hexdigest()
