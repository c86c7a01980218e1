"""The command line as a user meets it: exit codes, one clear sentence, no traceback."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.fleets import make_fleet

HEAVY = {
    "polars",
    "duckdb",
    "matplotlib",
    "bokeh",
    "scipy",
    "aiogram",
    "networkx",
    "pyarrow",
    "rich",
}


def analyze(*words: object, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "analyzer", *map(str, words)],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_fleet(seed=2, journeys=120, peak=True).write(
        tmp_path_factory.mktemp("cli") / "logs"
    )


@pytest.fixture(scope="module")
def done(logs: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("done")
    result = analyze(logs, cwd=folder)
    assert result.returncode == 0, result.stderr
    return folder


def test_logs_alone_run_the_main_job(logs: Path, tmp_path: Path) -> None:
    result = analyze(logs, cwd=tmp_path)
    assert result.returncode == 0
    assert "Findings" in result.stdout
    assert "CreateTicket" in result.stdout
    assert "Proposed contexts" in result.stdout
    assert result.stderr.splitlines()[-1].startswith("Wrote analysis/report.html")
    written = {item.name for item in (tmp_path / "analysis").iterdir()}
    assert written == {
        "analysis.duckdb",
        "contexts.yaml",
        "graph.graphml",
        "inventory.csv",
        "recording.arrow",
        "report.html",
        "user.key",
    }


def test_summary_as_json_is_one_object(logs: Path, tmp_path: Path) -> None:
    result = analyze("run", logs, "--format", "json", cwd=tmp_path)
    document = json.loads(result.stdout)
    assert {"findings", "hotspots", "contexts", "inventory", "totals"} <= set(document)


@pytest.mark.parametrize("how", ["table", "json", "csv", "md"])
def test_sql_prints_in_every_format(done: Path, how: str) -> None:
    statement = "select caller, count(*) as messages from inventory group by 1 order by 1"
    result = analyze("sql", "analysis", statement, "--format", how, cwd=done)
    assert result.returncode == 0
    assert result.stderr == ""
    assert "gateway" in result.stdout


def test_a_long_result_is_cut_in_a_table_and_whole_for_machines(done: Path) -> None:
    statement = "select * from range(500)"
    table = analyze("sql", "analysis", statement, "--limit", "20", cwd=done)
    assert "480 more rows" in table.stderr
    assert len(table.stdout.splitlines()) < 30
    whole = analyze("sql", "analysis", statement, "--format", "csv", cwd=done)
    assert len(whole.stdout.splitlines()) == 501


def test_a_command_that_was_meant_is_not_offered_again(done: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    result = analyze("compare", str(done / "analysis"), str(tmp_path / "empty"), cwd=tmp_path)
    assert result.returncode in {2, 3}
    assert "Did you mean `analyze" not in result.stderr


def test_wrong_sql_is_a_sentence(done: Path) -> None:
    result = analyze("sql", "analysis", "select nonsense from inventory", cwd=done)
    assert result.returncode == 2
    assert "nonsense" in result.stderr
    assert "Traceback" not in result.stderr


def test_the_store_cannot_be_changed_by_a_query(done: Path) -> None:
    assert analyze("sql", "analysis", "delete from span", cwd=done).returncode == 2


def test_report_is_written_again_byte_for_byte(done: Path) -> None:
    first = (done / "analysis" / "report.html").read_bytes()
    result = analyze("report", "analysis", "-o", "again.html", cwd=done)
    assert result.stdout == "Wrote again.html\n"
    assert (done / "again.html").read_bytes() == first


def test_contexts_explain_export_and_take_edits_back(done: Path) -> None:
    assert "tickets" in analyze("contexts", "--explain", "tickets", cwd=done).stdout
    assert "no service 'ticket'" in analyze("contexts", "--explain", "ticket", cwd=done).stderr
    assert analyze("contexts", "--export", "mermaid", cwd=done).stdout.startswith("flowchart")
    assert "ContextMap" in analyze("contexts", "--export", "cml", cwd=done).stdout
    (done / "wish.yaml").write_text("contexts:\n  Desk:\n    - tickets\n    - faq\n")
    moved = analyze("contexts", "--contexts", "wish.yaml", cwd=done)
    assert moved.returncode == 0, moved.stderr
    assert "Desk" in moved.stdout
    (done / "wrong.yaml").write_text("contexts:\n  Desk:\n    - nobody\ncolour: red\n")
    wrong = analyze("contexts", "--contexts", "wrong.yaml", cwd=done)
    assert wrong.returncode == 2
    assert "colour" in wrong.stderr


def test_whatif_predicts_for_any_grouping(done: Path) -> None:
    result = analyze("whatif", "--merge", "tickets,accounts", "--format", "json", cwd=done)
    rows = json.loads(result.stdout)
    assert {"SubmitTicket"} <= {row["journey"] for row in rows}
    assert "no service 'nobody'" in analyze("whatif", "--merge", "nobody,faq", cwd=done).stderr
    assert analyze("whatif", "--show", "plan", cwd=done).returncode == 0


def test_doctor_names_versions_and_room(tmp_path: Path) -> None:
    result = analyze("doctor", cwd=tmp_path)
    assert result.returncode == 0
    assert "duckdb" in result.stdout
    assert "GiB free" in result.stdout


def test_mistyped_command_gets_a_hint(tmp_path: Path) -> None:
    result = analyze("docter", cwd=tmp_path)
    assert result.returncode == 3
    assert "Did you mean `analyze doctor`?" in result.stderr


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (["missing/"], 3, "no such file or folder"),
        (["report", "nowhere"], 2, "no analysis here"),
        (["run", ".", "--campaign", "yesterday"], 2, "START/END"),
        (["run", ".", "--unit", "took"], 2, "KEY=UNIT"),
        (["run", ".", "--fields", "absent.toml"], 2, "cannot be read"),
        (["run"], 2, "Missing argument"),
    ],
)
def test_wrong_words_end_in_a_sentence(
    tmp_path: Path, words: list[str], code: int, sentence: str
) -> None:
    result = analyze(*words, cwd=tmp_path)
    assert result.returncode == code
    assert sentence in result.stderr
    assert "Traceback" not in result.stderr
    assert not (tmp_path / "analysis").exists()


def test_disk_that_is_full_is_a_sentence(logs: Path, tmp_path: Path) -> None:
    words = f"ulimit -f 300; exec {sys.executable} -m analyzer {logs} -o {tmp_path / 'out'}"
    result = subprocess.run(
        ["bash", "-c", words],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 2
    assert "cannot be written" in result.stderr
    assert "Traceback" not in result.stderr


def test_second_run_at_once_says_so(logs: Path, tmp_path: Path) -> None:
    from analyzer.store import Store

    folder = tmp_path / "analysis"
    folder.mkdir()
    with Store(folder / "analysis.duckdb"):
        result = analyze(logs, cwd=tmp_path)
    assert result.returncode == 2
    assert "in use by another run" in result.stderr


def test_own_keys_and_units_are_taken_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "fields.toml").write_text(
        '[fields]\nservice_name = "unit_name"\noperation = "job"\n[units]\ncost = "ms"\n'
    )
    line = '{"ts":"2026-03-02T09:00:00Z","unit_name":"mill","job":"Grind","cost":12}\n'
    (tmp_path / "own.log").write_text(line)
    result = analyze("run", "own.log", "--fields", "fields.toml", cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    spans = analyze(
        "sql", "analysis", "select service_name, operation, duration_ns from span",
        "--format", "csv", cwd=tmp_path,
    )  # fmt: skip
    assert spans.stdout.splitlines()[1] == "mill,Grind,12000000"


def test_help_loads_nothing_heavy() -> None:
    script = "import sys, analyzer.cli; print(*sys.modules, sep='\\n')"
    result = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert not HEAVY & set(result.stdout.split())


def test_output_into_a_closed_pipe_is_no_error(done: Path) -> None:
    words = (
        f"{sys.executable} -m analyzer sql analysis 'select * from span' --format csv | head -1"
    )
    result = subprocess.run(
        ["bash", "-o", "pipefail", "-c", words],
        cwd=done,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.stderr == ""


def test_results_do_not_depend_on_hash_seed_or_clock(logs: Path, tmp_path: Path) -> None:
    for seed in ("1", "2"):
        result = analyze(logs, "-o", seed, cwd=tmp_path, PYTHONHASHSEED=seed)
        assert result.returncode == 0, result.stderr
    for name in ("report.html", "contexts.yaml", "graph.graphml", "inventory.csv"):
        assert (tmp_path / "1" / name).read_bytes() == (tmp_path / "2" / name).read_bytes()


def test_standard_input_is_read_like_a_file(logs: Path, tmp_path: Path) -> None:
    words = f"cat {logs}/*/app.log | {sys.executable} -m analyzer - --format json"
    result = subprocess.run(
        ["bash", "-c", words],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    assert json.loads(result.stdout)["totals"]["journeys"] == 120


def test_a_failed_try_does_not_stand_in_the_way_of_the_next(logs: Path, tmp_path: Path) -> None:
    (tmp_path / "poem.txt").write_text("roses\nare red\n")
    assert analyze("poem.txt", cwd=tmp_path).returncode == 3
    assert analyze(logs, cwd=tmp_path).returncode == 0
