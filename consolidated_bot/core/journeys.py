"""Who follows journeys from the update's arrival to their end: the door to the live objectives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from sqlalchemy import Connection

from consolidated_bot.core.inbox import Received

Journal = Mapping[str, Any]
Ending = tuple[Journal, int]
"""A journey's journal and the moment of its end (UTC epoch ms)."""


class JourneyWatch(Protocol):
    """Hears of every journey of this process, and keeps the ended ones."""

    def received(self, rows: Sequence[Received]) -> None:
        """Updates were stored; what they ask for is not decided yet."""

    def intended(self, row: Received) -> str | None:
        """The journey (`context/journey`) that an update surely asks for, by its words alone."""

    def begun(self, journal: Journal) -> None:
        """A journey is decided, and its confirmation waits to be sent."""

    def ended(self, journal: Journal, end_ms: int) -> None:
        """A journey is over, for good or bad (`outcome`)."""

    def keep(self, connection: Connection, endings: Sequence[Ending]) -> None:
        """Store ended journeys in the transaction that ends them."""


class Unwatched:
    """Nobody follows."""

    def received(self, rows: Sequence[Received]) -> None:
        """Not followed."""

    def intended(self, row: Received) -> str | None:  # noqa: ARG002
        """Nothing is known."""
        return None

    def begun(self, journal: Journal) -> None:
        """Not followed."""

    def ended(self, journal: Journal, end_ms: int) -> None:
        """Not followed."""

    def keep(self, connection: Connection, endings: Sequence[Ending]) -> None:
        """Nothing is kept."""
