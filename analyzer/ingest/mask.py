"""Secrets and personal data are replaced on the way in, before anything is stored or shown.

FORMATS section 7. A mask names what it hid (`<token>`), so that a reader sees that something
stood there; users become a keyed hash that is equal inside a store and leads nowhere outside it.
"""

from __future__ import annotations

import hmac
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from hashlib import sha256
from itertools import count
from typing import NamedTuple

import polars as pl

from analyzer.ingest import mask_checks as checks
from analyzer.ingest import mask_patterns as patterns
from analyzer.ingest.mask_keys import rule_of

__all__ = ["Masker", "Rule", "rule_of", "without_credentials"]

_MAX_USERS = 100_000
_NAME_KEYS = frozenset({"name", "key", "header", "field", "k"})
_VALUE_KEYS = frozenset({"value", "values", "val", "v"})
_SHOWN = frozenset({"ip", "version"})
_VERSION = re.compile(r"[vV]?\d{1,6}(?:\.\w{1,12}){1,5}(?:[-+][\w.+-]{1,40})?$")
_DIGITS = re.compile(r"\d[\d ().:/-]{4}")
_CUT_TAIL = 128
_MOST_REMEMBERED, _MAX_KNOWN = 128, 20_000
"""So long and so many are the texts of which is remembered what became of them."""


class Masker:
    """Masks texts and attribute values; `counts` says how often each kind was hidden."""

    def __init__(self, secret: bytes, *, keep_ids: bool = False) -> None:
        """Hash users with `secret` (HMAC-SHA256); `keep_ids` leaves user and chat ids alone."""
        self._secret = secret
        self._keep_ids = keep_ids
        self._users: dict[str, str] = {}
        self._known: dict[str, tuple[str, Counter[str]]] = {}
        self._harmless: set[str] = set()
        self.counts: Counter[str] = Counter()
        users = () if keep_ids else patterns.USER_WORDS
        self._suspect_words = [*patterns.ALWAYS_SUSPECT, *users]
        self._suspect_numbers = "|".join(
            [patterns.SUSPECT_NUMBERS] if keep_ids else patterns.SUSPECTS_WITH_USERS
        )
        self._suspects = f"{self._suspect_numbers}|{patterns.SUSPECT_ADDRESSES}"

    def user_key(self, raw: object) -> str:
        """Return the 12 hex digits that stand for a user or chat inside this store."""
        key = str(raw)
        if self._keep_ids:
            return key
        found = self._users.get(key)
        if found is None:
            if len(self._users) >= _MAX_USERS:
                self._users.clear()
            digest = hmac.new(self._secret, key.encode("utf-8", "replace"), sha256)
            found = self._users[key] = digest.hexdigest()[:12]
        return found

    def suspects(self, texts: Sequence[str] | pl.Series) -> list[int]:
        """Return the places of the texts that `text` might change; the others need no look."""
        return (
            self._suspected(pl.Series(texts, dtype=pl.String), self._suspects).arg_true().to_list()
        )

    def of_more_than_addresses(self, suspects: pl.Series) -> pl.Series:
        """Tell which suspects `text` might change elsewhere than `networks` does."""
        return self._suspected(suspects, self._suspect_numbers)

    def _suspected(self, texts: pl.Series, numbers: str) -> pl.Series:
        named = texts.str.contains_any(self._suspect_words, ascii_case_insensitive=True)
        return named | texts.str.contains(numbers)

    def networks(self, text: str) -> str:
        """Return `text` with its addresses of the wide net as their networks."""
        return self._sub("ip", patterns.IPV4, text, checks.network4)

    def suspects_again(self, texts: Sequence[str]) -> list[int]:
        """Return what `suspects` does, for few texts of which most were looked at before."""
        if len(self._harmless) >= _MAX_KNOWN:
            self._harmless.clear()
        fresh = [place for place, text in enumerate(texts) if text not in self._harmless]
        if not fresh:
            return []
        found = {fresh[n] for n in self.suspects([texts[place] for place in fresh])}
        for place in fresh:
            if place not in found and len(texts[place]) <= _MOST_REMEMBERED:
                self._harmless.add(texts[place])
        return sorted(found)

    def text(self, text: str) -> str:
        """Return `text` with every secret and personal datum replaced."""
        if len(text) > _MOST_REMEMBERED:
            return self._masked(text)
        # Keys, addresses and agents come again and again.
        found = self._known.get(text)
        if found is None:
            if len(self._known) >= _MAX_KNOWN:
                self._known.clear()
            before, self.counts = self.counts, Counter()
            found = self._known[text] = self._masked(text), self.counts
            self.counts = before
        masked, counts = found
        if counts:
            self.counts.update(counts)
        return masked

    def _masked(self, text: str) -> str:
        folded = text.lower()
        text = self._hide_tokens(text, folded)
        if _holds(folded, patterns.SECRET_WORDS):
            text = self._apply(text, _SECRETS)
        if "message_id" in folded:
            text = self._sub("personal", patterns.QUOTED_MESSAGE, text, checks.quoted_of_update)
        if not self._keep_ids:
            text = self._hide_users(text, folded)
        if "@" in text or "%40" in text:
            text = self._sub("email", patterns.EMAIL, text, checks.email)
        if _DIGITS.search(text) is not None:
            text = self._apply(text, _NUMBERS)
            if _holds(folded, patterns.PHONE_WORDS):
                text = self._sub("phone", patterns.SPOKEN_PHONE, text, checks.spoken_phone)
        if "::" in text or text.count(":") > 6:
            text = self._sub("ip", patterns.IPV6, text, checks.network6)
        return text

    def excerpt(self, text: str, length: int, *, cut: bool) -> str:
        """Return the first `length` characters of a masked line that nobody understood.

        Where `cut` says that `text` lacks its end, what stands there may be half a secret that
        no pattern knows: it is left out.
        """
        if patterns.PEM_LINE.match(text):
            self.counts["pem"] += 1
            return "<pem>"
        masked = self.text(text)
        return masked[: min(length, max(0, len(masked) - _CUT_TAIL))] if cut else masked[:length]

    def value(self, key: str, value: object) -> object:
        """Return an attribute's value as it may be stored: by its key first, then by its text."""
        rule = rule_of(key)
        if value is None or value == "" or isinstance(value, bool):
            return value
        if rule is None or rule in _SHOWN:
            if rule == "version" and _VERSION.match(str(value)):
                return value
            if isinstance(value, str):
                return self.text(self._network(value) if rule == "ip" else value)
            return self._nested(key, value)
        if rule == "user":
            users = value if isinstance(value, list) else [value]
            self.counts[rule] += len(users) * (not self._keep_ids)
            keys = [self.user_key(user) for user in users]
            return keys if isinstance(value, list) else keys[0]
        self.counts[rule] += 1
        return f"<{rule}>"

    def mapping(self, values: Mapping[str, object], prefix: str = "") -> dict[str, object]:
        """Return keys and values as they may be stored; equal keys get a number each."""
        found: dict[str, object] = {}
        for key, item in values.items():
            found[_free(self.text(key), found)] = self.value(f"{prefix}{key}", item)
        return found

    def texts_of(self, values: Mapping[str, object]) -> dict[str, object]:
        """Return what `mapping` does where `value` went over the ruled and nested ones before."""
        found: dict[str, object] = {}
        for key, item in values.items():
            plain = isinstance(item, str) and rule_of(key) is None
            found[_free(self.text(key), found)] = self.text(str(item)) if plain else item
        return found

    def _nested(self, key: str, value: object) -> object:
        if isinstance(value, dict):
            named = _names_its_value(value)
            if named is not None:
                held, value_key = named
                value = {**value, value_key: self.value(f"{key}.{held}", value[value_key])}
            return self.mapping(value, f"{key}.")
        if isinstance(value, list):
            return list(self._items(key, value))
        return value

    def _items(self, key: str, items: list[object]) -> Iterable[object]:
        """Yield a list's items; headers stand in lists as name, value, name, value."""
        before: object = None
        for place, item in enumerate(items):
            listed = place % 2 == 1 and isinstance(before, str) and rule_of(before) is not None
            known = listed and not (isinstance(item, str) and rule_of(item))
            yield self.value(f"{key}.{before}" if known else key, item)
            before = item

    def _network(self, text: str) -> str:
        self.counts["ip"] += 1
        return checks.network(text)

    def _hide_tokens(self, text: str, folded: str) -> str:
        if "begin " in folded:
            text = self._sub("pem", patterns.PEM, text, lambda _: "<pem>")
        if "eyJ" in text:
            text = self._sub("jwt", patterns.JWT, text, lambda _: "<jwt>")
        if "://" in text:
            text = self._sub("credentials", patterns.URL_LOGIN, text, checks.login)
        if ":" in text or "%3" in text:
            text = self._sub("token", patterns.BOT_TOKEN, text, lambda _: "<token>")
        if _holds(folded, patterns.KEY_WORDS):
            text = self._sub("token", patterns.ISSUED_KEY, text, lambda _: "<token>")
        return text

    def _hide_users(self, text: str, folded: str) -> str:
        if _holds(folded, patterns.USER_WORDS):
            text = self._sub("user", patterns.NAMED_USER, text, self._user_in_text)
        if "from" in folded or "chat" in folded or "user" in folded:
            text = self._sub("user", patterns.NESTED_USER, text, self._user_in_text)
            text = self._sub("user", patterns.SPOKEN_USER, text, self._user_in_text)
        return text

    def _user_in_text(self, match: re.Match[str]) -> str:
        return f"{match['kept']}<{self.user_key(match['user'])}>"

    def _apply(self, text: str, rules: tuple[Rule, ...]) -> str:
        for rule in rules:
            text = self._sub(rule.kind, rule.pattern, text, rule.put)
        return text

    def _sub(
        self,
        kind: str,
        pattern: re.Pattern[str],
        text: str,
        put: Callable[[re.Match[str]], str],
    ) -> str:
        def counted(match: re.Match[str]) -> str:
            found = put(match)
            if found != match[0]:
                self.counts[kind] += 1
            return found

        return pattern.sub(counted, text)


class Rule(NamedTuple):
    """What to look for, the kind it counts as, and what to put in its place.

    `put` returns the match unchanged where it only looks like something to hide.
    """

    kind: str
    pattern: re.Pattern[str]
    put: Callable[[re.Match[str]], str]


_SECRETS = (
    Rule("secret", patterns.COOKIES, checks.keep_name),
    Rule("secret", patterns.AUTHORIZATION, checks.keep_name),
    Rule("secret", patterns.SCHEME, checks.scheme),
    Rule("secret", patterns.LISTED, checks.keep_name),
    Rule("secret", patterns.LISTED_BEFORE, checks.keep_name),
    Rule("secret", patterns.NAMED, checks.named),
    Rule("secret", patterns.SHORT_PASS, checks.named),
    Rule("secret", patterns.SPOKEN_CVV, checks.keep_name),
    Rule("secret", patterns.FLAG, checks.keep_name),
    Rule("secret", patterns.ELEMENT, checks.keep_name),
)
_NUMBERS = (
    Rule("card", patterns.CARD, checks.card),
    Rule("phone", patterns.PHONE, checks.phone),
    Rule("phone", patterns.BARE_MOBILE, checks.bare_mobile),
    Rule("ip", patterns.IPV4, checks.network4),
)


def without_credentials(text: str) -> str:
    """Return `text` without the values of its `Cookie` and `Authorization` headers.

    What stands in them looks like pairs of the log line; taken apart, nothing would tell that it
    is secret.
    """
    for pattern in (patterns.COOKIES, patterns.AUTHORIZATION):
        text = pattern.sub(checks.keep_name, text)
    return text


def _holds(folded: str, words: Iterable[str]) -> bool:
    return any(word in folded for word in words)


def _free(name: str, taken: Mapping[str, object]) -> str:
    """Return `name`, with a number behind it where it is taken."""
    if name not in taken:
        return name
    return next(free for n in count(2) if (free := f"{name}#{n}") not in taken)


def _names_its_value(entry: dict[str, object]) -> tuple[str, str] | None:
    """Return (name, value key) of a header's or tag's entry whose name says what it holds."""
    name = next((item for key, item in entry.items() if key.lower() in _NAME_KEYS), None)
    if not isinstance(name, str) or rule_of(name) is None:
        return None
    held = next((key for key in entry if key.lower() in _VALUE_KEYS), None)
    return None if held is None else (name, held)
