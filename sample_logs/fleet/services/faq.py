"""Answers from a knowledge base, full text searched, through the smallest pool of the fleet.

Three kinds of work share its connections: what users search, what they read, and the suggestions
that tickets asks for on every submission. Python text with tracebacks over several lines.
"""

from __future__ import annotations

import re

from sample_logs.fleet.pool import Cost, PoolSettings
from sample_logs.fleet.service import Request, Route, Service, Surroundings
from sample_logs.fleet.services.articles import ARTICLES
from sample_logs.fleet.wire import Reply

FULL_TEXT = Cost(700, 0.7)
SUGGEST = Cost(240, 0.4)
READ = Cost(22)
SEARCH = "SELECT rowid AS id, title FROM article WHERE article MATCH ? ORDER BY rank LIMIT 5"


def any_of(words: str) -> str:
    """A full text query for any of the words, each quoted as a string of the query language."""
    found = re.findall(r"\w+", words.lower())
    return " OR ".join(f'"{word}"' for word in found[:12])


class Faq(Service):
    name = "faq"
    version = "1.11.2"
    pool_settings = PoolSettings(size=2, acquire_timeout_s=2.5, statement_timeout_s=2.5)
    schema = "CREATE VIRTUAL TABLE IF NOT EXISTS article USING fts5(title, body);"

    def __init__(self, surroundings: Surroundings) -> None:
        super().__init__(surroundings)
        self.titles = [
            {"id": number, "title": title} for number, (title, _) in enumerate(ARTICLES, start=1)
        ]

    def build_routes(self) -> list[Route]:
        return [
            Route("GET", "/articles", self.index),
            Route("GET", "/articles/{id}", self.read),
            Route("GET", "/search", self.search),
            Route("POST", "/suggestions", self.suggest),
        ]

    async def start(self) -> None:
        await super().start()
        async with self.pool.connection() as connection:
            known = await connection.run("SELECT count(*) AS n FROM article", cost=READ)
            if known[0]["n"] == 0:
                for title, body in ARTICLES:
                    await connection.run(
                        "INSERT INTO article (title, body) VALUES (?, ?)",
                        (title, body),
                        cost=Cost(1),
                    )
        self.log.event("info", "knowledge base loaded", articles=len(ARTICLES))

    async def index(self, request: Request) -> Reply:
        """The titles of a page of the index, counted anew each time."""
        page = int(request.query.get("page", "0"))
        await self.pool.run("SELECT count(*) AS n FROM article", cost=READ)
        return Reply(200, {"articles": self.titles[page * 8 : page * 8 + 8]})

    async def read(self, request: Request) -> Reply:
        rows = await self.pool.run(
            "SELECT title, body FROM article WHERE rowid = ?",
            (int(request.path["id"]),),
            cost=READ,
        )
        return Reply(200, dict(rows[0])) if rows else Reply(404, {"error": "NoSuchArticle"})

    async def search(self, request: Request) -> Reply:
        return await self._matches(request.query.get("q", ""), FULL_TEXT)

    async def suggest(self, request: Request) -> Reply:
        """Articles that may answer a ticket before a person does."""
        return await self._matches(str(request.body.get("text", "")), SUGGEST)

    async def _matches(self, words: str, cost: Cost) -> Reply:
        query = any_of(words)
        if not query:
            return Reply(200, {"articles": []})
        rows = await self.pool.run(SEARCH, (query,), cost=cost)
        return Reply(200, {"articles": [dict(row) for row in rows]})
