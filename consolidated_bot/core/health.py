"""/healthz, /readyz and /metrics."""

from __future__ import annotations

from collections.abc import Callable

from aiohttp import web
from prometheus_client import generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from consolidated_bot.core.redaction import redact
from consolidated_bot.core.telemetry import Metrics

Readiness = Callable[[], list[str]]


def application(metrics: Metrics, not_ready: Readiness) -> web.Application:
    """`/readyz` answers 503 with the reasons while `not_ready` gives any."""

    async def healthz(_: web.Request) -> web.Response:
        return web.Response(text="ok\n")

    async def readyz(_: web.Request) -> web.Response:
        reasons = not_ready()
        if reasons:
            return web.Response(status=503, text=redact("\n".join(reasons) + "\n"))
        return web.Response(text="ready\n")

    async def exposition(_: web.Request) -> web.Response:
        body = generate_latest(metrics.registry)
        return web.Response(body=body, headers={"Content-Type": CONTENT_TYPE_LATEST})

    served = web.Application()
    served.router.add_get("/healthz", healthz)
    served.router.add_get("/readyz", readyz)
    served.router.add_get("/metrics", exposition)
    return served
