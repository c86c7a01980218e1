"""Secrets and personal data are replaced on the way in, before anything is stored or shown.

FORMATS section 7. A mask names what it hid (`<token>`), so that a reader sees that something
stood there; users become a keyed hash that is equal inside a store and leads nowhere outside it.
"""

from __future__ import annotations

import hmac
import re
from collections import Counter
from collections.abc import Callable, Sequence
from functools import lru_cache
from hashlib import sha256

import polars as pl

GUARDED_NAMES = (
    "authorization|proxy-authorization|cookie|set-cookie|x-api-key|"
    "x-telegram-bot-api-secret-token|password|passwd|passphrase|secret|secret_key|secret_token|"
    "client_secret|token|access_token|refresh_token|auth_token|bot_token|id_token|api_key|apikey|"
    "api-key|access_key|private_key|dsn|cvv|cvc"
)
_SECRET_KEY = re.compile(rf"(?:^|[._-])(?:{GUARDED_NAMES})$", re.IGNORECASE)
_PERSONAL_KEY = re.compile(
    r"(?:^|[._])(?:e-?mail|phone|phone_?number|mobile|msisdn|card_?number|card|pan|"
    r"first_?name|last_?name|full_?name)$",
    re.IGNORECASE,
)
_MESSAGE_TEXT_KEY = re.compile(
    r"(?:^|\.)(?:(?:edited_|channel_)?(?:message|post|callback_query)\.(?:.*\.)?(?:text|caption)|caption)$"
)
_USER_KEY = re.compile(
    r"(?:^|\.)(?:user_?id|chat_?id|from\.id|chat\.id|enduser\.id|user\.id|user\.name|username|"
    r"from_?user_?id|telegram_?id)$",
    re.IGNORECASE,
)
_CLIENT_IP_KEY = re.compile(
    r"(?:^|[._])(?:client_?ip|client\.ip|client\.address|source\.ip|remote_?addr(?:ess)?|remote_?ip|"
    r"x-forwarded-for|x_forwarded_for|forwarded_for|user_?ip|ip_?address|ip)$",
    re.IGNORECASE,
)

# Cheap looks that decide whether the costly patterns need to run at all.
_SECRET_WORDS = (
    "authorization", "cookie", "api-key", "api_key", "apikey", "passw", "passphrase", "secret",
    "token", "access_key", "private_key", "dsn", "cvv", "cvc", "bearer ", "basic ",
)  # fmt: skip
_USER_WORDS = ("user_id", "userid", "chat_id", "chatid", "username")
_DIGITS = re.compile(r"[+(]\d|\d[ ().-]\d|\d{5}")
_MAX_USERS = 100_000
_PEM = re.compile(r"-----BEGIN [^-]+-----.*?(?:-----END [^-]+-----|$)", re.DOTALL)
_BOT_TOKEN = re.compile(r"(?<!\d)\d{5,12}(?::|%3[Aa])[A-Za-z0-9_-]{20,}")
_JWT = re.compile(r"\beyJ[\w-]{5,4096}+\.[\w-]{5,8192}+\.[\w-]*+")
_URL_LOGIN = re.compile(r"(?<=://)[^\s/:@]{0,256}:[^\s/@]{1,256}(?=@)")
_BEARER = re.compile(r"\b(bearer|basic)\s+[\w.~+/=-]{6,}", re.IGNORECASE)
_HEADER = re.compile(
    r"\b((?:proxy-)?authorization|(?:set-)?cookie|x-api-key|x-telegram-bot-api-secret-token)"
    r"(\"?\s*[:=]\s*)(?!<)(?:\"[^\"]*\"|'[^']*'|[^\"'\r\n]+)",
    re.IGNORECASE,
)
_NAMED = re.compile(
    rf"\b((?:\w+[_-])?(?:{GUARDED_NAMES}))(\\?[\"']?\s*[:=]\s*)(?!<)(?:\\?\"[^\"\\]*\\?\"|'[^']*'|[^\s\"'&,;}})\]]+)",
    re.IGNORECASE,
)
_NAMED_USER = re.compile(
    r"\b((?:\w+_)?(?:user_?id|chat_?id|username))(\\?[\"']?\s*[:=]\s*\\?[\"']?)(?!<)(@?[\w.-]+)",
    re.IGNORECASE,
)
_EMAIL = re.compile(r"\b[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){0,8}\.[A-Za-z]{2,24}\b")
# Cards start with 2..6, epochs with 1: that alone keeps timestamps from passing as cards.
_CARD = re.compile(r"(?<![\w.-])[2-6](?:[ -]?\d){14,18}(?![\w])")
_PHONE = re.compile(
    r"(?<![\w.+-])(?:\+\d(?:[ ().-]{0,2}\d){9,14}|\(\d{3,5}\)[ -]?\d(?:[ -]?\d){5,9}|"
    r"\d{1,3}[ -]\(?\d{3}\)?[ -]\d{3}[ -]\d{2,4}(?:[ -]\d{2})?|\d{3}-\d{3}-\d{4})(?![\w-])"
)
_IPV4 = re.compile(r"(?<![\w.-])(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})(?![\w.-])")
_IPV6 = re.compile(
    r"(?<![\w:])((?:[0-9a-f]{1,4}:){3})(?:[0-9a-f]{0,4}:){1,4}[0-9a-f]{0,4}", re.IGNORECASE
)


# What a text must hold for any rule to touch it: looked for in whole columns at once.
_SUSPECT_WORDS = [*_SECRET_WORDS, "-----begin", "eyj", "@"]
_SUSPECT_NUMBERS = (
    r"\d{5,12}(?::|%3[Aa])[A-Za-z0-9_-]{20}|[2-6](?:[ -]?\d){14}|\+\d(?:[ ().-]{0,2}\d){9}|"
    r"\(\d{3,5}\)[ -]?\d|\d{1,3}[ -]\(?\d{3}\)?[ -]\d{3}|\d{1,3}\.\d{1,3}\.\d{1,3}\.[1-9]"
)


class Masker:
    """Masks texts and attribute values; `counts` says how often each kind was hidden."""

    def __init__(self, secret: bytes, *, keep_ids: bool = False) -> None:
        """Hash users with `secret` (HMAC-SHA256); `keep_ids` leaves user and chat ids alone."""
        self._secret = secret
        self._keep_ids = keep_ids
        self._users: dict[str, str] = {}
        self.counts: Counter[str] = Counter()

    def user_key(self, raw: object) -> str:
        """Return the 12 hex digits that stand for a user or chat inside this store."""
        if self._keep_ids:
            return str(raw)
        key = str(raw)
        found = self._users.get(key)
        if found is None:
            if len(self._users) >= _MAX_USERS:
                self._users.clear()
            digest = hmac.new(self._secret, key.encode("utf-8", "replace"), sha256)
            found = self._users[key] = digest.hexdigest()[:12]
        return found

    def suspects(self, texts: Sequence[str]) -> list[int]:
        """Return the places of the texts that `text` might change; the others need no look."""
        words = _SUSPECT_WORDS if self._keep_ids else [*_SUSPECT_WORDS, *_USER_WORDS]
        column = pl.Series(texts, dtype=pl.String)
        named = column.str.contains_any(words, ascii_case_insensitive=True)
        return (named | column.str.contains(_SUSPECT_NUMBERS)).arg_true().to_list()

    def text(self, text: str) -> str:
        """Return `text` with every secret and personal datum replaced."""
        folded = text.lower()
        if "-----begin" in folded:
            text = self._hide("pem", _PEM, text)
        if "eyJ" in text:
            text = self._hide("jwt", _JWT, text)
        if "://" in text:
            text = self._hide("credentials", _URL_LOGIN, text)
        digits = _DIGITS.search(text) is not None
        if digits:
            text = self._hide("token", _BOT_TOKEN, text)
        if any(word in folded for word in _SECRET_WORDS):
            text = self._count("secret", _HEADER, text, _keep_name)
            text = self._count("secret", _BEARER, text, lambda match: f"{match[1]} <secret>")
            text = self._count("secret", _NAMED, text, _keep_name)
        if not self._keep_ids and any(word in folded for word in _USER_WORDS):
            text = self._count("user", _NAMED_USER, text, self._user_in_text)
        if "@" in text:
            text = self._hide("email", _EMAIL, text)
        if digits:
            text = self._count("card", _CARD, text, _card)
            text = self._hide("phone", _PHONE, text)
            text = self._count("ip", _IPV4, text, _public_network)
        return text

    def value(self, key: str, value: object) -> object:
        """Return an attribute's value as it may be stored: by its key first, then by its text."""
        rule = rule_of(key)
        if rule is None:
            return self.text(value) if isinstance(value, str) else self._nested(key, value)
        if rule == "ip":
            return self._network(value) if isinstance(value, str) else value
        self.counts[rule] += 1
        return self.user_key(value) if rule == "user" else f"<{rule}>"

    def _nested(self, key: str, value: object) -> object:
        if isinstance(value, dict):
            return {name: self.value(f"{key}.{name}", item) for name, item in value.items()}
        if isinstance(value, list):
            return [self.value(key, item) for item in value]
        return value

    def _network(self, text: str) -> str:
        self.counts["ip"] += 1
        return _network(text)

    def _user_in_text(self, match: re.Match[str]) -> str:
        return f"{match[1]}{match[2]}<{self.user_key(match[3])}>"

    def _hide(self, kind: str, pattern: re.Pattern[str], text: str) -> str:
        return self._count(kind, pattern, text, lambda _: f"<{kind}>")

    def _count(
        self,
        kind: str,
        pattern: re.Pattern[str],
        text: str,
        replace: Callable[[re.Match[str]], str],
    ) -> str:
        def counted(match: re.Match[str]) -> str:
            found = replace(match)
            if found != match[0]:
                self.counts[kind] += 1
            return found

        return pattern.sub(counted, text)


@lru_cache(maxsize=65_536)
def _network(text: str) -> str:
    return _IPV6.sub(r"\1:", _IPV4.sub(r"\1.\2.\3.0", text))


@lru_cache(maxsize=8192)
def rule_of(key: str) -> str | None:
    """Return what a key's name alone says about its value; None: look at the text."""
    if _SECRET_KEY.search(key):
        return "secret"
    if _USER_KEY.search(key):
        return "user"
    if _PERSONAL_KEY.search(key) or _MESSAGE_TEXT_KEY.search(key):
        return "personal"
    return "ip" if _CLIENT_IP_KEY.search(key) else None


def _keep_name(match: re.Match[str]) -> str:
    return f"{match[1]}{match[2]}<secret>"


def _card(match: re.Match[str]) -> str:
    digits = [int(c) for c in match[0] if c.isdigit()]
    doubled = (2 * d - 9 if d > 4 else 2 * d for d in digits[-2::-2])
    return "<card>" if (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0 else match[0]


def _public_network(match: re.Match[str]) -> str:
    parts = [int(part) for part in match.groups()]
    if any(part > 255 for part in parts) or parts[3] == 0:
        return match[0]
    private = parts[0] in {0, 10, 127} or parts[:2] == [192, 168]
    private = private or (parts[0] == 172 and 16 <= parts[1] <= 31)
    return match[0] if private else f"{parts[0]}.{parts[1]}.{parts[2]}.0"
