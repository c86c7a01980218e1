"""Who a user is. OTLP lines; a calm service with a pool that is large enough."""

from __future__ import annotations

from sample_logs.fleet.pool import Cost, PoolSettings
from sample_logs.fleet.service import Request, Route, Service
from sample_logs.fleet.wire import Reply

LOOK_UP = Cost(14)
UPSERT = Cost(22)
CHANGEABLE = ("name", "language", "email", "phone", "notify")


class Accounts(Service):
    name = "accounts"
    version = "3.2.0"
    pool_settings = PoolSettings(size=12, acquire_timeout_s=2.0)
    schema = """
        CREATE TABLE IF NOT EXISTS account (
            id INTEGER PRIMARY KEY, chat_id INTEGER UNIQUE, name TEXT DEFAULT '',
            language TEXT DEFAULT 'en', email TEXT DEFAULT '', phone TEXT DEFAULT '',
            notify TEXT DEFAULT 'on');
    """

    def build_routes(self) -> list[Route]:
        return [
            Route("POST", "/accounts", self.ensure),
            Route("GET", "/accounts/{id}", self.show),
            Route("PATCH", "/accounts/{id}", self.change),
            Route("GET", "/chats/{chat_id}/account", self.by_chat),
        ]

    async def ensure(self, request: Request) -> Reply:
        """The account of a chat, made when it is new."""
        chat_id = int(request.body["chat_id"])
        async with self.pool.connection() as connection:
            await connection.run(
                "INSERT INTO account (chat_id, name) VALUES (?, ?) ON CONFLICT DO NOTHING",
                (chat_id, str(request.body.get("name", ""))),
                cost=UPSERT,
            )
            rows = await connection.run(
                "SELECT * FROM account WHERE chat_id = ?", (chat_id,), cost=LOOK_UP
            )
        return Reply(200, dict(rows[0]))

    async def by_chat(self, request: Request) -> Reply:
        chat_id = int(request.path["chat_id"])
        return await self._one("SELECT * FROM account WHERE chat_id = ?", chat_id)

    async def show(self, request: Request) -> Reply:
        return await self._one("SELECT * FROM account WHERE id = ?", int(request.path["id"]))

    async def _one(self, sql: str, key: int) -> Reply:
        rows = await self.pool.run(sql, (key,), cost=LOOK_UP)
        return Reply(200, dict(rows[0])) if rows else Reply(404, {"error": "NoSuchAccount"})

    async def change(self, request: Request) -> Reply:
        """Sets the fields given; unknown fields are the caller's fault."""
        unknown = sorted(set(request.body) - set(CHANGEABLE))
        if unknown or not request.body:
            return Reply(422, {"error": "NoSuchField", "detail": ", ".join(unknown)})
        key = int(request.path["id"])
        async with self.pool.connection() as connection:
            for column, value in request.body.items():
                await connection.run(
                    f"UPDATE account SET {column} = ? WHERE id = ?", (str(value), key), cost=UPSERT
                )
            rows = await connection.run("SELECT * FROM account WHERE id = ?", (key,), cost=LOOK_UP)
        return Reply(200, dict(rows[0])) if rows else Reply(404, {"error": "NoSuchAccount"})
