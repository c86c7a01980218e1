"""What stands under the roots: the files to read, in an order that never changes."""

from __future__ import annotations

import glob
import os
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from analyzer.errors import InputError, UsageError

# Names that never hold logs; skipped whole so that pointing at a project folder does no harm.
_SKIPPED_FOLDERS = frozenset({".git", "__pycache__", "node_modules", ".venv"})


@dataclass(frozen=True, slots=True)
class LogFile:
    """One file to read: where it is, and `name`, how results speak of it (relative to its root).

    `folder` is the first folder below the root, if any: in a `logs/<service>/...` layout it
    names the service (FORMATS section 5).
    """

    path: Path
    name: str
    folder: str | None


@dataclass(frozen=True, slots=True)
class Skipped:
    """Something under a root that is not read, and why (becomes a quarantine row)."""

    name: str
    detail: str


def expand_roots(roots: Iterable[str | Path]) -> list[Path]:
    """Return the existing paths that `roots` name, globs expanded, in sorted order.

    Raises:
        UsageError: a root holds no path at all.
        InputError: a path does not exist or a glob matches nothing.
    """
    found: list[Path] = []
    for root in roots:
        text = str(root)
        if not text:
            raise UsageError("an empty path was given: name a folder or a file with logs")
        path = Path(text)
        if path.exists():
            found.append(path)
            continue
        matches = sorted(Path(match) for match in glob.glob(text, recursive=True))  # noqa: PTH207 - absolute patterns
        if not matches:
            raise InputError(f"{text}: no such file or folder. Name a folder or file with logs.")
        found.extend(matches)
    return found


def spooled(stream: BinaryIO, folder: Path) -> LogFile:
    """Return standard input as a file: copied into `folder`, since reading may need two passes.

    Its name in all results is `stdin`.
    """
    path = folder / "stdin"
    with path.open("wb") as copy:
        shutil.copyfileobj(stream, copy)
    return LogFile(path, "stdin", None)


def discover(roots: Iterable[Path]) -> Iterator[LogFile | Skipped]:
    """Yield every regular file under `roots`, sorted by name, each once.

    Symbolic links are followed only while they stay inside their root, so a loop ends and
    nothing outside the root is read unasked.
    """
    seen: set[Path] = set()
    for root in roots:
        for item in sorted(_walk(root), key=lambda found: found.name):
            if isinstance(item, LogFile):
                real = item.path.resolve()
                if real in seen:
                    continue
                seen.add(real)
            yield item


def _walk(root: Path) -> Iterator[LogFile | Skipped]:
    if root.is_file():
        yield LogFile(root, root.name, None)
        return
    inside = root.resolve()
    label = inside.name
    visited: set[Path] = set()
    for folder, folders, files in os.walk(root, followlinks=True):
        here = Path(folder)
        real = here.resolve()
        if real in visited or not real.is_relative_to(inside):
            folders.clear()
            yield Skipped(_name(label, here, root), "symbolic link loop or link out of the folder")
            continue
        visited.add(real)
        folders[:] = sorted(name for name in folders if name not in _SKIPPED_FOLDERS)
        for name in sorted(files):
            path = here / name
            full = _name(label, path, root)
            if not path.resolve().is_relative_to(inside):
                yield Skipped(full, "symbolic link out of the folder")
            elif path.is_file():
                parts = path.relative_to(root).parts
                yield LogFile(path, full, parts[0] if len(parts) > 1 else None)
            else:
                yield Skipped(full, "not a regular file (broken link, device or pipe)")


def _name(label: str, path: Path, root: Path) -> str:
    return "/".join((label, *path.relative_to(root).parts))
