"""Operations' tables over SQLAlchemy Core, as its use cases need them."""

from __future__ import annotations

from consolidated_bot.operations.alert_storage import SqlAlerts
from consolidated_bot.operations.campaign_storage import SqlCampaigns
from consolidated_bot.operations.level_storage import SqlLevels
from consolidated_bot.operations.tables import METADATA

__all__ = ["METADATA", "SqlOperations"]


class SqlOperations(SqlAlerts, SqlCampaigns, SqlLevels):
    """The store of operations' use cases."""
