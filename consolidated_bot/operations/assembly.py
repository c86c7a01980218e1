"""Operations put together: feed, gate and use cases, and what they mount on the bus."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from aiohttp import web

from analyzer.dashboard import Access, AccessError, Board, mount
from analyzer.slo.spec import Objective
from consolidated_bot.core.bus import Bus
from consolidated_bot.core.clock import Clock
from consolidated_bot.core.db import Database
from consolidated_bot.core.errors import ConfigurationError
from consolidated_bot.core.intentions import Intentions
from consolidated_bot.core.telemetry import Metrics
from consolidated_bot.operations.alerting import Alerting
from consolidated_bot.operations.campaigns import Campaigns
from consolidated_bot.operations.commands import AskStatus, StatusShown
from consolidated_bot.operations.degraded import DegradedMode, Shedding
from consolidated_bot.operations.domain import Runbook
from consolidated_bot.operations.feed import REMEMBER_ENDED_S, LiveFeed
from consolidated_bot.operations.metrics import JourneyMetrics
from consolidated_bot.operations.objectives import read_live_objectives
from consolidated_bot.operations.page import Page
from consolidated_bot.operations.runbook_file import read_runbook
from consolidated_bot.operations.second_channel import SecondChannel
from consolidated_bot.operations.status_view import status
from consolidated_bot.operations.storage import SqlOperations
from consolidated_bot.operations.views import OperationsView
from consolidated_bot.operations.watch import Watch, WatchParts

if TYPE_CHECKING:
    from consolidated_bot.config import Settings


@dataclass(frozen=True, slots=True)
class Kept:
    """What goes on when only tickets are taken: commands, and dialogues by topic."""

    commands: Collection[type]
    topics: Collection[str]


@dataclass(frozen=True, slots=True)
class Operations:
    """The parts of one process."""

    settings: Settings
    runbook: Runbook
    objectives: tuple[Objective, ...]
    metrics: JourneyMetrics
    clock: Clock
    feed: LiveFeed
    gate: Shedding
    page: Page

    def mount(self, bus: Bus) -> None:
        """Let the bus know the use cases."""
        settings, store = self.settings, partial(SqlOperations, bot_id=self.settings.bot_id)
        alerting = Alerting(
            self.feed,
            self.runbook,
            has_chat=settings.ops_chat_id is not None,
            has_webhook=settings.alert_webhook_url is not None,
        )
        campaigns = Campaigns(self.feed, self.runbook)
        degraded = DegradedMode(self.feed, self.runbook.degraded, settings.ops_chat_id)
        bus.mount_handlers(store, alerting.handlers | campaigns.handlers | degraded.handlers)
        bus.mount_subscribers(store, alerting.subscribers)
        view = OperationsView(settings.ops_chat_id, None)
        bus.mount_presenters(view.presenters, view.notices)
        bus.mount_presenters({StatusShown: status}, {})

    def serve(self, application: web.Application) -> None:
        """Put the dashboard on `application`."""
        mount(application, self.feed.board, _access(self.settings))

    def watch(self, database: Database) -> Watch:
        """The pulse, over `database`."""
        channel = SecondChannel(
            database, self.clock, self.settings.alert_webhook_url, self.metrics
        )
        return Watch(
            WatchParts(
                database=database,
                clock=self.clock,
                bot_id=self.settings.bot_id,
                feed=self.feed,
                gate=self.gate,
                metrics=self.metrics,
                page=self.page,
                second_channel=channel,
                runbook=self.runbook,
                objectives=self.objectives,
            )
        )


def make_operations(
    settings: Settings,
    kept: Kept,
    intentions: Intentions,
    core: Metrics,
    clock: Clock,
) -> Operations:
    """Read the files that the settings name; raises `ConfigurationError` for a wrong one."""
    _access(settings)
    runbook = read_runbook(settings.runbook_file)
    objectives = read_live_objectives(settings.slo_file)
    metrics = JourneyMetrics(core.registry)
    gate = Shedding(
        {*kept.commands, AskStatus},
        kept.topics,
        lambda level: metrics.shed.labels(str(int(level))).inc(),
    )
    board = Board(objectives, title="Support bot", remember_ended_s=REMEMBER_ENDED_S)
    feed = LiveFeed(board, intentions, metrics, clock)
    page = Page(feed.board, core, metrics, runbook)
    return Operations(settings, runbook, objectives, metrics, clock, feed, gate, page)


def _access(settings: Settings) -> Access:
    """Who may look; raises `ConfigurationError` where everybody could."""
    token = settings.dashboard_token
    access = Access(token.get_secret_value() if token else None)
    try:
        access.check(settings.dashboard_listen.rpartition(":")[0])
    except AccessError as error:
        raise ConfigurationError([f"DASHBOARD_TOKEN: {error}"]) from error
    return access
