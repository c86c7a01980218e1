"""A board as JSON and back, for the database of whoever runs the alerts."""

from __future__ import annotations

from analyzer.slo.alerts.values import Board


def to_json(board: Board) -> str:
    """The board as text; equal boards give equal text."""
    from pydantic import TypeAdapter

    return TypeAdapter(Board).dump_json(board).decode()


def from_json(text: str) -> Board:
    """The board that `to_json` wrote. Raises ValueError (pydantic's) for anything else."""
    from pydantic import TypeAdapter

    return TypeAdapter(Board).validate_json(text)
