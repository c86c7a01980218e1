"""Output folders: emptied of an earlier run of the same kind, never of others' files."""

from __future__ import annotations

import shutil
from collections.abc import Set as AbstractSet
from pathlib import Path

from analyzer.errors import OutputError


def claimed(folder: Path, ours: AbstractSet[str]) -> Path:
    """The folder, there and without what is `ours`.

    Raises:
        OutputError: it holds anything else, or cannot be made.
    """
    if folder.is_dir():
        strangers = sorted({item.name for item in folder.iterdir()} - ours)
        if strangers:
            raise OutputError(
                f"{folder}: holds something else ({strangers[0]}). Choose another folder with -o."
            )
        for name in ours:
            item = folder / name
            if item.is_dir():
                shutil.rmtree(item)
            else:
                item.unlink(missing_ok=True)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{folder}: {error.strerror}. Choose another folder with -o.") from error
    return folder
