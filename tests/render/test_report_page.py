"""The report in a real browser, from disk, with the network cut."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import analyzer as an
from tests.fleets import make_fleet

if TYPE_CHECKING:
    from playwright.sync_api import Page

CHROMIUM = shutil.which("chromium")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="Debian's chromium is not installed"),
]


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("page")
    logs = make_fleet(seed=4, journeys=300, peak=True).write(folder / "logs")
    (logs / "faq" / "broken.log").write_text(
        '{"message": "<script>document.title=\'owned\'</script>", "broken": \n'
        '{"@timestamp":"2026-03-02T09:00:00Z","service.name":"<b onmouseover=alert(1)>x</b>",'
        '"event.action":"<img src=x onerror=alert(1)>","event.duration":5,"trace.id":"ab"}\n'
    )
    an.analyze(logs, folder / "out")
    return folder / "out" / "report.html"


@pytest.fixture
def page(report: Path) -> Iterator[Page]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        context = browser.new_context(offline=True)
        opened = context.new_page()
        problems: list[str] = []
        opened.on("console", lambda message: problems.append(message.text))
        opened.on("pageerror", lambda error: problems.append(str(error)))
        opened.on(
            "request",
            lambda request: (
                None if request.url.startswith("file:") else problems.append(request.url)
            ),
        )
        opened.goto(report.as_uri())
        yield opened
        browser.close()
        assert problems == []


def test_page_shows_graph_hotspots_contexts_and_what_was_not_read(page: Page) -> None:
    assert page.locator("svg.graph .node").count() == 7  # users, five services, the intruder
    assert page.locator("svg.graph .edge").count() > 4
    assert "CreateTicket" in page.locator("#hotspots").inner_text()
    assert "connection pool exhausted" in page.locator("#hotspots").inner_text()
    assert page.locator("#contexts tbody tr").count() == 6
    assert "truncated_json" in page.locator("#unread").inner_text()
    assert page.locator("figure svg").count() >= 2


def test_text_from_logs_stays_text(page: Page) -> None:
    assert page.title() == "What the logs say about this fleet"
    assert page.locator("b, img").count() == 0


def test_pointing_at_a_service_leaves_its_edges(page: Page) -> None:
    page.locator('.node[data-name="faq"]').focus()
    near = page.locator(".edge.near").count()
    assert 0 < near < page.locator(".edge").count()


def test_a_click_sorts_a_table(page: Page) -> None:
    head = page.locator("#inventory th", has_text="calls").first
    head.locator("button").click()
    column = page.locator("#inventory thead th").all_inner_texts()
    place = next(i for i, name in enumerate(column) if name.startswith("calls"))
    cells = page.locator(f"#inventory tbody td:nth-child({place + 1})").all_inner_texts()
    assert cells == sorted(cells, key=lambda text: -int(text.replace(",", "")))


@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_spills_over_the_page(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_dark_mode_has_readable_text(page: Page) -> None:
    page.emulate_media(color_scheme="dark")
    background = page.evaluate("getComputedStyle(document.body).backgroundColor")
    ink = page.evaluate("getComputedStyle(document.body).color")
    assert background == "rgb(20, 24, 29)"
    assert ink == "rgb(232, 236, 241)"
