"""The runbook file: the bundled one, an edited one, and everything that is wrong with one."""

from __future__ import annotations

from pathlib import Path

import pytest

from consolidated_bot.core.errors import ConfigurationError
from consolidated_bot.core.keyboards import button
from consolidated_bot.operations.runbook_file import read_runbook, runbook_text


def edited(folder: Path, *changes: tuple[str, str]) -> Path:
    text = runbook_text(None)
    for before, after in changes:
        assert before in text
        text = text.replace(before, after, 1)
    file = folder / "runbook.yaml"
    file.write_text(text, "utf-8")
    return file


def test_bundled_runbook_has_the_five_steps() -> None:
    runbook = read_runbook(None)
    assert runbook.load_test
    assert runbook.watchpoints
    assert runbook.plans
    assert [rung.name for rung in runbook.escalation.rungs] == ["L1", "L2", "L3"]
    assert runbook.questions


def test_first_plan_that_fits_is_taken() -> None:
    runbook = read_runbook(None)
    found = {
        context: plan.id
        for context in ("support", "notifications", "accounts")
        if (plan := runbook.plan_for("any-objective", context))
    }
    assert found == {"support": "tickets", "notifications": "notifications", "accounts": "any"}


def test_longest_step_fits_a_button() -> None:
    button("☐ 8", f"op:step:{2**53}:{'x' * 20}")


WRONG = [
    (("delay: 5m", "delay: soon"), "escalation.levels.0.delay: must be a duration"),
    (("roles: [lead]", "roles: [boss]"), "escalation.levels.1.roles.0: "),
    (("rounds: 5", "rounds: 9"), "escalation.rounds: "),
    (("inbox_age: [5s, 15s, 60s]", "inbox_age: [5s, 60s, 15s]"), "degraded.inbox_age: must rise"),
    (("length: 4h", "length: 5m"), "campaign.length: must be whole minutes, from 30m on"),
    (("version: 1", "version: 2"), "version: "),
    (("ratio: 0.5", "ratio: 0.5\n  colour: red"), "degraded.colour: is not a field of a runbook"),
]


@pytest.mark.parametrize(("change", "sentence"), WRONG)
def test_mistake_is_told_with_file_line_and_field(
    tmp_path: Path, change: tuple[str, str], sentence: str
) -> None:
    file = edited(tmp_path, change)
    line = 1 + file.read_text("utf-8").partition(change[1].splitlines()[-1].strip())[0].count("\n")
    with pytest.raises(ConfigurationError) as refusal:
        read_runbook(file)
    assert any(
        problem.startswith(f"RUNBOOK_FILE {file}:{line}: {sentence}")
        for problem in refusal.value.problems
    ), refusal.value.problems


def test_plan_of_the_same_name_is_refused_where_it_stands_again(tmp_path: Path) -> None:
    file = edited(tmp_path, ("id: notifications", "id: tickets"))
    line = 1 + runbook_text(None).partition("id: notifications")[0].count("\n")
    with pytest.raises(ConfigurationError, match=f":{line}: incident_plan.1.id: .* stands twice"):
        read_runbook(file)


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    file = edited(tmp_path, ("delay: 5m", "delay: x"), ("rounds: 5", "rounds: 0"))
    with pytest.raises(ConfigurationError) as refusal:
        read_runbook(file)
    assert len(refusal.value.problems) == 2


def test_broken_yaml_and_a_missing_file_are_sentences(tmp_path: Path) -> None:
    file = tmp_path / "runbook.yaml"
    file.write_text("version: 1\nname: [", "utf-8")
    with pytest.raises(ConfigurationError, match=r"runbook\.yaml:\d+: "):
        read_runbook(file)
    with pytest.raises(ConfigurationError, match="No such file"):
        read_runbook(tmp_path / "absent.yaml")
