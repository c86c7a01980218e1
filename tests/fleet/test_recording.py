"""The committed recording tells the story it was made for; recorded anew, it has to as well."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import pytest
import yaml

from sample_logs.fleet.record import FULL_MINUTES
from sample_logs.fleet.recording import Recording
from sample_logs.fleet.story import Story, lines_of, tell
from sample_logs.fleet.topology import TEAMS
from tests.conftest import ROOT

SAMPLES = ROOT / "sample_logs"
LEGACY = SAMPLES / "legacy"
MOST_BYTES = 20_000_000


@pytest.fixture(scope="module")
def recording() -> Recording:
    return Recording.read(SAMPLES)


@pytest.fixture(scope="module")
def story(recording: Recording) -> Story:
    return tell(LEGACY, recording)


def test_it_holds_enough_journeys_and_submissions_to_show_three_nines(story: Story) -> None:
    assert story.updates >= 10_000
    assert story.submissions >= 5_000


def test_ticket_submission_slows_by_300_percent_at_peak(story: Story) -> None:
    assert story.slowdown >= 4


def test_faq_fails_five_times_as_often_because_its_pool_runs_dry(story: Story) -> None:
    assert story.faq_error_growth >= 5
    assert story.faq_peak[0] >= 100
    assert story.pool_share >= 0.9


def test_the_limits_of_telegram_are_not_the_bottleneck(story: Story) -> None:
    assert story.largest_sends_per_second <= 20


def test_the_generator_kept_its_plan(recording: Recording) -> None:
    assert recording.load["dropped"] == 0
    assert recording.load["problems"] == []
    assert recording.load["lag_p99_ms"] < 50
    assert recording.phases[-1].end_ns - recording.phases[0].start_ns == FULL_MINUTES * 60e9


def test_traces_link_the_services_and_the_token_is_there_to_be_masked(story: Story) -> None:
    assert story.linked_share == 1
    assert story.token_lines > 1000


def test_every_service_left_packed_logs_within_the_limit() -> None:
    files = sorted(LEGACY.rglob("*.gz"))
    assert {file.parent.name for file in files} == set(TEAMS)
    assert sum(file.stat().st_size for file in files) <= MOST_BYTES
    # RFC 1952: bytes 4 to 7 are the time; bit 3 of byte 3 says that a name follows.
    assert {(file.read_bytes()[4:8], file.read_bytes()[3] & 8) for file in files} == {
        (bytes(4), 0)
    }
    assert all(gzip.decompress(file.read_bytes()).endswith(b"\n") for file in files)


def test_every_update_and_delivery_has_a_journey_of_a_context(story: Story) -> None:
    rows = mapping(SAMPLES / "journeys.yaml")["journeys"]
    named = {row["operation"] for row in rows if row["service"] == "telegram-gateway"}
    assert set(story.operations) <= named
    assert "notification.deliver" in {row["operation"] for row in rows}


def test_every_objective_speaks_of_a_journey_that_exists() -> None:
    rows = mapping(SAMPLES / "journeys.yaml")["journeys"]
    known = {(row["context"], row["journey"]) for row in rows}
    documents = yaml.safe_load_all((SAMPLES / "slo.yaml").read_text(encoding="utf-8"))
    objectives = [document for document in documents if document["kind"] == "SLO"]
    assert len(objectives) == 4
    for objective in objectives:
        labels = objective["metadata"]["labels"]
        assert (labels["context"], labels["journey"]) in known


def test_the_readme_names_the_command_that_made_it(recording: Recording) -> None:
    readme = (SAMPLES / "README.md").read_text(encoding="utf-8")
    assert recording.command in readme
    assert all(name in readme for name in TEAMS)


def test_faq_logs_tracebacks_and_audit_is_behind(recording: Recording) -> None:
    assert any(line.startswith("Traceback") for line in lines_of(LEGACY, "faq"))
    first = next(line for line in lines_of(LEGACY, "audit") if line.startswith("ts="))
    stamp = first.removeprefix("ts=").split()[0]
    started = next(line for line in lines_of(LEGACY, "tickets") if line.startswith("time="))
    assert stamp < started.removeprefix("time=").split()[0]
    assert recording.phases[0].start[:10] == stamp[:10]


def mapping(path: Path) -> dict[str, Any]:
    return dict(yaml.safe_load(path.read_text(encoding="utf-8")))
