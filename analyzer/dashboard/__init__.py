"""The live page of objectives: a `Board` that is fed, and `mount` that shows it."""

from analyzer.dashboard.access import Access, AccessError
from analyzer.dashboard.board import Board, BoardSnapshot, Watched
from analyzer.dashboard.condition import Condition
from analyzer.dashboard.document import board_document
from analyzer.dashboard.routes import mount
from analyzer.dashboard.values import Campaign, Mark, MarkKind, OpenIncident, ServiceLevel

__all__ = [
    "Access",
    "AccessError",
    "Board",
    "BoardSnapshot",
    "Campaign",
    "Condition",
    "Mark",
    "MarkKind",
    "OpenIncident",
    "ServiceLevel",
    "Watched",
    "board_document",
    "mount",
]
