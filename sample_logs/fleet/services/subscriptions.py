"""What a user has subscribed to, behind a proxy that logs accesses and knows request ids only."""

from __future__ import annotations

from sample_logs.fleet.calls import Call, Policy
from sample_logs.fleet.pool import Cost, PoolSettings
from sample_logs.fleet.service import Request, Route, Service
from sample_logs.fleet.wire import Reply

LOOK_UP = Cost(18)
CHANGE = Cost(28)
NOTIFY = Policy(timeout_s=1.0)
PLANS = ("basic", "plus", "basic", "business")


class Subscriptions(Service):
    name = "subscriptions"
    version = "2.0.7"
    pool_settings = PoolSettings(size=8, acquire_timeout_s=2.0)
    schema = """
        CREATE TABLE IF NOT EXISTS subscription (
            account_id INTEGER PRIMARY KEY, offers TEXT DEFAULT 'off');
    """

    def build_routes(self) -> list[Route]:
        return [
            Route("GET", "/subscriptions/{account_id}", self.show),
            Route("PUT", "/subscriptions/{account_id}", self.change),
        ]

    async def show(self, request: Request) -> Reply:
        """Plan and topics; an account that never chose has the defaults."""
        account_id = int(request.path["account_id"])
        rows = await self.pool.run(
            "SELECT offers FROM subscription WHERE account_id = ?", (account_id,), cost=LOOK_UP
        )
        plan = PLANS[account_id % len(PLANS)]
        return Reply(200, {"plan": plan, "offers": rows[0]["offers"] if rows else "off"})

    async def change(self, request: Request) -> Reply:
        account_id, offers = int(request.path["account_id"]), str(request.body["offers"])
        await self.pool.run(
            "INSERT INTO subscription (account_id, offers) VALUES (?, ?) "
            "ON CONFLICT (account_id) DO UPDATE SET offers = excluded.offers",
            (account_id, offers),
            cost=CHANGE,
        )
        if offers == "on":
            welcome = {
                "chat_id": request.body["chat_id"],
                "kind": "welcome",
                "text": "You are subscribed to campaign offers.",
            }
            call = Call("notifications", "POST", "/notifications", body=welcome)
            await self.peers.call(call, request.scope, NOTIFY)
        return Reply(200, {"offers": offers})
