"""The main job, one step after the other: files -> store -> calls and journeys -> proposals.

Each step reads what the one before wrote and replaces its own tables in one transaction, so a
run that is killed leaves the last finished step.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from analyzer.analysis.contexts import ContextMap, Evidence, propose_contexts
from analyzer.analysis.contexts.settings import Settings
from analyzer.api import output
from analyzer.api.options import RunOptions
from analyzer.errors import InputError, OutputError
from analyzer.ingest.discover import discover, expand_roots
from analyzer.ingest.load import Progress, ingest
from analyzer.ingest.mask import Masker
from analyzer.model.span import Span
from analyzer.store import Store
from analyzer.trace.assemble import Assembled, assemble_many
from analyzer.trace.quality import Quality

_TRACE_TABLES = ("call", "journey", "journey_service", "critical_path", "span_time")


@dataclass(frozen=True, slots=True)
class Listener:
    """Who hears how the run goes: `reading` while files are read, `step` at each later step."""

    reading: Callable[[Progress], None] = lambda _: None
    step: Callable[[str], None] = lambda _: None


def run(roots: list[str | Path], folder: Path, options: RunOptions, listener: Listener) -> None:
    """Bring the store in `folder` up to date with `roots` and analyse it.

    Raises:
        InputError: nothing there, or nothing that can be read as a log.
        OutputError: the folder is someone else's or made from other roots.
        StoreError: the store is in use or of another version.
    """
    paths = expand_roots(roots)
    path = output.claim(folder, force=options.force)
    identity = "\n".join(str(root.resolve()) for root in paths)
    masker = Masker(output.user_key(folder, options.user_key_file), keep_ids=options.keep_ids)
    with _open(path, identity, options) as store:
        found = ingest(store, discover(paths), masker, options.reading, listener.reading)
        store.set_property("roots", identity)
        store.set_property("reading", options.reading_fingerprint())
        changed = found.read > 0 or found.removed > 0
        if changed or store.properties().get("analysed") != "yes":
            store.set_property("analysed", "no")
            _refuse_what_is_no_log(store, paths)
            listener.step("linking calls")
            quality = link(store)
            _write_quality(store, quality)
        listener.step("grouping services")
        write_contexts(store, propose(store, options))
        store.set_property("analysed", "yes")


def _open(path: Path, identity: str, options: RunOptions) -> Store:
    """Open the store for these roots; start anew where other options would read otherwise."""
    if options.force:
        output.clear(path.parent)
    store = Store(path)
    known = store.properties()
    if known.get("roots", identity) != identity:
        store.close()
        raise OutputError(
            f"{path.parent}: holds the analysis of other logs ({known['roots'].splitlines()[0]}). "
            "Choose another folder with -o, or --force to replace it."
        )
    if known.get("reading", options.reading_fingerprint()) == options.reading_fingerprint():
        return store
    store.close()
    output.clear(path.parent)
    return Store(path)


def _refuse_what_is_no_log(store: Store, paths: list[Path]) -> None:
    totals = store.frame("totals").row(0, named=True)
    if totals["records"]:
        return
    where = ", ".join(str(path) for path in paths)
    if not totals["lines"]:
        raise InputError(
            f"{where}: every file is empty or unreadable, there is nothing to analyse."
        )
    raise InputError(
        f"{where}: none of {totals['lines']:,} lines in {totals['files']} files could be read as a "
        "log. `analyze doctor` lists the formats; `--fields FILE` names keys of your own."
    )


def link(store: Store) -> Quality:
    """Rebuild calls, journeys and critical paths from the spans of the store."""
    quality = Quality()
    with store.transaction():
        store.clear(_TRACE_TABLES)
        for batch in assemble_many(_spans(store)):
            quality.merge(batch.quality)
            _append(store, batch)
    return quality


def _spans(store: Store) -> Iterator[Span]:
    for batch in store.batches("spans_by_trace"):
        yield from map(Span._make, batch)


def _append(store: Store, batch: Assembled) -> None:
    store.append("call", [_with_us(call, 5) for call in batch.calls])
    store.append(
        "journey",
        [
            (
                journey.trace_id,
                journey.journey,
                None,
                journey.entry_service,
                None if journey.start_ns is None else journey.start_ns // 1_000,
                journey.duration_ns,
                journey.status,
                journey.user_key,
                len(journey.services),
                journey.hops,
                journey.root_span_id,
                journey.extra_root,
            )
            for journey in batch.journeys
        ],
    )
    store.append(
        "journey_service",
        [
            (journey.trace_id, journey.root_span_id, journey.journey, service)
            for journey in batch.journeys
            for service in journey.services
        ],
    )
    store.append(
        "critical_path",
        [
            (
                section.trace_id,
                section.service_name,
                section.operation,
                section.end_ns - section.start_ns,
                section.kind,
                section.callee,
                section.span_id,
                section.start_ns,
            )
            for section in batch.sections
        ],
    )
    store.append("span_time", batch.times)


def _with_us(row: tuple[object, ...], column: int) -> tuple[object, ...]:
    """Return `row` with the nanoseconds in `column` as the microseconds of a TIMESTAMP."""
    ns = row[column]
    return (*row[:column], ns // 1_000 if isinstance(ns, int) else None, *row[column + 1 :])


def _write_quality(store: Store, quality: Quality) -> None:
    rows: list[tuple[object, ...]] = [
        (row.check, row.scope, row.count, row.share, row.note) for row in quality.rows()
    ]
    records = store.frame("totals").row(0, named=True)["records"]
    for note, scope, count in store.frame("file_notes").rows():
        check, _, subject = note.partition(":")
        rows.append((check, scope, count, count / records if records else None, subject))
    with store.transaction():
        store.clear(["data_quality"])
        store.append("data_quality", rows)


def propose(store: Store, options: RunOptions) -> ContextMap:
    """Return the proposal of contexts for the services that report for themselves.

    Peers that only others speak of (databases, brokers, foreign services) are no candidates for
    a merge; which services share one stands beside the proposal as the layer `data_store`.
    """
    reporting = store.frame("reporting_services")
    names = reporting.to_series()
    edges = store.frame("service_edges")
    inside = pl.col("callee").is_in(names.implode())
    return propose_contexts(
        edges.filter(pl.col("caller").is_in(names.implode()), inside),
        store.frame("journey_services").filter(pl.col("service").is_in(names.implode())),
        constraints=options.constraints,
        seed=options.seed,
        settings=Settings(hubs="apart"),
        evidence=Evidence(
            services=tuple(names),
            layers={
                "data_store": edges.filter(~inside)
                .select(pl.col("caller").alias("service"), pl.col("callee").alias("item"))
                .unique()
                .sort("service", "item")
            },
        ),
    )


def write_contexts(store: Store, contexts: ContextMap) -> None:
    """Replace the table `bounded_context` by this proposal."""
    with store.transaction():
        store.clear(["bounded_context"])
        store.append("bounded_context", contexts.frame.rows())
