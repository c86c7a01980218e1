"""Tokens never reach a log, a traceback or an error page (BOT rule 18)."""

from __future__ import annotations

import re
from typing import Any

TOKEN = re.compile(r"\d+:[\w-]{20,}")
PASSWORD = re.compile(r"(\w+://[^:/@\s]+:)[^@\s]+@")


def redact(text: str) -> str:
    """`text` without bot tokens and passwords in URLs."""
    return PASSWORD.sub(r"\1***@", TOKEN.sub("<token>", text))


def redact_value(value: Any) -> Any:
    """The same for whatever a log line carries."""
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, dict):
        return {key: redact_value(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [redact_value(item) for item in value]
    return value
