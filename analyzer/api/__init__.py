"""The library: what the command line does, as values for a notebook or a program."""

from __future__ import annotations

import shutil
import tempfile
import weakref
from collections.abc import Iterable
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from analyzer.errors import StoreError
from analyzer.store import STORE_NAME

if TYPE_CHECKING:
    from analyzer.api.analysis import Analysis
    from analyzer.api.comparison import Comparison, compare
    from analyzer.api.context_map import ContextMap
    from analyzer.api.options import RunOptions
    from analyzer.api.pipeline import Listener

__all__ = [
    "Analysis",
    "Comparison",
    "ContextMap",
    "analyze",
    "compare",
    "open_analysis",
    "propose_contexts",
]

_HOMES: Final = {
    "Analysis": "analyzer.api.analysis",
    "Comparison": "analyzer.api.comparison",
    "ContextMap": "analyzer.api.context_map",
    "compare": "analyzer.api.comparison",
}
"""Loaded when first asked for: a question to a finished analysis must not wait for the rest."""


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def analyze(
    logs: str | Path | Iterable[str | Path],
    output: str | Path | None = None,
    *,
    listener: Listener | None = None,
    options: RunOptions | None = None,
    **more: Any,
) -> Analysis:
    """The analysis of `logs` (a folder, file, glob, or several), as `analyze run` makes it.

    Results go to the folder `output`; without one to a temporary folder that lives as long as
    the returned object. `more` are fields of `RunOptions`, named like the command's options.

    Raises:
        InputError: nothing there that can be read as a log.
        OutputError: the folder is someone else's or made from other roots.
        StoreError: the store is in use or of another version.
    """
    from analyzer.api.analysis import Analysis
    from analyzer.api.options import run_options
    from analyzer.api.pipeline import Listener, run
    from analyzer.api.write import write_results

    roots = [logs] if isinstance(logs, (str, Path)) else list(logs)
    folder = Path(tempfile.mkdtemp(prefix="analyze-")) if output is None else Path(output)
    chosen = options or run_options(**more)
    heard = listener or Listener()
    try:
        found = Analysis(folder, proposal=run(roots, folder, chosen, heard))
    except BaseException:
        if output is None:
            shutil.rmtree(folder, ignore_errors=True)
        raise
    if output is None:
        weakref.finalize(found, shutil.rmtree, folder, ignore_errors=True)
    else:
        heard.step("writing results")
        write_results(found)
    return found


def open_analysis(folder: str | Path) -> Analysis:
    """The analysis that an earlier run left in `folder`.

    Raises:
        StoreError: there is none, or it is of another version.
    """
    from analyzer.api.analysis import Analysis

    path = Path(folder)
    if not (path / STORE_NAME).exists():
        raise StoreError(f"{path}: no analysis here. Run `analyze LOGS -o {path}` first.")
    return Analysis(path)


def propose_contexts(*arguments: Any, **more: Any) -> ContextMap:
    """Bounded contexts for bare frames; see `analyzer.analysis.contexts.propose_contexts`."""
    from analyzer.analysis import contexts
    from analyzer.api.context_map import ContextMap

    return ContextMap(contexts.propose_contexts(*arguments, **more))
