"""The poll loop: a batch is committed before the next request confirms it (BOT rule 1).

It starts without an offset: unconfirmed updates come again and the inbox's key drops the repeats.
Starting from the highest stored id would lose updates, since ids may restart lower after an idle
week and an offset confirms everything below it. For the same reason the offset, which only has to
confirm, is dropped after a minute without updates.

While updates keep coming, requests keep a distance of `GATHER_SECONDS`: what comes meanwhile
shares one request, one commit and one turn of work: a fifth of the cost of an update at 100 a
second. The first update after a pause waits for nothing, and neither does a full batch. Far from
Telegram's data centres a round trip takes as long anyway, and gathers as many.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from consolidated_bot.core.bot_api import BotApi, BotApiError, Failure
from consolidated_bot.core.intake import Intake, update_id_of
from consolidated_bot.core.reading import ALLOWED_UPDATES
from consolidated_bot.core.telemetry import Metrics

POLL_SECONDS = 25
BATCH = 100
FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 30.0
CONFLICT_PAUSE_SECONDS = 1.0
CONFLICT_QUIET_SECONDS = 600.0
SHORT_POLL_SECONDS = 0.1
GATHER_SECONDS = 0.05
OFFSET_SECONDS = 60.0
RIVAL = (
    "Another process fetches updates with this bot's token (409 Conflict). What it fetches does "
    "not reach us: stop it, or revoke the token at @BotFather."
)

Tell = Callable[[str], Awaitable[None]]


class Poller:
    """Fetches and stores for ever; errors only make it pause."""

    def __init__(
        self, api: BotApi, intake: Intake, metrics: Metrics, bot_id: int, tell_staff: Tell
    ) -> None:
        """Wire up; `tell_staff` is for what only people can mend."""
        self._api = api
        self._intake = intake
        self._metrics = metrics
        self._bot_id = bot_id
        self._offset: int | None = None
        self._failures = 0
        self._heard_at = 0.0
        self._tell_staff = tell_staff
        self._conflict_over_at = 0.0
        self._log = structlog.get_logger()

    @property
    def healthy(self) -> bool:
        """Whether the last request was answered: updates can arrive."""
        return self._failures == 0

    async def run(self) -> None:
        """Poll until cancelled; cancelling loses nothing: what is not stored is not confirmed."""
        while True:
            try:
                await self._poll_once()
            except BotApiError as error:
                await self._recover(error)
            except Exception as error:  # noqa: BLE001 - the database: nothing was confirmed
                self._failures += 1
                self._log.error("updates could not be stored; polling again", error=str(error))
                await asyncio.sleep(self._pause())
            else:
                self._failures = 0

    async def _poll_once(self) -> None:
        loop = asyncio.get_running_loop()
        asked_at, asked_for = loop.time(), self._offset
        updates = await self._api.call(
            "getUpdates",
            {
                "offset": self._offset,
                "limit": BATCH,
                "timeout": POLL_SECONDS,
                "allowed_updates": ALLOWED_UPDATES,
            },
            seconds=POLL_SECONDS + 15,
        )
        if not isinstance(updates, list):
            raise BotApiError(Failure.AMBIGUOUS, "getUpdates returned no list")
        await self._intake.accept(self._bot_id, updates)
        ids = [number for update in updates if (number := update_id_of(update)) is not None]
        if ids:
            self._offset = max(ids) + 1
            self._heard_at = loop.time()
            if len(updates) < BATCH:
                await asyncio.sleep(max(0.0, asked_at + GATHER_SECONDS - loop.time()))
        elif updates:
            raise BotApiError(Failure.AMBIGUOUS, "getUpdates returned updates without an id")
        elif loop.time() - self._heard_at > OFFSET_SECONDS:
            self._offset = None  # all below it is confirmed, and ids may begin anew
        if self._offset == asked_for and loop.time() - asked_at < SHORT_POLL_SECONDS:
            await asyncio.sleep(SHORT_POLL_SECONDS)  # a server without long polls: do not spin

    async def _recover(self, error: BotApiError) -> None:
        self._failures += 1
        pause = self._pause()
        if error.failure is Failure.CONFLICT:
            self._metrics.conflicts.inc()
            if "webhook" in error.description.lower():
                await self._remove_webhook()
                await asyncio.sleep(FIRST_PAUSE_SECONDS)
            else:
                await self._survive_rival(max(CONFLICT_PAUSE_SECONDS, 2 * pause))
            return
        if error.failure is Failure.THROTTLED:
            pause = max(pause, error.retry_after)
        self._log.error(
            "polling failed", error=error.description, pause_seconds=pause, times=self._failures
        )
        await asyncio.sleep(pause)

    async def _survive_rival(self, pause: float) -> None:
        """Another process polls with our token: said once, not at every turn it takes from us."""
        loop = asyncio.get_running_loop()
        known = loop.time() < self._conflict_over_at
        self._conflict_over_at = loop.time() + CONFLICT_QUIET_SECONDS
        if not known:
            self._log.error(
                "another process polls with this token; stop it, updates are shared with it"
            )
            try:
                await self._tell_staff(RIVAL)
            except Exception as error:  # noqa: BLE001 - the log has it, and polling goes on
                self._log.warning("staff could not be told", error=str(error))
        await asyncio.sleep(pause)

    async def _remove_webhook(self) -> None:
        """BOT_MODE=polling was asked for; queued updates stay (nothing is dropped)."""
        try:
            await self._api.call("deleteWebhook", {"drop_pending_updates": False})
        except BotApiError as error:
            self._log.error("the webhook could not be removed", error=error.description)

    def _pause(self) -> float:
        doubled: float = FIRST_PAUSE_SECONDS * 2.0 ** min(self._failures - 1, 10)
        return min(LONGEST_PAUSE_SECONDS, doubled)
