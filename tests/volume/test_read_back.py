"""What the analyser makes of written logs is what was planted: lines, calls, errors, quantiles."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import analyzer as an
from tests.volume import FORMATS, Order, write_volume

READABLE = ("ecs", "otlp", "zipkin", "jaeger")


@pytest.mark.parametrize("form", READABLE)
def test_analysis_finds_the_planted_truth(tmp_path: Path, form: str) -> None:
    order = Order(format=form, lines=15_000, seed=11, out=tmp_path, bad_share=0.01)
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
