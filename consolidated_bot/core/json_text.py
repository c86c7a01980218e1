"""JSON as it comes from outside: fast, and forgiving where strictness would lose an update."""

from __future__ import annotations

import json
from typing import Any

import orjson


def loads(raw: bytes) -> Any:
    """Parse `raw`; half of a surrogate pair, which orjson refuses, is kept. Raises ValueError."""
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError:
        return json.loads(raw)


def dumps(value: Any) -> str:
    """`value` as JSON text that any database stores, with a mark for characters that none does."""
    try:
        text = orjson.dumps(value).decode()
    except orjson.JSONEncodeError:
        text = json.dumps(value, ensure_ascii=False).encode(errors="replace").decode()
    return text.replace("\\u0000", "\\ufffd")
