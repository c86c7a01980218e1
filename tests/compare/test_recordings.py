"""Two recordings through the whole way: logs, store, verdict, exit code, page."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from pathlib import Path

import pytest

import analyzer as an
from analyzer.errors import InputError, UsageError
from tests.slo.recordings import MAPPING, START, Load, record
from tests.slo.test_objectives_over_logs import SLO, command

BASE = Load(n=3000, seed=1)
LOADS = {
    "before": BASE,
    "same": Load(n=3000, seed=2),
    "slower": Load(n=3000, seed=3, p50_ms=480),
    "faster": Load(n=3000, seed=4, p50_ms=250),
    "short": Load(n=100, seed=5),
}


@pytest.fixture(scope="module")
def recordings(tmp_path_factory: pytest.TempPathFactory) -> dict[str, an.Analysis]:
    root = tmp_path_factory.mktemp("compare")
    (root / "slo.yaml").write_text(SLO)
    (root / "journeys.yaml").write_text(MAPPING)
    return {
        name: an.analyze(record(root / name, load), root / f"{name}-analysis")
        for name, load in LOADS.items()
    }


@pytest.mark.parametrize(
    ("after", "verdict"),
    [("slower", "regressed"), ("faster", "improved"), ("short", "not enough data")],
)
def test_verdict_of_two_recordings(
    recordings: dict[str, an.Analysis], after: str, verdict: str
) -> None:
    found = an.compare(recordings["before"], recordings[after])
    assert found.verdict == verdict
    assert found.headline.startswith(f"gateway / ticket.submit: {verdict}.")


def test_no_change_is_not_called_one(recordings: dict[str, an.Analysis]) -> None:
    found = an.compare(recordings["before"], recordings["same"])
    assert found.verdict not in {"regressed", "improved"}


def test_a_recording_against_itself_is_unchanged_wherever_n_suffices(
    recordings: dict[str, an.Analysis],
) -> None:
    found = an.compare(recordings["before"], recordings["before"])
    assert found.verdict == "unchanged"
    assert set(found.frame["verdict"]) == {"unchanged", "explored"}
    assert (found.frame["difference"] == 0).all()
    assert "the same events on both sides" in found.headline
    assert found.tally == "Of 1 journey: 1 unchanged."
    short = an.compare(recordings["short"], recordings["short"])
    assert set(short.frame.filter(measure="p99")["verdict"]) == {"not enough data"}


def test_missing_data_are_counted_in_events_that_would_settle_it(
    recordings: dict[str, an.Analysis],
) -> None:
    found = an.compare(recordings["before"], recordings["same"])
    open_gates = [
        gate
        for gate in found.journeys[0].gates
        if gate.verdict == "not enough data" and gate.difference.enough
    ]
    assert open_gates
    for gate in open_gates:
        assert gate.wanted is not None
        assert gate.wanted > 3000  # more than there are
        assert f"about {gate.wanted:,} events a side would settle it" in found.headline


def test_a_folder_that_is_not_there_is_refused_with_what_may_be_meant(
    recordings: dict[str, an.Analysis],
) -> None:
    there = recordings["before"].folder
    result = command("compare", there, there.with_name("befor-analysis"))
    assert result.returncode == 2
    assert "befor-analysis: nothing here" in result.stderr
    assert "did you mean 'before-analysis'" in result.stderr


def test_frame_carries_intervals_margins_and_sample_sizes(
    recordings: dict[str, an.Analysis],
) -> None:
    frame = an.compare(recordings["before"], recordings["slower"]).frame
    rows = {row["measure"]: row for row in frame.to_dicts()}
    assert set(rows) == {"bad share", "p50", "p95", "p99"}
    p95 = rows["p95"]
    assert p95["low"] < p95["difference"] < p95["high"]
    assert p95["margin"] == pytest.approx(0.1 * p95["before"])
    assert (p95["n_before"], p95["n_after"], p95["needed"]) == (3000, 3000, 72)
    assert p95["block"] == 55
    assert rows["p50"]["verdict"] == "explored"


def test_objectives_bring_deadline_target_and_name(
    recordings: dict[str, an.Analysis],
) -> None:
    root = recordings["before"].folder.parent
    found = an.compare(
        recordings["before"], recordings["slower"], root / "slo.yaml", root / "journeys.yaml"
    )
    rows = {row["measure"]: row for row in found.frame.to_dicts()}
    assert found.headline.startswith("ticket-submit-5s: regressed.")
    assert rows["bad share"]["after"] > rows["bad share"]["before"] > 0  # late ones count
    assert rows["bad share"]["margin"] == pytest.approx(0.0005)


def test_recordings_without_a_common_journey_are_refused(
    recordings: dict[str, an.Analysis],
) -> None:
    root = recordings["before"].folder.parent
    with pytest.raises(InputError, match="no journey in common that the objectives name"):
        an.compare(recordings["before"], recordings["same"], root / "slo.yaml")
    with pytest.raises(UsageError, match="share between 0 and 1"):
        an.compare(recordings["before"], recordings["same"], margin=10)


def test_check_exits_with_1_on_a_regression_alone(recordings: dict[str, an.Analysis]) -> None:
    before, slower, faster = (recordings[n].folder for n in ("before", "slower", "faster"))
    done = command("compare", before, slower, "--check", "--format", "json")
    assert (done.returncode, done.stderr) == (1, "")
    assert json.loads(done.stdout)["verdict"] == "regressed"
    assert command("compare", before, slower).returncode == 0
    done = command("compare", before, faster, "--check")
    assert done.returncode == 0
    assert done.stdout.splitlines()[0].startswith("gateway / ticket.submit: improved. bad share")


def test_page_holds_the_answer_and_is_the_same_again(
    recordings: dict[str, an.Analysis], tmp_path: Path
) -> None:
    found = an.compare(recordings["before"], recordings["slower"])
    text = found.write_report(tmp_path / "one.html").read_text()
    assert found.headline.split(";")[0] in text
    assert "<svg" in text
    assert not re.search(r"""(src|href)=["']?https?:|url\(\s*["']?https?:""", text)
    again = an.compare(recordings["before"], recordings["slower"])
    assert again.write_report(tmp_path / "two.html").read_text() == text


def test_comparison_shows_itself_in_a_notebook(recordings: dict[str, an.Analysis]) -> None:
    shown = an.compare(recordings["before"], recordings["slower"])._repr_html_()
    assert "regressed" in shown


def test_folders_of_logs_are_analysed_on_the_way(recordings: dict[str, an.Analysis]) -> None:
    root = recordings["before"].folder.parent
    assert an.compare(root / "before", root / "slower").regressed


def test_headline_is_about_the_peak_where_both_sides_have_one(tmp_path: Path) -> None:
    start, end = (round((START + timedelta(seconds=s)).timestamp()) for s in (1000, 2000))
    sides = [
        an.analyze(record(tmp_path / name, LOADS[name]), campaign=[(start * 10**9, end * 10**9)])
        for name in ("before", "faster")
    ]
    found = an.compare(sides[0], sides[1])
    assert found.headline.startswith("gateway / ticket.submit at peak: improved.")
    sizes = found.frame.filter(found.frame["measure"] == "p95")["n_before"].to_list()
    assert sizes[0] == 3000
    assert 990 <= sizes[1] <= 1010
