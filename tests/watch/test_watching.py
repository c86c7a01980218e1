"""`analyze watch`: the same figures as `analyze slo check`, live."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from click.testing import CliRunner

import analyzer as an
from analyzer.api.journey_names import read_journey_names
from analyzer.api.watching import Watch, WatchOptions
from analyzer.cli.main import cli
from tests.dashboard.boards import DOCUMENT
from tests.fleets import make_fleet

ROOT = Path(__file__).parents[2]
JOURNEYS = """\
journeys:
  - {service: gateway, operation: SubmitTicket, context: support, journey: submit}
  - {service: gateway, operation: "Read*", context: faq, journey: read}
"""
COUNTS = ("valid", "good", "bad", "unknown", "pending")


@pytest.fixture
def told(tmp_path: Path) -> tuple[Path, Path]:
    """(objectives, journeys) files; the windows are longer than any recording here."""
    slo, journeys = tmp_path / "slo.yaml", tmp_path / "journeys.yaml"
    slo.write_text(
        DOCUMENT.format(name="ticket", context="support", journey="submit", window="30d")
        + "---\n"
        + DOCUMENT.format(name="faq", context="faq", journey="read", window="30d")
    )
    journeys.write_text(JOURNEYS)
    return slo, journeys


def checked(logs: Path, folder: Path, slo: Path, journeys: Path) -> dict[str, dict[str, int]]:
    report = an.analyze(logs, folder, journeys=journeys).slo(slo, journeys)
    return {row["objective"]: {key: row[key] for key in COUNTS} for row in report.frame.to_dicts()}


def watched(document: dict[str, Any]) -> dict[str, dict[str, int]]:
    return {o["name"]: {key: o["sli"][key] for key in COUNTS} for o in document["objectives"]}


def test_watching_counts_what_checking_counts(tmp_path: Path, told: tuple[Path, Path]) -> None:
    logs = make_fleet(seed=5, journeys=200, peak=True).write(tmp_path / "logs", shuffle=3)
    slo, journeys = told
    watch = Watch([logs], WatchOptions(slo, read_journey_names(journeys)))
    watch.read_history()
    watch.read_to_the_end()
    found = watched(watch.document())
    assert found == checked(logs, tmp_path / "out", slo, journeys)
    assert found["faq"]["bad"] > 5
    watch.close()


def test_logs_that_grow_line_by_line_come_to_the_same(
    tmp_path: Path, told: tuple[Path, Path]
) -> None:
    fleet = make_fleet(seed=6, journeys=120, peak=True)
    slo, journeys = told
    logs = tmp_path / "logs"
    for service in fleet.lines:
        (logs / service).mkdir(parents=True)
        (logs / service / "app.log").write_text("")
    watch = Watch([logs], WatchOptions(slo, read_journey_names(journeys)))
    watch.read_history()
    for step in range(10):
        for service, lines in fleet.lines.items():
            part = lines[step * len(lines) // 10 : (step + 1) * len(lines) // 10]
            with (logs / service / "app.log").open("a") as stream:
                stream.write("".join(f"{text}\n" for text in part))
        watch.look()
    watch.read_to_the_end()
    found = watched(watch.document())
    watch.close()
    assert found == checked(logs, tmp_path / "out", slo, journeys)


@pytest.mark.long
def test_watching_the_recorded_fleet_counts_what_checking_counts(tmp_path: Path) -> None:
    """Also at the edge of the campaign's 45 minutes: the recording is a little longer."""
    samples = ROOT / "sample_logs"
    slo, journeys = samples / "slo.yaml", samples / "journeys.yaml"
    watch = Watch([samples / "legacy"], WatchOptions(slo, read_journey_names(journeys)))
    watch.read_history()
    watch.read_to_the_end()
    watch.close()
    found = watched(watch.document())
    assert found == checked(samples / "legacy", tmp_path / "out", slo, journeys)


def test_once_prints_the_board_as_json(tmp_path: Path, told: tuple[Path, Path]) -> None:
    logs = make_fleet(seed=5, journeys=50).write(tmp_path / "logs")
    slo, journeys = map(str, told)
    result = CliRunner().invoke(
        cli, ["watch", str(logs), "--slo", slo, "--journeys", journeys, "--once"]
    )
    assert result.exit_code == 0, result.output
    document = json.loads(result.stdout)
    assert {o["name"] for o in document["objectives"]} == {"ticket", "faq"}
    assert document["objectives"][0]["sli"]["valid"] > 0


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--listen", "0.0.0.0:0"], "set a token"),
        (["--listen", "8090"], "write HOST:PORT"),
        (["--token", "short"], "fewer than 16"),
    ],
)
def test_a_door_open_to_everybody_is_refused_before_anything_is_read(
    tmp_path: Path, options: list[str], words: str
) -> None:
    (tmp_path / "a.log").write_text("x\n")
    result = CliRunner().invoke(cli, ["watch", str(tmp_path), *options])
    assert result.exit_code != 0
    assert words in str(result.exception)


async def test_the_command_serves_what_is_written_and_ends_on_ctrl_c(
    tmp_path: Path, told: tuple[Path, Path]
) -> None:
    logs = make_fleet(seed=5, journeys=60).write(tmp_path / "logs")
    slo, journeys = map(str, told)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "analyzer", "watch", str(logs), "--slo", slo,
        "--journeys", journeys, "--listen", "127.0.0.1:0",
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE, cwd=ROOT,
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stderr is not None
    said = (await process.stdout.readline()).decode()
    url = said.removeprefix("Watching on ").strip()
    late = make_fleet(seed=9, journeys=40).lines
    async with aiohttp.ClientSession() as client:
        for service, lines in late.items():
            with (logs / service / "app.log").open("a") as stream:
                stream.write("".join(f"{text}\n" for text in lines))
        async with asyncio.timeout(30):
            await _counted(client, url, 60 + 40)
    process.send_signal(signal.SIGINT)
    async with asyncio.timeout(30):
        _, errors = await process.communicate()
    assert process.returncode == 0
    assert errors.decode().splitlines()[-1] == "stopped"


async def _counted(client: aiohttp.ClientSession, url: str, journeys: int) -> None:
    """Read the stream until so many journeys have ended."""
    rows: dict[int, dict[str, str]] = {}
    async with client.get(f"{url}events") as answer:
        async for line in answer.content:
            if not line.startswith(b"data: "):
                continue
            message = json.loads(line[6:])
            told = list(enumerate(message.get("lists", {}).get("journeys", [])))
            told += message.get("rows", {}).get("journeys", [0, []])[1]
            for place, cells in told:
                rows.setdefault(place, {}).update(cells)
            if sum(int(row["ended"]) for row in rows.values()) == journeys:
                return
