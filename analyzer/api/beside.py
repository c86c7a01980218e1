"""Files that stand beside a folder of logs and say how to read it: journeys.yaml, slo.yaml."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from analyzer.store import STORE_NAME

JOURNEYS_NAME, OBJECTIVES_NAME = "journeys.yaml", "slo.yaml"


@dataclass(frozen=True, slots=True)
class Beside:
    """What to use; `notes` name the files that nobody asked for by option."""

    slo: Path | None
    journeys: Path | None
    notes: tuple[str, ...]


def files_beside(logs: Iterable[object], slo: Path | None, journeys: Path | None) -> Beside:
    """The files asked for; where none was, the one beside the first of `logs` that has one.

    A file given by option always wins. Only folders of logs are looked beside: an analysis may
    stand anywhere.
    """
    folders = [place for place in logs if isinstance(place, str | Path)]
    notes: list[str] = []
    found: list[Path | None] = []
    for given, name in ((slo, OBJECTIVES_NAME), (journeys, JOURNEYS_NAME)):
        chosen = given or next(_standing(folders, name), None)
        if chosen is not None and given is None:
            notes.append(f"using {chosen}, which stands beside the logs")
        found.append(chosen)
    return Beside(found[0], found[1], tuple(notes))


def _standing(folders: Iterable[str | Path], name: str) -> Iterator[Path]:
    for folder in map(Path, folders):
        beside = folder.absolute().parent / name
        if folder.is_dir() and not (folder / STORE_NAME).exists() and beside.is_file():
            yield folder.parent / name if folder.parent.name else beside
