"""One parsed JSON value of any dialect to readings: a trace, an export or a plain log line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from analyzer.ingest import fields
from analyzer.ingest.formats import jaeger, otlp, zipkin
from analyzer.ingest.record import Reading, Rejected


class JsonReader:
    """Reads parsed JSON values; `formats` counts which dialects were met.

    `renames` maps a logger's own key to a canonical spelling, `units` a key to its ns per unit:
    both are the user's word (`--fields`, `--unit`).
    """

    def __init__(self, renames: Mapping[str, str], units: Mapping[str, int]) -> None:
        self._renames = renames
        self._units = units
        self.formats: dict[str, int] = {}

    def read(self, value: object) -> Iterator[Reading]:
        """Yield what `value` holds: one reading for a log line, many for a document."""
        if isinstance(value, list):
            for item in value:
                yield from self.read(item)
        elif not isinstance(value, Mapping):
            yield Rejected("wrong_shape", "a JSON value that is neither object nor array")
        elif otlp.recognises(value):
            yield from self._count("otlp", otlp.read_document(value))
        elif jaeger.recognises_document(value):
            yield from self._count("jaeger", jaeger.read_document(value))
        elif jaeger.recognises_span(value):
            yield from self._count("jaeger", iter((jaeger.read_span(value),)))
        elif zipkin.recognises(value):
            yield from self._count("zipkin", iter((zipkin.read_span(value),)))
        else:
            yield from self._count("json", iter((self.read_fields(value),)))

    def read_fields(self, value: Mapping[str, Any]) -> Reading:
        """Return the record of a plain log line given as keys and values."""
        flat = fields.flatten(value)
        if isinstance(flat, Rejected):
            return flat
        if self._renames:
            flat = {self._renames.get(key, key): item for key, item in flat.items()}
        return fields.resolve(flat, units=self._units)

    def count(self, dialect: str) -> None:
        """Note that `dialect` was met once more."""
        self.formats[dialect] = self.formats.get(dialect, 0) + 1

    def _count(self, dialect: str, readings: Iterator[Reading]) -> Iterator[Reading]:
        self.count(dialect)
        return readings
