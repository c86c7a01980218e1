"""What a line says as keys and values to its record, and the figures it carries beside it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from analyzer.ingest.fields import Resolver
from analyzer.ingest.figures import figures_of
from analyzer.ingest.flattening import flatten
from analyzer.ingest.formats.loggers import complete
from analyzer.ingest.formats.outcomes import Outcome, Plain
from analyzer.ingest.line_times import NO_ORIGIN, Origin
from analyzer.ingest.record import Reading, Record, Rejected
from analyzer.ingest.shapes import shape_of


class FieldReader:
    """Reads keys and values; `renames` maps a logger's own key to a canonical spelling."""

    def __init__(self, resolver: Resolver, renames: Mapping[str, str]) -> None:
        self._resolver = resolver
        self.renames = renames

    def read(self, value: Mapping[str, Any], origin: Origin = NO_ORIGIN) -> list[Reading]:
        """Return the record of a log line given as keys and values, and figures it carries."""
        plain = self._flat(value)
        if isinstance(plain, Rejected):
            return [plain]
        return self._resolve(plain, origin)

    def outcome(self, found: dict[str, Any], origin: Origin, *, free: bool = False) -> Outcome:
        """Return what a line of keys and values is; plain ones are left to be resolved."""
        if origin is NO_ORIGIN and not self._resolver.timing.proof.unknown:
            flat = self._flat(found)
            if isinstance(flat, Plain) and flat.is_columnar:
                return Outcome(free=free, plain=flat)
            readings = [flat] if isinstance(flat, Rejected) else self._resolve(flat, origin)
            return Outcome(readings, free=free)
        return Outcome(self.read(found, origin), origin.source, free=free)

    def resolve(self, plain: Plain) -> Record | Rejected:
        """Return the record of one plain line."""
        return self._resolver.resolve_shape(plain.fields, plain.shape, NO_ORIGIN)

    def _resolve(self, plain: Plain, origin: Origin) -> list[Reading]:
        flat, shape = plain
        record = self._resolver.resolve_shape(flat, shape, origin)
        if shape.figures and isinstance(record, Record):
            return [record, *figures_of(flat, shape.figures, record)]
        return [record]

    def _flat(self, value: Mapping[str, Any]) -> Plain | Rejected:
        flat = flatten(value)
        if isinstance(flat, Rejected):
            return flat
        if self.renames:
            flat = {self.renames.get(key, key): item for key, item in flat.items()}
        shape = shape_of(tuple(flat))
        if (shape.unfinished or shape.contained or shape.body) and complete(flat, shape):
            shape = shape_of(tuple(flat))
        return Plain(flat, shape)
