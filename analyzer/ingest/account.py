"""The account of a file's lines: every line is in exactly one column, and the columns add up."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class LineAccount:
    """lines = records + quarantined + blank + folded + excluded (README, "Every line counted").

    folded: continuation lines joined to their record; excluded: headers, separators and
    whole-file copies.
    """

    records: int = 0
    quarantined: int = 0
    blank: int = 0
    folded: int = 0
    excluded: int = 0

    @property
    def lines(self) -> int:
        """Return the sum; the reader checks it against the lines it was handed."""
        return self.records + self.quarantined + self.blank + self.folded + self.excluded
