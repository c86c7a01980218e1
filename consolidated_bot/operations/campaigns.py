"""Campaigns and the public status as use cases."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Protocol

from analyzer.slo.watch import Snapshot
from consolidated_bot.core.messages import Scope
from consolidated_bot.operations.commands import (
    AskStatus,
    CampaignShown,
    EndCampaign,
    Misunderstood,
    ShowCampaign,
    StartCampaign,
    StatusShown,
    WatchCampaign,
)
from consolidated_bot.operations.domain import Campaign, Level, OperationsRefused, Runbook
from consolidated_bot.operations.staff import require

SHORTEST_MINUTES, LONGEST_MINUTES = 30, 24 * 60
MOST_EVENTS = 1_000_000_000


class Present(Protocol):
    """The objectives as they stand."""

    def snapshots(self) -> tuple[Snapshot, ...]: ...


class CampaignStore(Protocol):
    """What campaigns need to have stored."""

    def running_campaign(self) -> Campaign | None: ...

    def add_campaign(self, campaign: Campaign) -> None: ...

    def end_campaign(self, number: int, at_ms: int, by: int | None) -> None: ...

    def last_rehearsal(self, before_ms: int) -> tuple[int, bool, str, str] | None: ...

    def level(self) -> Level: ...


class Campaigns:
    """The use cases, under one runbook."""

    def __init__(self, present: Present, runbook: Runbook) -> None:
        """Tell of `present`."""
        self._present = present
        self._runbook = runbook

    def start(self, store: CampaignStore, scope: Scope, command: StartCampaign) -> CampaignShown:
        """By a lead: from now on the budget is the campaign's, made by its planned volume."""
        require(scope, command.sender, "lead")
        if running := store.running_campaign():
            raise OperationsRefused("campaign_runs", name=running.name)
        minutes = command.length_minutes or self._runbook.length_minutes
        sound = 1 <= command.planned_events <= MOST_EVENTS and bool(command.name)
        if not sound or not SHORTEST_MINUTES <= minutes <= LONGEST_MINUTES:
            raise OperationsRefused("bad_campaign")
        campaign = Campaign(
            scope.next_number("campaign"),
            command.name[:60],
            command.planned_events,
            minutes,
            scope.now_ms,
            command.sender.user_id,
        )
        store.add_campaign(campaign)
        scope.audit(
            "campaign.start",
            f"campaign:{campaign.number}",
            actor_id=command.sender.user_id,
            after=f"{campaign.planned_events} planned in {minutes} min",
        )
        rehearsal = store.last_rehearsal(scope.now_ms)
        watchpoints = self._runbook.watchpoints
        return CampaignShown(campaign, "started", (), rehearsal, watchpoints)

    def end(self, store: CampaignStore, scope: Scope, command: EndCampaign) -> CampaignShown:
        """By a lead, before its planned end."""
        require(scope, command.sender, "lead")
        campaign = _running(store)
        store.end_campaign(campaign.number, scope.now_ms, command.sender.user_id)
        scope.audit("campaign.end", f"campaign:{campaign.number}", actor_id=command.sender.user_id)
        ended = replace(campaign, ended_ms=scope.now_ms)
        return CampaignShown(ended, "ended", self._present.snapshots())

    def watch(self, store: CampaignStore, scope: Scope, command: WatchCampaign) -> CampaignShown:
        """By a timer: a campaign ends when its planned time is over."""
        campaign = store.running_campaign()
        if campaign is None or scope.now_ms < campaign.until_ms:
            return CampaignShown(campaign, None)
        store.end_campaign(campaign.number, campaign.until_ms, None)
        scope.audit("campaign.end", f"campaign:{campaign.number}", reason="its time is over")
        ended = replace(campaign, ended_ms=campaign.until_ms)
        return CampaignShown(ended, "ended", self._present.snapshots())

    def show(self, store: CampaignStore, scope: Scope, command: ShowCampaign) -> CampaignShown:
        require(scope, command.sender, "agent")
        return CampaignShown(_running(store), None, self._present.snapshots())

    def misunderstood(self, store: CampaignStore, scope: Scope, command: Misunderstood) -> None:
        require(scope, command.sender, "agent")
        raise OperationsRefused(command.key)

    def status(self, store: CampaignStore, scope: Scope, command: AskStatus) -> StatusShown:
        """For anybody."""
        return StatusShown(self._present.snapshots(), store.level(), store.running_campaign())

    @property
    def handlers(self) -> dict[type, Callable[..., Any]]:
        """By command."""
        return {
            StartCampaign: self.start,
            EndCampaign: self.end,
            ShowCampaign: self.show,
            WatchCampaign: self.watch,
            AskStatus: self.status,
            Misunderstood: self.misunderstood,
        }


def _running(store: CampaignStore) -> Campaign:
    campaign = store.running_campaign()
    if campaign is None:
        raise OperationsRefused("no_campaign")
    return campaign
