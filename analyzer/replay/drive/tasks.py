"""Ending what goes on beside a run."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any


async def called_off(task: asyncio.Future[Any]) -> None:
    """Cancel `task` and wait for its end; what it failed of is raised."""
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
