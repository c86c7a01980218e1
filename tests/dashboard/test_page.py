"""The page in a real browser, as somebody on call meets it."""

from __future__ import annotations

import re
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio

from analyzer.dashboard import Access, Board, OpenIncident, ServiceLevel
from tests.dashboard.boards import SECOND, attempt, feed, now_us, objective, served, two_contexts

if TYPE_CHECKING:
    from playwright.async_api import Browser, ConsoleMessage, Page, Request

CHROMIUM = shutil.which("chromium")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.skipif(CHROMIUM is None, reason="Debian's chromium is not installed"),
]
EVIL = "<img src=x onerror=\"document.title='owned'\">"
TOKEN = "a-token-of-good-length"
WAIT_MS = 20_000


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    from playwright.async_api import async_playwright

    async with async_playwright() as playwright:
        started = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield started
        await started.close()


@asynccontextmanager
async def opened(
    browser: Browser, url: str, *, allowed: str = "never matches", **context: object
) -> AsyncIterator[Page]:
    """A page; a console error, a violated policy or a request elsewhere fails the test."""
    made = await browser.new_context(**context)  # type: ignore[arg-type]
    page = await made.new_page()
    page.set_default_timeout(WAIT_MS)
    origin = "/".join(url.split("/")[:3])
    problems: list[str] = []

    def heard(message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            problems.append(message.text)

    def asked(request: Request) -> None:
        if not request.url.startswith(origin):
            problems.append(request.url)

    page.on("console", heard)
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("request", asked)
    await page.goto(url)
    try:
        yield page
    finally:
        await made.close()
    assert [problem for problem in problems if not re.search(allowed, problem)] == []


async def text(page: Page, key: str) -> str:
    return await page.locator(f'[data-key="{key}"]').inner_text()


async def becomes(page: Page, selector: str, words: str) -> None:
    await page.locator(selector, has_text=re.compile(words)).wait_for()


def fed(bad: int = 0) -> Board:
    board = Board(two_contexts(), title=EVIL)
    feed(board, 600, bad=bad)
    board.incidents([])
    return board


async def test_figures_stand_in_the_page_before_any_script_runs(browser: Browser) -> None:
    async with (
        served(fed(bad=3)) as page,
        opened(browser, page.url, java_script_enabled=False) as plain,
    ):
        assert await text(plain, "o.ticket.n") == "3 bad of 600"
        assert await text(plain, "o.ticket.left") == "37"
        assert "no data" in await text(plain, "o.profile.condition")


async def test_an_event_shows_at_once_and_nothing_is_evaluated_or_fetched_elsewhere(
    browser: Browser,
) -> None:
    board = fed()
    async with served(board) as page, opened(browser, f"{page.url}/contexts/support") as live:
        await live.locator('body[data-link="live"]').wait_for()
        charts = live.locator("[data-chart]")
        await live.locator("[data-drawn]").nth(await charts.count() - 1).wait_for()
        assert await charts.count() == 5
        board.observe(attempt(now_us(), 0.1, outcome="failed", reason=EVIL), now_us() + SECOND)
        await becomes(live, '[data-key="o.ticket.n"]', "1 bad of 601")
        await becomes(live, '[data-list="o.ticket.reasons"] th', re.escape(EVIL))
        assert await live.locator("img").count() == 0
        assert await live.title() != "owned"


async def test_the_page_says_itself_that_it_is_cut_off_and_recovers(browser: Browser) -> None:
    board = fed()
    gone = "ERR_|Failed to load"
    async with served(board) as page, opened(browser, page.url, allowed=gone) as live:
        await becomes(live, 'body[data-link="live"] #link', "^live$")
        port = int(page.url.rpartition(":")[2])
        await page.cut()
        await becomes(live, 'body[data-link="stale"] #link', "STALE")
        assert (await live.title()).startswith("STALE")
        assert "grayscale" in await live.locator("main").evaluate(
            "main => getComputedStyle(main).filter"
        )
        async with served(board, port=port):
            board.alive(now_us())
            await becomes(live, 'body[data-link="live"] #link', "^live$")


async def test_a_silent_source_is_stale_while_the_connection_stands(browser: Browser) -> None:
    board = Board([objective()])
    feed(board, 300, until_us=now_us() - 300 * SECOND)
    async with served(board) as page, opened(browser, page.url) as live:
        await becomes(live, 'body[data-link="silent"] #link', "no new data")
        assert "STALE: the source is silent for 5 min" in await text(live, "headline")
        assert await live.locator('.card[data-tone="none"]').count() == 1
        assert await live.locator('main [data-tone="good"]').count() == 0


async def test_an_incident_is_the_first_thing_and_says_who_has_it(browser: Browser) -> None:
    board = fed(bad=60)
    board.level = ServiceLevel("tickets only", degraded=True, reason="budget spent")
    async with served(board) as page, opened(browser, page.url) as live:
        await live.locator('body[data-link="live"]').wait_for()
        board.incidents(
            [
                OpenIncident(
                    "1",
                    "ticket",
                    "support",
                    "page",
                    "firing",
                    now_us(),
                    EVIL,
                    next_step="escalates to L2",
                    next_at_us=now_us() + 90 * SECOND,
                )
            ]
        )
        shown = live.locator(".incident")
        await shown.wait_for()
        assert EVIL in await shown.inner_text()
        assert "nobody yet" in await shown.inner_text()
        box, card = await shown.bounding_box(), await live.locator(".card").first.bounding_box()
        assert box is not None
        assert card is not None
        assert box["y"] < card["y"]
        assert "tickets only: budget spent" in await text(live, "level")
        board.incidents([])
        await becomes(live, '[data-key="incidents.count"]', "No open incident")
        assert await shown.count() == 0


@pytest.mark.parametrize(("path", "scheme"), [("/", "light"), ("/contexts/support", "dark")])
async def test_a_phone_shows_all_without_scrolling_sideways(
    browser: Browser, path: str, scheme: str
) -> None:
    size = {"width": 390, "height": 844}
    async with (
        served(fed(bad=9)) as page,
        opened(browser, page.url + path, viewport=size, color_scheme=scheme) as phone,
    ):
        await phone.locator('body[data-link="live"]').wait_for()
        charts = await phone.locator("[data-chart]").count()
        if charts:
            await phone.locator("[data-drawn]").nth(charts - 1).wait_for()
        root = phone.locator("html")
        assert await root.evaluate("root => root.scrollWidth <= innerWidth")
        lightness = await phone.locator("body").evaluate(
            "body => parseInt(getComputedStyle(body).backgroundColor.match(/\\d+/)[0])"
        )
        assert (lightness < 60) is (scheme == "dark")


async def test_colours_follow_the_scheme_while_the_page_is_open(browser: Browser) -> None:
    async with (
        served(fed(bad=9)) as page,
        opened(browser, f"{page.url}/contexts/support", color_scheme="light") as live,
    ):
        await live.locator("[data-drawn]").nth(4).wait_for()
        drawings = live.locator(".canvas > *")
        count = await drawings.count()
        await drawings.evaluate_all("all => all.forEach((each) => each.classList.add('old'))")
        await live.emulate_media(color_scheme="dark")
        await live.locator(".canvas > :not(.old)").nth(count - 1).wait_for(state="attached")
        assert await live.locator(".canvas > .old").count() == 0
        assert await drawings.count() == count


async def test_all_is_reached_by_keyboard_and_seen_to_be(browser: Browser) -> None:
    async with served(fed()) as page, opened(browser, page.url) as live:
        await live.keyboard.press("Tab")
        assert await live.evaluate("document.activeElement.className") == "skip"
        seen = []
        while True:
            await live.keyboard.press("Tab")
            tag, words, outline = await live.evaluate(
                "[document.activeElement.tagName, document.activeElement.textContent.trim(),"
                " getComputedStyle(document.activeElement).outlineStyle]"
            )
            if tag == "BODY":
                break  # past the last one
            seen.append(words)
            assert outline != "none", words
        assert len(seen) >= 7
        assert any(words.startswith("submit") for words in seen)
        await live.locator("h2 a", has_text="submit").focus()
        await live.keyboard.press("Enter")
        await live.wait_for_url("**/contexts/support#o.ticket")


async def test_every_state_is_told_by_words_and_a_sign(browser: Browser) -> None:
    async with served(fed(bad=60)) as page, opened(browser, page.url) as live:
        for chip in await live.locator(".chip:first-child").all():
            assert re.match(r"\W \w+", await chip.inner_text())


async def test_the_token_opens_the_page(browser: Browser) -> None:
    refused = "403"
    async with (
        served(fed(), Access(token=TOKEN)) as page,
        opened(browser, page.url, allowed=refused) as live,
    ):
        assert live.url.endswith("/login")
        await live.get_by_label("Token").fill("guess")
        await live.keyboard.press("Enter")
        await live.get_by_role("alert").wait_for()
        await live.get_by_label("Token").fill(TOKEN)
        await live.keyboard.press("Enter")
        await live.locator('body[data-link="live"]').wait_for()


async def test_below_a_prefix_every_link_stays_below_it(browser: Browser) -> None:
    access = Access(token=TOKEN)
    async with (
        served(fed(), access, prefix="/ops/bot") as page,
        opened(browser, f"{page.url}/contexts/support") as live,
    ):
        await live.get_by_label("Token").fill(TOKEN)
        await live.keyboard.press("Enter")
        await live.wait_for_url(f"{page.url}/")
        await live.locator('body[data-link="live"]').wait_for()
        await live.locator("nav a", has_text="support").click()
        await live.wait_for_url(f"{page.url}/contexts/support")
        await live.locator('body[data-link="live"]').wait_for()
        await live.locator("[data-drawn]").first.wait_for()
        links = "[...document.querySelectorAll('a[href]')].map(link => link.href)"
        addresses = await live.evaluate(links)
        assert len(addresses) > 4
        assert [found for found in addresses if not found.startswith(f"{page.url}/")] == []


async def test_without_objectives_the_journeys_are_still_shown(browser: Browser) -> None:
    board = Board([])
    async with served(board) as page, opened(browser, page.url) as live:
        board.observe(attempt(now_us(), context="faq", journey=EVIL), now_us())
        await becomes(live, '[data-list="journeys"] th', re.escape(EVIL))
        await live.locator("nav a", has_text="faq").click()
        await live.wait_for_url("**/contexts/faq")
        assert await live.locator("img").count() == 0
