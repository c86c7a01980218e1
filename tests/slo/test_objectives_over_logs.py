"""Objectives over recorded logs: the library, the command line, and agreement of the sources."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

import analyzer as an
from analyzer.api.journey_names import JourneyName, JourneyNames, read_journey_names
from analyzer.api.starter import round_up_ms
from analyzer.errors import ConfigurationError
from analyzer.slo.evaluate import periods
from analyzer.slo.events import Criterion, JourneyAttempt, count
from analyzer.slo.live import LiveEvents
from analyzer.store import Store
from tests.conftest import ROOT
from tests.slo.recordings import MAPPING, START, Load, record
from tests.slo.samples import CAMPAIGN, edited, read

DEADLINE_MS = 1000
SLO = edited('"5000"', f'"{DEADLINE_MS}"', edited('"20000"', '"2000"'))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("objectives")
    record(root / "logs", Load(failing=0.01))
    (root / "slo.yaml").write_text(SLO)
    (root / "journeys.yaml").write_text(MAPPING)
    return root


@pytest.fixture(scope="module")
def run(folder: Path) -> an.Analysis:
    return an.analyze(folder / "logs", folder / "analysis")


def command(*words: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "analyzer", *map(str, words)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


def test_every_journey_of_the_logs_is_an_event(run: an.Analysis) -> None:
    events = run.sql("SELECT * FROM slo_event")
    assert events.height == 2000
    assert set(events["context"]) == {"gateway"}
    assert set(events["journey"]) == {"ticket.submit"}


def test_budget_and_verdicts_of_the_logs(folder: Path, run: an.Analysis) -> None:
    report = run.slo(folder / "slo.yaml", folder / "journeys.yaml")
    (row,) = report.frame.to_dicts()
    journeys = run.journeys
    late = journeys["duration_ns"] > DEADLINE_MS * 1_000_000
    bad = (late | (journeys["status"] == "error")).sum()
    assert (row["valid"], row["bad"]) == (2000, bad)
    assert row["sli"] == pytest.approx(1 - bad / 2000)
    assert (row["budget"], row["left"]) == (2, 2 - bad)
    assert row["period"] == "breached"
    assert row["evidence"] == "refuted"
    assert report.breached
    assert report.alerts.height >= 1


def test_the_three_sources_agree_on_the_same_events(folder: Path, run: an.Analysis) -> None:
    """Log store (SQL), live window and the pure batch give the same counts."""
    rows = run.sql(
        "SELECT journey_id, 'support' AS context, 'ticket-submit' AS journey, "
        "epoch_us(t_start), epoch_us(t_end), outcome FROM slo_event ORDER BY t_end"
    ).rows()
    attempts = [JourneyAttempt(*row) for row in rows]
    criterion = Criterion(DEADLINE_MS * 1000)
    end_us = max(a.t_end_us or 0 for a in attempts)
    live = LiveEvents(criterion, [4 * 3600])
    moments = [(a.t_start_us, a._replace(t_end_us=None, outcome=None)) for a in attempts]
    moments += [(a.t_end_us or 0, a) for a in attempts]
    for now_us, attempt in sorted(moments, key=lambda moment: moment[0]):
        live.observe(attempt, now_us)
    (row,) = run.slo(folder / "slo.yaml", folder / "journeys.yaml").frame.to_dicts()
    batch = count(attempts, criterion, end_us)
    assert live.windows.total() == live.windows.counts(4 * 3600) == batch
    assert (row["good"], row["bad"], row["unknown"], row["pending"]) == (
        batch.good,
        batch.bad,
        batch.unknown,
        batch.pending,
    )


def test_run_with_objectives_fills_events_and_slis(folder: Path, tmp_path: Path) -> None:
    done = command(
        "run", folder / "logs", "-o", tmp_path / "out",
        "--slo", folder / "slo.yaml", "--journeys", folder / "journeys.yaml",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found = an.open_analysis(tmp_path / "out")
    (sli,) = found.sql("SELECT * FROM sli").to_dicts()
    assert (sli["objective"], sli["valid"]) == ("ticket-submit-5s", 2000)
    assert sli["window_end"] - sli["window_start"] == timedelta(hours=4)
    assert set(found.sql("SELECT context FROM slo_event")["context"]) == {"support"}


def test_library_takes_the_files_as_the_command_does(folder: Path, tmp_path: Path) -> None:
    found = an.analyze(
        record(tmp_path / "logs", Load(n=50)),
        slo=str(folder / "slo.yaml"),
        journeys=str(folder / "journeys.yaml"),
    )
    assert found.sql("SELECT valid FROM sli").item() == 50


def test_objective_without_its_journey_has_no_data_and_is_missed(
    folder: Path, run: an.Analysis
) -> None:
    report = run.slo(folder / "slo.yaml")
    (row,) = report.frame.to_dicts()
    assert (row["period"], row["sli"]) == ("no data", None)
    assert report.missed == ("ticket-submit-5s",)
    assert "gateway / ticket.submit" in report.notes[0]


def test_check_prints_a_table_and_exits_with_1_on_a_breach(folder: Path, run: an.Analysis) -> None:
    words = ("--slo", folder / "slo.yaml", "--journeys", folder / "journeys.yaml")
    done = command("slo", "check", run.folder, *words)
    assert done.returncode == 1
    assert "breached" in done.stdout
    assert done.stderr == "missed: ticket-submit-5s\n"


def test_check_passes_an_objective_that_is_met(folder: Path, run: an.Analysis) -> None:
    easy = folder / "easy.yaml"
    easy.write_text(SLO.replace("target: 0.999", "target: 0.9").split("  alertPolicies:")[0])
    words = ("--slo", easy, "--journeys", folder / "journeys.yaml", "--format", "json")
    done = command("slo", "check", run.folder, *words)
    assert (done.returncode, done.stderr) == (0, "")
    document = json.loads(done.stdout)
    assert document["objectives"][0]["period"] == "met"
    assert document["objectives"][0]["evidence"] == "demonstrated"


def test_check_refuses_a_wrong_file_with_its_line(folder: Path, run: an.Analysis) -> None:
    wrong = folder / "wrong.yaml"
    wrong.write_text(SLO.replace("target: 0.999", "target: 1.0"))
    done = command("slo", "check", run.folder, "--slo", wrong)
    assert done.returncode == 2
    assert f"{wrong}:24:15: SLO 'ticket-submit-5s'" in done.stderr
    assert "Traceback" not in done.stderr


def test_starter_loads_and_holds_over_the_logs_it_came_from(
    folder: Path, run: an.Analysis, tmp_path: Path
) -> None:
    written = tmp_path / "slo.yaml"
    done = command(
        "slo", "init", run.folder, "-o", written, "--journeys", folder / "journeys.yaml"
    )
    assert (done.returncode, done.stderr) == (0, "")
    (objective,) = read(written.read_text()).objectives
    assert (objective.context, objective.journey) == ("support", "ticket-submit")
    head = written.read_text().split("apiVersion")[0]
    assert f"--slo THIS_FILE --journeys {folder / 'journeys.yaml'}" in head
    kept = written.read_text()
    again = command("slo", "init", run.folder, "-o", written)
    assert again.returncode == 2
    assert "is there already and stays as it is" in again.stderr
    assert written.read_text() == kept
    report = run.slo(written, folder / "journeys.yaml")
    assert report.frame["period"].to_list() == ["met"]


def test_a_file_that_logs_cannot_answer_is_no_passed_check(
    run: an.Analysis, tmp_path: Path
) -> None:
    alone = tmp_path / "target.yaml"
    alone.write_text(
        "apiVersion: openslo/v1\nkind: Service\nmetadata: {name: web}\nspec: {description: x}\n"
    )
    done = command("slo", "check", run.folder, "--slo", alone)
    assert done.returncode == 2
    assert "no SLO in it that logs could answer" in done.stderr


def test_what_makes_events_one_or_none_is_read_from_the_root_of_a_journey(tmp_path: Path) -> None:
    told: list[dict[str, object]] = [
        {"update_id": 7},
        {"update_id": 7},
        {"dedup_key": "k", "campaign": "spring"},
        {"idempotency_key": "k"},
        {"synthetic": True},
        {"user_agent.synthetic.type": "test"},
        {},
    ]
    lines = [
        {
            "timestamp": f"2026-01-01T00:00:0{number}Z",
            "service": "gateway",
            "trace_id": f"{number + 1:032x}",
            "span_id": f"{number + 1:016x}",
            "operation": "ticket.submit",
            "duration_ms": 5,
            **more,
        }
        for number, more in enumerate(told)
    ]
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "a.jsonl").write_text("\n".join(map(json.dumps, lines)))
    found = an.analyze(tmp_path / "logs")
    events = found.sql("SELECT dedup_key, synthetic, campaign FROM slo_event ORDER BY t_start")
    assert events.rows() == [
        ("gateway/update:7", False, None),
        ("gateway/update:7", False, None),
        ("k", False, "spring"),
        ("k", False, None),
        (None, True, None),
        (None, True, None),
        (None, False, None),
    ]


def test_export_writes_the_same_bytes_again(folder: Path, tmp_path: Path) -> None:
    words = ("slo", "export", "--slo", folder / "slo.yaml", "-o", tmp_path / "out")
    first = command(*words)
    assert (first.returncode, first.stderr) == (0, "")
    bytes_ = {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()}
    assert len(first.stdout.splitlines()) == len(bytes_) >= 3
    assert command(*words).returncode == 0
    assert {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()} == bytes_


def test_export_does_not_replace_what_is_not_its_own(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "alertmanager.yml").write_text("route: {}\n")
    done = command("slo", "export", "--slo", folder / "slo.yaml", "-o", tmp_path)
    assert done.returncode == 2
    assert (tmp_path / "alertmanager.yml").read_text() == "route: {}\n"


@pytest.mark.parametrize(
    ("seen", "deadline"), [(0.4, 1), (1, 1), (1.1, 2), (996, 1000), (1001, 2000), (4200, 5000)]
)
def test_deadlines_are_numbers_that_a_person_would_write(seen: float, deadline: int) -> None:
    assert round_up_ms(seen) == deadline


def test_rolling_windows_are_laid_backwards_from_the_end() -> None:
    (objective,) = read(CAMPAIGN).objectives
    hour = 3600 * 1_000_000
    assert periods(objective, 0, 9 * hour) == [
        (-3 * hour, hour),
        (hour, 5 * hour),
        (5 * hour, 9 * hour),
    ]
    assert len(periods(objective, 0, 0)) == 1


def test_first_entry_that_matches_names_a_journey(tmp_path: Path) -> None:
    path = tmp_path / "journeys.yaml"
    path.write_text(
        MAPPING + '  - {operation: "*", context: rest, journey: other}\n', encoding="utf-8"
    )
    names = read_journey_names(path)
    assert names.name("gateway", "ticket.submit") == ("support", "ticket-submit")
    assert names.name("elsewhere", "ticket.submit") == ("rest", "other")
    assert JourneyNames().name("gateway", "x") is None
    assert names.entries[1] == JourneyName("*", "*", "rest", "other")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("journeys: []\nother: 1\n", "other: is an unknown field"),
        ("journeys:\n  - {operation: x, context: y}\n", "journeys[0].journey: is required"),
        ("journeys:\n  - {operation: x, contxt: y, journey: z}\n", "did you mean 'context'?"),
        ("a: [", "expected"),
        ("", "holds 0 documents"),
    ],
)
def test_wrong_mapping_is_refused_with_its_place(tmp_path: Path, text: str, problem: str) -> None:
    path = tmp_path / "journeys.yaml"
    path.write_text(text)
    with pytest.raises(ConfigurationError) as caught:
        read_journey_names(path)
    assert problem in str(caught.value)
    assert f"{path}:" in str(caught.value)


def test_kpis_stand_beside_the_slis_per_context(folder: Path, run: an.Analysis) -> None:
    per_minute = run.kpis(journeys=folder / "journeys.yaml")
    assert set(per_minute["context"]) == {"support"}
    assert per_minute["events"].sum() == 2000
    durations = run.journeys["duration_ns"].to_numpy() / 1e6
    whole = run.kpis(7 * 86_400).to_dicts()
    assert len(whole) == 1
    assert whole[0]["p95_ms"] == pytest.approx(np.quantile(durations, 0.95), rel=1e-5)
    failed = (run.journeys["status"] == "error").mean()
    assert whole[0]["error_rate"] == pytest.approx(failed)


def test_peak_and_baseline_are_told_apart(tmp_path: Path) -> None:
    logs = record(tmp_path / "logs", Load(n=600))
    start, end = (START + timedelta(seconds=s) for s in (200, 401))
    window = tuple(round(t.timestamp()) * 10**9 for t in (start, end))
    run = an.analyze(logs, campaign=[window])
    phases = {row["phase"]: row for row in run.kpis(None).to_dicts()}
    assert phases["peak"]["events"] + phases["baseline"]["events"] == 600
    assert phases["peak"]["events"] == pytest.approx(201, abs=2)
    assert phases["peak"]["events_per_second"] == pytest.approx(1, abs=0.2)


def test_logged_resource_figures_are_shown_at_peak_against_baseline(tmp_path: Path) -> None:
    with Store(tmp_path / "analysis.duckdb") as store:
        store.append("peak_window", [(10_000_000, 20_000_000, "journeys", None)])
        store.append("bounded_context", [("support", "faq", "member", 1.0, None, 1.0, "")])
        readings = [(1, 10.0), (2, 30.0), (12, 90.0), (15, 100.0), (20, 20.0)]
        store.append(
            "measurement",
            [(s * 1_000_000, "faq", "pool_in_use", value, None, 1, 1) for s, value in readings],
        )
        rows = store.frame("service_saturation").to_dicts()
    assert rows == [
        {
            "context": "support",
            "service_name": "faq",
            "name": "pool_in_use",
            "unit": "",
            "readings": 5,
            "baseline_median": 20,
            "baseline_max": 30,
            "peak_median": 95,
            "peak_max": 100,
        }
    ]


def test_check_without_the_objectives_file_says_so(folder: Path, run: an.Analysis) -> None:
    done = command("slo", "check", run.folder, "--slo", folder / "none.yaml")
    assert (done.returncode, done.stdout) == (2, "")
    assert "none.yaml: cannot be read" in done.stderr
