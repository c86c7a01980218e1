"""The peer: aiogram as its documentation deploys it, at its best (asynchronous filter).

No durability: `SimpleRequestHandler` handles in the background and acknowledges at once.
"""

from __future__ import annotations

import sys

from aiogram import Bot, Dispatcher
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.filters import Command
from aiogram.types import Message
from aiogram.webhook.aiohttp_server import SimpleRequestHandler
from aiohttp import web

from consolidated_bot.support.texts import say


async def answer_help(message: Message) -> None:
    await message.answer(say("en", "help"), parse_mode="HTML")


def run(api_url: str, port: int, token: str) -> None:
    """Serve the webhook until killed."""
    bot = Bot(token, session=AiohttpSession(api=TelegramAPIServer.from_base(api_url)))
    dispatcher = Dispatcher(disable_fsm=True)
    dispatcher.message.register(answer_help, Command("help"))
    application = web.Application()
    SimpleRequestHandler(dispatcher, bot).register(application, path="/hook")
    web.run_app(application, host="127.0.0.1", port=port, print=None, access_log=None)


if __name__ == "__main__":
    run(sys.argv[1], int(sys.argv[2]), sys.argv[3])
