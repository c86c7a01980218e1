"""A Bot API server that a bot cannot tell from Telegram, for replays and tests.

As a process: `analyze botapi --port 8081` (see `analyzer.cli.botapi`). In a test or a replay:

    async with Emulator(Settings(journal=Path("journal.jsonl"))) as telegram:
        # the bot's configuration: BOT_API_URL=telegram.url, BOT_TOKEN=telegram.settings.token
        ann = User(user_id=1001)
        seq = await telegram.door.last_seq()
        await telegram.door.write(Text(user=ann, text="/ticket The app does not start"))
        for event in await telegram.door.events(seq, timeout_seconds=5):
            ...  # event.kind, .text, .buttons, .message_id, .monotonic_ns (when it was accepted)

A driver in another process says the same to `RemoteDoor(url)`; `control` lists the HTTP calls.
aiogram: `AiohttpSession(api=TelegramAPIServer.from_base(telegram.url))`; python-telegram-bot:
`.base_url(f"{telegram.url}/bot").base_file_url(f"{telegram.url}/file/bot")`.

What it leaves out: inline mode, payments, polls, sticker sets, business accounts, channels; URLs
as files (it never leaves the machine). A call it does not know is an unknown method (404).
"""

from __future__ import annotations

from analyzer.replay.botapi.clock import Clock, ManualClock, SystemClock
from analyzer.replay.botapi.door import Acted, Door, Edit, Group, Media, Press, Text, User
from analyzer.replay.botapi.errors import ImpossibleActError
from analyzer.replay.botapi.faults import FaultRule, Latency
from analyzer.replay.botapi.feed import Button, ChatEvent
from analyzer.replay.botapi.limits import Limits
from analyzer.replay.botapi.remote import RemoteDoor
from analyzer.replay.botapi.server import Emulator, serve
from analyzer.replay.botapi.settings import DEFAULT_TOKEN, Settings, WebhookRules

__all__ = [
    "DEFAULT_TOKEN",
    "Acted",
    "Button",
    "ChatEvent",
    "Clock",
    "Door",
    "Edit",
    "Emulator",
    "FaultRule",
    "Group",
    "ImpossibleActError",
    "Latency",
    "Limits",
    "ManualClock",
    "Media",
    "Press",
    "RemoteDoor",
    "Settings",
    "SystemClock",
    "Text",
    "User",
    "WebhookRules",
    "serve",
]
