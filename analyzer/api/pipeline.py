"""The main job, one step after the other: files -> store -> calls and journeys -> proposals.

Each step reads what the one before wrote and replaces its own tables in one transaction, so a
run that is killed leaves the last finished step.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from analyzer.analysis.contexts import ContextMap
from analyzer.api import output
from analyzer.api.events import write_events
from analyzer.api.grouping import propose, write_contexts
from analyzer.api.hotspots import write_hotspots
from analyzer.api.linking import link
from analyzer.api.options import RunOptions
from analyzer.api.what_if import write_what_if
from analyzer.errors import InputError, OutputError
from analyzer.ingest.discover import LogFile, Skipped, discover, expand_roots, spooled
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
    with _sources(roots) as (items, identity):
        path = output.claim(folder, force=options.force)
        fresh = options.force or not path.exists()
        key = output.user_key(folder, options.user_key_file)
        try:
            with _open(path, identity, options) as store:
                masker = Masker(key, keep_ids=options.keep_ids)
                found = ingest(store, items, masker, options.reading, listener.reading)
                _refuse_what_is_no_log(store, identity)
                store.set_property("roots", identity)
                store.set_property("reading", options.reading_fingerprint())
                store.set_property("seed", str(options.seed))
                return _analyse(store, options, listener, changed=found.read + found.removed > 0)
        except InputError:
            if fresh:
                # Nothing was learnt: the next try must not find "the analysis of other logs".
                output.clear(folder)
                output.forget_user_key(folder, options.user_key_file)
            raise


@contextmanager
def _sources(roots: list[str | Path]) -> Iterator[tuple[Iterable[LogFile | Skipped], str]]:
    """Yield the files that `roots` name, and the identity that a rerun is recognised by."""
    if [str(root) for root in roots] == ["-"]:
        with TemporaryDirectory(prefix="analyze-stdin-") as folder:
            yield [spooled(sys.stdin.buffer, Path(folder))], "-"
        return
    paths = expand_roots(roots)
    yield discover(paths), "\n".join(str(root.resolve()) for root in paths)


def _analyse(
    store: Store, options: RunOptions, listener: Listener, *, changed: bool
) -> ContextMap:
    """Rebuild what depends on what was read; what nothing changed for is kept."""
    asked = options.analysis_fingerprint()
    if changed or store.properties().get("analysed") != asked:
        store.set_property("analysed", "no")
        listener.step("linking calls")
        link(store, options.path_rule)
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


def _refuse_what_is_no_log(store: Store, identity: str) -> None:
    totals = store.frame("totals").row(0, named=True)
    if totals["records"]:
        return
    where = ", ".join(identity.splitlines())
    if not totals["lines"]:
        raise InputError(
            f"{where}: every file is empty or unreadable, there is nothing to analyse."
        )
    raise InputError(
        f"{where}: none of {totals['lines']:,} lines in {totals['files']} file(s) could be read "
        "as a log. `analyze doctor` lists the formats; `--fields FILE` names keys of your own."
    )
