"""Who did what, for the auditors. Logfmt in its own spelling, on a host whose clock is off."""

from __future__ import annotations

from sample_logs.fleet.pool import Cost, PoolSettings
from sample_logs.fleet.service import Request, Route, Service
from sample_logs.fleet.wire import Reply

SYNCED_APPEND = Cost(30, 0.35)


class Audit(Service):
    name = "audit"
    version = "0.9.14"
    pool_settings = PoolSettings(size=6, acquire_timeout_s=2.0)
    schema = """
        CREATE TABLE IF NOT EXISTS event (
            id INTEGER PRIMARY KEY, actor INTEGER, action TEXT, subject TEXT);
    """

    def build_routes(self) -> list[Route]:
        return [Route("POST", "/events", self.append), Route("GET", "/events", self.count)]

    async def append(self, request: Request) -> Reply:
        body = request.body
        rows = await self.pool.run(
            "INSERT INTO event (actor, action, subject) VALUES (?, ?, ?) RETURNING id",
            (int(body["actor"]), str(body["action"]), str(body.get("subject", ""))),
            cost=SYNCED_APPEND,
        )
        return Reply(201, {"id": rows[0]["id"]})

    async def count(self, request: Request) -> Reply:
        """How many events an action has: the operators' cross-check."""
        rows = await self.pool.run(
            "SELECT count(*) AS events FROM event WHERE action = ?",
            (request.query.get("action", ""),),
            cost=Cost(20),
        )
        return Reply(200, {"events": rows[0]["events"]})
