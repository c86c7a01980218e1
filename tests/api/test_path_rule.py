"""The rule of the critical path is an option, and the output says which one was followed."""

from __future__ import annotations

from pathlib import Path

import pytest

import analyzer as an
from analyzer.errors import UsageError
from tests.fleets import make_fleet


def test_rule_of_the_critical_path_is_recorded_and_changes_the_path(tmp_path: Path) -> None:
    logs = make_fleet(seed=3, journeys=40).write(tmp_path / "logs")
    found = {rule: an.analyze(logs, path_rule=rule) for rule in ("sections", "crisp")}
    for rule, run in found.items():
        (row,) = [row for row in run.quality.rows(named=True) if row["check"] == "path_rule"]
        assert (row["scope"], row["count"]) == (rule, 40)
    tiled = found["sections"].sql(
        "select count(*) from journey j where duration_ns <> (select sum(exclusive_ns) "
        "from critical_path p where p.trace_id = j.trace_id)"
    )
    assert tiled.item() == 0
    kinds = found["crisp"].sql("select distinct kind from critical_path")["kind"].to_list()
    assert kinds == ["own"]


def test_another_rule_on_the_same_output_is_computed_anew(tmp_path: Path) -> None:
    logs = make_fleet(seed=3, journeys=10).write(tmp_path / "logs")
    an.analyze(logs, tmp_path / "out")
    again = an.analyze(logs, tmp_path / "out", path_rule="crisp")
    scopes = again.quality.rows(named=True)
    assert [row["scope"] for row in scopes if row["check"] == "path_rule"] == ["crisp"]


def test_unknown_rule_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="one of sections, crisp"):
        an.analyze(tmp_path, path_rule="longest")
