"""What counts as an error: FORMATS section 4, in one place for every format."""

from __future__ import annotations

import re

from analyzer.semconv import ERROR, OK, UNSET

_OK_WORDS = frozenset({"ok", "success", "succeeded", "user_error", "true", "status_code_ok"})
_ERROR_WORDS = frozenset(
    {
        "error",
        "failure",
        "failed",
        "fail",
        "dead",
        "shed",
        "false",
        "status_code_error",
        "exception",
    }
)
_GRPC_SERVER_ERRORS = frozenset({2, 4, 12, 13, 14, 15})
_GRPC_NAMES = {
    "OK": 0, "CANCELLED": 1, "UNKNOWN": 2, "INVALID_ARGUMENT": 3, "DEADLINE_EXCEEDED": 4,
    "NOT_FOUND": 5, "ALREADY_EXISTS": 6, "PERMISSION_DENIED": 7, "RESOURCE_EXHAUSTED": 8,
    "FAILED_PRECONDITION": 9, "ABORTED": 10, "OUT_OF_RANGE": 11, "UNIMPLEMENTED": 12,
    "INTERNAL": 13, "UNAVAILABLE": 14, "DATA_LOSS": 15, "UNAUTHENTICATED": 16,
}  # fmt: skip
_CODE = re.compile(r"[0-9]{1,3}$")
CLIENT_SIDE = frozenset({"client", "producer"})


def from_word(value: object) -> str | None:
    """Return ok or error where an outcome word, a boolean or an OTLP status code says so."""
    if isinstance(value, bool):
        return OK if value else ERROR
    if isinstance(value, str):
        word = value.strip().lower()
        if word in _OK_WORDS:
            return OK
        if word in _ERROR_WORDS:
            return ERROR
    return None


def from_otlp_code(value: object) -> str | None:
    """Return ok or error for OTLP's `status.code` (number or name); unset and absent are None."""
    if value in (2, "2", "STATUS_CODE_ERROR", "ERROR", "Error"):
        return ERROR
    if value in (1, "1", "STATUS_CODE_OK", "OK", "Ok"):
        return OK
    return None


def from_http(code: object, kind: str) -> tuple[str, str | None] | None:
    """Return (status, error type) for an HTTP status code seen from `kind`'s side.

    A server fails from 500 on, a client from 400 on (OpenTelemetry's rule); 499 is the caller's
    own cancellation. None where `code` is no HTTP status.
    """
    text = str(code).strip()
    if isinstance(code, bool) or not _CODE.match(text) or not 100 <= int(text) <= 599:
        return None
    number = int(text)
    if number == 499:
        return UNSET, "cancelled"
    limit = 400 if kind in CLIENT_SIDE else 500
    return (ERROR, f"http_{number}") if number >= limit else (OK, None)


def from_grpc(code: object, kind: str) -> tuple[str, str | None] | None:
    """Return (status, error type) for a gRPC status code or name seen from `kind`'s side."""
    if isinstance(code, bool):
        return None
    text = str(code).strip()
    number = int(text) if _CODE.match(text) else _GRPC_NAMES.get(text.upper())
    if number is None or number > 16:
        return None
    failed = number != 0 if kind in CLIENT_SIDE else number in _GRPC_SERVER_ERRORS
    return (ERROR, f"grpc_{number}") if failed else (OK, None)
