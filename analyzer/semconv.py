"""Names of the field, in one place: OpenTelemetry's attributes and the values columns may take.

Column names are OpenTelemetry's attribute names with dots as underscores.
"""

from __future__ import annotations

from typing import Final, Literal

SpanKind = Literal["client", "server", "producer", "consumer", "internal", "unspecified"]
SPAN_KINDS: Final = ("client", "server", "producer", "consumer", "internal", "unspecified")

Status = Literal["ok", "error", "unset"]
OK: Final = "ok"
ERROR: Final = "error"
UNSET: Final = "unset"

Evidence = Literal["observed", "correlated", "inferred"]
"""How a link is known: real ids, a shared request or business id, or nesting in time."""

Mode = Literal["sync", "async"]

SEVERITIES: Final = ("TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL")

UNKNOWN_SERVICE: Final = "unknown"
