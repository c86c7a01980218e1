"""Tickets. Submitting one holds a connection while five other services are asked, one by one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sample_logs.fleet.calls import Call, Policy, UpstreamError
from sample_logs.fleet.pool import Connection, Cost, PoolSettings
from sample_logs.fleet.service import Request, Route, Service
from sample_logs.fleet.tracing import Scope
from sample_logs.fleet.wire import Reply

LOOK_UP = Cost(16)
INSERT = Cost(24)
ACCOUNT = Policy(timeout_s=2.0, tries=2)
PLAN = Policy(timeout_s=1.5, tries=3, pause_s=0.15)
SUGGESTIONS = Policy(timeout_s=4.0, tries=2, pause_s=0.1)
AUDIT = Policy(timeout_s=3.0, tries=2)
NOTIFY = Policy(timeout_s=1.0)
PRIORITY_OF_PLAN = {"business": "high", "plus": "normal"}


class Tickets(Service):
    name = "tickets"
    version = "4.6.1"
    pool_settings = PoolSettings(size=16, acquire_timeout_s=6.0)
    schema = """
        CREATE TABLE IF NOT EXISTS ticket (
            id INTEGER PRIMARY KEY AUTOINCREMENT, chat_id INTEGER, account_id INTEGER,
            text TEXT, priority TEXT, state TEXT DEFAULT 'open', suggested INTEGER);
        CREATE INDEX IF NOT EXISTS ticket_of_chat ON ticket (chat_id);
    """

    def build_routes(self) -> list[Route]:
        return [
            Route("POST", "/tickets", self.submit),
            Route("GET", "/tickets", self.of_chat),
            Route("GET", "/tickets/{id}", self.show),
        ]

    async def submit(self, request: Request) -> Reply:
        """A ticket with priority and suggested article, known to audit and notifications."""
        text = str(request.body.get("text", "")).strip()
        if not text:
            return Reply(422, {"error": "EmptyTicket"})
        async with self.pool.connection() as connection:
            return await self._submit(connection, request, text)

    async def _submit(self, connection: Connection, request: Request, text: str) -> Reply:
        scope, chat_id = request.scope, int(request.body["chat_id"])
        account = await self._ask(
            Call("accounts", "GET", f"/chats/{chat_id}/account"), scope, ACCOUNT
        )
        account_id = int(account["id"])
        plan = await self._ask(
            Call("subscriptions", "GET", f"/subscriptions/{account_id}"), scope, PLAN
        )
        articles = await self._suggestions(text, scope)
        priority = PRIORITY_OF_PLAN.get(str(plan["plan"]), "low")
        rows = await connection.run(
            "INSERT INTO ticket (chat_id, account_id, text, priority, suggested) "
            "VALUES (?, ?, ?, ?, ?) RETURNING id",
            (chat_id, account_id, text, priority, len(articles)),
            cost=INSERT,
        )
        number = int(rows[0]["id"])
        event = {"actor": account_id, "action": "ticket.submitted", "subject": str(number)}
        await self._ask(Call("audit", "POST", "/events", body=event), scope, AUDIT)
        if account["notify"] == "on" and priority != "low":
            await self._notify(chat_id, number, scope)
        self.log.event("info", "ticket stored", scope, ticket_id=number, priority=priority)
        return Reply(201, {"id": number, "priority": priority, "articles": articles})

    async def _ask(self, call: Call, scope: Scope, policy: Policy) -> Mapping[str, Any]:
        reply = await self.peers.call(call, scope, policy)
        if reply.status >= 400:
            raise UpstreamError(f"{call.peer} {call.method} {call.path}: {reply.status}")
        return reply.body

    async def _suggestions(self, text: str, scope: Scope) -> list[Any]:
        """Articles that fit; a ticket is worth more than its suggestions, so none will do."""
        call = Call("faq", "POST", "/suggestions", body={"text": text})
        try:
            return list((await self._ask(call, scope, SUGGESTIONS))["articles"])
        except UpstreamError as error:
            self.log.event("warn", "ticket goes without suggestions", scope, reason=str(error))
            return []

    async def _notify(self, chat_id: int, number: int, scope: Scope) -> None:
        body = {
            "chat_id": chat_id,
            "kind": "ticket",
            "text": f"Ticket {number} has been given to a colleague.",
        }
        try:
            await self._ask(
                Call("notifications", "POST", "/notifications", body=body), scope, NOTIFY
            )
        except UpstreamError as error:
            self.log.event("warn", "notification not queued", scope, reason=str(error))

    async def of_chat(self, request: Request) -> Reply:
        rows = await self.pool.run(
            "SELECT id, state, priority FROM ticket WHERE chat_id = ? ORDER BY id DESC LIMIT 5",
            (int(request.query["chat_id"]),),
            cost=LOOK_UP,
        )
        return Reply(200, {"tickets": [dict(row) for row in rows]})

    async def show(self, request: Request) -> Reply:
        rows = await self.pool.run(
            "SELECT id, state, priority FROM ticket WHERE id = ?",
            (int(request.path["id"]),),
            cost=LOOK_UP,
        )
        return Reply(200, dict(rows[0])) if rows else Reply(404, {"error": "NoSuchTicket"})
