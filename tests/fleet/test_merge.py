"""`--merge` changes where services run, not what they answer."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from analyzer.replay.botapi import Emulator
from sample_logs.fleet.story import lines_of
from sample_logs.fleet.topology import TEAMS, processes
from tests.fleet.running import Running
from tests.fleet.test_conversation import Talk, roots

SUPPORT = ("tickets", "faq", "troubleshooting")
DIALOG = (
    ("/start", "Welcome"),
    ("/ticket my voucher code is refused", "received"),
    ("/ticket", "describe"),
    ("the payment failed", "received"),
    ("/tickets", "#"),
    ("/faq refund", "help"),
    ("/faq", "Answers"),
    ("/profile language fr", "changed"),
    ("/profile", "Language"),
    ("/subscribe", "subscribed"),
    ("/troubleshoot", "trouble"),
    ("Payment", "card"),
    ("No", "payment"),
)


async def played(folder: Path, telegram: Emulator, merged: tuple[str, ...]) -> list[object]:
    async with Running(folder, telegram, merged) as running:
        talk = Talk(running)
        answers = [await talk.say(text, expected) for text, expected in DIALOG]
        return [await roots(running), *((a.text, [b.text for b in a.buttons]) for a in answers)]


async def test_answers_and_journeys_are_the_same_merged_or_apart(
    tmp_path: Path, telegram: Emulator
) -> None:
    apart = await played(tmp_path / "apart", telegram, ())
    merged = await played(tmp_path / "merged", telegram, SUPPORT)
    everything = await played(tmp_path / "everything", telegram, tuple(TEAMS))
    assert apart == merged == everything


async def test_merged_services_call_each_other_without_client_spans(
    tmp_path: Path, telegram: Emulator
) -> None:
    await played(tmp_path, telegram, SUPPORT)
    calls = [line for line in lines_of(tmp_path / "logs", "tickets") if "kind=client" in line]
    called = {line.split("upstream=")[1].split()[0] for line in calls}
    assert called == {"accounts", "audit", "notifications", "subscriptions"}


async def test_a_merged_call_hangs_under_its_callers_own_span(
    tmp_path: Path, telegram: Emulator
) -> None:
    await played(tmp_path, telegram, ("tickets", "faq"))
    [submission, *_] = [s for s in lines_of(tmp_path / "logs", "tickets") if "path=/tickets " in s]
    caller = submission.split(" span_id=")[1].split()[0]
    suggestions = [s for s in lines_of(tmp_path / "logs", "faq") if "path=/suggestions" in s]
    assert any(f"parent_span_id={caller}" in line for line in suggestions)


def test_an_unknown_service_cannot_be_merged() -> None:
    with pytest.raises(ValueError, match=r"no such service: billing; known: .*tickets"):
        processes(("tickets", "billing"))


def test_every_service_runs_in_exactly_one_process() -> None:
    for merged in ((), ("faq",), SUPPORT, tuple(TEAMS)):
        groups = processes(merged)
        assert sorted(name for group in groups for name in group) == sorted(TEAMS)
        assert json.dumps(groups) == json.dumps(processes(merged[::-1]))
