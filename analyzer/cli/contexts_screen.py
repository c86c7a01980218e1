"""A proposal of contexts on a terminal: what to merge first, what to ask, who stays alone."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from analyzer.api.context_map import ContextMap
from analyzer.render.tables import sentence_lines, short_table

_NAMED = 8
_ORDER = ("member", "shared", "edge")


def screen(found: ContextMap, before: Mapping[str, str]) -> str:
    """Return the proposal as text; `before` is the last one (service -> context)."""
    frame = found.frame.with_columns(
        together=pl.len().over("context"), place=pl.col("role").replace_strict(_ORDER, range(3))
    )
    alone = frame.filter((pl.col("role") == "member") & (pl.col("together") == 1))
    shown = frame.join(alone, on="service_name", how="anti").sort(
        "place", "context", "service_name"
    )
    return short_table(_rows(shown)) + sentence_lines(
        [
            *_alone(alone["service_name"].to_list()),
            *_reasons(frame),
            f"against the last proposal: {found.moves_from(dict(before))}",
            *found.notes,
            *map(str, found.split_hints),
            "why a service is where it is: analyze contexts --explain SERVICE",
        ]
    )


def _rows(frame: pl.DataFrame) -> pl.DataFrame:
    """One row per service; a context stands at its first one."""
    sure = (100 * pl.col("confidence")).round(0).cast(pl.Int64).cast(pl.String) + " %"
    ask = pl.when(_undecided()).then(pl.lit(", ask")).otherwise(pl.lit(""))
    first = pl.col("context") != pl.col("context").shift(1)
    return frame.select(
        context=pl.when(first.fill_null(value=True)).then("context").otherwise(pl.lit("")),
        service=pl.col("service_name"),
        role=pl.col("role"),
        sure=sure.fill_null("unknown") + ask,
        next_best=pl.col("alternative").fill_null(""),
        margin=pl.col("margin"),
    )


def _alone(names: list[str]) -> list[str]:
    if not names:
        return []
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return [f"on their own: {', '.join(names[:_NAMED])}{more}"]


def _reasons(frame: pl.DataFrame) -> list[str]:
    """Why, for those an architect must look at: undecided ones, hubs and entry points."""
    asked = frame.filter(_undecided() | (pl.col("role") != "member")).sort("service_name")
    return [f"{name}: {why}" for name, why in asked.select("service_name", "reason").rows()]


def _undecided() -> pl.Expr:
    return pl.col("reason").str.starts_with("undecided, ask")
