"""README is held to the code: every command and option stands in it, its claims are tried."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest

from analyzer.cli.main import cli
from tests.conftest import ROOT

README = (ROOT / "README.md").read_text("utf-8")


def commands() -> list[tuple[str, click.Command]]:
    found: list[tuple[str, click.Command]] = []
    waiting: list[tuple[str, click.Command]] = [("analyze", cli)]
    while waiting:
        name, command = waiting.pop(0)
        if isinstance(command, click.Group):
            waiting += [(f"{name} {word}", sub) for word, sub in sorted(command.commands.items())]
        else:
            found.append((name, command))
    return found


@pytest.mark.parametrize(("name", "command"), commands(), ids=str)
def test_every_command_and_option_stands_in_readme(name: str, command: click.Command) -> None:
    row = next((line for line in README.splitlines() if line.startswith(f"| `{name}")), None)
    assert row is not None, f"README's table of commands lacks `{name}`"
    for parameter in command.params:
        if isinstance(parameter, click.Option) and not parameter.hidden:
            longest = max(parameter.opts, key=len)
            assert longest in row, f"README's row of `{name}` lacks {longest}"


@pytest.mark.parametrize(("name", "command"), commands(), ids=str)
def test_every_command_and_option_has_help(name: str, command: click.Command) -> None:
    assert command.help, name
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            assert parameter.help, f"{name} {parameter.opts}"


def test_every_link_into_the_repository_leads_somewhere() -> None:
    targets = re.findall(r"\]\((?!https?:|#)([^)#]+)\)", README)
    assert targets
    missing = [target for target in targets if not (ROOT / target).exists()]
    assert missing == []


def test_ci_runs_the_documented_test_command() -> None:
    script = (ROOT / ".ci" / "run").read_text("utf-8")
    assert ".venv/bin/python -m tests" in README
    assert "'.[test]'" in README
    assert '"$venv/bin/python" -m tests' in script
    assert "'.[test]'" in script


def test_no_path_of_a_machine_stands_in_the_repository() -> None:
    home = str(Path.home())
    for name in ("README.md", "CHANGELOG.md", "pyproject.toml", "sample_logs/README.md"):
        text = (ROOT / name).read_text("utf-8")
        assert f"{home}/" not in text
        assert str(ROOT) not in text
