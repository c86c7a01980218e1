"""What the name of a field alone says about its value: a secret, a user, a person, an address.

FORMATS section 7, whatever way the name is spelt: `apiKey`, `api_key`, `X-Api-Key`.
"""

from __future__ import annotations

import re
from functools import lru_cache

GUARDED = (
    r"(?:pass(?:word|wd|phrase|code)|passwords|pwd|secret|token|authorization|cookies?|"
    r"api[_-]?key|api[_-]?secret|access[_-]?key|secret[_-]?key|private[_-]?key|signing[_-]?key|"
    r"encryption[_-]?key|credentials|dsn|cvv2?|cvc2?)"
)
"""Endings of the names whose values are secret; in lower case."""

_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_SECRET = re.compile(
    rf"(?:^|[._])(?:{GUARDED}|(?:db|smtp|mail|user|admin|root|auth|http|redis|pg|mysql)_?pass|"
    r"set_cookie)$"
)
_PERSONAL = re.compile(
    r"(?:^|[._])(?:e_?mail(?:_address)?|phone(?:_?number)?|tel|telephone|mobile|msisdn|"
    r"card(?:_?number)?|pan|iban|first_?name|last_?name|full_?name)$"
)
_MESSAGE_TEXT = re.compile(
    r"(?:^|\.)(?:(?:edited_|channel_|business_|reply_to_)*(?:message|post)|callback_query|"
    r"inline_query)\.(?:.*\.)?(?:text|caption|query)$|(?:^|\.)caption$"
)
_USER = re.compile(
    r"(?:^|[._])(?:user_?id|chat_?id|from[._]id|chat\.id|enduser\.id|user\.id|user[._]?name|"
    r"telegram_?id|tg_id)$"
)
_ADDRESS = re.compile(
    r"(?:^|[._])(?:client[._]?ip|client[._]address|source\.(?:ip|address)|remote_?addr(?:ess)?|"
    r"remote_?ip|(?:x_)?forwarded_for|(?:x_)?real_ip|connecting_ip|user_?ip|ip_?address|peer\.ip|"
    r"peer\.address|ip)$"
)


@lru_cache(maxsize=8192)
def rule_of(key: str) -> str | None:
    """Return what a key's name alone says about its value; None: look at the text.

    `secret` and `personal` values are hidden whole, a `user` becomes a keyed hash, of an `ip` the
    network stays; a `version` only looks like an address.
    """
    name = _HUMP.sub("_", key).lower().replace("-", "_")
    if _SECRET.search(name):
        return "secret"
    if _USER.search(name):
        return "user"
    if _PERSONAL.search(name) or _MESSAGE_TEXT.search(name):
        return "personal"
    if name.endswith(("version", "release", "build")):
        return "version"
    return "ip" if _ADDRESS.search(name) else None
