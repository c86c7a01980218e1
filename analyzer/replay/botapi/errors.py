"""The Bot API's refusals: code, description and parameters as the clients know them.

Descriptions follow tdlib/telegram-bot-api and the server's own error names; both client
libraries tell errors apart by them, so the wording is part of the contract.
"""

from __future__ import annotations

from analyzer.errors import UsageError
from analyzer.replay.botapi.shapes import Json


class ApiError(Exception):
    """A refused Bot API call; `body` is what the client receives with HTTP status `code`."""

    def __init__(self, code: int, description: str, *, retry_after: int | None = None) -> None:
        """Hold `code` (HTTP status and `error_code` alike) and Telegram's sentence."""
        super().__init__(description)
        self.code = code
        self.description = description
        self.retry_after = retry_after

    @property
    def body(self) -> Json:
        """The JSON object of the answer."""
        body: Json = {"ok": False, "error_code": self.code, "description": self.description}
        if self.retry_after is not None:
            body["parameters"] = {"retry_after": self.retry_after}
        return body


def bad_request(reason: str) -> ApiError:
    """The 400 that names `reason` after Telegram's prefix."""
    return ApiError(400, f"Bad Request: {reason}")


def forbidden(reason: str) -> ApiError:
    """The 403 that names `reason` after Telegram's prefix."""
    return ApiError(403, f"Forbidden: {reason}")


def conflict(reason: str) -> ApiError:
    """The 409 that names `reason` after Telegram's prefix."""
    return ApiError(409, f"Conflict: {reason}")


def unauthorized() -> ApiError:
    """The 401 of a token that no bot has."""
    return ApiError(401, "Unauthorized")


def not_found() -> ApiError:
    """The 404 of an unknown method, a malformed token or an absent file."""
    return ApiError(404, "Not Found")


def too_many_requests(retry_after: int) -> ApiError:
    """The 429 that allows the next attempt in `retry_after` seconds."""
    return ApiError(429, f"Too Many Requests: retry after {retry_after}", retry_after=retry_after)


class ImpossibleActError(UsageError):
    """A virtual user was asked to do what no real user could: press a button that is not there."""
