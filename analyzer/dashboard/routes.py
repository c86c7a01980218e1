"""The page, its stream and its API on an aiohttp application.

/                            the whole            /contexts/NAME    one bounded context
/events?context=NAME         Server-Sent Events
/api/board  /api/contexts/NAME  /api/objectives/NAME[/PANEL]  /api/incidents  /api/marks
/api/gauges /api/journeys  /api/freshness         what the panels show, as JSON
POST /api/marks              {"kind": "deployment", "label": "v7"}: needs the bearer token

All links are relative, so a reverse proxy may serve this below a prefix that it takes away.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Final

import orjson
from aiohttp import web

from analyzer.dashboard.access import COOKIE, Access
from analyzer.dashboard.board import Board
from analyzer.dashboard.pages import Pages, static_file
from analyzer.dashboard.panels import Panels, json_answer
from analyzer.dashboard.stream import Clock, Stream
from analyzer.dashboard.values import MarkKind

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "connect-src 'self'; img-src 'self' data:; font-src 'self'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
"""BokehJS sets styles inline; no script is inline and nothing is evaluated."""
HEADERS: Final = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
REFUSAL_DELAY_S: Final = 0.5
MAX_BODY: Final = 4096
MAX_LABEL: Final = 200


def wall_clock() -> int:
    """Microseconds UTC."""
    return time.time_ns() // 1000


def mount(
    application: web.Application,
    board: Board,
    access: Access,
    *,
    clock: Clock | None = None,
    wall: Clock = wall_clock,
) -> None:
    """Put the dashboard's routes on `application`, which keeps its other routes as they are.

    `clock` is the time the board is read at (default: `wall`); ages are told by `wall`.
    Call `access.check(host)` before listening on `host`.
    """
    stream = Stream(board, clock or wall, wall)
    served, panels = _Served(stream, access, wall), Panels(stream)
    application.on_startup.append(served.warm_up)
    application.on_shutdown.append(served.stop)
    add = application.router.add_get
    add("/", served.guarded(served.page, "login"))
    add("/contexts/{context}", served.guarded(served.page, "../login"))
    add("/events", served.guarded(served.events))
    add("/api/objectives/{objective}", served.guarded(panels.objective))
    add("/api/objectives/{objective}/{panel}", served.guarded(panels.panel))
    add("/api/{what}", served.guarded(panels.whole))
    add("/api/contexts/{context}", served.guarded(panels.context))
    add("/static/{name}", _plain(served.static))
    add("/login", _plain(served.login_page))
    application.router.add_post("/login", _plain(served.log_in))
    application.router.add_post("/logout", _plain(served.log_out))
    application.router.add_post("/api/marks", _plain(served.add_mark))


class _Served:
    """The handlers; `guarded` ones are for readers only."""

    def __init__(self, stream: Stream, access: Access, wall: Clock) -> None:
        self._board = stream.board
        self._access = access
        self._wall = wall
        self._stream = stream
        self._pages = Pages(stream.board)
        self._stopping = asyncio.Event()

    async def warm_up(self, _: web.Application) -> None:
        """Load what the first look would otherwise wait for."""
        await self._pages.page(self._stream, None)

    async def stop(self, _: web.Application) -> None:
        """End all streams, so that closing the application waits for nobody."""
        self._stopping.set()

    def guarded(self, handler: Handler, login: str | None = None) -> Handler:
        """For readers only; people who are none yet are sent to `login`."""

        async def answer(request: web.Request) -> web.StreamResponse:
            if self._access.may_read(request.headers, request.cookies, request.remote):
                return await handler(request)
            if self._access.token is None:
                raise web.HTTPForbidden(text="This dashboard answers to its own machine only.\n")
            if login and "text/html" in request.headers.get("Accept", ""):
                raise web.HTTPSeeOther(login)
            raise web.HTTPUnauthorized(
                text="A token is needed: Authorization: Bearer TOKEN\n",
                headers={"WWW-Authenticate": "Bearer"},
            )

        return _plain(answer)

    async def page(self, request: web.Request) -> web.Response:
        context = request.match_info.get("context")
        if context is not None and context not in self._stream.snapshot().contexts:
            raise web.HTTPNotFound(text="There is no such context.\n")
        return _html(await self._pages.page(self._stream, context))

    async def events(self, request: web.Request) -> web.StreamResponse:
        context = request.query.get("context")
        if context is not None and context not in self._stream.snapshot().contexts:
            raise web.HTTPNotFound(text="There is no such context.\n")
        response = web.StreamResponse(
            headers={
                **HEADERS,
                "Content-Type": "text/event-stream",
                "Cache-Control": "no-store",
                "X-Accel-Buffering": "no",
            }
        )
        await response.prepare(request)
        seen: int | None = None
        phase_s = self._stream.phase()
        while not self._stopping.is_set():
            seen, message = await self._stream.next(context, seen, phase_s)
            try:
                await response.write(message)
            except ConnectionError:
                break  # the reader went away
        return response

    async def static(self, request: web.Request) -> web.Response:
        return await static_file(request)

    async def login_page(self, _: web.Request) -> web.Response:
        return _html(self._pages.login(refused=False))

    async def log_in(self, request: web.Request) -> web.Response:
        form = await request.post()
        if not self._access.accepts(str(form.get("token", ""))):
            await asyncio.sleep(REFUSAL_DELAY_S)
            return _html(self._pages.login(refused=True), status=403)
        answer = web.Response(status=303, headers={"Location": "./"})
        secure = request.secure or request.headers.get("X-Forwarded-Proto") == "https"
        answer.set_cookie(
            COOKIE, self._access.session(), httponly=True, samesite="Strict", secure=secure
        )
        return answer

    async def log_out(self, _: web.Request) -> web.Response:
        answer = web.Response(status=303, headers={"Location": "login"})
        answer.del_cookie(COOKIE)
        return answer

    async def add_mark(self, request: web.Request) -> web.Response:
        if not self._access.may_write(request.headers):
            await asyncio.sleep(REFUSAL_DELAY_S)
            raise web.HTTPForbidden(text="Writing needs the token: Authorization: Bearer TOKEN\n")
        try:
            given = orjson.loads(await request.content.read(MAX_BODY))
            kind, label = MarkKind(given["kind"]), str(given["label"])[:MAX_LABEL]
        except (ValueError, KeyError, TypeError) as error:
            kinds = ", ".join(MarkKind)
            raise web.HTTPBadRequest(
                text=f'Send {{"kind": KIND, "label": TEXT}} with KIND one of {kinds}.\n'
            ) from error
        self._board.mark(kind, label, self._wall())
        self._stream.forget()
        return json_answer({"kind": kind.value, "label": label}, status=201)


def _plain(handler: Handler) -> Handler:
    """Give every answer, also refusals, the same protective headers."""

    async def answer(request: web.Request) -> web.StreamResponse:
        try:
            response = await handler(request)
        except web.HTTPException as refusal:
            refusal.headers.update(HEADERS)
            raise
        if not response.prepared:
            response.headers.update(HEADERS)
        return response

    return answer


def _html(body: str, status: int = 200) -> web.Response:
    return web.Response(
        text=body,
        status=status,
        content_type="text/html",
        charset="utf-8",
        headers={"Cache-Control": "no-store"},
    )
