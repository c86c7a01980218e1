"""The JSON API: what each panel shows, in raw figures."""

from __future__ import annotations

from typing import Any

import orjson
from aiohttp import web

from analyzer.dashboard import document
from analyzer.dashboard.board import Watched
from analyzer.dashboard.charts import context_charts, objective_charts
from analyzer.dashboard.stream import Stream


class Panels:
    """Handlers that read the stream's board; every answer is of the present beat."""

    def __init__(self, stream: Stream) -> None:
        """Answer from what `stream` sees."""
        self._stream = stream
        self._board = stream.board

    async def whole(self, request: web.Request) -> web.Response:
        """What concerns the whole: the board, or one of its lists."""
        found = self._stream.snapshot()
        context = request.query.get("context")
        match request.match_info["what"]:
            case "charts":
                return json_answer(context_charts(self._board, found))
            case "board":
                return json_answer(document.board_document(found))
            case "incidents":
                return json_answer(document.incidents_document(found))
            case "marks":
                return json_answer(document.marks_document(found))
            case "freshness":
                return json_answer(document.freshness_document(found))
            case "gauges":
                return json_answer(document.gauges_document(self._board, context))
            case "journeys":
                return json_answer(document.journeys_document(self._board, found.at_us, context))
        raise web.HTTPNotFound(text="No such panel.\n")

    async def context(self, request: web.Request) -> web.Response:
        """All of one bounded context."""
        context = request.match_info["context"]
        found = self._stream.snapshot()
        if context not in found.contexts:
            raise web.HTTPNotFound(text="There is no such context.\n")
        return json_answer(
            {
                "context": context,
                "objectives": [
                    document.objective_document(watched)
                    for watched in found.objectives
                    if watched.snapshot.objective.context == context
                ],
                "incidents": [
                    i for i in document.incidents_document(found) if i["context"] == context
                ],
                "journeys": document.journeys_document(self._board, found.at_us, context),
                "gauges": document.gauges_document(self._board, context),
                "freshness": document.freshness_document(found),
            }
        )

    async def objective(self, request: web.Request) -> web.Response:
        """One objective with all its panels."""
        watched = self._watched(request.match_info["objective"])
        return json_answer(document.objective_document(watched))

    async def panel(self, request: web.Request) -> web.Response:
        """One panel of one objective."""
        watched, panel = (
            self._watched(request.match_info["objective"]),
            request.match_info["panel"],
        )
        if panel == "charts":
            return json_answer(objective_charts(self._board, watched))
        if panel in document.PANELS:
            return json_answer(document.PANELS[panel](watched))
        raise web.HTTPNotFound(text="There is no such panel.\n")

    def _watched(self, name: str) -> Watched:
        for watched in self._stream.snapshot().objectives:
            if watched.snapshot.objective.name == name:
                return watched
        raise web.HTTPNotFound(text="There is no such objective.\n")


def json_answer(found: Any, status: int = 200) -> web.Response:
    """`found` as JSON that nobody keeps."""
    return web.Response(
        body=orjson.dumps(found),
        status=status,
        content_type="application/json",
        headers={"Cache-Control": "no-store"},
    )
