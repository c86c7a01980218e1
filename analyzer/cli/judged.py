"""How a command ends that found a verdict: `validate` and `replay`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import click


class Judged(Protocol):
    """What was found, as far as the end of a command needs it."""

    @property
    def notes(self) -> Sequence[str]:
        """What is said beside the figures."""

    @property
    def exit_code(self) -> int:
        """0 passed, 1 failed, 3 invalid."""


def end(found: Judged, text: str, how: str, wrote: Sequence[Path]) -> None:
    """Print the answer and, beside a table, the notes; exit as the verdict says."""
    click.echo(text, nl=False)
    for note in found.notes if how == "table" else ():
        click.echo(note, err=True)
    click.echo(f"Wrote {' and '.join(str(path) for path in wrote)}", err=True)
    if found.exit_code:
        raise click.exceptions.Exit(found.exit_code)
