"""The main job, files in and answers out, on a fleet whose truth is known."""

from __future__ import annotations

import stat
from pathlib import Path

import polars as pl
import pytest

import analyzer as an
from analyzer.errors import InputError, OutputError, UsageError
from tests.fleets import make_fleet

RESULTS = ("inventory.csv", "graph.graphml", "contexts.yaml", "report.html")


@pytest.fixture(scope="module")
def fleet_logs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_fleet(seed=3, journeys=400, peak=True).write(tmp_path_factory.mktemp("fleet"))


@pytest.fixture(scope="module")
def run(fleet_logs: Path, tmp_path_factory: pytest.TempPathFactory) -> an.Analysis:
    return an.analyze(fleet_logs, tmp_path_factory.mktemp("out") / "analysis")


@pytest.mark.parametrize("compress", [False, True])
def test_edges_counts_errors_and_quantiles_come_back_exactly(
    tmp_path: Path,
    compress: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    fleet = make_fleet(seed=11, journeys=250)
    found = an.analyze(fleet.write(tmp_path / "logs", compress=compress)).inventory
    rows = {(row["caller"], row["callee"], row["message"]): row for row in found.to_dicts()}
    assert set(rows) == set(fleet.edges)
    for edge, truth in fleet.edges.items():
        row = rows[edge]
        assert (row["calls"], row["errors"]) == (truth.calls, truth.errors)
        assert row["side"] == "server"
        assert row["evidence"] == "observed"
        for p, column in ((50, "p50_ms"), (95, "p95_ms"), (99, "p99_ms")):
            assert row[column] == pytest.approx(truth.quantile_ms(p), rel=1e-12)


def test_every_line_is_accounted_for_and_every_journey_found(run: an.Analysis) -> None:
    assert run.files["difference"].to_list() == [0] * run.files.height
    assert run.totals["records"] == run.totals["lines"]
    assert run.totals["journeys"] == 400


def test_planted_hotspots_are_named_with_their_cause(run: an.Analysis) -> None:
    ranked = run.hotspots(top=50).filter(pl.col("rank") == 1)
    worst = {row["kind"]: row for row in ranked.to_dicts()}
    assert (worst["latency"]["service_name"], worst["latency"]["operation"]) == (
        "tickets",
        "CreateTicket",
    )
    assert worst["latency"]["ratio"] == pytest.approx(4.8, rel=0.15)  # six times its own work
    assert (worst["errors"]["service_name"], worst["errors"]["operation"]) == ("faq", "Search")
    assert "connection pool exhausted" in worst["errors"]["cause"]


def test_sections_of_every_journey_add_up_to_its_duration(run: an.Analysis) -> None:
    wrong = run.sql(
        "select j.trace_id from journey j join critical_path c using (trace_id) "
        "group by j.trace_id, j.duration_ns having sum(c.exclusive_ns) <> j.duration_ns"
    )
    assert wrong.height == 0


def test_proposal_covers_every_service_once(run: an.Analysis) -> None:
    services = run.contexts().frame["service_name"].to_list()
    assert sorted(services) == ["accounts", "audit", "faq", "gateway", "tickets"]
    assert "tickets" in str(run.contexts().explain("tickets"))


def test_second_run_reads_nothing_and_answers_the_same(fleet_logs: Path, tmp_path: Path) -> None:
    out = tmp_path / "analysis"
    first = an.analyze(fleet_logs, out)
    before = {name: (out / name).read_bytes() for name in RESULTS}
    stamps = first.sql("select path, ingested_at from source_file order by path")
    second = an.analyze(fleet_logs, out)
    assert {name: (out / name).read_bytes() for name in RESULTS} == before
    assert second.sql("select path, ingested_at from source_file order by path").equals(stamps)


def test_incremental_run_answers_as_a_fresh_one(tmp_path: Path) -> None:
    logs = make_fleet(seed=5, journeys=120).write(tmp_path / "logs")
    kept = logs / "audit" / "app.log"
    late = kept.read_bytes()
    kept.write_bytes(late[: late.index(b"\n", len(late) // 2) + 1])
    an.analyze(logs, tmp_path / "grown")
    kept.write_bytes(late)
    (logs / "audit" / "extra.log").write_bytes(b"not a log line\n")
    an.analyze(logs, tmp_path / "grown")
    an.analyze(logs, tmp_path / "fresh")
    for name in RESULTS:
        assert (tmp_path / "grown" / name).read_bytes() == (tmp_path / "fresh" / name).read_bytes()


def test_order_of_lines_and_files_changes_nothing(tmp_path: Path) -> None:
    fleet = make_fleet(seed=8, journeys=150, peak=True)
    for name, shuffle in (("a", None), ("b", 4)):
        logs = fleet.write(tmp_path / name / "logs", shuffle=shuffle)
        an.analyze(logs, tmp_path / name / "out")
    for name in ("inventory.csv", "graph.graphml", "contexts.yaml"):
        first, second = (tmp_path / run / "out" / name for run in ("a", "b"))
        assert first.read_bytes() == second.read_bytes()


def test_other_roots_need_force(fleet_logs: Path, tmp_path: Path) -> None:
    other = make_fleet(seed=6, journeys=20).write(tmp_path / "other")
    an.analyze(fleet_logs, tmp_path / "out")
    with pytest.raises(OutputError, match="other logs"):
        an.analyze(other, tmp_path / "out")
    assert an.analyze(other, tmp_path / "out", force=True).totals["journeys"] == 20


def test_a_folder_of_someone_else_is_left_alone(fleet_logs: Path, tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("mine")
    with pytest.raises(OutputError, match=r"thesis\.tex"):
        an.analyze(fleet_logs, tmp_path)
    assert sorted(item.name for item in tmp_path.iterdir()) == ["thesis.tex"]
    an.analyze(fleet_logs, tmp_path, force=True)
    assert (tmp_path / "thesis.tex").read_text() == "mine"


def test_temporary_results_vanish_with_the_object(fleet_logs: Path) -> None:
    found = an.analyze(fleet_logs)
    folder = found.folder
    assert folder.exists()
    del found
    assert not folder.exists()


def test_user_key_is_private_and_users_are_hashed(tmp_path: Path) -> None:
    logs = tmp_path / "logs.json"
    logs.write_text(
        '{"time":"2026-03-02T09:00:00Z","service":"a","op":"X","duration_ms":5,"user_id":4711}\n'
    )
    found = an.analyze(logs, tmp_path / "out")
    assert stat.S_IMODE((tmp_path / "out" / "user.key").stat().st_mode) == 0o600
    key = found.sql("select user_key from span").item()
    assert len(key) == 12
    assert "4711" not in (tmp_path / "out" / "analysis.duckdb").read_bytes().decode("latin-1")


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda _: None, "no file to read"),
        (lambda folder: (folder / "empty.log").touch(), "empty or unreadable"),
        (
            lambda folder: (folder / "poem.txt").write_text("roses\nare red\n"),
            "could be read as a log",
        ),
        (lambda folder: (folder / "noise").write_bytes(bytes(range(256)) * 40), "could be read"),
    ],
)
def test_input_without_logs_is_refused_in_one_sentence(
    tmp_path: Path, make: object, words: str
) -> None:
    folder = tmp_path / "logs"
    folder.mkdir()
    assert callable(make)
    make(folder)
    with pytest.raises(InputError, match=words):
        an.analyze(folder, tmp_path / "out")


def test_a_picture_of_what_was_never_seen_is_refused_with_the_nearest_name(
    run: an.Analysis,
) -> None:
    with pytest.raises(UsageError, match="did you mean 'tickets'"):
        run.plot.latency("ticket")
    with pytest.raises(UsageError, match="did you mean 'CreateTicket'"):
        run.plot.latency("tickets", "CreateTickets")
    with pytest.raises(UsageError, match="needs its service"):
        run.plot.latency(operation="CreateTicket")


def test_latency_of_a_service_is_that_of_what_it_serves(run: an.Analysis) -> None:
    drawn = run.series(3_600, "tickets")["n"].sum()
    served = "SELECT count(*) FROM span WHERE service_name = 'tickets' AND span_kind = 'server'"
    assert drawn == run.sql(served).item()


def test_an_analysis_prints_as_one_line_of_key_figures(run: an.Analysis) -> None:
    assert "400 journeys" in repr(run)
    assert "\n" not in repr(run)


def test_open_analysis_reads_what_a_run_left(run: an.Analysis) -> None:
    again = an.open_analysis(run.folder)
    assert again.inventory.equals(run.inventory)
    assert again.contexts().frame.equals(run.contexts().frame)
    assert "Consolidate" in again._repr_html_() or "services" in again._repr_html_()


def test_campaign_given_by_hand_is_the_window(fleet_logs: Path) -> None:
    from analyzer.api.options import parse_campaign

    window = parse_campaign("2026-03-02T09:04:00Z/2026-03-02T09:09:00Z")
    found = an.analyze(fleet_logs, campaign=(window,))
    assert [start.isoformat() for start, _ in found.windows] == ["2026-03-02T09:04:00"]


def test_propose_contexts_takes_bare_frames() -> None:
    edges = pl.DataFrame({"caller": ["a", "c"], "callee": ["b", "d"], "calls": [50, 40]})
    journeys = pl.DataFrame(
        {"journey": ["x", "x", "y", "y"], "service": ["a", "b", "c", "d"], "weight": [5, 5, 4, 4]}
    )
    found = an.propose_contexts(edges, journeys, k=2, seed=7)
    groups = sorted(found.groups.values())
    assert groups == [("a", "b"), ("c", "d")]
    assert found.plot().axes


def test_what_if_saves_only_gaps_between_merged_services(run: an.Analysis) -> None:
    nothing = run.whatif([["faq", "tickets"]]).frame  # they never call each other
    assert nothing["before_ms"].to_list() == nothing["predicted_ms"].to_list()
    merged = run.whatif([["tickets", "accounts"]]).frame.drop_nulls("predicted_ms")
    assert (merged["predicted_ms"] <= merged["before_ms"]).all()
    stored = run.sql("select count(*) from whatif where n is not null").item()
    assert stored == run.whatif_frame.height > 0


def test_an_architects_file_is_taken_back(run: an.Analysis) -> None:
    from analyzer.api.wishes import read_wishes

    path = run.folder / "edited.yaml"
    path.write_text((run.folder / "contexts.yaml").read_text() + "")
    same = run.contexts(constraints=read_wishes(path))
    assert same.groups == run.contexts().groups
    path.write_text("contexts:\n  Desk:\n    - tickets\n    - faq\n")
    moved = run.contexts(constraints=read_wishes(path))
    assert {"tickets", "faq"} <= set(moved.groups["Desk"])


def test_messages_say_how_each_edge_is_used(run: an.Analysis) -> None:
    messages = run.messages
    assert messages["calls"].sum() == run.inventory["calls"].sum()
    row = messages.row(by_predicate=pl.col("message") == "CreateTicket", named=True)
    assert row["journeys"] == row["calls"]
    assert row["criticality"] == pytest.approx(row["journeys"] / 400)
    latency = run.sql(
        "select sum(server_duration_ns) / 1e9 as busy, "
        "epoch(max(start_time)) - epoch(min(start_time)) as used "
        "from call where message = 'CreateTicket'"
    ).row(0, named=True)
    assert row["concurrency_mean"] == pytest.approx(latency["busy"] / latency["used"], rel=1e-6)


def test_shares_of_time_add_up_and_the_slow_tail_differs(run: an.Analysis) -> None:
    sums = run.time_shares.group_by("journey", "slice").agg(pl.col("share").sum())
    assert sums["share"].to_list() == pytest.approx([1.0] * sums.height)
    tail = run.time_shares.filter(
        (pl.col("journey") == "SubmitTicket") & (pl.col("slice") == "slowest 5 %")
    )
    assert tail.row(0, named=True)["operation"] == "CreateTicket"
    assert run.where_time_goes(top=1).row(0, named=True)["operation"] == "CreateTicket"


def test_grouping_stands_beside_its_controls(run: an.Analysis) -> None:
    names = run.grouping_quality["grouping"].to_list()
    assert names[0] == "proposed"
    assert any("one giant" in name for name in names)
    assert any("all in one" in name for name in names)
