"""A TCP listener for an aiohttp application or bare server."""

from __future__ import annotations

import structlog
from aiohttp import web


class Listener:
    """`HOST:PORT`; port 0 lets the system pick one, which is logged."""

    def __init__(self, name: str, listen: str, *, required: bool) -> None:
        """One that is not `required` is reported and done without if its port is taken."""
        self.name = name
        self._host, _, port = listen.rpartition(":")
        self._port = int(port)
        self._required = required
        self._runner: web.BaseRunner | None = None
        self.port: int | None = None

    async def start(self, served: web.Application | web.Server) -> None:
        """Listen for `served`; raises OSError if that is impossible and it is required."""
        runner: web.BaseRunner = (
            web.AppRunner(served, access_log=None)
            if isinstance(served, web.Application)
            else web.ServerRunner(served)
        )
        await runner.setup()
        site = web.TCPSite(runner, self._host, self._port, backlog=2048)
        log = structlog.get_logger()
        try:
            await site.start()
        except OSError as error:
            await runner.cleanup()
            if self._required:
                raise
            log.error(  # noqa: TRY400 - an expected condition, no traceback
                "cannot listen; going on without", listener=self.name, error=str(error)
            )
            return
        self._runner = runner
        self.port = runner.addresses[0][1]
        log.info("listening", listener=self.name, address=f"{self._host}:{self.port}")

    async def stop(self) -> None:
        """Finish requests under way, then close."""
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None
