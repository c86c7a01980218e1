"""What operations' tables share: one catalogue of them, and a look at them for one bot."""

from __future__ import annotations

from sqlalchemy import Connection, MetaData

METADATA = MetaData()


class BotTables:
    """Tables read and written in one transaction, for one bot."""

    def __init__(self, connection: Connection, bot_id: int) -> None:
        """Work on `connection`."""
        self._connection = connection
        self._bot_id = bot_id
