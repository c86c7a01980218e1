"""The house itself: the import contract and the shape of the repository."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.conftest import ROOT

TOP_LEVEL = {
    "CHANGELOG.md",
    "LICENSE",
    "README.md",
    "analyzer",
    "consolidated_bot",
    "notebooks",
    "pyproject.toml",
    "sample_logs",
    "tests",
}


def tracked_files() -> list[Path]:
    listing = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return [Path(line) for line in listing.stdout.splitlines()]


def test_import_contract_is_kept() -> None:
    linter = Path(sys.executable).with_name("lint-imports")
    run = subprocess.run(
        [linter, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stdout + run.stderr


def test_top_level_holds_what_was_agreed_and_nothing_else() -> None:
    names = {file.parts[0] for file in tracked_files()}
    assert {name for name in names if not name.startswith(".")} == TOP_LEVEL


def test_no_third_party_script_is_vendored() -> None:
    assert not [
        file for file in tracked_files() if file.suffix in {".js", ".css"} and ".min." in file.name
    ]
