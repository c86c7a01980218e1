"""The door: who may look, what is answered, and what the stream sends."""

from __future__ import annotations

import asyncio
from typing import Any

import aiohttp
import orjson
import pytest

from analyzer.dashboard import Access, AccessError, Board
from analyzer.dashboard.document import PANELS
from analyzer.dashboard.stream import Stream
from tests.dashboard.boards import attempt, feed, now_us, objective, served, two_contexts

TOKEN = "a-token-of-good-length"
READ = ("/", "/contexts/support", "/events", "/api/board", "/api/objectives/ticket/charts")


def board() -> Board:
    made = Board(two_contexts())
    feed(made, 200, bad=2)
    return made


@pytest.mark.parametrize(
    ("access", "host", "refused"),
    [
        (Access(), "127.0.0.1", None),
        (Access(), "::1", None),
        (Access(), "0.0.0.0", "open to everybody"),
        (Access(), "example.org", "open to everybody"),
        (Access(token="short"), "127.0.0.1", "fewer than 16"),
        (Access(token=TOKEN), "0.0.0.0", None),
        (Access(proxy_header="X-Forwarded-User"), "0.0.0.0", None),
    ],
)
def test_listening_where_anybody_could_look_is_refused(
    access: Access, host: str, refused: str | None
) -> None:
    if refused is None:
        access.check(host)
        return
    with pytest.raises(AccessError, match=refused):
        access.check(host)


@pytest.mark.parametrize("path", READ)
async def test_with_a_token_nothing_is_shown_without_it(path: str) -> None:
    async with served(board(), Access(token=TOKEN)) as page, aiohttp.ClientSession() as client:
        async with client.get(page.url + path) as answer:
            assert answer.status == 401
            assert "script-src 'self'" in answer.headers["Content-Security-Policy"]
        wrong = {"Authorization": "Bearer not-the-token-at-all"}
        async with client.get(page.url + path, headers=wrong) as answer:
            assert answer.status == 401
        right = {"Authorization": f"Bearer {TOKEN}"}
        async with client.get(page.url + path, headers=right) as answer:
            assert answer.status == 200


async def test_a_browser_is_asked_for_the_token_and_gets_a_cookie_that_does_not_carry_it() -> None:
    async with (
        served(board(), Access(token=TOKEN)) as page,
        aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as client,
    ):
        async with client.get(page.url, headers={"Accept": "text/html"}) as answer:
            assert answer.url.path == "/login"
        async with client.post(f"{page.url}/login", data={"token": "guess"}) as answer:
            assert answer.status == 403
        async with client.post(f"{page.url}/login", data={"token": TOKEN}) as answer:
            assert answer.url.path == "/"
            cookie = answer.history[0].headers["Set-Cookie"]
            assert "HttpOnly" in cookie
            assert "SameSite=Strict" in cookie
            assert TOKEN not in cookie
        # The cookie reads; it never writes, or a foreign page could.
        async with client.post(f"{page.url}/api/marks", json={}) as answer:
            assert answer.status == 403


async def test_a_proxy_is_believed_only_where_it_stands() -> None:
    near = Access(proxy_header="X-Forwarded-User")
    far = Access(proxy_header="X-Forwarded-User", proxies=("10.0.0.0/8",))
    headers = {"X-Forwarded-User": "agnes"}
    for access, status in ((near, 200), (far, 403)):
        async with served(board(), access) as page, aiohttp.ClientSession() as client:
            async with client.get(page.url, headers=headers) as answer:
                assert answer.status == status
            async with client.get(page.url) as answer:
                assert answer.status == 403


async def test_without_a_token_only_a_loopback_name_reaches_the_page() -> None:
    async with served(board()) as page, aiohttp.ClientSession() as client:
        for host, status in (("localhost", 200), ("[::1]:80", 200), ("evil.example", 403)):
            async with client.get(page.url, headers={"Host": host}) as answer:
                assert answer.status == status
        async with client.post(
            f"{page.url}/api/marks", json={"kind": "deployment", "label": "v7"}
        ) as answer:
            assert answer.status == 403


async def test_a_deployment_is_marked_with_the_token() -> None:
    async with served(board(), Access(token=TOKEN)) as page, aiohttp.ClientSession() as client:
        headers = {"Authorization": f"Bearer {TOKEN}"}
        url = f"{page.url}/api/marks"
        for body in (b"no json", b"[]", b'{"kind": "party", "label": "v7"}'):
            async with client.post(url, data=body, headers=headers) as answer:
                assert answer.status == 400
        mark = {"kind": "deployment", "label": "v7"}
        async with client.post(url, json=mark, headers=headers) as answer:
            assert answer.status == 201
        async with client.get(url, headers=headers) as answer:
            (found,) = await answer.json()
            assert (found["kind"], found["label"]) == ("deployment", "v7")


async def test_every_panel_has_its_figures() -> None:
    made = Board(two_contexts())
    # Two minutes ago: a chart holds whole slots, and the one under way is not among them.
    feed(made, 200, bad=2, until_us=now_us() - 120_000_000)
    async with served(made) as page, aiohttp.ClientSession() as client:

        async def get(path: str) -> Any:
            async with client.get(page.url + path) as answer:
                assert answer.status == 200, path
                return await answer.json()

        whole = await get("/api/board")
        (ticket,) = [o for o in whole["objectives"] if o["name"] == "ticket"]
        for panel in PANELS:
            assert (await get(f"/api/objectives/ticket/{panel}")).keys() == ticket[panel].keys()
        assert ticket["sli"]["bad"] == 2
        assert ticket["budget"]["left_events"] == 38
        assert (await get("/api/contexts/support"))["objectives"][0]["name"] == "ticket"
        charts = await get("/api/charts")
        of_support = next(c for c in charts["contexts"] if c["name"] == "support")
        assert max(share or 0 for share in of_support["bad"]) > 0
        assert {c["name"] for c in charts["contexts"]} == {
            o["context"] for o in whole["objectives"]
        }
        for what in ("incidents", "marks", "gauges", "journeys", "freshness"):
            await get(f"/api/{what}")
        for path in (
            "/api/x",
            "/api/objectives/x",
            "/api/contexts/x",
            "/contexts/x",
            "/static/x.js",
            "/static/..%2fpages.py",
            "/events?context=x",
        ):
            async with client.get(page.url + path) as answer:
                assert answer.status == 404, path


async def events(answer: aiohttp.ClientResponse, number: int) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    while len(found) < number:
        line = await answer.content.readline()
        if line.startswith(b"data: "):
            found.append(orjson.loads(line[6:]))
    return found


async def test_the_stream_brings_all_then_what_changed() -> None:
    fed = board()
    async with served(fed) as page, aiohttp.ClientSession() as client:
        timeout = aiohttp.ClientTimeout(total=20)
        async with client.get(f"{page.url}/events", timeout=timeout) as answer:
            (whole,) = await events(answer, 1)
            assert {"o.ticket.n", "o.profile.n"} <= whole["texts"].keys()
            fed.observe(attempt(now_us() - 300_000), now_us())
            changed: dict[str, str] = {}
            while "o.ticket.n" not in changed:
                changed |= (await events(answer, 1))[0].get("texts", {})
            assert changed["o.ticket.n"] == "2 bad of 201"
            assert "o.profile.condition" not in changed


async def test_who_missed_a_beat_gets_the_whole_and_others_share_the_change() -> None:
    stream = Stream(board(), now_us, now_us)
    first, whole = await stream.next(None, None)
    second, change = await stream.next(None, first)
    assert second == first + 1
    assert len(change) < len(whole)
    late, message = await stream.next(None, first - 3)
    moment = await stream.moment(None)
    assert message == moment.whole or moment.beat > late
    assert orjson.loads(message[6:])["texts"].keys() == moment.view.texts.keys()


async def test_closing_the_server_ends_open_streams_at_once() -> None:
    async with (
        served(Board([objective()])) as page,
        aiohttp.ClientSession() as client,
        client.get(f"{page.url}/events") as answer,
    ):
        await events(answer, 1)
        async with asyncio.timeout(10):
            await page.cut()
