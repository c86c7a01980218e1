"""What an update asks for, by its words alone: known before, and even if, it is never handled.

An update that waits in the inbox or dies there belongs to the journey its author wants, or an
objective would not see the very failures it is about. Only what is certain is said: free text may
be a question or a ticket, so nothing is said of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from consolidated_bot.core.json_text import loads
from consolidated_bot.core.routes import Routes


class Intentions:
    """The tables of all routes: `/command`, `/command +` (with words), `button prefix`."""

    def __init__(self, routes: Iterable[Routes]) -> None:
        """Take the journeys that `routes` name."""
        self._journeys: dict[str, str] = {}
        for each in routes:
            self._journeys.update(each.journeys)

    def of_body(self, body: str) -> str | None:
        """The journey (`context/journey`) that a stored update surely asks for."""
        try:
            update = loads(body.encode())
        except ValueError:
            return None
        return self._of_update(update) if isinstance(update, dict) else None

    def _of_update(self, update: Mapping[str, Any]) -> str | None:
        message, query = update.get("message"), update.get("callback_query")
        if isinstance(message, dict):
            text = message.get("text") or message.get("caption")
            return self._of_text(text) if isinstance(text, str) else None
        if isinstance(query, dict) and isinstance(query.get("data"), str):
            return self._of_button(query["data"])
        return None

    def _of_text(self, text: str) -> str | None:
        if not text.startswith("/"):
            return None
        head, *words = text.split(maxsplit=1)
        name = head.partition("@")[0].lower()
        return self._journeys.get(f"{name} +" if words else name)

    def _of_button(self, words: str) -> str | None:
        prefix, _, rest = words.partition(":")
        action = rest.partition(":")[0]
        return self._journeys.get(f"{prefix}:{action}") or self._journeys.get(prefix)
