"""Real log files of many programs: no file fails, every line is accounted for, few are refused."""

from __future__ import annotations

from csv import DictReader
from pathlib import Path

from tests.ingest.reading import read

# Files that are no logs, or whose lines carry no time at all.
TIMELESS = {
    "logfile_plain.0",
    "logfile_filter.1",
    "logfile_tcf.0",
    "logfile_tcsh_history.0",
    "logfile_docker_compose_with_noise.0",
}


def test_every_line_of_the_public_files_is_accounted_for(tmp_path: Path, peer_data: Path) -> None:
    folder = peer_data / "data/lnav"
    found = read(tmp_path / "store.duckdb", *sorted(folder.glob("logfile_*")))
    with (folder / "index.csv").open() as index:
        expected = {row["file"]: int(row["lines"]) for row in DictReader(index)}
    accounts = found.rows("SELECT * FROM source_file")
    assert {row["path"]: row["lines"] for row in accounts} == expected
    for row in accounts:
        parts = ("records", "quarantined", "blank", "folded", "excluded")
        assert row["lines"] == sum(row[part] for part in parts), row["path"]
    refused = {row["path"]: row["quarantined"] for row in accounts if row["quarantined"]}
    assert sum(count for path, count in refused.items() if path not in TIMELESS) <= 8
    assert all(
        row["records"]
        for row in accounts
        if row["path"] not in TIMELESS and row["lines"] and row["format"] != "copy"
    )


def test_proxies_and_servers_of_the_public_files_report_their_work(
    tmp_path: Path, peer_data: Path
) -> None:
    folder = peer_data / "data/lnav"
    names = ("haproxy.0", "uwsgi.0", "w3c_big.0", "caddy_log.1")
    found = read(tmp_path / "store.duckdb", *(folder / f"logfile_{name}" for name in names))
    rows = found.rows("SELECT path, spans FROM source_file ORDER BY path")
    assert {row["path"]: row["spans"] for row in rows} == {
        "logfile_caddy_log.1": 4,
        "logfile_haproxy.0": 13,
        "logfile_uwsgi.0": 19,
        "logfile_w3c_big.0": 210,
    }
    shortest = found.row(
        "SELECT min(duration_ns) AS ns FROM span JOIN source_file USING (file_id) "
        "WHERE path = 'logfile_uwsgi.0'"
    )
    assert shortest == {"ns": 68_000}
