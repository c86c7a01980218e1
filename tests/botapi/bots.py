"""The same small bot in both client libraries: echo, and a button that edits its message.

Nothing here knows that it does not talk to Telegram, but for the base URL.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import telegram as ptb
from aiogram import Bot, Dispatcher, F
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.filters import Command
from aiogram.methods import SendMessage
from aiogram.types import CallbackQuery, InlineKeyboardButton, InlineKeyboardMarkup, Message
from aiogram.webhook.aiohttp_server import SimpleRequestHandler
from aiohttp import web
from telegram.ext import (
    Application,
    ApplicationBuilder,
    CallbackQueryHandler,
    CommandHandler,
    ContextTypes,
    MessageHandler,
    filters,
)

from analyzer.replay.botapi import Emulator

SECRET = "s3cret-of-the-webhook"
RunningBot = Callable[[Emulator], AbstractAsyncContextManager[None]]


def aiogram_bot(emulator: Emulator) -> Bot:
    server = TelegramAPIServer.from_base(emulator.url)
    return Bot(emulator.settings.token, session=AiohttpSession(api=server))


def aiogram_dispatcher() -> Dispatcher:
    dispatcher = Dispatcher()

    async def menu(message: Message) -> None:
        button = InlineKeyboardButton(text="Yes", callback_data="answer:yes")
        keyboard = InlineKeyboardMarkup(inline_keyboard=[[button]])
        await message.answer("Really?", reply_markup=keyboard)

    async def pressed(query: CallbackQuery) -> None:
        await query.answer("Noted")
        assert isinstance(query.message, Message)
        await query.message.edit_text(f"You said {query.data}")

    async def echo(message: Message) -> None:
        await message.answer(message.text or "?")

    dispatcher.message.register(menu, Command("menu"))
    dispatcher.callback_query.register(pressed)
    dispatcher.message.register(echo, F.text)
    return dispatcher


def replying_dispatcher() -> Dispatcher:
    """Handlers that return the method: aiogram puts it into the webhook's answer."""
    dispatcher = Dispatcher()

    async def echo(message: Message) -> SendMessage:
        return SendMessage(chat_id=message.chat.id, text=f"said inside: {message.text}")

    dispatcher.message.register(echo, F.text)
    return dispatcher


@asynccontextmanager
async def aiogram_polling(emulator: Emulator) -> AsyncIterator[None]:
    bot, dispatcher = aiogram_bot(emulator), aiogram_dispatcher()
    polling = asyncio.ensure_future(
        dispatcher.start_polling(bot, handle_signals=False, polling_timeout=5)
    )
    try:
        yield
    finally:
        polling.cancel()
        await asyncio.gather(polling, return_exceptions=True)
        await bot.session.close()


@asynccontextmanager
async def aiogram_webhook(
    emulator: Emulator, *, reply_in_answer: bool = False
) -> AsyncIterator[None]:
    bot = aiogram_bot(emulator)
    dispatcher = replying_dispatcher() if reply_in_answer else aiogram_dispatcher()
    app = web.Application()
    SimpleRequestHandler(
        dispatcher, bot, handle_in_background=not reply_in_answer, secret_token=SECRET
    ).register(app, path="/hook")
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    port = runner.addresses[0][1]
    await bot.set_webhook(f"http://127.0.0.1:{port}/hook", secret_token=SECRET)
    try:
        yield
    finally:
        await bot.delete_webhook()
        await runner.cleanup()
        await bot.session.close()


PtbApplication = Application[Any, Any, Any, Any, Any, Any]


def ptb_application(emulator: Emulator) -> PtbApplication:
    application = (
        ApplicationBuilder()
        .token(emulator.settings.token)
        .base_url(f"{emulator.url}/bot")
        .base_file_url(f"{emulator.url}/file/bot")
        .build()
    )

    async def menu(update: ptb.Update, _context: ContextTypes.DEFAULT_TYPE) -> None:
        assert update.message is not None
        button = ptb.InlineKeyboardButton("Yes", callback_data="answer:yes")
        await update.message.reply_text(
            "Really?", reply_markup=ptb.InlineKeyboardMarkup([[button]])
        )

    async def pressed(update: ptb.Update, _context: ContextTypes.DEFAULT_TYPE) -> None:
        query = update.callback_query
        assert query is not None
        await query.answer("Noted")
        await query.edit_message_text(f"You said {query.data}")

    async def echo(update: ptb.Update, _context: ContextTypes.DEFAULT_TYPE) -> None:
        assert update.message is not None
        await update.message.reply_text(update.message.text or "?")

    application.add_handler(CommandHandler("menu", menu))
    application.add_handler(CallbackQueryHandler(pressed))
    application.add_handler(MessageHandler(filters.TEXT, echo))
    return application


@asynccontextmanager
async def ptb_polling(emulator: Emulator) -> AsyncIterator[None]:
    application = ptb_application(emulator)
    assert application.updater is not None
    async with application:
        await application.updater.start_polling(timeout=5)
        await application.start()
        try:
            yield
        finally:
            await application.updater.stop()
            await application.stop()


@asynccontextmanager
async def ptb_webhook(emulator: Emulator) -> AsyncIterator[None]:
    application = ptb_application(emulator)
    assert application.updater is not None
    async with application:
        server = await _listening_updater(application)
        await application.start()
        try:
            yield
        finally:
            await application.updater.stop()
            await application.stop()
            del server


async def _listening_updater(application: PtbApplication) -> object:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    assert application.updater is not None
    return await application.updater.start_webhook(
        listen="127.0.0.1",
        port=port,
        url_path="hook",
        webhook_url=f"http://127.0.0.1:{port}/hook",
        secret_token=SECRET,
    )


FLAVOURS: dict[str, RunningBot] = {
    "aiogram-polling": aiogram_polling,
    "aiogram-webhook": aiogram_webhook,
    "ptb-polling": ptb_polling,
    "ptb-webhook": ptb_webhook,
}
