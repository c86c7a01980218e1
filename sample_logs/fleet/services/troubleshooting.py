"""A tree of questions; its advice comes from the FAQ. Python text with durations in seconds."""

from __future__ import annotations

from typing import NamedTuple

from sample_logs.fleet.calls import Call, Policy
from sample_logs.fleet.pool import Cost, PoolSettings
from sample_logs.fleet.service import Request, Route, Service
from sample_logs.fleet.wire import Reply

STEP = Cost(20)
ADVICE = Policy(timeout_s=3.5)


class Question(NamedTuple):
    """`answers` pairs a label with the next step: a question's name, or an article's number."""

    text: str
    answers: tuple[tuple[str, str], ...]


QUESTIONS = {
    "start": Question(
        "What gives you trouble?",
        (("App", "app"), ("Payment", "payment"), ("Delivery", "delivery"), ("Login", "login")),
    ),
    "app": Question("Does the app start?", (("Yes", "15"), ("No", "14"))),
    "payment": Question("Do you pay by card?", (("Yes", "5"), ("No", "4"))),
    "delivery": Question("Do you have a tracking number?", (("Yes", "1"), ("No", "8"))),
    "login": Question("Do you know your password?", (("Yes", "11"), ("No", "10"))),
}


class Troubleshooting(Service):
    name = "troubleshooting"
    version = "1.0.3"
    pool_settings = PoolSettings(size=4, acquire_timeout_s=2.0)
    schema = """
        CREATE TABLE IF NOT EXISTS session (chat_id INTEGER PRIMARY KEY, step TEXT);
    """

    def build_routes(self) -> list[Route]:
        return [
            Route("POST", "/sessions", self.begin),
            Route("POST", "/sessions/{chat_id}/answers", self.answer),
        ]

    async def begin(self, request: Request) -> Reply:
        return await self._ask(int(request.body["chat_id"]), "start")

    async def answer(self, request: Request) -> Reply:
        """The next question, or the advice at the end; an answer to no question starts anew."""
        chat_id = int(request.path["chat_id"])
        rows = await self.pool.run(
            "SELECT step FROM session WHERE chat_id = ?", (chat_id,), cost=STEP
        )
        question = QUESTIONS[rows[0]["step"]] if rows else QUESTIONS["start"]
        given = str(request.body.get("answer", "")).casefold()
        following = {label.casefold(): step for label, step in question.answers}.get(given)
        if following is None:
            return await self._ask(chat_id, "start")
        if following in QUESTIONS:
            return await self._ask(chat_id, following)
        call = Call("faq", "GET", f"/articles/{following}")
        article = (await self.peers.call(call, request.scope, ADVICE)).body
        await self._remember(chat_id, "start")
        return Reply(200, {"text": f"{article['title']}\n{article['body']}", "answers": []})

    async def _ask(self, chat_id: int, step: str) -> Reply:
        await self._remember(chat_id, step)
        question = QUESTIONS[step]
        labels = [label for label, _ in question.answers]
        return Reply(200, {"text": question.text, "answers": labels})

    async def _remember(self, chat_id: int, step: str) -> None:
        await self.pool.run(
            "INSERT INTO session VALUES (?, ?) "
            "ON CONFLICT (chat_id) DO UPDATE SET step = excluded.step",
            (chat_id, step),
            cost=STEP,
        )
