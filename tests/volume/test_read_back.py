"""What the analyser makes of written logs is what was planted: lines, calls, errors, quantiles."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import analyzer as an
from tests.volume import FORMATS, Order, write_volume

WITH_PARENTS = tuple(name for name in FORMATS if name != "access")


def read_back(tmp_path: Path, form: str) -> tuple[Any, an.Analysis]:
    """The truth and the analysis of a small volume, its lines all accounted for."""
    order = Order(format=form, lines=8_000, seed=11, out=tmp_path, bad_share=0.01)
    truth: Any = write_volume(order)
    run = an.analyze(tmp_path / "logs", tmp_path / "analysis")
    [account] = run.sql(
        "select sum(lines)::bigint as lines, sum(records)::bigint as records, "
        "sum(quarantined)::bigint as truncated, sum(blank)::bigint as blank, "
        "sum(folded + excluded)::bigint as others from source_file"
    ).to_dicts()
    assert account == {
        "lines": truth["lines"],
        "records": truth["records"],
        "others": 0,
        **truth["bad_lines"],
    }
    return truth, run


def test_access_lines_tell_calls_and_failures_by_operation(tmp_path: Path) -> None:
    """Access lines name no parent, so nothing is asked of their edges."""
    truth, run = read_back(tmp_path, "access")
    counted = run.sql(
        "select service_name, operation, count(*) as calls, "
        "count(*) filter (status = 'error') as errors from span group by all"
    )
    found = {(r[0], r[1]): [r[2], r[3]] for r in counted.rows()}
    planted: dict[tuple[str, str], list[int]] = {}
    for edge in truth["edges"]:
        # A message without a verb is posted to a path of its name.
        name = edge["message"] if " " in edge["message"] else f"POST /{edge['message']}"
        sums = planted.setdefault((edge["callee"], name), [0, 0])
        sums[0] += edge["calls"]
        sums[1] += edge["errors"]
    assert found == planted


@pytest.mark.parametrize("form", WITH_PARENTS)
def test_analysis_finds_the_planted_truth(tmp_path: Path, form: str) -> None:
    truth, run = read_back(tmp_path, form)
    found = {(r["caller"], r["callee"], r["message"]): r for r in run.inventory.to_dicts()}
    planted = {(e["caller"], e["callee"], e["message"]): e for e in truth["edges"] if e["caller"]}
    assert found.keys() == planted.keys()
    side = "client_ms" if "client" in FORMATS[form].sides else "server_ms"
    for edge, told in planted.items():
        row = found[edge]
        assert (row["calls"], row["errors"]) == (told["calls"], told["errors"]), edge
        if told["mode"] == "sync":
            for name, value in told[side].items():
                assert row[f"{name}_ms"] == pytest.approx(value), edge
