"""What a person sees: tables that fit, names that cannot take over the terminal."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import analyzer as an
from analyzer.api import summary
from analyzer.cli import cli
from tests.api.test_recordings import write_logs


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("screens")
    return an.analyze(write_logs(root / "logs", 200), root / "out").folder


def run(*words: str | Path) -> Result:
    return CliRunner().invoke(cli, [str(word) for word in words])


def test_a_prediction_shows_what_changes_and_folds_what_does_not(folder: Path) -> None:
    shown = run("whatif", folder, "--merge", "tickets, accounts").output
    rows = [line for line in shown.splitlines() if line.startswith(" ")]
    assert max(map(len, shown.splitlines())) <= 120
    assert any("submit ticket" in line and "at p" in line and " to " in line for line in rows)
    assert not any(line.strip().startswith("search") for line in rows)
    assert "- 1 journey stays as before: search" in shown
    assert "calls were lost on their way" in shown
    machines = json.loads(
        run("whatif", folder, "--merge", "tickets,accounts", "--format", "json").output
    )
    assert {row["journey"] for row in machines} == {"search", "submit ticket"}


def test_a_plan_says_what_its_columns_mean_and_where_to_stop(folder: Path) -> None:
    shown = run(
        "whatif", folder, "--merge", "tickets,accounts,notifications", "--show", "plan"
    ).output
    assert max(map(len, shown.splitlines())) <= 120
    assert " joins " in shown
    assert "saved per run: mean over all journeys" in shown
    assert "stop after step" in shown
    assert "after step 1, go on when every objective of journeys through" in shown
    assert "back to the old service, kept warm until the gate" in shown


def test_a_prediction_says_what_each_context_takes_in_and_then_carries(folder: Path) -> None:
    merge = ("--merge", "tickets,accounts")
    shown = run("whatif", folder, *merge).output
    (row,) = [line for line in shown.splitlines() if "accounts, tickets" in line]
    assert "\u2192" in row
    assert "reach: share of journeys that a failure touches" in shown
    (context,) = json.loads(
        run("whatif", folder, *merge, "--show", "contexts", "--format", "json").output
    )
    assert context["services"] == "accounts, tickets"
    assert context["calls"] > 0
    assert 0 < context["reach_before"] <= context["reach_after"] <= 1
    assert context["open_peak"] <= context["open_sum_of_peaks"]


def test_failures_are_shown_with_availability_at_both_extremes(folder: Path) -> None:
    merge = ("--merge", "tickets,accounts", "--show", "failures")
    shown = run("whatif", folder, *merge).output
    assert "the truth lies between" in shown
    rows = json.loads(run("whatif", folder, *merge, "--format", "json").output)
    lossy = [row for row in rows if row["available_before"] < 1]
    assert lossy
    assert all(row["available_links"] >= row["available_before"] for row in rows)
    assert all(f" {row['journey']}" in shown for row in lossy)


def test_a_prediction_follows_an_edited_file_and_its_owners(folder: Path, tmp_path: Path) -> None:
    edited = tmp_path / "contexts.yaml"
    edited.write_text(
        "contexts:\n  Desk: [tickets, accounts, notifications]\n"
        "owner:\n  tickets: team-a\n  accounts: team-b\n"
    )
    shown = run("whatif", folder, "--contexts", str(edited), "--show", "plan").output
    assert "data of several owners: team-a, team-b" in shown
    both = run("whatif", folder, "--contexts", str(edited), "--merge", "tickets,accounts")
    assert isinstance(both.exception, an.errors.UsageError)
    assert "give one of them" in str(both.exception)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("tickets", "'tickets' alone is no merge"),
        ("tickets,tickets", "'tickets' alone is no merge"),
        ("tikets", "no service 'tikets'; did you mean 'tickets'"),
        (",", "name two services or more"),
    ],
)
def test_a_merge_of_one_is_refused_with_the_way_out(folder: Path, asked: str, said: str) -> None:
    with pytest.raises(an.errors.UsageError, match=said):
        an.open_analysis(folder).whatif([asked.split(",")])


def test_the_proposal_fits_and_says_why_for_what_must_be_asked(folder: Path) -> None:
    shown = run("contexts", folder).output
    assert max(map(len, shown.splitlines())) <= 120
    assert "against the last proposal: no change" in shown
    assert "next best" in shown


def test_a_headline_states_the_predicted_gain_with_its_interval(folder: Path) -> None:
    from analyzer.api.summary import findings

    told = [line for line in findings(an.open_analysis(folder)) if "Predicted gain" in line]
    assert len(told) == 1
    assert "95 % interval" in told[0] or "none that is certain" in told[0]


def test_a_wrong_name_in_a_file_is_said_with_file_line_and_near_matches(
    folder: Path, tmp_path: Path
) -> None:
    wishes = tmp_path / "mine.yaml"
    wishes.write_text("rules:\n  frozen: [tikets]\nowner:\n  acounts: me\n")
    result = run("contexts", folder, "--contexts", wishes)
    said = str(result.exception)
    assert f"{wishes}: line 2: unknown service 'tikets'; did you mean 'tickets'?" in said
    assert f"{wishes}: line 4: unknown service 'acounts'; did you mean 'accounts'?" in said


NASTY = "evil\x1b[31m\x00\u202e"


def test_control_characters_in_names_reach_no_terminal_and_break_no_file(tmp_path: Path) -> None:
    logs = write_logs(tmp_path / "logs", 60)
    for path in logs.iterdir():
        path.write_text(path.read_text().replace('"tickets"', json.dumps(NASTY)))
    run_folder = an.analyze(logs, tmp_path / "out").folder
    shown = [
        run("contexts", run_folder).output,
        run("whatif", run_folder).output,
        run("contexts", run_folder, "--explain", "accounts").output,
        (run_folder / "report.html").read_text(),
        (run_folder / "graph.graphml").read_text(),
        (run_folder / "contexts.yaml").read_text(),
    ]
    for text in shown:
        assert not {"\x1b", "\x00", "\u202e"} & set(text)
    assert "evil\\x1b" in shown[0]
    ET.fromstring(shown[4].encode())


def test_a_report_says_in_which_order_to_merge_and_where_to_stop(folder: Path) -> None:
    told = an.open_analysis(folder).migration
    page = (folder / "report.html").read_text("utf-8")
    assert "In which order to merge, and where to stop" in page
    assert told[-1].startswith(("stop after step", "no step"))
    assert all(line.split(";")[0] in page for line in told)
    assert "calls become in-process" in page


def test_durations_without_a_unit_are_said_with_the_way_to_name_it(tmp_path: Path) -> None:
    start = "10.0.0.2 - - [04/May/2026:09:00"
    lines = [
        f'{start}:{at:02d} +0000] "GET /faq HTTP/1.1" 200 5 "-" "x" 1200{at}' for at in range(20)
    ]
    (tmp_path / "faq.log").write_text("\n".join(lines) + "\n")
    run = an.analyze([tmp_path / "faq.log"], tmp_path / "out")
    (told,) = [line for line in summary.findings(run) if "--unit" in line]
    assert told.startswith("20 lines of faq tell a duration without its unit (elapsed)")
    assert "--unit elapsed=ms (or us, s)" in told
