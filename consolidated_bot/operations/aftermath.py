"""`consolidated-bot campaign`: the load test before, the report afterwards."""

from __future__ import annotations

import hashlib
import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import Connection

from analyzer.slo.events import JourneyAttempt
from consolidated_bot.components import COMPONENTS
from consolidated_bot.config import Settings
from consolidated_bot.core import inbox, outbox
from consolidated_bot.core.clock import Clock
from consolidated_bot.core.db import Database, open_database
from consolidated_bot.core.db.migrations import missing
from consolidated_bot.core.errors import BotError
from consolidated_bot.core.processing import trace_id
from consolidated_bot.operations import ledger
from consolidated_bot.operations.domain import Campaign, LoadTestCriterion
from consolidated_bot.operations.journeys import HANDLING, in_flight
from consolidated_bot.operations.objectives import during, objectives_text, read_live_objectives
from consolidated_bot.operations.review import Evidence, review
from consolidated_bot.operations.review_text import document, json_text, markdown_text
from consolidated_bot.operations.runbook_file import read_runbook, runbook_text
from consolidated_bot.operations.storage import SqlOperations

JSON_NAME, MARKDOWN_NAME = "campaign.json", "campaign.md"
MOST = 100_000
COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "eq": operator.eq,
    "ne": operator.ne,
    "lte": operator.le,
    "gte": operator.ge,
}


class CampaignError(BotError):
    """There is no such campaign, or its report cannot be written."""


class LoadTestError(BotError):
    """The file is no result of a validation."""

    exit_code = 3


@dataclass(frozen=True, slots=True)
class Checked:
    """One criterion of the load test: `found` is the figure, None where the file has none."""

    criterion: LoadTestCriterion
    found: Any
    passed: bool

    @property
    def line(self) -> str:
        c = self.criterion
        mark = "ok  " if self.passed else "FAIL"
        return f"{mark}  {c.text}: {c.figure} is {self.found}, must be {c.op} {c.value}"


def write_report(folder: Path, report: Mapping[str, Any], *, force: bool) -> list[Path]:
    """Write a report; return the files. An earlier one is replaced only by `force`."""
    paths = [folder / JSON_NAME, folder / MARKDOWN_NAME]
    if not force and (there := [path for path in paths if path.exists()]):
        raise CampaignError(f"{there[0]} exists: choose another folder, or --force")
    folder.mkdir(parents=True, exist_ok=True)
    for path, text in zip(paths, (json_text(report), markdown_text(report)), strict=True):
        path.write_text(text, encoding="utf-8")
    return paths


async def make_report(settings: Settings, number: int | None, clock: Clock) -> dict[str, Any]:
    """The report of campaign `number` (None: the last one), signed with the inputs' hashes."""
    runbook = read_runbook(settings.runbook_file)
    objectives = read_live_objectives(settings.slo_file)
    now_ms = clock.now_ms()
    async with _Opened(settings) as database:
        found = await database.read(lambda c: _evidence(c, settings.bot_id, number, now_ms))
    if found is None:
        which = "no campaign yet" if number is None else f"no campaign {number}"
        raise CampaignError(f"there is {which}: start one by /campaign start in the chat")
    campaign, evidence = found
    inputs = {
        "objectives": _sha(objectives_text(settings.slo_file)),
        "runbook": _sha(runbook_text(settings.runbook_file)),
        "journeys": _sha(repr([tuple(row) for row in evidence.rows])),
        "transitions": _sha(repr(evidence.transitions)),
        "campaign": _sha(repr(campaign)),
    }
    its_own = during(campaign, objectives, runbook.volume_of)
    report = document(review(campaign, its_own, runbook, evidence, now_ms * 1000), inputs, runbook)
    return report | {"sha256": _sha(json_text(report))}


def read_load_test(file: Path) -> bytes:
    """The bytes of a `validation.json`; raises `LoadTestError`."""
    try:
        return file.read_bytes()
    except OSError as error:
        raise LoadTestError(f"{file} cannot be read: {error.strerror}") from error


async def hold_load_test(settings: Settings, raw: bytes, clock: Clock) -> list[Checked]:
    """Hold a `validation.json` against the runbook's criteria, and remember the verdict."""
    try:
        result = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise LoadTestError(f"this is no result of `analyze validate`: {error}") from error
    checked = [_check(c, result) for c in read_runbook(settings.runbook_file).load_test]
    passed = all(each.passed for each in checked)
    failed = [each.criterion.text for each in checked if not each.passed]
    summary = "; ".join(failed) if failed else f"all {len(checked)} criteria hold"
    digest = hashlib.sha256(raw).hexdigest()
    async with _Opened(settings) as database:
        await database.write(
            lambda c: SqlOperations(c, settings.bot_id).add_rehearsal(
                clock.now_ms(), summary, digest, passed=passed
            )
        )
    return checked


def _check(criterion: LoadTestCriterion, result: Any) -> Checked:
    """A list counts as its length; what is not there holds nothing."""
    found = result
    for key in criterion.figure.split("."):
        found = found.get(key) if isinstance(found, dict) else None
    if isinstance(found, list | dict):
        found = len(found)
    try:
        passed = found is not None and COMPARISONS[criterion.op](found, criterion.value)
    except TypeError:
        passed = False
    return Checked(criterion, found, passed)


class _Opened:
    """The bot's database; it may be in use by the running bot, which only reading harms not."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    async def __aenter__(self) -> Database:
        self._database = await open_database(self._settings.database_url)
        if await self._database.read(lambda c: missing(c, COMPONENTS)):
            await self._database.close()
            raise CampaignError("the database is not up to date: consolidated-bot db upgrade")
        return self._database

    async def __aexit__(self, *_: object) -> None:
        await self._database.close()


def _evidence(
    connection: Connection, bot_id: int, number: int | None, now_ms: int
) -> tuple[Campaign, Evidence] | None:
    store = SqlOperations(connection, bot_id)
    campaign = store.campaign(number)
    if campaign is None:
        return None
    begin, end = campaign.started_ms, min(campaign.until_ms, now_ms)
    rows = [
        row
        for row in ledger.ended_between(connection, begin, now_ms + 1)
        if begin <= row.received_ms < end
    ]
    rehearsal = store.last_rehearsal(begin)
    return campaign, Evidence(
        rows,
        [a for a in _unended(connection, bot_id) if begin * 1000 <= a.t_start_us < end * 1000],
        store.transitions(begin, now_ms),
        [(at, int(a), int(b), why) for at, a, b, why in store.level_changes(begin, end)],
        rehearsal[1] if rehearsal else None,
    )


def _unended(connection: Connection, bot_id: int) -> Sequence[JourneyAttempt]:
    """What waits in the inbox (as updates) and in the outbox (as journeys)."""
    found = [
        in_flight(trace_id(row), "/".join(HANDLING), row.received_ms)
        for row in inbox.pending(connection, bot_id, limit=MOST)
    ]
    for item in outbox.queued(connection, bot_id, limit=MOST):
        if item.journal is not None:
            journal = item.journal
            found.append(
                in_flight(
                    str(journal["trace_id"]), str(journal["journey"]), journal["received_ms"]
                )
            )
    return found


def _sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
