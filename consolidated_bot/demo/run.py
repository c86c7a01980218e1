"""Starts everything, seeds a little life, and serves the page until Ctrl-C."""

from __future__ import annotations

import asyncio
import signal
import socket
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web

from consolidated_bot.core.errors import BotError
from consolidated_bot.demo import page
from consolidated_bot.demo.processes import Bot, Emulator

OPERATIONS = -1_000_000_000_001
ANN = {"user_id": 1001, "first_name": "Ann", "language_code": "en"}
BORIS = {"user_id": 1002, "first_name": "Борис", "language_code": "ru"}
AGNES = {"user_id": 2001, "first_name": "Agnes", "language_code": "en"}
SEED = (
    {"user": ANN, "text": "/start"},
    {"user": BORIS, "text": "/faq возврат денег"},
    {"user": ANN, "text": "/subscribe news"},
    {"user": BORIS, "text": "/subscribe news"},
    {"user": ANN, "text": "/ticket I was charged twice for one order"},
)


async def run_demo(port: int, say: Callable[[str], None]) -> None:
    """Serve the demo on `port` (0 picks one) until SIGINT or SIGTERM; `say` tells the operator."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, stop.set)
    with tempfile.TemporaryDirectory(prefix="consolidated-bot-demo-") as folder:
        async with Emulator() as emulator, aiohttp.ClientSession() as session:
            await _act(session, emulator, "groups", _group())
            dashboard_port = _free_port()
            settings = _settings(emulator, Path(folder), dashboard_port)
            async with Bot(Path(folder), settings) as bot:
                runner = web.AppRunner(page.application(emulator.url, session, bot.kill))
                await runner.setup()
                address = await _listen(runner, port)
                say(f"Open http://{address}/ in a browser. Ctrl-C ends the demo.")
                for text in SEED:
                    await _act(session, emulator, "texts", text)
                await _tell_dashboard(session, dashboard_port, stop, say)
                await stop.wait()
                await runner.cleanup()


async def _tell_dashboard(
    session: aiohttp.ClientSession, port: int, stop: asyncio.Event, say: Callable[[str], None]
) -> None:
    """Say where the dashboard is once the bot serves it."""
    address = f"http://127.0.0.1:{port}/"
    while not stop.is_set():
        try:
            async with session.get(address):
                break
        except aiohttp.ClientError:
            await asyncio.sleep(0.2)
    else:
        return
    say(f"The dashboard is at {address}.")


async def _listen(runner: web.AppRunner, port: int) -> str:
    try:
        await web.TCPSite(runner, "127.0.0.1", port, shutdown_timeout=1).start()
    except OSError as error:
        raise BotError(f"port {port} is taken: choose another with --port") from error
    return f"127.0.0.1:{runner.addresses[0][1]}"


def _group() -> dict[str, Any]:
    group = {"chat_id": OPERATIONS, "title": "Operations"}
    return {"group": group, "members": {str(AGNES["user_id"]): "administrator"}}


def _settings(emulator: Emulator, folder: Path, dashboard_port: int) -> dict[str, str]:
    return {
        "BOT_TOKEN": emulator.token,
        "BOT_API_URL": emulator.url,
        "OPS_CHAT_ID": str(OPERATIONS),
        "OPS_MEMBERS": f"{AGNES['user_id']}:owner",
        "DATABASE_URL": f"sqlite:///{folder / 'demo.db'}",
        "LOG_FILE": str(folder / "demo.jsonl"),
        "DASHBOARD_LISTEN": f"127.0.0.1:{dashboard_port}",
    }


def _free_port() -> int:
    """A port for the bot's dashboard that stays the same when the bot is killed."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def _act(
    session: aiohttp.ClientSession, emulator: Emulator, name: str, body: dict[str, Any]
) -> None:
    async with session.post(f"{emulator.url}/control/{name}", json=body) as answer:
        if answer.status != 200:
            raise BotError(f"the emulated Telegram refused: {await answer.text()}")
