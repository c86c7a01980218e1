"""The contexts on one bus: which parts they bring, and what the core must know of them by name."""

from __future__ import annotations

from functools import partial

from aiogram import Dispatcher

from consolidated_bot.accounts import telegram as accounts_telegram
from consolidated_bot.accounts.application import AccountUseCases
from consolidated_bot.accounts.storage import SqlAccounts
from consolidated_bot.config import Settings
from consolidated_bot.core.bus import Bus
from consolidated_bot.core.clock import Clock, SystemClock
from consolidated_bot.core.elsewhere import Elsewhere
from consolidated_bot.core.intentions import Intentions
from consolidated_bot.core.limits import LimitSettings
from consolidated_bot.core.moves import Relocation
from consolidated_bot.core.place import Place
from consolidated_bot.core.routes import moves_router
from consolidated_bot.core.telemetry import Metrics
from consolidated_bot.core.timers import Timer
from consolidated_bot.notifications import telegram as notifications_telegram
from consolidated_bot.notifications.application import NotificationUseCases
from consolidated_bot.notifications.commands import FeedBroadcasts
from consolidated_bot.notifications.storage import SqlNotifications
from consolidated_bot.notifications.telegram import BroadcastView
from consolidated_bot.operations import telegram as operations_telegram
from consolidated_bot.operations.assembly import Kept, Operations, make_operations
from consolidated_bot.operations.commands import TickAlerts, WatchCampaign, WatchLoad
from consolidated_bot.support import desk_views
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
from consolidated_bot.support.staff import StaffView
from consolidated_bot.support.storage import SqlTickets
from consolidated_bot.support.views import SupportView

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
    bus.mount_presenters(FaqView(policy.handbook).presenters | desk_views.PRESENTERS, {})

    limits = limit_settings(settings)
    notifications = NotificationUseCases(limits.overall_for_broadcasts[0] * limits.scale)
    bus.mount_handlers(SqlNotifications, notifications.handlers)
    bus.mount_subscribers(SqlNotifications, notifications.subscribers)
    broadcasts = BroadcastView(settings.ops_chat_id)
    bus.mount_presenters(notifications_telegram.PRESENTERS | broadcasts.presenters, {})
    bus.mount_presenters({}, broadcasts.notices)
    return bus


def mount_core(bus: Bus, settings: Settings, place: Place) -> None:
    """What is done before any context is asked: groups that move, groups that are not ours."""
    Relocation(place.moves, settings.bot_id, settings.ops_chat_id).mount(bus)
    Elsewhere(place.bot_username).mount(bus)


def limit_settings(settings: Settings) -> LimitSettings:
    """Telegram's limits, scaled for replays against a scaled emulator."""
    return LimitSettings(scale=settings.send_rate_scale)


def make_dispatcher(place: Place) -> Dispatcher:
    """One router per context; guided dialogues are rows, so aiogram's FSM is off."""
    dispatcher = Dispatcher(disable_fsm=True, place=place)
    fallbacks = [fallback for routes in ROUTES if (fallback := routes.fallback())]
    dispatcher.include_routers(*(routes.router() for routes in ROUTES), *fallbacks, moves_router())
    return dispatcher
