"""The control door over HTTP, under `/control/`, apart from everything a bot can reach.

All bodies are JSON; a refused act answers 400 with `{"error": "..."}`.

| call | body | answer |
|---|---|---|
| `POST /control/groups` | `{"group": door.Group, "members": {"<user id>": role}}` | `{}` |
| `POST /control/texts` | `door.Text` | `door.Acted` |
| `POST /control/presses` | `door.Press` | `door.Acted` |
| `POST /control/media` | `door.Media`, `content` in base64 | `door.Acted` |
| `POST /control/edits` | `door.Edit` | `door.Acted` |
| `POST /control/blocks` | `{"user": door.User, "blocked": true}` | `door.Acted` |
| `POST /control/update-id-restarts` | `{}` | `{}`: ids go on from a random number |
| `GET /control/events?after=N&timeout=S` | - | `{"events": [feed.ChatEvent], "last_seq": N}` |
| `GET /control/state` | - | bot, counts of users, chats, pending updates, `last_seq` |
"""

from __future__ import annotations

import base64
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from functools import cache
from typing import Any

import orjson
from aiohttp import web
from pydantic import TypeAdapter, ValidationError

from analyzer.replay.botapi.door import Acted, Edit, Group, Media, Press, Text, User
from analyzer.replay.botapi.errors import ImpossibleActError
from analyzer.replay.botapi.local_door import LocalDoor
from analyzer.replay.botapi.shapes import Json

LONGEST_WAIT_SECONDS = 60.0
Handler = Callable[[Json], Awaitable[Acted | None]]


def control_routes(door: LocalDoor) -> list[web.RouteDef]:
    """The routes of the control door."""

    async def groups(body: Json) -> None:
        members = {int(user_id): role for user_id, role in (body.get("members") or {}).items()}
        await door.add_group(_read(Group, body["group"]), members)

    async def media(body: Json) -> Acted:
        content = base64.b64decode(body["content"])
        return await door.send(_read(Media, {**body, "content": content}))

    async def blocks(body: Json) -> Acted:
        return await door.block(_read(User, body["user"]), blocked=body.get("blocked", True))

    async def restarts(_body: Json) -> None:
        door.world.queue.restart_ids(door.world.random)

    async def events(request: web.Request) -> web.Response:
        after = int(request.query.get("after", "0"))
        wait = min(float(request.query.get("timeout", "0")), LONGEST_WAIT_SECONDS)
        seen = await door.events(after, wait)
        last = seen[-1].seq if seen else after
        return _json({"events": [event.as_json() for event in seen], "last_seq": last})

    async def state(_request: web.Request) -> web.Response:
        world = door.world
        return _json(
            {
                "bot": world.me,
                "users": len(world.users),
                "chats": len(world.chats),
                "pending_updates": len(world.queue.pending),
                "last_seq": world.feed.last_seq,
            }
        )

    acts: dict[str, Handler] = {
        "groups": groups,
        "texts": lambda body: door.write(_read(Text, body)),
        "presses": lambda body: door.press(_read(Press, body)),
        "media": media,
        "edits": lambda body: door.edit(_read(Edit, body)),
        "blocks": blocks,
        "update-id-restarts": restarts,
    }
    routes = [web.post(f"/control/{name}", _act(handler)) for name, handler in acts.items()]
    return [*routes, web.get("/control/events", events), web.get("/control/state", state)]


def _act(handler: Handler) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def handle(request: web.Request) -> web.Response:
        try:
            acted = await handler(orjson.loads(await request.read()))
        except (ImpossibleActError, ValidationError, KeyError, ValueError) as error:
            return _json({"error": str(error)}, status=400)
        return _json({} if acted is None else asdict(acted))

    return handle


def _read(shape: Any, body: Json) -> Any:
    return _adapter(shape).validate_python(body)


@cache
def _adapter(shape: Any) -> TypeAdapter[Any]:
    """Building one takes a hundred times longer than using it."""
    return TypeAdapter(shape)


def _json(body: Json, status: int = 200) -> web.Response:
    return web.Response(body=orjson.dumps(body), status=status, content_type="application/json")
