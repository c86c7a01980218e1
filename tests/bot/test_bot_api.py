"""What answers of the Bot API mean, and what of a refused send can be mended."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast
from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consolidated_bot.core.bot_api import BotApi, BotApiError, Failure, _result, encode
from consolidated_bot.core.intake import chat_of
from consolidated_bot.core.messages import Topic
from consolidated_bot.core.outbox import Queued
from consolidated_bot.core.topics import ForumTopics
from consolidated_bot.core.transmission import Transmission
from consolidated_bot.core.webhook import Webhook


@given(st.dictionaries(st.text(min_size=1), st.text(), max_size=6))
def test_form_carries_every_text_unchanged(params: dict[str, str]) -> None:
    pairs = parse_qsl(encode(params).decode(), keep_blank_values=True)
    assert dict(pairs) == params


@pytest.mark.parametrize(
    ("status", "body", "failure"),
    [
        (429, b'{"ok":false,"error_code":429,"parameters":{"retry_after":7}}', Failure.THROTTLED),
        (429, b'{"ok":false,"error_code":429}', Failure.THROTTLED),
        (403, b'{"ok":false,"error_code":403,"description":"Forbidden"}', Failure.GONE),
        (400, b'{"ok":false,"description":"Bad Request: chat not found"}', Failure.GONE),
        (400, b'{"ok":false,"description":"Bad Request: text is empty"}', Failure.REFUSED),
        (
            400,
            b'{"description":"Bad Request: not enough rights to send text messages to the chat"}',
            Failure.UNREACHED,
        ),
        (
            400,
            b'{"description":"Bad Request: not enough rights to manage topics"}',
            Failure.REFUSED,
        ),
        (401, b'{"ok":false,"description":"Unauthorized"}', Failure.UNAUTHORIZED),
        (409, b'{"ok":false,"description":"Conflict"}', Failure.CONFLICT),
        (502, b"<html>Bad Gateway</html>", Failure.AMBIGUOUS),
        (500, b'{"ok":false,"description":"Internal"}', Failure.AMBIGUOUS),
        (200, b"[1]", Failure.AMBIGUOUS),
        (429, b'{"ok":false,"parameters":{"retry_after":"soon"}}', Failure.THROTTLED),
        (429, b'{"ok":false,"error_code":"many","parameters":[]}', Failure.THROTTLED),
    ],
)
def test_failures_are_told_apart(status: int, body: bytes, failure: Failure) -> None:
    with pytest.raises(BotApiError) as caught:
        _result(status, body)
    assert caught.value.failure is failure
    if failure is Failure.THROTTLED:
        assert caught.value.retry_after >= 1


class CannedApi(BotApi):
    """Answers from a list; remembers what it was asked."""

    def __init__(self, *answers: Any) -> None:
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self._answers = list(answers)

    async def call(
        self,
        method: str,
        params: Any = None,
        *,
        seconds: float = 30.0,  # noqa: ARG002
    ) -> Any:
        self.asked.append((method, dict(params)))
        answer = self._answers.pop(0)
        if isinstance(answer, BotApiError):
            raise answer
        return answer


def refused(description: str, moved_to: int | None = None) -> BotApiError:
    return BotApiError(Failure.REFUSED, description, moved_to=moved_to)


def send(slot: str | None = None, **params: Any) -> Queued:
    return Queued(1, 7, 1, "sendMessage", {"text": "x", **params}, slot, None, None, 0, 0)


async def nothing_stored(_: str) -> int | None:
    return None


async def test_webhook_is_announced_until_telegram_has_heard_of_it() -> None:
    lost = BotApiError(Failure.AMBIGUOUS, "HTTP 502 with a body that is no JSON")
    api = CannedApi(lost, True)
    await Webhook(cast("Any", None), api, 42, "https://bot.example/hook", "secret").announce()
    assert [method for method, _ in api.asked] == ["setWebhook", "setWebhook"]
    api = CannedApi(refused("Bad Request: bad webhook: HTTPS url must be provided"))
    await Webhook(cast("Any", None), api, 42, "https://bot.example/hook", "secret").announce()
    assert len(api.asked) == 1


async def test_card_is_edited_and_sent_anew_when_it_is_gone() -> None:
    api = CannedApi(
        {"message_id": 5},
        {"message_id": 5},
        refused("Bad Request: message is not modified"),
        refused("Bad Request: message to edit not found"),
        {"message_id": 9},
    )
    transmission = transmission_over(api)
    stood = [await transmission.transmit(send("card")) for _ in range(4)]
    assert stood == [(5,), (5,), (5,), (9,)]
    assert [method for method, _ in api.asked] == [
        "sendMessage",
        "editMessageText",
        "editMessageText",
        "editMessageText",
        "sendMessage",
    ]


@pytest.mark.parametrize(
    ("error", "kept"),
    [
        (refused("Bad Request: can't parse entities: x"), {"message_thread_id": 3, "chat_id": 7}),
        (refused("Bad Request: message thread not found"), {"parse_mode": "HTML", "chat_id": 7}),
    ],
)
async def test_text_is_sent_without_what_was_refused(
    error: BotApiError, kept: dict[str, Any]
) -> None:
    api = CannedApi(error, {"message_id": 5})
    item = send(parse_mode="HTML", message_thread_id=3)
    assert await transmission_over(api).transmit(item) == (5,)
    assert api.asked[1][1] == {"text": "x", **kept}


async def test_refusal_that_cannot_be_mended_is_raised() -> None:
    api = CannedApi(refused("Bad Request: message text is empty"))
    with pytest.raises(BotApiError):
        await transmission_over(api).transmit(send())


class RememberedTopics:
    """The topics that are open, in memory."""

    def __init__(self) -> None:
        self.threads: dict[str, int] = {}

    async def thread(self, chat_id: int, key: str) -> int | None:  # noqa: ARG002
        return self.threads.get(key)

    async def keep(self, chat_id: int, key: str, thread_id: int | None) -> None:  # noqa: ARG002
        self.threads.pop(key, None)
        if thread_id is not None:
            self.threads[key] = thread_id


def transmission_over(api: BotApi, topics: RememberedTopics | None = None) -> Transmission:
    async def lost(chat_id: int, key: str) -> None:
        lost_topics.append((chat_id, key))

    lost_topics: list[tuple[int, str]] = []
    return Transmission(api, nothing_stored, ForumTopics(api, topics or RememberedTopics()), lost)


def in_topic(*, needed: bool = False, method: str = "sendMessage") -> Queued:
    return replace(send(), method=method, topic=Topic("ticket:1", "#1 Ann", needed))


async def test_topic_is_opened_once_and_made_anew_when_it_was_deleted() -> None:
    api = CannedApi(
        {"message_thread_id": 3, "name": "#1 Ann"},
        {"message_id": 5},
        {"message_id": 6},
        refused("Bad Request: message thread not found"),
        {"message_thread_id": 8, "name": "#1 Ann"},
        {"message_id": 9},
    )
    transmission = transmission_over(api)
    made = [await transmission.transmit(in_topic()) for _ in range(3)]
    assert made == [(5,), (6,), (9,)]
    threads = [params.get("message_thread_id") for _, params in api.asked]
    assert threads == [None, 3, 3, 3, None, 8]


async def test_closed_topic_is_reopened_to_be_written_into() -> None:
    api = CannedApi(refused("Bad Request: TOPIC_CLOSED"), True, {"message_id": 5})
    topics = RememberedTopics()
    topics.threads["ticket:1"] = 3
    assert await transmission_over(api, topics).transmit(in_topic()) == (5,)
    assert [method for method, _ in api.asked] == [
        "sendMessage",
        "reopenForumTopic",
        "sendMessage",
    ]


async def test_closed_topic_that_may_not_be_reopened_loses_nothing() -> None:
    api = CannedApi(
        refused("Bad Request: TOPIC_CLOSED"),
        refused("Bad Request: not enough rights to manage topics"),
        {"message_id": 5},
    )
    topics = RememberedTopics()
    topics.threads["ticket:1"] = 3
    assert await transmission_over(api, topics).transmit(in_topic()) == (5,)
    assert api.asked[-1][1]["message_thread_id"] is None


async def test_group_without_topics_is_written_to_as_a_whole() -> None:
    api = CannedApi(refused("Bad Request: the chat is not a forum"), {"message_id": 5})
    transmission = transmission_over(api)
    assert await transmission.transmit(in_topic()) == (5,)
    assert await transmission.transmit(in_topic(needed=True)) == ()
    assert [params.get("message_thread_id") for _, params in api.asked] == [None, None]


async def test_topic_nobody_opened_is_neither_opened_nor_closed() -> None:
    api = CannedApi()
    assert await transmission_over(api).transmit(in_topic(method="closeForumTopic")) == ()
    assert api.asked == []


async def test_topic_that_is_gone_counts_as_closed() -> None:
    api = CannedApi(refused("Bad Request: message thread not found"))
    topics = RememberedTopics()
    topics.threads["ticket:1"] = 3
    transmission = transmission_over(api, topics)
    assert await transmission.transmit(in_topic(method="closeForumTopic")) == ()
    assert topics.threads == {}


@pytest.mark.parametrize(
    ("update", "chat"),
    [
        ({"update_id": 1, "message": {"chat": {"id": -5}, "from": {"id": 7}}}, -5),
        (
            {
                "update_id": 1,
                "callback_query": {"from": {"id": 7}, "message": {"chat": {"id": 8}}},
            },
            8,
        ),
        ({"update_id": 1, "inline_query": {"from": {"id": 7}}}, 7),
        ({"update_id": 1, "poll": {"id": "x"}}, 0),
        ({"update_id": 1, "message": {"chat": {"id": 2**70}}}, 0),
        ({"update_id": 1, "message": {"chat": {"id": "-5"}}}, -5),
        ({"update_id": 1, "message": {"chat": {"id": "five"}}}, 0),
        ({"update_id": 1, "message": "odd"}, 0),
    ],
)
def test_chat_that_orders_an_update(update: dict[str, Any], chat: int) -> None:
    assert chat_of(update) == chat
