"""HTML by Jinja, always escaped; scripts, styles and BokehJS as files of installed packages."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
from collections import defaultdict
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from aiohttp import web
from jinja2 import Environment, PackageLoader, StrictUndefined

from analyzer.dashboard.board import Board
from analyzer.dashboard.list_rows import root_of
from analyzer.dashboard.stream import BEAT_S, Stream

OWN: Final = {
    "dashboard.css": "text/css",
    "dashboard.js": "text/javascript",
    "charts.js": "text/javascript",
    "icon.svg": "image/svg+xml",
}
BOKEH: Final = ("bokeh.min.js", "bokeh-api.min.js")
SCRIPTS: Final = (*BOKEH, "charts.js")
ROWS: Final = ("context", "incident", "gauge", "journey", "mark", "note", "pair", "reason")
BLANK: Final[dict[str, defaultdict[str, str]]] = {kind: defaultdict(str) for kind in ROWS}
"""The rows that templates are made of: empty in every cell."""
LONG: Final = "public, max-age=31536000, immutable"


@cache
def environment() -> Environment:
    """The one environment of all pages."""
    return Environment(
        loader=PackageLoader("analyzer.dashboard", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


class Pages:
    """Renders pages with the figures of the moment in them: nobody waits for a script."""

    def __init__(self, board: Board) -> None:
        """Render pages of `board`."""
        self._board = board

    async def page(self, stream: Stream, context: str | None) -> str:
        """The page of the whole (`context` None) or of one bounded context."""
        view = (await stream.moment(context)).view
        found = stream.snapshot()
        objectives = [watched.snapshot.objective for watched in found.objectives]
        template = "overview.html.j2" if context is None else "context.html.j2"
        return (
            environment()
            .get_template(template)
            .render(
                title=found.title,
                view=view,
                context=context,
                root=root_of(context),
                scripts=" ".join(root_of(context) + address(name) for name in SCRIPTS),
                objectives=[o for o in objectives if context in {None, o.context}],
                beat_ms=round(BEAT_S * 1000),
                blank=BLANK,
                file=address,
            )
        )

    def login(self, *, refused: bool) -> str:
        """The page that asks for the token."""
        return (
            environment()
            .get_template("login.html.j2")
            .render(title=self._board.title, refused=refused, file=address)
        )


def address(name: str) -> str:
    """Where a static file is below the root; changes with its content, so it is kept for ever."""
    return f"static/{name}?v={_version(name)}"


@cache
def _version(name: str) -> str:
    if name in BOKEH:
        return version("bokeh")
    return hashlib.blake2b(_content(name), digest_size=6).hexdigest()


@cache
def _content(name: str) -> bytes:
    if name in BOKEH:
        # Found, not imported: half a second and 30 MB that a bot need not spend.
        spec = find_spec("bokeh")
        if spec is None or spec.origin is None:
            raise FileNotFoundError("the package bokeh is not installed")
        return (Path(spec.origin).parent / "server" / "static" / "js" / name).read_bytes()
    return (files("analyzer.dashboard") / "static" / name).read_bytes()


@cache
def _compressed(name: str) -> bytes:
    return gzip.compress(_content(name), 6)


async def static_file(request: web.Request) -> web.Response:
    """Answer with a script, a style or the icon; raises HTTPNotFound for any other name."""
    name = request.match_info["name"]
    if name not in OWN and name not in BOKEH:
        raise web.HTTPNotFound(text="There is no such file.\n")
    headers = {"Cache-Control": LONG, "Vary": "Accept-Encoding"}
    body = _content(name)
    if "gzip" in request.headers.get("Accept-Encoding", ""):
        # A megabyte of script takes 50 ms to compress: once, and not on the loop of a bot.
        body = await asyncio.to_thread(_compressed, name)
        headers["Content-Encoding"] = "gzip"
    kind = OWN.get(name, "text/javascript")
    return web.Response(body=body, content_type=kind, charset="utf-8", headers=headers)
