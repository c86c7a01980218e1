"""DuckDB, and nothing but: tables of the contract, one relation per .sql file."""

from analyzer.store.store import SCHEMA_VERSION, STORE_NAME, Store, query, query_relation

__all__ = ["SCHEMA_VERSION", "STORE_NAME", "Store", "query", "query_relation"]
