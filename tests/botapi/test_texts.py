"""HTML, MarkdownV2 and Markdown to text and entities, offsets in UTF-16 code units."""

from __future__ import annotations

import html
from typing import Any

import pytest
from aiogram.utils.text_decorations import html_decoration, markdown_decoration
from hypothesis import given
from hypothesis import strategies as st

from analyzer.replay.botapi.errors import ApiError
from analyzer.replay.botapi.html_text import parse_html
from analyzer.replay.botapi.markdown_text import parse_markdown, parse_markdown_v2
from analyzer.replay.botapi.params import Params
from analyzer.replay.botapi.text import found_entities, read_text

printable = st.text(
    st.characters(blacklist_categories=["Cs", "Cc"]), min_size=1, max_size=30
).filter(lambda text: text.strip() == text)


def entity(kind: str, offset: int, length: int, **more: str) -> dict[str, Any]:
    return {"type": kind, "offset": offset, "length": length, **more}


@pytest.mark.parametrize(
    ("source", "text", "entities"),
    [
        ("<b>bold</b> text", "bold text", [entity("bold", 0, 4)]),
        ("😀 <i>x</i>", "😀 x", [entity("italic", 3, 1)]),
        ("a &lt;b&gt; &amp; &nbsp;", "a <b> & &nbsp;", []),
        (
            '<a href="https://example.org/?a=1&amp;b=2">here</a>',
            "here",
            [entity("text_link", 0, 4, url="https://example.org/?a=1&b=2")],
        ),
        ("<b>a<i>b</i></b>", "ab", [entity("bold", 0, 2), entity("italic", 1, 1)]),
        (
            '<pre><code class="language-python">x</code></pre>',
            "x",
            [entity("pre", 0, 1, language="python")],
        ),
        ('<span class="tg-spoiler">x</span>', "x", [entity("spoiler", 0, 1)]),
        ("<blockquote expandable>x</blockquote>", "x", [entity("expandable_blockquote", 0, 1)]),
    ],
)
def test_html(source: str, text: str, entities: list[dict[str, Any]]) -> None:
    assert parse_html(source) == (text, entities)


@pytest.mark.parametrize(
    ("source", "text", "entities"),
    [
        ("*bold* _it_", "bold it", [entity("bold", 0, 4), entity("italic", 5, 2)]),
        (r"1\. item \(new\)", "1. item (new)", []),
        ("__u__ ~s~", "u s", [entity("underline", 0, 1), entity("strikethrough", 2, 1)]),
        ("`a*b`", "a*b", [entity("code", 0, 3)]),
        ("```py\nx```", "x", [entity("pre", 0, 1, language="py")]),
        (
            r"[a\.b](http://x.org/\))",
            "a.b",
            [entity("text_link", 0, 3, url="http://x.org/)")],
        ),
        (">q1\n>q2\nrest", "q1\nq2\nrest", [entity("blockquote", 0, 5)]),
        ("*a _b_*", "a b", [entity("bold", 0, 3), entity("italic", 2, 1)]),
    ],
)
def test_markdown_v2(source: str, text: str, entities: list[dict[str, Any]]) -> None:
    assert parse_markdown_v2(source) == (text, entities)


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("end.", "Character '.' is reserved and must be escaped"),
        ("*open", "Can't find end of Bold entity at byte offset 0"),
        ("`open", "Can't find end of Code entity"),
    ],
)
def test_markdown_v2_refuses(source: str, reason: str) -> None:
    with pytest.raises(ApiError, match=reason.replace("(", r"\(")):
        parse_markdown_v2(source)


def test_legacy_markdown() -> None:
    assert parse_markdown("*b* _i_ `c` [l](http://x.org) 1.") == (
        "b i c l 1.",
        [
            entity("bold", 0, 1),
            entity("italic", 2, 1),
            entity("code", 4, 1),
            entity("text_link", 6, 1, url="http://x.org"),
        ],
    )
    with pytest.raises(ApiError, match="byte offset 3"):
        parse_markdown("ab *open")


@given(printable)
def test_escaped_text_survives_html(text: str) -> None:
    assert parse_html(html.escape(text, quote=False)) == (text, [])
    assert parse_html(html_decoration.bold(html_decoration.quote(text)))[0] == text


@given(printable)
def test_escaped_text_survives_markdown_v2(text: str) -> None:
    plain, entities = parse_markdown_v2(markdown_decoration.bold(markdown_decoration.quote(text)))
    assert plain == text
    assert [found["type"] for found in entities] == ["bold"]


@given(st.text(max_size=40))
def test_any_markup_is_parsed_or_refused(source: str) -> None:
    for parse in (parse_html, parse_markdown_v2, parse_markdown):
        try:
            text, entities = parse(source)
        except ApiError:
            continue
        units = len(text.encode("utf-16-le", "surrogatepass")) // 2
        assert all(e["offset"] >= 0 and e["offset"] + e["length"] <= units for e in entities)


def test_commands_links_and_tags_are_found() -> None:
    text = (
        "/ticket@support_bot see https://example.org/a?b=1, mail a@b.org, #late @ann_smith and/or"
    )
    assert [
        (found["type"], text[found["offset"] : found["offset"] + found["length"]])
        for found in found_entities(text)
    ] == [
        ("bot_command", "/ticket@support_bot"),
        ("url", "https://example.org/a?b=1"),
        ("email", "a@b.org"),
        ("hashtag", "#late"),
        ("mention", "@ann_smith"),
    ]


def test_entities_given_by_the_bot_are_moved_when_space_is_cut() -> None:
    params = Params({"text": "  bold", "entities": [entity("bold", 2, 4)]})
    assert read_text(params).entities == (entity("bold", 0, 4),)
