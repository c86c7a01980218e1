"""Exports of objectives written to a folder."""

from __future__ import annotations

from pathlib import Path

from analyzer.api.objectives import read_objective_files
from analyzer.api.output import writing
from analyzer.api.results import write_text
from analyzer.errors import ConfigurationError, OutputError
from analyzer.slo.export import NotExportableError, export_files

_NAMED = 3


def export_objectives(slo: str | Path, output: str | Path, *, force: bool = False) -> list[Path]:
    """Write Prometheus rules with their tests and an Alertmanager route; returns the paths.

    Equal objectives give equal bytes. Files of the same names are replaced only with `force`.

    Raises:
        ConfigurationError: the objectives are refused, or count no events.
        OutputError: a file is already there, or the folder cannot be written.
    """
    folder = Path(output)
    try:
        files = export_files(read_objective_files(slo))
    except NotExportableError as error:
        raise ConfigurationError([f"{slo}: {error}"]) from error
    present = [name for name in files if (folder / name).exists()]
    changed = [n for n in present if (folder / n).read_text("utf-8") != files[n]]
    if changed and not force:
        raise OutputError(
            f"{folder}: holds {len(changed)} of these files already, and they differ "
            f"({', '.join(changed[:_NAMED])}). If nobody edited them, --force writes them anew; "
            "else choose another folder with -o."
        )
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
    return [write_text(folder / name, text) for name, text in files.items()]
