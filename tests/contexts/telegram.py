"""A small Telegram support fleet, as its logs would show it."""

from __future__ import annotations

import polars as pl

_CALLS = [
    ("telegram-gateway", "faq", "GET /faq/search", 9000, "faq"),
    ("telegram-gateway", "tickets", "POST /tickets", 3000, "submit ticket"),
    ("telegram-gateway", "tickets", "GET /tickets", 800, "list tickets"),
    ("telegram-gateway", "accounts", "GET /users/{id}", 4000, "profile"),
    ("tickets", "accounts", "GET /users/{id}", 3000, "submit ticket"),
    ("telegram-gateway", "subscriptions", "POST /subscriptions", 700, "subscribe"),
    ("subscriptions", "accounts", "GET /users/{id}", 700, "subscribe"),
    ("tickets", "notifications", "POST /notify", 3000, "submit ticket"),
    ("notifications", "subscriptions", "GET /subscriptions/{user}", 3000, "submit ticket"),
    ("telegram-gateway", "troubleshooting", "POST /troubleshoot/start", 600, "troubleshoot"),
    ("troubleshooting", "faq", "GET /faq/article", 600, "troubleshoot"),
    ("troubleshooting", "tickets", "POST /tickets", 100, "troubleshoot"),
    ("tickets", "faq", "GET /faq/suggest", 3000, "submit ticket"),
    ("telegram-gateway", "notifications", "GET /notifications", 400, "notifications"),
    ("notifications", "accounts", "GET /users/{id}", 400, "notifications"),
    *(
        (service, "audit", "POST /audit/events", calls, journey)
        for service, journey, calls in (
            ("tickets", "submit ticket", 3000),
            ("accounts", "profile", 400),
            ("subscriptions", "subscribe", 700),
            ("faq", "faq", 9000),
            ("telegram-gateway", "faq", 9000),
            ("notifications", "notifications", 400),
            ("troubleshooting", "troubleshoot", 600),
        )
    ),
]


def telegram_fleet() -> tuple[pl.DataFrame, pl.DataFrame]:
    """Edges with message and journey, and the journeys that they imply."""
    names = ["caller", "callee", "message", "calls", "journey"]
    edges = pl.DataFrame(_CALLS, names, orient="row")
    ends = [edges.select("journey", service=end, weight="calls") for end in ("caller", "callee")]
    journeys = pl.concat(ends).group_by("journey", "service").agg(pl.col("weight").max())
    return edges, journeys
