"""What is wrong with an objectives file: place, object, property, reason and way out."""

from __future__ import annotations

from dataclasses import dataclass, field

from analyzer.errors import ConfigurationError


@dataclass(frozen=True, slots=True)
class Refusal:
    """One thing refused: `file:line:column`, the object, the property path, why, what to do."""

    file: str
    line: int
    column: int
    object: str
    path: str
    reason: str
    way_out: str

    def __str__(self) -> str:
        """One sentence for a terminal."""
        where = f"{self.file}:{self.line}:{self.column}"
        subject = ": ".join(part for part in (self.object, self.path) if part)
        return f"{where}: {subject + ': ' if subject else ''}{self.reason}; {self.way_out}"


class ObjectivesError(ConfigurationError):
    """An objectives file cannot be used; `refusals` holds everything wrong with it at once."""

    def __init__(self, refusals: tuple[Refusal, ...]) -> None:
        """Keep the refusals as values beside their sentences."""
        super().__init__([str(refusal) for refusal in refusals])
        self.refusals = refusals


@dataclass(slots=True)
class RefusalLog:
    """Collects refusals while reading goes on, so that all are told in one go."""

    refusals: list[Refusal] = field(default_factory=list)

    def add(self, refusal: Refusal) -> None:
        if refusal not in self.refusals:
            self.refusals.append(refusal)

    def raise_if_any(self) -> None:
        """Raise `ObjectivesError` with all refusals in the order of the files."""
        if self.refusals:
            by_place = sorted(self.refusals, key=lambda r: (r.file, r.line, r.column, r.path))
            raise ObjectivesError(tuple(by_place))
