"""A board as JSON and back, for the database of whoever runs the alerts."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from analyzer.slo.alerts.values import Board

if TYPE_CHECKING:
    from pydantic import TypeAdapter


def to_json(board: Board) -> str:
    """The board as text; equal boards give equal text."""
    return _adapter().dump_json(board).decode()


def from_json(text: str) -> Board:
    """The board that `to_json` wrote. Raises ValueError (pydantic's) for anything else."""
    return _adapter().validate_json(text)


@cache
def _adapter() -> TypeAdapter[Board]:
    """Made once: it takes a tenth of a second, and a live bot asks every second."""
    from pydantic import TypeAdapter

    return TypeAdapter(Board)
