"""The SQL files: each parses, transpiles to Spark, and runs on the empty store."""

from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path

import duckdb
import pytest
import sqlglot

from analyzer.errors import StoreError
from analyzer.store import Store, query
from analyzer.store.relations import relation

NAMES = sorted(
    item.name.removesuffix(".sql") for item in (files("analyzer.store") / "sql").iterdir()
)

PARAMETERS: dict[str, object] = {
    "file_id": 1,
    "topic": "hotspot",
    "top": 5,
    "bucket_us": 1_000_000,
    "service": "a",
    "operation": None,
    "parts": 1,
    "part": 0,
    "peak_parts": 1,
    "base_parts": 1,
    "first": 0,
    "last": 1,
}


@pytest.mark.parametrize("name", NAMES)
def test_relation_parses_and_transpiles_for_spark(name: str) -> None:
    for statement in sqlglot.parse(relation(name), read="duckdb"):
        assert statement is not None
        assert sqlglot.transpile(statement.sql("duckdb"), read="duckdb", write="spark")


@pytest.mark.parametrize("name", NAMES)
def test_relation_opens_with_its_grain(name: str) -> None:
    assert relation(name).startswith("-- ")


@pytest.mark.parametrize(
    "name", [n for n in NAMES if n not in {"schema", "inventory", "span_row"}]
)
def test_relation_runs_on_the_empty_store(name: str, tmp_path: Path) -> None:
    with Store(tmp_path / "s.duckdb") as store:
        connection = store._connection
        store.run("span_apart")  # a run makes it and drops it again
        for statement in re.sub(r"--.*", "", relation(name)).split(";"):
            if statement.strip():
                names = set(re.findall(r"\$(\w+)", statement))
                used = {key: PARAMETERS.get(key) for key in names}
                assert connection.execute(statement, used).fetchall() is not None


def test_store_of_another_version_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "old.duckdb"
    with Store(path) as store:
        store.set_property("schema_version", "0")
    with pytest.raises(StoreError, match="another version"):
        Store(path)


def test_a_duckdb_file_that_is_no_store_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "mine.duckdb"
    duckdb.connect(str(path)).close()
    with pytest.raises(StoreError, match="not a store"):
        query(path, "select 1")


def test_a_text_file_is_no_store(tmp_path: Path) -> None:
    path = tmp_path / "poem.duckdb"
    path.write_text("roses are red")
    with pytest.raises(StoreError, match="cannot be opened"):
        query(path, "select 1")


def test_failed_transaction_keeps_nothing(tmp_path: Path) -> None:
    def fail_after_write(store: Store) -> None:
        with store.transaction():
            store.append("finding", [(1, "hotspot", "half")])
            raise RuntimeError("stop")

    with Store(tmp_path / "s.duckdb") as store:
        with pytest.raises(RuntimeError, match="stop"):
            fail_after_write(store)
        assert store.frame("findings", {"topic": "hotspot"}).height == 0


def test_a_python_variable_never_stands_in_for_a_table(tmp_path: Path) -> None:
    import polars as pl

    with Store(tmp_path / "s.duckdb"):
        pass
    intruder = pl.DataFrame({"x": [1]})
    assert intruder.height == 1
    with pytest.raises(Exception, match="intruder"):
        query(tmp_path / "s.duckdb", "select * from intruder")
