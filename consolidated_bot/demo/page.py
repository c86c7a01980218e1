"""The demo's page: three chats side by side, and a button that kills the bot."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from importlib.resources import files

import aiohttp
from aiohttp import web

FILES = {
    "": ("page.html", "text/html"),
    "page.js": ("page.js", "text/javascript"),
    "page.css": ("page.css", "text/css"),
}
POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'"
WAIT_SECONDS = 20


def application(
    emulator_url: str, session: aiohttp.ClientSession, kill: Callable[[], Awaitable[None]]
) -> web.Application:
    """Serve the page; acts and events pass through to the emulator's control door."""

    async def file(request: web.Request) -> web.Response:
        name, kind = FILES[request.match_info.get("name", "")]
        body = (files("consolidated_bot.demo") / name).read_bytes()
        headers = {"Content-Security-Policy": POLICY, "Cache-Control": "no-store"}
        return web.Response(body=body, content_type=kind, charset="utf-8", headers=headers)

    async def events(request: web.Request) -> web.Response:
        after = int(request.query.get("after", "0"))
        url = f"{emulator_url}/control/events?after={after}&timeout={WAIT_SECONDS}"
        async with session.get(url) as answer:
            return web.Response(body=await answer.read(), content_type="application/json")

    async def act(request: web.Request) -> web.Response:
        url = f"{emulator_url}/control/{request.match_info['act']}"
        async with session.post(url, data=await request.read()) as answer:
            body = await answer.read()
            return web.Response(body=body, status=answer.status, content_type="application/json")

    async def kill_bot(_: web.Request) -> web.Response:
        await kill()
        return web.Response(text="killed and started again")

    served = web.Application()
    served.router.add_get("/", file)
    served.router.add_get("/{name:page\\.(?:js|css)}", file)
    served.router.add_get("/events", events)
    served.router.add_post("/{act:texts|presses}", act)
    served.router.add_post("/kill", kill_bot)
    return served
