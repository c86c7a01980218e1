"""A recording is replayed against real bot processes; what they do wrong is said in words."""

from __future__ import annotations

import gc
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
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
from tests.validation.conftest import (
    QUESTIONS,
    TICKETS,
    journeys_in,
    objectives_in,
    recorded,
)

pytestmark = pytest.mark.alone

Found: TypeAlias = Callable[[str], Validation]
FAULTS = ("any_bot unsound", "ptb_bot", "any_bot die", "any_bot none")


def command(bot: str) -> str:
    return shlex.join([sys.executable, "-m", *f"tests.validation.{bot}".split()])


@pytest.fixture(scope="module")
def unhurried() -> Iterator[None]:
    """A machine busy with other tests makes the generator late: not what is tested here."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(ROOT))
        patch.setattr("analyzer.replay.drive.summary.MOST_LAG_RATIO", 10.0)
        patch.setattr("analyzer.replay.campaign.DRAIN_SECONDS", 1.0)
        thresholds = gc.get_threshold()
        yield
        gc.set_threshold(*thresholds)  # replays beside each other restore what others had set


@pytest.fixture(scope="module")
def bots(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("bots")


@pytest.fixture(scope="module")
def found(unhurried: None, bots: Path) -> Iterator[Found]:
    """What each bot showed; they are replayed at the same time, since all do is wait."""
    recording, files = recorded(bots), options(bots)

    def validated(bot: str) -> Validation:
        chosen = replace(files, bot=command(bot), speed=2, patience_seconds=5.5)
        return validate(recording, bots / bot, options=chosen)

    with ThreadPoolExecutor(len(FAULTS)) as pool:
        running = {bot: pool.submit(validated, bot) for bot in FAULTS}
        yield lambda bot: running[bot].result()


def options(folder: Path) -> Options:
    return Options(slo=objectives_in(folder), journeys=journeys_in(folder))


def test_bot_that_loses_and_doubles_one_ticket_in_a_hundred_fails_in_words(found: Found) -> None:
    unsound = found("any_bot unsound")
    assert unsound.exit_code == 1
    assert (unsound.integrity.lost, unsound.integrity.doubled) == (2, 2)
    assert "2 of 200 submitted tickets (1.00%) were lost: never confirmed" in unsound.headline
    assert "2 of 200 submitted tickets (1.00%) were doubled: a second number" in unsound.headline
    # Its own log says nothing of what it lost: only the users' side can tell.
    assert unsound.measured.frame["bad"].to_list() == [0]
    assert any("tickets missed as users saw it" in line for line in unsound.failures)
    assert unsound.objectives["verdict"].to_list() == ["missed"]


def test_bot_a_fifth_slower_is_caught_beside_its_twin(unhurried: None, tmp_path: Path) -> None:
    chosen = replace(
        options(tmp_path),
        bot=command("any_bot slow"),
        legacy=command("any_bot works"),
        speed=4,
    )
    slow = validate(recorded(tmp_path), tmp_path / "out", options=chosen)
    assert [(one.side, one.pair) for one in slow.runs] == [("legacy", 1), ("bot", 1)]
    assert "tickets regressed against the legacy system" in slow.headline
    assert slow.exit_code == 1
    assert any("like for like: 1 pair of replays" in note for note in slow.notes)
    assert any("1 of 6 pairs" in note for note in slow.notes)
    assert (tmp_path / "out" / "runs" / "01-legacy" / "bot-logs" / "bot.jsonl").exists()


def test_bot_of_another_library_is_judged_by_a_mapping_file(found: Found) -> None:
    other = found("ptb_bot")
    assert other.failures == ()
    assert other.integrity == Integrity(submitted=TICKETS, lost=0, doubled=0)
    [tickets] = other.measured.frame.rows(named=True)
    # The mapping file turns its operation new_ticket into the objective's journey.
    assert (tickets["good"], tickets["bad"]) == (tickets["valid"], 0)
    assert tickets["valid"] > 0.8 * TICKETS  # what is left after the warm-up


def test_bot_that_dies_fails_in_words_and_ends_the_replay(found: Found) -> None:
    dead = found("any_bot die")
    assert dead.exit_code == 1
    assert "the bot ended by itself with code 9" in dead.headline
    assert len(dead.rows) < 50  # of 250: nobody is left who could answer


def test_sound_bot_is_compared_with_the_recording(found: Found) -> None:
    sound = found("any_bot none")
    assert sound.failures == ()
    assert sound.exit_code == 0
    assert sound.outcome in {Outcome.PASSED, Outcome.NOT_ENOUGH_DATA}
    load = {row["journey"]: row for row in sound.load.iter_rows(named=True)}
    assert load["ticket-submit"]["recorded"] == load["ticket-submit"]["served"] == TICKETS
    assert load["faq-read"]["recorded"] == QUESTIONS
    assert sound.predicted is not None
    tickets = sound.predicted.latency.filter(pl.col("journey") == "support / ticket-submit")
    p50 = tickets.row(by_predicate=pl.col("quantile") == 0.5, named=True)
    # Nothing to merge in a recording of one service: the prediction is what was.
    assert p50["predicted_ms"] == p50["before_ms"]
    assert p50["measured_low_ms"] <= p50["measured_ms"] <= p50["measured_high_ms"]
    assert p50["prediction_error"] == pytest.approx(p50["predicted_ms"] / p50["measured_ms"] - 1)


def test_what_is_written_says_the_same_and_nothing_secret(found: Found, bots: Path) -> None:
    sound, folder = found("any_bot none"), bots / "any_bot none"
    written = orjson.loads((folder / "validation.json").read_bytes())
    assert (written["outcome"], written["headline"]) == (sound.outcome, sound.headline)
    assert any("not comparable" in note for note in written["notes"])
    # 0 of 200: the rule of three says 1.5 %.
    assert any("fewer than 1.49% of them may stay unseen" in note for note in written["notes"])
    assert any("only a longer recording has more" in note for note in written["notes"])
    assert "Validation:" in (folder / "validation.html").read_text()
    assert b"secret" not in (folder / "journal.jsonl").read_bytes()


def test_run_by_a_generator_that_was_late_proves_nothing(found: Found) -> None:
    sound = found("any_bot none")
    [bot] = sound.runs
    driven = bot.replayed.driven
    summary = replace(driven.summary, problems=("p99 of schedule lag is 3 % of the deadline",))
    replayed = replace(bot.replayed, driven=replace(driven, summary=summary))
    late = replace(sound, runs=(replace(bot, replayed=replayed),))
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
    written = orjson.loads((out / "validation.json").read_bytes())
    assert (written["failures"], len(written["invalid"])) == ([], int(late))
    assert written["tickets"]["submitted"] > 20
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
