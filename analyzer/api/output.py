"""The folder that results go to: claimed, recognised again, and never taken from someone else."""

from __future__ import annotations

import errno
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from analyzer.errors import OutputError
from analyzer.store import STORE_NAME

USER_KEY_NAME = "user.key"
RECORDING_NAME = "recording.arrow"
RESULT_NAMES = (
    STORE_NAME,
    f"{STORE_NAME}.wal",
    "report.html",
    "contexts.yaml",
    "graph.graphml",
    "inventory.csv",
    RECORDING_NAME,
)
"""What a run writes, and all that `--force` may remove. The user key stays: hashes go on."""
_OURS = frozenset((*RESULT_NAMES, USER_KEY_NAME, f"{STORE_NAME}.tmp"))


def claim(folder: Path, *, force: bool) -> Path:
    """Return the path of the store in `folder`, which is made if need be.

    Raises:
        OutputError: the folder holds something that is not ours (nothing is touched then), or
            cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        present = {item.name for item in folder.iterdir()}
    except OSError as error:
        raise OutputError(f"{folder}: {error.strerror}. Choose another folder with -o.") from error
    if STORE_NAME not in present and present - _OURS and not force:
        stranger = min(present - _OURS)
        raise OutputError(
            f"{folder}: holds something else ({stranger}). Choose another folder with -o, "
            "or --force to write beside it."
        )
    return folder / STORE_NAME


def clear(folder: Path) -> None:
    """Remove a former run's results from `folder`, and nothing else."""
    for name in RESULT_NAMES:
        (folder / name).unlink(missing_ok=True)


def forget_user_key(folder: Path, shared: Path | None) -> None:
    """Remove a key that hashed nobody, and the folder if nothing else is in it."""
    if shared is None:
        (folder / USER_KEY_NAME).unlink(missing_ok=True)
    if not any(folder.iterdir()):
        folder.rmdir()


def user_key(folder: Path, shared: Path | None) -> bytes:
    """Return the key that users are hashed with: `shared`, or one made with the store (0600)."""
    path = shared or folder / USER_KEY_NAME
    if not path.exists():
        with writing(path):
            path.touch(mode=0o600)
            path.write_text(secrets.token_hex(32))
    try:
        key = path.read_bytes().strip()
    except OSError as error:
        raise OutputError(f"{path}: cannot be read ({error.strerror}).") from error
    if len(key) < 16:
        raise OutputError(f"{path}: too short for a key, it needs at least 16 characters.")
    return key


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn a failure to write `path` into a sentence that says what to do."""
    try:
        yield
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise OutputError(
                f"{path}: the disk is full. Free space or choose another -o."
            ) from error
        raise OutputError(f"{path}: cannot be written ({error.strerror}).") from error
