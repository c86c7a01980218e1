"""One run of the bot, judged three ways: from its logs, by its live page, by who drove it."""

from __future__ import annotations

import asyncio
from itertools import cycle
from pathlib import Path
from typing import Any, NamedTuple

import aiohttp

import analyzer as an
from analyzer.api.journey_names import read_journey_names
from analyzer.api.objectives import read_objective_files
from analyzer.api.observed import observed_objectives
from analyzer.api.slo_report import SloReport
from analyzer.api.watching import Watch, WatchOptions
from analyzer.replay.botapi import Emulator, FaultRule, Latency, Settings
from analyzer.replay.drive import drive
from analyzer.replay.workload import Arrival, Phase, Plan
from consolidated_bot.operations.objectives import objectives_text
from tests.bot.running import BotProcess
from tests.conftest import ROOT

COUNTS = ("good", "bad", "valid")
LATE = Latency(median_seconds=1.5)
SLOW = FaultRule(kind="delay", share=0.2, methods=("sendMessage",), latency=LATE)
SCENARIOS = ("ticket_in_one_message", "search_faq", "read_faq", "ticket_in_one_message")
ARRIVALS, SPACING_SECONDS = 40, 0.05
Counts = dict[str, tuple[int, ...]]


class Judged(NamedTuple):
    """The counts of every objective by each source."""

    live: Counts
    logs: Counts
    watched: Counts
    driven: Counts


def of_report(report: SloReport) -> Counts:
    rows = report.frame.to_dicts()
    return {row["objective"]: tuple(row[key] for key in COUNTS) for row in rows if row["valid"]}


def of_document(document: dict[str, Any]) -> Counts:
    found = {o["name"]: tuple(o["sli"][key] for key in COUNTS) for o in document["objectives"]}
    return {name: counts for name, counts in found.items() if counts[-1]}


async def live_page(bot: BotProcess, ended: int) -> dict[str, Any]:
    """The bot's own board, once it has seen the end of so many journeys."""
    line = await bot.logged("listening")
    async with aiohttp.ClientSession() as session, asyncio.timeout(10):
        while True:
            async with session.get(f"http://{line['address']}/api/board") as answer:
                document: dict[str, Any] = await answer.json()
            found = of_document(document)
            own = [c for name, c in found.items() if not name.startswith("platform")]
            waiting = sum(o["in_flight"]["in_flight"] for o in document["objectives"])
            if sum(c[-1] for c in own) >= ended and not waiting:
                return document
            await asyncio.sleep(0.1)


async def judged(folder: Path) -> Judged:
    """Drive a bot some of whose answers are late, and judge the run."""
    slo = folder / "slo.yaml"
    slo.write_text(objectives_text(None).replace('deadline-ms: "5000"', 'deadline-ms: "1000"'))
    objectives = read_objective_files(slo).objectives
    scenarios = cycle(SCENARIOS)
    phases = (Phase(name="all", seconds=ARRIVALS * SPACING_SECONDS, rate=1),)
    plan = Plan(name="late answers", phases=phases, pace=20, patience_seconds=20)
    every = [
        Arrival(n, plan.warm_up_seconds + n * SPACING_SECONDS, "all", next(scenarios), n)
        for n in range(ARRIVALS)
    ]
    settings = Settings(faults=(SLOW,), seed=7)
    async with Emulator(settings) as telegram:
        process = BotProcess(
            folder,
            BOT_TOKEN=settings.token,
            BOT_API_URL=telegram.url,
            SLO_FILE=slo,
            SEND_RATE_SCALE=1000,
        )
        async with process as bot:
            driven = await drive(plan, telegram.door, planned=every)
            users = of_report(observed_objectives(driven.rows, objectives))
            live = of_document(await live_page(bot, sum(c[-1] for c in users.values())))
            await asyncio.to_thread(bot.process.terminate)
            await bot.ended()
    names = ROOT / "sample_logs" / "journeys.yaml"
    watch = Watch([process.log_file], WatchOptions(slo, read_journey_names(names)))
    watch.read_history()
    watch.read_to_the_end()
    watched = of_document(watch.document())
    watch.close()
    report = an.analyze(process.log_file, folder / "analysis").slo(slo, names)
    return Judged(live, of_report(report), watched, users)


def test_logs_live_page_and_replay_count_the_same_events(tmp_path: Path) -> None:
    found = asyncio.run(judged(tmp_path))
    assert found.logs == found.watched
    assert found.driven.items() <= found.logs.items() <= found.live.items()
    tickets = found.driven["support-ticket-submit-5s"]
    questions = found.driven["support-faq-read-5s"]
    assert tickets[-1] == ARRIVALS // 2
    assert tickets[1] >= 2, "some were late"
    assert questions[1] >= 2
