"""The object graph: with `contexts` the only module that knows every part."""

from __future__ import annotations

import asyncio
import hashlib
import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

import scipy.special  # noqa: F401 - the objectives' arithmetic, else imported while updates wait
import structlog
from aiogram import Bot

from consolidated_bot.components import COMPONENTS
from consolidated_bot.config import Settings
from consolidated_bot.contexts import (
    NEVER_REFUSED,
    TIMERS,
    limit_settings,
    make_bus,
    make_dispatcher,
    make_operations_of,
    mount_core,
)
from consolidated_bot.core import inbox, outbox
from consolidated_bot.core.bot_api import BotApi
from consolidated_bot.core.bus import Bus
from consolidated_bot.core.clock import Clock, SystemClock
from consolidated_bot.core.db import Database, open_database
from consolidated_bot.core.db.migrations import upgrade
from consolidated_bot.core.flood import Flood
from consolidated_bot.core.governor import Governor
from consolidated_bot.core.housekeeping import Housekeeping
from consolidated_bot.core.identity import Menus, introduce
from consolidated_bot.core.intake import Intake
from consolidated_bot.core.leadership import Leadership
from consolidated_bot.core.limits import Limits
from consolidated_bot.core.listening import Listener
from consolidated_bot.core.moves import ForwardingApi, adopt
from consolidated_bot.core.outgoing import Outgoing
from consolidated_bot.core.place import Place
from consolidated_bot.core.polling import Poller
from consolidated_bot.core.processing import Processor, ProcessorParts
from consolidated_bot.core.recording import Recorder
from consolidated_bot.core.service import Service, ServiceParts
from consolidated_bot.core.staff_notice import StaffNotice
from consolidated_bot.core.telemetry import LogLines, Metrics, Telemetry, configure_logging
from consolidated_bot.core.timers import Timers
from consolidated_bot.core.topics import ForumTopics, StoredTopics
from consolidated_bot.core.transmission import Transmission
from consolidated_bot.core.webhook import Webhook
from consolidated_bot.core.workers import ChatWorkers
from consolidated_bot.menu import MENU, STAFF_MENU
from consolidated_bot.operations.assembly import Operations
from consolidated_bot.operations.watch import Watch
from consolidated_bot.support.handbook import read_policy

Deliver = Callable[[Sequence[outbox.Queued]], None]
# The commit's thread gets the interpreter back at once, not after the default's 5 ms.
SWITCH_SECONDS = 0.0005


@dataclass(frozen=True, slots=True)
class _Ground:
    """What every part of a service stands on."""

    settings: Settings
    database: Database
    api: BotApi
    place: Place
    clock: Clock
    metrics: Metrics
    telemetry: Telemetry
    operations: Operations
    bus: Bus
    leadership: Leadership


def make_service(
    settings: Settings,
    database: Database,
    api: BotApi,
    place: Place,
    lines: LogLines,
    clock: Clock,
) -> Service:
    """Wire the parts, those that send before those that work and those that take in."""
    ground = _ground(settings, database, api, place, lines, clock)
    recorder, outgoing = _sending(ground)
    governor = Governor()
    workers = _working(ground, recorder.deliver, governor)
    intake = Intake(database, api, workers, governor, (ground.telemetry, clock))
    housekeeping = Housekeeping(
        database, clock, ground.metrics, ground.leadership, settings.bot_id
    )
    housekeeping.attach(workers, outgoing, place.moves)
    webhook = _webhook(settings, intake, api)
    poller = None if webhook else _poller(ground, intake, recorder.deliver)
    return Service(
        ServiceParts(
            metrics=ground.metrics,
            leadership=ground.leadership,
            workers=workers,
            outgoing=outgoing,
            housekeeping=housekeeping,
            timers=_timers(ground, recorder.deliver),
            pulse=_pulse(ground, workers, poller),
            page=ground.operations.serve,
            poller=poller,
            webhook=webhook,
            lead_first=webhook is None or database.one_process,
        )
    )


def _ground(
    settings: Settings,
    database: Database,
    api: BotApi,
    place: Place,
    lines: LogLines,
    clock: Clock,
) -> _Ground:
    metrics = Metrics()
    operations = make_operations_of(settings, metrics, clock)
    key = hashlib.sha256(settings.bot_token.get_secret_value().encode()).digest()
    bus = make_bus(settings, read_policy(settings.support_file), operations)
    mount_core(bus, settings, place)
    return _Ground(
        settings=settings,
        database=database,
        api=api,
        place=place,
        clock=clock,
        metrics=metrics,
        telemetry=Telemetry(metrics, lines, key, operations.feed),
        operations=operations,
        bus=bus,
        leadership=Leadership(database, settings.bot_id, metrics),
    )


def _sending(ground: _Ground) -> tuple[Recorder, Outgoing]:
    """Who sends and who records it; what recording leads to is sent, too: the ring closes here."""
    database, bot_id = ground.database, ground.settings.bot_id
    feed = ground.operations.feed
    recorder = Recorder(database, ground.bus, ground.clock, bot_id, feed)
    recorder.check = ground.leadership.check
    api = ForwardingApi(ground.api, ground.place.moves, recorder.chat_moved)
    transmission = Transmission(
        api,
        lambda slot: database.read(lambda c: outbox.message_in_slot(c, bot_id, slot)),
        ForumTopics(api, StoredTopics(database, bot_id)),
        recorder.topic_lost,
    )
    ground.place.moves.renumbered = transmission.forget_places
    limits = Limits(limit_settings(ground.settings))
    outgoing = Outgoing(
        transmission, limits, recorder.record, recorder.troubled, ground.telemetry, ground.clock
    )
    recorder.deliver = partial(_deliver, ground.leadership, outgoing)
    return recorder, outgoing


def _working(ground: _Ground, deliver: Deliver, governor: Governor) -> ChatWorkers:
    """From a stored update to its committed effects."""
    settings, database, place = ground.settings, ground.database, ground.place
    flood_per_minute = settings.flood_per_minute * settings.send_rate_scale
    processor = Processor(
        ProcessorParts(
            database=database,
            bus=ground.bus,
            dispatcher=make_dispatcher(place),
            bot=Bot(settings.bot_token.get_secret_value()),
            place=place,
            telemetry=ground.telemetry,
            clock=ground.clock,
            deliver=deliver,
            gate=ground.operations.gate,
            flood=Flood(flood_per_minute, NEVER_REFUSED),
        ),
        max_attempts=settings.max_attempts,
        ops_chat_id=settings.ops_chat_id,
    )
    return ChatWorkers(
        processor.process,
        lambda chat: database.read(lambda c: inbox.pending_of_chat(c, settings.bot_id, chat)),
        governor,
        concurrency=settings.workers,
    )


def _timers(ground: _Ground, deliver: Deliver) -> Timers:
    timers = Timers(TIMERS, ground.database, ground.bus, ground.clock, ground.settings.bot_id)
    timers.deliver = deliver
    timers.check = ground.leadership.check
    return timers


def _poller(ground: _Ground, intake: Intake, deliver: Deliver) -> Poller:
    settings = ground.settings
    notice = StaffNotice(ground.database, ground.clock, settings.bot_id, settings.ops_chat_id)
    notice.deliver = deliver
    return Poller(ground.api, intake, ground.metrics, settings.bot_id, notice.tell)


def _pulse(ground: _Ground, workers: ChatWorkers, poller: Poller | None) -> Watch:
    watch = ground.operations.watch(ground.database)
    watch.busy = lambda: (workers.busy, ground.settings.workers)
    watch.leads = lambda: ground.leadership.held
    if poller is not None:
        watch.updates_arrive = lambda: poller.healthy
    return watch


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
                menus = Menus(MENU, STAFF_MENU)
                place = await introduce(api, settings.ops_chat_id, menus, stop)
                if place is None:
                    return
                if (ops := settings.ops_chat_id) is not None:
                    await database.write(lambda c: adopt(c, settings.bot_id, ops))
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
