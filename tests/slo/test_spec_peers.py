"""The validation suite of OpenSLO/oslo: same verdict, object and property path."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from analyzer.slo.spec import ObjectivesError, SourceText, read_objectives

OBJECT = re.compile(r"  Validation for (\S+?)\.\w+ '([^']*)'")
PROPERTY = re.compile(r"    - '([^']+)'")
FILE = re.compile(r"Errors in /oslo/(\S+):")


@pytest.fixture(scope="module")
def oslo(peer_data: Path) -> Path:
    return peer_data / "slo" / "oslo"


def golden(oslo: Path, name: str) -> set[tuple[str, str, str, str]]:
    """(file, version, object name, property path) of an expected output.

    The line about America/New_York is left out: the container that wrote the golden had no time
    zone data, and the zone exists.
    """
    found: set[tuple[str, str, str, str]] = set()
    file = version = label = ""
    for line in (oslo / "test/outputs/validate" / name).read_text().splitlines():
        if match := FILE.match(line):
            file = match[1]
        elif match := OBJECT.match(line):
            version, label = match[1], match[2]
        elif (match := PROPERTY.match(line)) and "America/New_York" not in line:
            found.add((file, version, label, match[1]))
    assert found
    return found


def judged(oslo: Path, name: str) -> set[tuple[str, str, str]]:
    """(file, object name, property path) of what we refuse."""
    root = oslo / "test/inputs/validate" / name
    paths = sorted(root.rglob("*.yaml")) if root.is_dir() else [root.with_suffix(".yaml")]
    found: set[tuple[str, str, str]] = set()
    for path in paths:  # each file alone: one bad file must not hide another
        file = path.relative_to(oslo).as_posix()
        with pytest.raises(ObjectivesError) as caught:
            read_objectives([SourceText(file, path.read_text())])
        for refusal in caught.value.refusals:
            name_of = re.search(r"'([^']*)'", refusal.object)
            found.add((file, name_of[1] if name_of else "", refusal.path))
    return found


@pytest.mark.parametrize("name", ["v1", "mix", "recursive"])
def test_v1_objects_are_refused_at_the_paths_of_the_golden(oslo: Path, name: str) -> None:
    expected = {(f, o, p) for f, version, o, p in golden(oslo, name) if version == "v1"}
    ours = judged(oslo, name)
    assert {refusal for refusal in ours if refusal[2] != "apiVersion"} == expected


@pytest.mark.parametrize("name", ["v1alpha", "v2alpha", "mix", "recursive"])
def test_objects_of_other_versions_are_refused_for_their_version_not_their_paths(
    oslo: Path, name: str
) -> None:
    ours = judged(oslo, name)
    others = {(f, o) for f, version, o, _ in golden(oslo, name) if version != "v1"}
    assert others <= {(file, label) for file, label, path in ours if path == "apiVersion"}


def test_time_zone_that_the_golden_could_not_find_is_accepted(oslo: Path) -> None:
    assert not [r for r in judged(oslo, "v1") if "timeZone" in r[2]]


def test_unknown_api_version_is_refused(oslo: Path) -> None:
    assert [r[2] for r in judged(oslo, "invalid-apiversion")] == ["apiVersion"]


def test_unknown_field_is_refused_beside_the_wrong_name(oslo: Path) -> None:
    assert {r[2] for r in judged(oslo, "unknown-field")} == {"spec.markdown", "metadata.name"}
