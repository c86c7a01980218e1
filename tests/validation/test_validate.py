"""A recording is replayed against real bot processes; what they do wrong is said in words."""

from __future__ import annotations

import shlex
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias

import orjson
import polars as pl
import pytest

from analyzer.api.outcome import Outcome
from analyzer.api.validation import validate
from analyzer.api.validation_result import Options, Validation
from analyzer.errors import InputError, OutputError, UsageError
from analyzer.replay.integrity import Integrity
from tests.conftest import ROOT
from tests.validation.conftest import QUESTIONS, TICKETS

pytestmark = pytest.mark.alone

Run: TypeAlias = Callable[..., Validation]


@pytest.fixture
def run(
    recording: Path,
    journeys: Path,
    objectives: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Run:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    # A machine busy with other tests makes the generator late: that is not what is tested here.
    monkeypatch.setattr("analyzer.replay.drive.summary.MOST_LAG_RATIO", 10.0)

    def validated(fault: str, legacy: str | None = None) -> Validation:
        bots = [
            None if one is None else shlex.join([sys.executable, "-m", f"tests.validation.{one}"])
            for one in (fault, legacy)
        ]
        options = Options(
            slo=objectives,
            journeys=journeys,
            bot=bots[0] and bots[0].replace(":", " "),
            legacy=bots[1] and bots[1].replace(":", " "),
            speed=2,
            patience_seconds=5.5,
        )
        return validate(recording, tmp_path / "out", options=options)

    return validated


def test_bot_that_loses_and_doubles_one_ticket_in_a_hundred_fails_in_words(run: Run) -> None:
    found = run("any_bot:unsound")
    assert found.exit_code == 1
    assert (found.integrity.lost, found.integrity.doubled) == (2, 2)
    assert "2 of 200 submitted tickets (1.00%) were lost: never confirmed" in found.headline
    assert "2 of 200 submitted tickets (1.00%) were doubled: a second number" in found.headline
    # Its own log says nothing of what it lost: only the users' side can tell.
    assert found.measured.frame["bad"].to_list() == [0]
    assert any("tickets missed as users saw it" in line for line in found.failures)
    assert found.objectives["verdict"].to_list() == ["missed"]


def test_bot_a_fifth_slower_is_caught_beside_its_twin(run: Run, tmp_path: Path) -> None:
    found = run("any_bot:slow", "any_bot:works")
    assert [(one.side, one.pair) for one in found.runs] == [("legacy", 1), ("bot", 1)]
    assert "tickets regressed against the legacy system" in found.headline
    assert found.exit_code == 1
    assert any("like for like: 1 pair of replays" in note for note in found.notes)
    assert any("1 of 6 pairs" in note for note in found.notes)
    assert (tmp_path / "out" / "runs" / "01-legacy" / "bot-logs" / "bot.jsonl").exists()


def test_bot_of_another_library_is_judged_by_a_mapping_file(run: Run) -> None:
    found = run("ptb_bot")
    assert found.failures == ()
    assert found.integrity == Integrity(submitted=TICKETS, lost=0, doubled=0)
    [tickets] = found.measured.frame.rows(named=True)
    # The mapping file turns its operation new_ticket into the objective's journey.
    assert (tickets["good"], tickets["bad"]) == (tickets["valid"], 0)
    assert tickets["valid"] > 0.8 * TICKETS  # what is left after the warm-up


def test_bot_that_dies_fails_in_words(run: Run) -> None:
    found = run("any_bot:die")
    assert found.exit_code == 1
    assert "the bot ended by itself with code 9" in found.headline


def test_sound_bot_is_compared_with_the_recording(run: Run, tmp_path: Path) -> None:
    found = run("any_bot:none")
    assert found.failures == ()
    assert found.exit_code == 0
    assert found.outcome in {Outcome.PASSED, Outcome.NOT_ENOUGH_DATA}
    load = {row["journey"]: row for row in found.load.iter_rows(named=True)}
    assert load["ticket-submit"]["recorded"] == load["ticket-submit"]["served"] == TICKETS
    assert load["faq-read"]["recorded"] == QUESTIONS
    assert found.predicted is not None
    tickets = found.predicted.latency.filter(pl.col("journey") == "support / ticket-submit")
    p50 = tickets.row(by_predicate=pl.col("quantile") == 0.5, named=True)
    # Nothing to merge in a recording of one service: the prediction is what was.
    assert p50["predicted_ms"] == p50["before_ms"]
    assert p50["measured_low_ms"] <= p50["measured_ms"] <= p50["measured_high_ms"]
    assert p50["prediction_error"] == pytest.approx(p50["predicted_ms"] / p50["measured_ms"] - 1)
    written = orjson.loads((tmp_path / "out" / "validation.json").read_bytes())
    assert written["outcome"] == found.outcome
    assert any("not comparable" in note for note in written["notes"])
    assert "Validation:" in (tmp_path / "out" / "validation.html").read_text()
    assert b"secret" not in (tmp_path / "out" / "journal.jsonl").read_bytes()
    # The same run by a generator that was late proves nothing, whatever the bot did.
    [bot] = found.runs
    driven = bot.replayed.driven
    summary = replace(driven.summary, problems=("p99 of schedule lag is 3 % of the deadline",))
    replayed = replace(bot.replayed, driven=replace(driven, summary=summary))
    late = replace(found, runs=(replace(bot, replayed=replayed),))
    assert late.exit_code == 3
    assert late.headline.startswith("invalid: p99 of schedule lag")


def test_bundled_bot_is_validated_by_the_command(
    recording: Path, journeys: Path, objectives: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    words = [sys.executable, "-m", "analyzer", "validate", str(recording)]
    words += ["--slo", str(objectives), "--journeys", str(journeys)]
    words += ["--speed", "2", "--limit", "4s", "-o", str(out)]
    done = subprocess.run(words, capture_output=True, text=True, cwd=ROOT, check=False)
    # Late on a busy machine is invalid and says so; anything else would be the bot's fault.
    late = done.stdout.startswith("invalid: p99 of schedule lag")
    assert done.returncode == (3 if late else 0), done.stdout + done.stderr
    assert late or done.stdout.startswith(("passed", "not enough data"))
    assert "not comparable" in done.stderr
    assert (out / "bot-logs" / "bot.jsonl").stat().st_size
    again = subprocess.run(
        [*words[:-1], str(recording)], capture_output=True, text=True, cwd=ROOT, check=False
    )
    assert again.returncode == 2
    assert "holds something else" in again.stderr


def test_what_cannot_be_validated_is_refused(
    recording: Path, journeys: Path, tmp_path: Path
) -> None:
    (tmp_path / "a folder").mkdir()
    elsewhere = recording.rename(tmp_path / "a folder" / "logs")
    with pytest.raises(InputError, match="Name them with --journeys"):
        validate(elsewhere, tmp_path / "a", options=Options())
    recording = elsewhere
    with pytest.raises(UsageError, match="cannot start the bot: no-such-bot"):
        validate(recording, tmp_path / "b", options=Options(journeys=journeys, bot="no-such-bot"))
    with pytest.raises(UsageError, match="must be above 0"):
        validate(recording, tmp_path / "c", options=Options(journeys=journeys, speed=0))
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "mine.txt").touch()
    with pytest.raises(OutputError, match=r"mine\.txt"):
        validate(recording, tmp_path / "d", options=Options(journeys=journeys))
