"""The object graph: the only module that knows every part."""

from __future__ import annotations

import asyncio
import hashlib
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial

import scipy.special  # noqa: F401 - the objectives' arithmetic, else imported while updates wait
import structlog
from aiogram import Bot, Dispatcher

from consolidated_bot.accounts import telegram as accounts_telegram
from consolidated_bot.accounts.application import AccountUseCases
from consolidated_bot.accounts.storage import SqlAccounts
from consolidated_bot.components import COMPONENTS
from consolidated_bot.config import Settings
from consolidated_bot.core import inbox, outbox
from consolidated_bot.core.bot_api import BotApi
from consolidated_bot.core.bus import Bus
from consolidated_bot.core.clock import Clock, SystemClock
from consolidated_bot.core.db import Database, open_database
from consolidated_bot.core.db.migrations import upgrade
from consolidated_bot.core.flood import Flood
from consolidated_bot.core.governor import Governor
from consolidated_bot.core.housekeeping import Housekeeping
from consolidated_bot.core.identity import introduce
from consolidated_bot.core.intake import Intake
from consolidated_bot.core.intentions import Intentions
from consolidated_bot.core.leadership import Leadership
from consolidated_bot.core.limits import Limits, LimitSettings
from consolidated_bot.core.listening import Listener
from consolidated_bot.core.outgoing import Outgoing
from consolidated_bot.core.place import Place
from consolidated_bot.core.polling import Poller
from consolidated_bot.core.processing import Processor, ProcessorParts
from consolidated_bot.core.recording import Recorder
from consolidated_bot.core.service import Service, ServiceParts
from consolidated_bot.core.staff_notice import StaffNotice
from consolidated_bot.core.telemetry import LogLines, Metrics, Telemetry, configure_logging
from consolidated_bot.core.timers import Timer, Timers
from consolidated_bot.core.topics import ForumTopics, StoredTopics
from consolidated_bot.core.transmission import Transmission
from consolidated_bot.core.webhook import Webhook
from consolidated_bot.core.workers import ChatWorkers
from consolidated_bot.menu import MENU
from consolidated_bot.notifications import telegram as notifications_telegram
from consolidated_bot.notifications.application import NotificationUseCases
from consolidated_bot.notifications.commands import FeedBroadcasts
from consolidated_bot.notifications.storage import SqlNotifications
from consolidated_bot.notifications.telegram import BroadcastView
from consolidated_bot.operations import telegram as operations_telegram
from consolidated_bot.operations.assembly import Kept, Operations, make_operations
from consolidated_bot.operations.commands import TickAlerts, WatchCampaign, WatchLoad
from consolidated_bot.support import telegram as support_telegram
from consolidated_bot.support.application import DIALOGUE, Policy, Support
from consolidated_bot.support.commands import (
    AddToTicket,
    Cancel,
    ChooseCategory,
    CloseSilent,
    HandAlbumsOn,
    Revise,
    StartTicket,
    SubmitTicket,
    WatchPromises,
)
from consolidated_bot.support.faq_views import FaqView
from consolidated_bot.support.handbook import read_policy
from consolidated_bot.support.staff import StaffView
from consolidated_bot.support.storage import SqlTickets
from consolidated_bot.support.views import SupportView

# The commit's thread gets the interpreter back at once, not after the default's 5 ms.
SWITCH_SECONDS = 0.0005
TIMERS = (
    Timer(FeedBroadcasts(), 0.5),
    Timer(WatchPromises(), 15.0),
    Timer(HandAlbumsOn(), 0.7),
    Timer(CloseSilent(), 30.0),
    Timer(TickAlerts(), 5.0),
    Timer(WatchLoad(), 2.0),
    Timer(WatchCampaign(), 15.0),
)
KEPT = Kept((SubmitTicket, AddToTicket, Revise, StartTicket, ChooseCategory, Cancel), (DIALOGUE,))
"""Tickets are never shed."""
NEVER_REFUSED = (SubmitTicket, AddToTicket)
ROUTES = (
    support_telegram.routes,
    accounts_telegram.routes,
    notifications_telegram.routes,
    operations_telegram.routes,
)


def make_operations_of(settings: Settings, metrics: Metrics, clock: Clock) -> Operations:
    """Operations, knowing of the contexts only what their routes and `KEPT` say."""
    return make_operations(settings, KEPT, Intentions(ROUTES), metrics, clock)


def make_bus(settings: Settings, policy: Policy, operations: Operations | None = None) -> Bus:
    """Mount the three contexts, and `operations` (by default ones of their own)."""
    bus = Bus()
    if operations is None:
        operations = make_operations_of(settings, Metrics(), SystemClock())
    operations.mount(bus)
    accounts = AccountUseCases(settings.ops_members)
    bus.mount_handlers(SqlAccounts, accounts.handlers)
    bus.mount_dialogues(SqlAccounts, accounts.dialogues)
    bus.mount_presenters(accounts_telegram.PRESENTERS, {})

    support = Support(policy)
    tickets = partial(SqlTickets, bot_id=settings.bot_id)
    bus.mount_handlers(tickets, support.handlers)
    bus.mount_dialogues(tickets, support.dialogues)
    bus.mount_subscribers(tickets, support.subscribers)
    staff = StaffView(settings.ops_chat_id)
    view = SupportView(policy.handbook, staff)
    bus.mount_presenters(view.presenters, view.notices)
    bus.mount_presenters(FaqView(policy.handbook).presenters, {})

    limits = limit_settings(settings)
    notifications = NotificationUseCases(limits.overall_for_broadcasts[0] * limits.scale)
    bus.mount_handlers(SqlNotifications, notifications.handlers)
    bus.mount_subscribers(SqlNotifications, notifications.subscribers)
    broadcasts = BroadcastView(settings.ops_chat_id)
    bus.mount_presenters(notifications_telegram.PRESENTERS | broadcasts.presenters, {})
    bus.mount_presenters({}, broadcasts.notices)
    return bus


def limit_settings(settings: Settings) -> LimitSettings:
    """Telegram's limits, scaled for replays against a scaled emulator."""
    return LimitSettings(scale=settings.send_rate_scale)


def make_dispatcher(place: Place) -> Dispatcher:
    """One router per context; guided dialogues are rows, so aiogram's FSM is off."""
    dispatcher = Dispatcher(disable_fsm=True, place=place)
    fallbacks = [fallback for routes in ROUTES if (fallback := routes.fallback())]
    dispatcher.include_routers(*(routes.router() for routes in ROUTES), *fallbacks)
    return dispatcher


def make_service(
    settings: Settings,
    database: Database,
    api: BotApi,
    place: Place,
    lines: LogLines,
    clock: Clock,
) -> Service:
    """Wire the parts; the few rings (who delivers, who is offered) close at the end."""
    metrics = Metrics()
    token = settings.bot_token.get_secret_value()
    operations = make_operations_of(settings, metrics, clock)
    feed = operations.feed
    telemetry = Telemetry(metrics, lines, hashlib.sha256(token.encode()).digest(), feed)
    bus = make_bus(settings, read_policy(settings.support_file), operations)
    bot_id = settings.bot_id
    leadership = Leadership(database, bot_id, metrics)
    recorder = Recorder(database, bus, clock, bot_id, feed)
    recorder.check = leadership.check
    transmission = Transmission(
        api,
        lambda slot: database.read(lambda c: outbox.message_in_slot(c, bot_id, slot)),
        ForumTopics(api, StoredTopics(database, bot_id)),
        recorder.topic_lost,
    )
    limits = Limits(limit_settings(settings))
    outgoing = Outgoing(transmission, limits, recorder.record, recorder.troubled, telemetry, clock)

    recorder.deliver = partial(_deliver, leadership, outgoing)
    processor = Processor(
        ProcessorParts(
            database=database,
            bus=bus,
            dispatcher=make_dispatcher(place),
            bot=Bot(token),
            place=place,
            telemetry=telemetry,
            clock=clock,
            deliver=recorder.deliver,
            gate=operations.gate,
            flood=Flood(settings.flood_per_minute * settings.send_rate_scale, NEVER_REFUSED),
        ),
        max_attempts=settings.max_attempts,
        ops_chat_id=settings.ops_chat_id,
    )
    governor = Governor()
    workers = ChatWorkers(
        processor.process,
        lambda chat: database.read(lambda c: inbox.pending_of_chat(c, bot_id, chat)),
        governor,
        concurrency=settings.workers,
    )
    intake = Intake(database, api, workers, governor, (telemetry, clock))
    housekeeping = Housekeeping(database, clock, metrics, leadership, bot_id)
    housekeeping.attach(workers, outgoing)
    timers = Timers(TIMERS, database, bus, clock, bot_id)
    timers.deliver = recorder.deliver
    timers.check = leadership.check
    webhook = _webhook(settings, intake, api)
    notice = StaffNotice(database, clock, bot_id, settings.ops_chat_id)
    notice.deliver = recorder.deliver
    poller = None if webhook else Poller(api, intake, metrics, bot_id, notice.tell)
    watch = operations.watch(database)
    watch.busy = lambda: (workers.busy, settings.workers)
    watch.leads = lambda: leadership.held
    if poller is not None:
        watch.updates_arrive = lambda: poller.healthy
    return Service(
        ServiceParts(
            metrics=metrics,
            leadership=leadership,
            workers=workers,
            outgoing=outgoing,
            housekeeping=housekeeping,
            timers=timers,
            pulse=watch,
            page=operations.serve,
            poller=poller,
            webhook=webhook,
            lead_first=webhook is None or database.one_process,
        )
    )


def _deliver(leadership: Leadership, outgoing: Outgoing, queued: Sequence[outbox.Queued]) -> None:
    """Send what was committed if this process sends; else the leader finds it stored."""
    if leadership.held:
        outgoing.offer(queued)


def _webhook(settings: Settings, intake: Intake, api: BotApi) -> Webhook | None:
    if settings.bot_mode != "webhook":
        return None
    assert settings.webhook_url is not None
    assert settings.webhook_secret is not None
    secret = settings.webhook_secret.get_secret_value()
    return Webhook(intake, api, settings.bot_id, settings.webhook_url, secret)


async def run(settings: Settings) -> None:
    """Run the bot until SIGTERM or SIGINT; a second signal ends the process at once."""
    lines = configure_logging(settings.log_file)
    sys.setswitchinterval(SWITCH_SECONDS)
    # A wrong file is known before anything is opened.
    read_policy(settings.support_file)
    make_operations_of(settings, Metrics(), SystemClock())
    stop = asyncio.Event()
    database = await open_database(settings.database_url)
    try:
        for migration in await upgrade(database, COMPONENTS, SystemClock()):
            structlog.get_logger().info(
                "schema upgraded", component=migration.component, name=migration.name
            )
        token = settings.bot_token.get_secret_value()
        with _signals(stop):
            async with BotApi(settings.bot_api_url, token) as api:
                place = await introduce(api, settings.ops_chat_id, MENU, stop)
                if place is None:
                    return
                service = make_service(settings, database, api, place, lines, SystemClock())
                await service.run(
                    stop,
                    Listener("dashboard", settings.dashboard_listen, required=False),
                    Listener("webhook", settings.webhook_listen, required=True),
                    settings.drain_seconds,
                )
    finally:
        await database.close()


@contextmanager
def _signals(stop: asyncio.Event) -> Iterator[None]:
    """The first SIGTERM or SIGINT drains, the second ends."""
    loop = asyncio.get_running_loop()

    def on_signal(number: int) -> None:
        if stop.is_set():
            os._exit(128 + number)
        structlog.get_logger().info("stopping", signal=signal.Signals(number).name)
        stop.set()

    numbers = (signal.SIGTERM, signal.SIGINT)
    for number in numbers:
        loop.add_signal_handler(number, on_signal, number)
    try:
        yield
    finally:
        for number in numbers:
            loop.remove_signal_handler(number)
