"""What a mistyped name may have meant."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from typing import Final

_LISTED: Final = 10


def near(name: str, known: Sequence[str]) -> str:
    """The closest of the known names as a question, or what there is to choose from."""
    close = [repr(one) for one in difflib.get_close_matches(name, known, n=3)]
    if close:
        return f"did you mean {' or '.join(close)}?"
    more = f" and {len(known) - _LISTED:,} more" if len(known) > _LISTED else ""
    return f"there are: {', '.join(known[:_LISTED])}{more}"
