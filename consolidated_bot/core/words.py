"""What people type after a command, and what forged buttons carry."""

from __future__ import annotations

LONGEST_NUMBER = 18  # digits: what every database holds


def number_in(text: str) -> int | None:
    """The number that `12` or `#12` is; None for what is none, or fits into no database."""
    digits = text.strip().removeprefix("#")
    fits = digits.isascii() and digits.isdecimal() and len(digits) <= LONGEST_NUMBER
    return int(digits) if fits else None
