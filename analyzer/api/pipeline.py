"""The main job, one step after the other: files -> store -> calls and journeys -> proposals.

Each step reads what the one before wrote and replaces its own tables in one transaction, so a
run that is killed leaves the last finished step.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from analyzer.analysis.contexts import ContextMap
from analyzer.api import output
from analyzer.api.events import write_events
from analyzer.api.grouping import propose, write_contexts
from analyzer.api.hotspots import write_hotspots
from analyzer.api.linking import link
from analyzer.api.options import RunOptions
from analyzer.api.what_if import write_what_if
from analyzer.errors import InputError, OutputError
from analyzer.ingest.discover import discover, expand_roots
from analyzer.ingest.load import Progress, ingest
from analyzer.ingest.mask import Masker
from analyzer.store import Store


@dataclass(frozen=True, slots=True)
class Listener:
    """Who hears how the run goes: `reading` while files are read, `step` at each later step."""

    reading: Callable[[Progress], None] = lambda _: None
    step: Callable[[str], None] = lambda _: None


def run(
    roots: list[str | Path], folder: Path, options: RunOptions, listener: Listener
) -> ContextMap:
    """Bring the store in `folder` up to date with `roots`, analyse it, return the proposal.

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
        store.set_property("seed", str(options.seed))
        asked = options.analysis_fingerprint()
        changed = found.read > 0 or found.removed > 0
        if changed or store.properties().get("analysed") != asked:
            store.set_property("analysed", "no")
            _refuse_what_is_no_log(store, paths)
            listener.step("linking calls")
            link(store)
            listener.step("comparing peak and baseline")
            write_hotspots(store, options)
            write_events(store, options)
        listener.step("grouping services")
        contexts = propose(store.frame, options.constraints, options.seed)
        write_contexts(store, contexts)
        listener.step("predicting what merging saves")
        write_what_if(store, contexts.assignment, options.seed)
        store.set_property("analysed", asked)
    return contexts


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
        f"{where}: none of {totals['lines']:,} lines in {totals['files']} files could be read as "
        "a log. `analyze doctor` lists the formats; `--fields FILE` names keys of your own."
    )
