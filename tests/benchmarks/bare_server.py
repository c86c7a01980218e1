"""The floor of an acknowledgement: aiohttp answering 200 to whatever comes, nothing stored."""

from __future__ import annotations

import sys

from aiohttp import web


async def acknowledge(request: web.Request) -> web.Response:
    await request.read()
    return web.Response()


def run(port: int) -> None:
    """Serve until killed."""
    application = web.Application()
    application.router.add_post("/hook", acknowledge)
    web.run_app(application, host="127.0.0.1", port=port, print=None, access_log=None)


if __name__ == "__main__":
    run(int(sys.argv[1]))
