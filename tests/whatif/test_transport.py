from __future__ import annotations

import pytest

from analyzer.analysis.whatif.transport import is_deadline, is_transport


@pytest.mark.parametrize(
    "said",
    [
        "ConnectionRefusedError",
        "ECONNRESET",
        "connect ECONNREFUSED 10.0.0.1:80",
        "ClientConnectorError",
        "503",
        "HTTP 502",
        "504 Gateway Timeout",
        "UNAVAILABLE",
        "14",
        "socket.gaierror",
        "ssl.SSLError",
        "tls: handshake failure",
        "upstream connect error or disconnect/reset before headers",
        "ServerDisconnectedError",
    ],
)
def test_failures_on_the_way(said: str) -> None:
    assert is_transport(said)


@pytest.mark.parametrize(
    "said",
    [
        None,
        "",
        "500",
        "404",
        "5030",
        "ValidationError",
        "PaymentRefused",
        "PasswordResetFailed",
        "ItemUnavailable",
        "PoolTimeoutError",
        "QuotaExceeded",
        "15034",
    ],
)
def test_failures_of_the_work(said: str | None) -> None:
    assert not is_transport(said)


@pytest.mark.parametrize(
    "said", ["ReadTimeout", "DEADLINE_EXCEEDED", "asyncio.TimeoutError", "context canceled", "4"]
)
def test_callers_that_stopped_waiting(said: str) -> None:
    assert is_deadline(said)


@pytest.mark.parametrize("said", [None, "", "ValueError", "404"])
def test_callers_that_got_an_answer(said: str | None) -> None:
    assert not is_deadline(said)
