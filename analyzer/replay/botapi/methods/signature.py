"""The shape of a method."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from analyzer.replay.botapi.params import Params
from analyzer.replay.botapi.world import World

# The result of the call, or an ApiError raised.
Method: TypeAlias = Callable[[World, Params], Any]
