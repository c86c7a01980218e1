"""A small support bot that speaks the Bot API by hand: it answers the driver's commands.

`python -m tests.replay.small_bot URL/botTOKEN` runs it as a process that can be frozen.
"""

from __future__ import annotations

import asyncio
import itertools
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from aiohttp import ClientSession, TCPConnector

from analyzer.replay.botapi import Emulator

BUTTONS = {
    "/faq": [("Where is my order?", "faq:1"), ("My voucher does not work", "faq:2")],
    "/profile": [("Change language", "profile:language")],
    "/troubleshoot": [("App", "fix:app"), ("Payment", "fix:payment")],
    "/notifications": [("Your ticket was taken", "open:1")],
    "fix:app": [("Yes", "fix:yes"), ("No", "fix:no")],
}


@dataclass(frozen=True)
class BotFaults:
    """Commands without an answer, commands with an apology; whether menus change when sent."""

    mute: frozenset[str] = frozenset()
    refuses: frozenset[str] = frozenset()
    edits: bool = False


NO_FAULTS = BotFaults()


class SmallBot:
    def __init__(self, telegram: Emulator | str, faults: BotFaults = NO_FAULTS) -> None:
        self.telegram = telegram
        self.numbers = itertools.count(1)
        self.expects_ticket: set[int] = set()
        self.faults = faults

    async def run(self) -> None:
        telegram = self.telegram
        if isinstance(telegram, Emulator):
            telegram = f"{telegram.url}/bot{telegram.settings.token}"
        async with ClientSession(telegram + "/", connector=TCPConnector(limit=0)) as session:
            offset = 0
            async with asyncio.TaskGroup() as group:
                while True:
                    query = {"offset": offset, "timeout": 10}
                    updates = await self._call(session, "getUpdates", query)
                    for update in updates:
                        offset = update["update_id"] + 1
                        group.create_task(self._handle(session, update))

    async def _call(self, session: ClientSession, method: str, body: dict[str, Any]) -> Any:
        async with session.post(method, json=body) as response:
            answer = await response.json()
            assert answer["ok"], answer
            return answer["result"]

    async def _handle(self, session: ClientSession, update: dict[str, Any]) -> None:
        query = update.get("callback_query")
        if query is not None:
            await self._call(session, "answerCallbackQuery", {"callback_query_id": query["id"]})
        message = query["message"] if query else update["message"]
        said = query["data"] if query else message["text"]
        answer = self.answer(message["chat"]["id"], said)
        if answer is None:
            return
        sent = await self._call(session, "sendMessage", answer)
        if self.faults.edits and "reply_markup" in answer:
            button = {"text": "The only one", "callback_data": "second-thought"}
            markup = {"reply_markup": {"inline_keyboard": [[button]]}}
            where = {"message_id": sent["message_id"]}
            await self._call(session, "editMessageText", answer | markup | where)

    def answer(self, chat_id: int, said: str) -> dict[str, Any] | None:
        word, _, rest = said.partition(" ")
        if word in self.faults.mute:
            return None
        if word in self.faults.refuses:
            return {"chat_id": chat_id, "text": "Sorry, this does not work right now."}
        submits = (word == "/ticket" and rest) or (
            chat_id in self.expects_ticket and not word.startswith("/")
        )
        if submits:
            self.expects_ticket.discard(chat_id)
            return {"chat_id": chat_id, "text": f"Ticket #{next(self.numbers)} received."}
        if word == "/ticket":
            self.expects_ticket.add(chat_id)
            return {"chat_id": chat_id, "text": "Please describe your problem."}
        if said == "profile:language":
            return {"chat_id": chat_id, "text": "Please send the new language."}
        rows = [[{"text": t, "callback_data": d}] for t, d in BUTTONS.get(word, [])]
        markup = {"reply_markup": {"inline_keyboard": rows}} if rows else {}
        return {"chat_id": chat_id, "text": f"About {word}", **markup}


@asynccontextmanager
async def running(bot: SmallBot) -> AsyncIterator[None]:
    task = asyncio.ensure_future(bot.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


if __name__ == "__main__":
    asyncio.run(SmallBot(sys.argv[1]).run())
