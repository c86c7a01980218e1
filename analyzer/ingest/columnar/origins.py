"""What the wrappers of many lines say of them: who sent each, and when it arrived."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import polars as pl

from analyzer.ingest.epochs import Instant
from analyzer.ingest.line_times import Origin


@dataclass(frozen=True, slots=True)
class Origins:
    """The origin of each of some lines.

    `kinds` are the distinct ones but for their arrival, `codes` tell whose is which. Arrivals are
    in ns UTC (None: no wrapper told any); `zoned` tells whether they named their zone. `heads`
    are the formats of the wrappers that count as one; `yearless` tells how many of the arrivals of
    each line lacked their year.
    """

    kinds: Sequence[Origin]
    codes: pl.Series
    arrival_ns: pl.Series | None
    zoned: bool
    heads: tuple[str, ...] = ()
    yearless: int = 0

    def __len__(self) -> int:
        """Return the number of lines."""
        return len(self.codes)

    @property
    def depth(self) -> int:
        """Return how many wrappers the lines stand in."""
        return max(kind.depth for kind in self.kinds)

    def at(self, place: int) -> Origin:
        """Return the origin of one line, as the reader of single lines would have it."""
        kind: Origin = self.kinds[self.codes[place]]
        if self.arrival_ns is None:
            return kind
        return kind._replace(arrival=Instant(self.arrival_ns[place], self.zoned))

    def filter(self, chosen: pl.Series) -> Origins:
        """Return the origins of the lines for which `chosen` is true."""
        arrival = None if self.arrival_ns is None else self.arrival_ns.filter(chosen)
        return replace(self, codes=self.codes.filter(chosen), arrival_ns=arrival)

    def gather(self, places: pl.Series) -> Origins:
        """Return the origins of the lines at some places."""
        arrival = None if self.arrival_ns is None else self.arrival_ns.gather(places)
        return replace(self, codes=self.codes.gather(places), arrival_ns=arrival)

    def followed_by(self, others: Origins) -> Origins:
        """Return these origins and those of further lines of the same wrappers."""
        codes = pl.concat([self.codes, others.codes])
        if self.arrival_ns is None or others.arrival_ns is None:
            return replace(self, codes=codes)
        return replace(
            self, codes=codes, arrival_ns=pl.concat([self.arrival_ns, others.arrival_ns])
        )

    def services(self) -> pl.Series:
        """Return the service that each line's wrappers name, null where they name none."""
        names = [kind.service_name or None for kind in self.kinds]
        return pl.Series(names, dtype=pl.String).gather(self.codes)
