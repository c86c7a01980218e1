"""Answers to pressed buttons."""

from __future__ import annotations

from analyzer.replay.botapi.clock import NS_PER_SECOND
from analyzer.replay.botapi.errors import bad_request
from analyzer.replay.botapi.methods.signature import Method
from analyzer.replay.botapi.params import Params
from analyzer.replay.botapi.world import World

LONGEST_ANSWER = 200


def answer_callback_query(world: World, params: Params) -> bool:
    """End the wait of a user who pressed; 400 for unknown, answered and too old queries."""
    if len(params.text("text")) > LONGEST_ANSWER:
        raise bad_request("MESSAGE_TOO_LONG")
    query = world.queries.pop(params.text("callback_query_id"), None)
    deadline = world.settings.callback_deadline_seconds * NS_PER_SECOND
    if query is None or world.clock.monotonic_ns() - query.asked_ns > deadline:
        raise bad_request("query is too old and response timeout expired or query ID is invalid")
    world.feed.publish(
        "callback_answered",
        query.chat_id,
        text=params.text("text"),
        callback_query_id=query.query_id,
    )
    return True


METHODS: dict[str, Method] = {"answerCallbackQuery": answer_callback_query}
