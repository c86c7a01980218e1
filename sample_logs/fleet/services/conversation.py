"""What the gateway makes of a user's turn: which use case it is, which services it asks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sample_logs.fleet.calls import Call, Peers, Policy, UpstreamError
from sample_logs.fleet.pool import ConnectionPool, Cost
from sample_logs.fleet.services.turns import Answer, Turn, UseCase
from sample_logs.fleet.tracing import Scope

DIALOG = Cost(6)
QUICK = Policy(timeout_s=2.0, tries=2)
FAQ = Policy(timeout_s=6.0)
SUBMIT = Policy(timeout_s=15.0)
SLOW = Policy(timeout_s=6.0)

HELP = (
    "/faq - read the answers, /faq words - search them\n/ticket - write to us\n"
    "/tickets - your tickets\n/troubleshoot - find the fault\n/profile - your profile\n"
    "/subscribe, /unsubscribe - campaign offers\n/notifications - what we sent you\n"
    "/status - how we are doing"
)


class Conversation:
    """Chooses and runs use cases; remembers per chat what the next plain text means."""

    def __init__(self, peers: Peers, pool: ConnectionPool) -> None:
        self._peers = peers
        self._pool = pool
        self._commands = {
            "/start": UseCase("start", self.start),
            "/help": UseCase("help", self.help),
            "/tickets": UseCase("ticket.list", self.tickets),
            "/troubleshoot": UseCase("troubleshoot.start", self.troubleshoot),
            "/subscribe": UseCase("subscription.subscribe", self.subscribe),
            "/unsubscribe": UseCase("subscription.unsubscribe", self.unsubscribe),
            "/notifications": UseCase("notification.list", self.notifications),
            "/status": UseCase("status", self.status),
        }
        self._presses = {
            "faq": UseCase("faq.read", self.faq_read),
            "page": UseCase("faq.list", self.faq_list),
            "fix": UseCase("troubleshoot.answer", self.fix),
            "open": UseCase("notification.open", self.open),
            "profile": UseCase("profile.ask", self.profile_ask),
        }

    async def choose(self, turn: Turn) -> UseCase:
        """The use case a turn asks for; plain text goes on with what was begun."""
        if turn.callback_id is not None:
            return self._presses.get(turn.text.partition(":")[0], UseCase("unknown", self.help))
        if turn.command == "/ticket":
            submit = UseCase("ticket.submit", self.ticket_submit)
            return submit if turn.rest else UseCase("ticket.begin", self.ticket_begin)
        if turn.command == "/faq":
            search = UseCase("faq.search", self.faq_search)
            return search if turn.rest else UseCase("faq.list", self.faq_list)
        if turn.command == "/profile":
            change = UseCase("profile.change", self.profile_change)
            return change if turn.rest else UseCase("profile.show", self.profile_show)
        if turn.command:
            return self._commands.get(turn.command, UseCase("unknown", self.help))
        return await self._continued(turn)

    async def _continued(self, turn: Turn) -> UseCase:
        state = await self._dialog(turn.chat_id)
        if state == "ticket":
            return UseCase("ticket.submit", self.ticket_submit)
        if state.startswith("profile:"):
            return UseCase("profile.change", self.profile_change)
        if state == "fix":
            return UseCase("troubleshoot.answer", self.fix)
        return UseCase("faq.search", self.faq_search)

    async def _dialog(self, chat_id: int) -> str:
        rows = await self._pool.run(
            "SELECT state FROM dialog WHERE chat_id = ?", (chat_id,), cost=DIALOG
        )
        return str(rows[0]["state"]) if rows else ""

    async def _remember(self, chat_id: int, state: str) -> None:
        await self._pool.run(
            "INSERT INTO dialog VALUES (?, ?) "
            "ON CONFLICT (chat_id) DO UPDATE SET state = excluded.state",
            (chat_id, state),
            cost=DIALOG,
        )

    async def _ask(self, call: Call, scope: Scope, policy: Policy = QUICK) -> Mapping[str, Any]:
        reply = await self._peers.call(call, scope, policy)
        return reply.body if reply.status < 400 else {}

    async def _account(self, turn: Turn, scope: Scope) -> Mapping[str, Any]:
        body = {"chat_id": turn.chat_id, "name": turn.name}
        account = await self._ask(Call("accounts", "POST", "/accounts", body=body), scope)
        if "id" not in account:
            raise UpstreamError("accounts POST /accounts: no account")
        return account

    async def start(self, turn: Turn, scope: Scope) -> Answer:
        account = await self._account(turn, scope)
        await self._remember(turn.chat_id, "")
        return Answer(f"Welcome {account['name']}! What can we do for you?\n{HELP}")

    async def help(self, turn: Turn, _scope: Scope) -> Answer:
        await self._remember(turn.chat_id, "")
        return Answer(HELP)

    async def faq_list(self, turn: Turn, scope: Scope) -> Answer:
        page = int(turn.text.partition(":")[2]) if turn.callback_id else 0
        call = Call("faq", "GET", "/articles", query={"page": str(page)})
        articles = (await self._ask(call, scope, FAQ)).get("articles", [])
        buttons = [(str(a["title"]), f"faq:{a['id']}") for a in articles]
        return Answer("Answers to what many ask:", [*buttons, ("More", f"page:{(page + 1) % 3}")])

    async def faq_search(self, turn: Turn, scope: Scope) -> Answer:
        words = turn.rest if turn.command else turn.text
        call = Call("faq", "GET", "/search", query={"q": words})
        articles = (await self._ask(call, scope, FAQ)).get("articles", [])
        if not articles:
            return Answer("Nothing found. /ticket reaches a person.")
        return Answer("This may help:", [(str(a["title"]), f"faq:{a['id']}") for a in articles])

    async def faq_read(self, turn: Turn, scope: Scope) -> Answer:
        number = turn.text.partition(":")[2]
        article = await self._ask(Call("faq", "GET", f"/articles/{number}"), scope, FAQ)
        if not article:
            return Answer("This answer is gone. /faq lists the others.")
        return Answer(f"{article['title']}\n\n{article['body']}")

    async def ticket_begin(self, turn: Turn, _scope: Scope) -> Answer:
        await self._remember(turn.chat_id, "ticket")
        return Answer("Please describe your problem in one message.")

    async def ticket_submit(self, turn: Turn, scope: Scope) -> Answer:
        """The chain the mission is about: everything waits for everything."""
        await self._account(turn, scope)
        text = turn.rest if turn.command else turn.text
        call = Call("tickets", "POST", "/tickets", body={"chat_id": turn.chat_id, "text": text})
        ticket = await self._ask(call, scope, SUBMIT)
        if "id" not in ticket:
            return Answer("A ticket needs some words. Please describe your problem.")
        await self._remember(turn.chat_id, "")
        hints = [(str(a["title"]), f"faq:{a['id']}") for a in ticket["articles"][:3]]
        tail = " Until then this may help:" if hints else ""
        return Answer(
            f"Ticket #{ticket['id']} received. We answer as soon as we can.{tail}", hints
        )

    async def tickets(self, turn: Turn, scope: Scope) -> Answer:
        query = {"chat_id": str(turn.chat_id)}
        found = await self._ask(Call("tickets", "GET", "/tickets", query=query), scope, SLOW)
        lines = [f"#{t['id']} {t['state']} ({t['priority']})" for t in found.get("tickets", [])]
        return Answer("\n".join(lines) or "You have no tickets.")

    async def troubleshoot(self, turn: Turn, scope: Scope) -> Answer:
        await self._remember(turn.chat_id, "fix")
        call = Call("troubleshooting", "POST", "/sessions", body={"chat_id": turn.chat_id})
        return self._question(await self._ask(call, scope))

    async def fix(self, turn: Turn, scope: Scope) -> Answer:
        given = turn.text.partition(":")[2] if turn.callback_id else turn.text
        path = f"/sessions/{turn.chat_id}/answers"
        call = Call("troubleshooting", "POST", path, body={"answer": given})
        step = await self._ask(call, scope, FAQ)
        if not step.get("answers"):
            await self._remember(turn.chat_id, "")
        return self._question(step)

    def _question(self, step: Mapping[str, Any]) -> Answer:
        labels = [str(label) for label in step.get("answers", [])]
        return Answer(str(step.get("text", "?")), [(label, f"fix:{label}") for label in labels])

    async def profile_show(self, turn: Turn, scope: Scope) -> Answer:
        account = await self._account(turn, scope)
        text = (
            f"Name: {account['name']}\nLanguage: {account['language']}\nMail: {account['email']}"
        )
        fields = ("name", "language", "email", "phone", "notify")
        return Answer(text, [(f"Change {field}", f"profile:{field}") for field in fields])

    async def profile_ask(self, turn: Turn, _scope: Scope) -> Answer:
        await self._remember(turn.chat_id, turn.text)
        return Answer(f"Please send the new {turn.text.partition(':')[2]}.")

    async def profile_change(self, turn: Turn, scope: Scope) -> Answer:
        """`/profile field value`, or the value alone after a button."""
        if turn.command:
            field, _, value = turn.rest.partition(" ")
        else:
            field, value = (await self._dialog(turn.chat_id)).partition(":")[2], turn.text
        account = await self._account(turn, scope)
        call = Call("accounts", "PATCH", f"/accounts/{account['id']}", body={field: value})
        changed = await self._ask(call, scope)
        event = {"actor": account["id"], "action": "profile.changed", "subject": field}
        await self._ask(Call("audit", "POST", "/events", body=event), scope)
        await self._remember(turn.chat_id, "")
        return Answer("Your profile is changed." if changed else f"There is no field {field}.")

    async def subscribe(self, turn: Turn, scope: Scope) -> Answer:
        await self._subscription(turn, scope, "on")
        return Answer("You are subscribed to campaign offers.")

    async def unsubscribe(self, turn: Turn, scope: Scope) -> Answer:
        await self._subscription(turn, scope, "off")
        return Answer("You are no longer subscribed.")

    async def _subscription(self, turn: Turn, scope: Scope, offers: str) -> None:
        account = await self._account(turn, scope)
        body = {"offers": offers, "chat_id": turn.chat_id}
        call = Call("subscriptions", "PUT", f"/subscriptions/{account['id']}", body=body)
        await self._ask(call, scope)

    async def notifications(self, turn: Turn, scope: Scope) -> Answer:
        query = {"chat_id": str(turn.chat_id)}
        found = await self._ask(Call("notifications", "GET", "/notifications", query=query), scope)
        listed = found.get("notifications", [])
        buttons = [(str(n["text"]), f"open:{n['id']}") for n in listed]
        return Answer("What we sent you:" if listed else "We have sent you nothing yet.", buttons)

    async def open(self, turn: Turn, scope: Scope) -> Answer:
        path = f"/notifications/{turn.text.partition(':')[2]}/opened"
        found = await self._ask(Call("notifications", "POST", path), scope)
        return Answer(str(found.get("text", "This message is gone.")))

    async def status(self, turn: Turn, _scope: Scope) -> Answer:
        await self._remember(turn.chat_id, "")
        return Answer("All services are up. Answers may take longer during the campaign.")
