"""OpenTelemetry attributes to span fields, for OTLP and Jaeger, which carry the same tags."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from analyzer.ingest import aliases, outcome
from analyzer.ingest.record import Record
from analyzer.semconv import ERROR, UNSET

# METHODS section 2: the remote name, in this order.
_PEER_KEYS = ("peer.service", "service.peer.name", "db.system.name", "db.system")
_DESTINATION_KEYS = ("messaging.destination.name", "messaging.destination")
_ADDRESS_KEYS = ("rpc.service", "server.address", "net.peer.name")


def peer_of(tags: Mapping[str, Any]) -> str | None:
    """Return the remote name a span speaks of, else None."""
    for key in _PEER_KEYS:
        if tags.get(key):
            return str(tags[key])
    if tags.get("messaging.system"):
        destination = next((tags[key] for key in _DESTINATION_KEYS if tags.get(key)), None)
        system = str(tags["messaging.system"])
        return f"{system}/{destination}" if destination else system
    return next((str(tags[key]) for key in _ADDRESS_KEYS if tags.get(key)), None)


def apply_tags(record: Record, tags: Mapping[str, Any]) -> None:
    """Fill status, error type, peer, correlation and user of `record` from a span's tags.

    A status the source stated explicitly stays; HTTP and gRPC codes decide only without one.
    """
    record.attributes = dict(tags)
    record.peer_service = peer_of(tags)
    for rule, keys in (
        (outcome.from_http, aliases.HTTP_STATUS),
        (outcome.from_grpc, aliases.GRPC_STATUS),
    ):
        coded = next((c for key in keys if (c := rule(tags.get(key, ""), record.span_kind))), None)
        if coded is None:
            continue
        if record.status == UNSET:
            record.status = coded[0]
        if record.status == ERROR and record.error_type is None:
            record.error_type = coded[1]
    if record.status == ERROR:
        stated = next((tags[key] for key in aliases.ERROR_TYPE if tags.get(key)), None)
        record.error_type = str(stated) if stated else record.error_type
        message = next((tags[key] for key in aliases.ERROR_MESSAGE if tags.get(key)), None)
        if record.error_message is None and isinstance(message, str):
            record.error_message = message
    else:
        record.error_type = None
    correlation = next((tags[key] for key in aliases.CORRELATION_ID if tags.get(key)), None)
    record.correlation_id = None if correlation is None else str(correlation)
    record.user = next((tags[key] for key in aliases.USER if tags.get(key) is not None), None)
