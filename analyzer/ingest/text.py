"""Names out of texts: operations without ids, messages without their variable parts."""

from __future__ import annotations

import re
from functools import lru_cache

_UUID = r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
_PATH_ID = re.compile(
    rf"(?<=/)(?:{_UUID}|\d+|(?=[0-9a-fA-F]*\d)[0-9a-fA-F]{{8,}}|[A-Z]{{1,5}}-?\d+|"
    # a kind and its number (usr-42, ticket_7), a kind and its random part, a long token
    r"[A-Za-z]{1,16}[-_]\d+|[A-Za-z]{1,8}[-_](?=\w*\d)[0-9A-Za-z]{6,}|"
    r"(?=[A-Za-z_-]*\d)(?=[^/]*[A-Z])[\w-]{16,}|(?=\w*\d)[0-9a-z]{20,}|[^/@\s]+@[^/@\s]+)(?=/|$)"
)
# `GET https://shop.example:443/x` is the operation `GET /x`; who was asked stands elsewhere.
_ORIGIN = re.compile(r"(?<![^ ])https?://[^/\s]*(?=/)")
_UUID_ANYWHERE = re.compile(_UUID)
_TELEGRAM_TOKEN = re.compile(r"/bot\d+:[\w-]+/")
_VARIABLE = re.compile(
    rf"{_UUID}|0x[0-9a-fA-F]+|\b(?=[0-9a-fA-F]*\d)[0-9a-fA-F]{{8,}}\b|<[0-9a-f]{{12}}>|"
    r"(?<![A-Za-z])\d[\d.,:_-]*\d(?=[a-zµ]{0,2}\b)|(?<![A-Za-z])\d(?=[a-zµ]{0,2}\b)|'[^']*'|\"[^\"]*\""
)
_MAX_TEMPLATE = 200


@lru_cache(maxsize=16_384)
def operation_name(name: str) -> str:
    """Return `name` without query string and with ids in path segments as `{id}`."""
    if "/" not in name:
        return _UUID_ANYWHERE.sub("{id}", name) if "-" in name else name
    path = _ORIGIN.sub("", name.split("?", 1)[0])
    return _PATH_ID.sub("{id}", _TELEGRAM_TOKEN.sub("/bot<token>/", path))


@lru_cache(maxsize=16_384)
def template_of(message: str) -> str:
    """Return the constant part of a message: numbers, ids and quoted values become `#`."""
    line = message.split("\n", 1)[0][: 2 * _MAX_TEMPLATE]
    return _VARIABLE.sub("#", line)[:_MAX_TEMPLATE].strip()
