"""Which failures a merge removes: those of the way to the callee, not of its work."""

from __future__ import annotations

import re
from typing import Final

_STATUS = re.compile(r"(?<!\d)50[234](?!\d)")
_GRPC_UNAVAILABLE: Final = frozenset({"14", "unavailable"})
_GRPC_DEADLINE: Final = frozenset({"4", "504", "deadline_exceeded"})

_TRANSPORT_WORDS: Final = (
    "connection refused",
    "connectionrefused",
    "connection reset",
    "connectionreset",
    "connection aborted",
    "connectionaborted",
    "connection closed",
    "connectionclosed",
    "reset by peer",
    "stream reset",
    "rst_stream",
    "disconnected",
    "broken pipe",
    "brokenpipe",
    "hang up",
    "hangup",
    "econn",
    "epipe",
    "enotfound",
    "eai_again",
    "ehostunreach",
    "enetunreach",
    "unreachable",
    "no route to host",
    "nameresolution",
    "name_resolution",
    "name or service not known",
    "getaddrinfo",
    "gaierror",
    "unknownhost",
    "dnserror",
    "sslerror",
    "tlserror",
    "certificateerror",
    "service unavailable",
    "serviceunavailable",
    "bad gateway",
    "badgateway",
    "gateway timeout",
    "gatewaytimeout",
    "connecterror",
    "connectorerror",
    "connectionerror",
    "connect timeout",
    "connecttimeout",
    "connectiontimeout",
    "no healthy upstream",
    "upstream connect",
)
"""Said of a connection: `reset` or `refused` alone may speak of a password or a payment."""

_SECURITY_OR_NAMES = re.compile(r"(?<![a-z])(ssl|tls|dns)(?![a-z])")
_DEADLINE_WORDS: Final = (
    "deadline",
    "timeout",
    "timed out",
    "timedout",
    "etimedout",
    "canceled",
    "cancelled",
)


def is_transport(error_type: str | None) -> bool:
    """Whether an error's type speaks of the way to the callee.

    Refused or reset connections, name resolution, TLS, a proxy's 502 to 504, gRPC UNAVAILABLE.
    """
    if not error_type:
        return False
    word = error_type.lower()
    return (
        word in _GRPC_UNAVAILABLE
        or bool(_STATUS.search(word) or _SECURITY_OR_NAMES.search(word))
        or any(part in word for part in _TRANSPORT_WORDS)
    )


def is_deadline(error_type: str | None) -> bool:
    """Whether an error's type says that the caller stopped waiting."""
    if not error_type:
        return False
    word = error_type.lower()
    return word in _GRPC_DEADLINE or any(part in word for part in _DEADLINE_WORDS)
