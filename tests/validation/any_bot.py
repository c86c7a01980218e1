"""A support bot for validations: `python -m tests.validation.any_bot none|works|slow|unsound|die`.

Reads BOT_API_URL and BOT_TOKEN, answers as `SmallBot`, logs a JSON line an update to LOG_FILE.
On purpose it may lose one ticket in a hundred and double another (unsound), end at the tenth
(die), or work on everything for 0.3 s (works), or for a fifth longer than that (slow).
"""

from __future__ import annotations

import asyncio
import itertools
import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
from aiohttp import ClientSession

from tests.replay.small_bot import SmallBot

EVERY, DIES_AT = 100, 10
WORK_SECONDS, SLOW_FACTOR = 0.3, 1.2


class AnyBot(SmallBot):
    def __init__(self, address: str, log: Path, fault: str) -> None:
        super().__init__(address)
        self.log, self.fault = log.open("ab", buffering=0), fault
        self.tickets = itertools.count(1)

    async def _call(self, session: ClientSession, method: str, body: dict[str, Any]) -> Any:
        """Tries again what Telegram refused or lost."""
        while True:
            async with session.post(method, json=body) as response:
                answer = await response.json()
            if answer["ok"]:
                return answer["result"]
            await asyncio.sleep(answer.get("parameters", {}).get("retry_after", 0.05))

    async def _handle(self, session: ClientSession, update: dict[str, Any]) -> None:
        text = update.get("message", {}).get("text", "")
        begun = datetime.now(UTC)
        number = next(self.tickets) if text.startswith("/ticket ") else 0
        if self.fault == "die" and number == DIES_AT:
            os._exit(9)
        if self.fault == "unsound" and number and number % EVERY == 0:
            return
        if self.fault == "unsound" and number % EVERY == EVERY // 2:
            await super()._handle(session, update)
        if self.fault in {"works", "slow"}:
            await asyncio.sleep(WORK_SECONDS * (SLOW_FACTOR if self.fault == "slow" else 1))
        await super()._handle(session, update)
        operation = (text.split() or ["button"])[0].strip("/")
        ended = datetime.now(UTC)
        line = {
            "timestamp": ended.isoformat(),
            "service_name": "any-bot",
            "operation": operation,
            "trace_id": f"{update['update_id']:032x}",
            "span_id": f"{update['update_id']:016x}",
            "span_kind": "server",
            "start_time": begun.isoformat(),
            "end_time": ended.isoformat(),
            "outcome": "ok",
        }
        self.log.write(orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE))


if __name__ == "__main__":
    url = f"{os.environ['BOT_API_URL']}/bot{os.environ['BOT_TOKEN']}"
    asyncio.run(AnyBot(url, Path(os.environ["LOG_FILE"]), sys.argv[1]).run())
