"""Telegram's HTML subset (core.telegram.org/bots/api#html-style) to text and entities."""

from __future__ import annotations

import html
import re

from analyzer.replay.botapi.errors import bad_request
from analyzer.replay.botapi.shapes import Json

TYPES = {
    "b": "bold",
    "strong": "bold",
    "i": "italic",
    "em": "italic",
    "u": "underline",
    "ins": "underline",
    "s": "strikethrough",
    "strike": "strikethrough",
    "del": "strikethrough",
    "tg-spoiler": "spoiler",
    "span": "spoiler",
    "code": "code",
    "pre": "pre",
    "blockquote": "blockquote",
    "a": "text_link",
    "tg-emoji": "custom_emoji",
}
TOKEN = re.compile(r"<(?P<close>/?)(?P<name>[^\s<>/=]*)(?P<attributes>[^<>]*)>")
ATTRIBUTE = re.compile(r"""([\w-]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+)))?""")
# Telegram knows these four names and numbers; any other & stands for itself.
REFERENCE = re.compile(r"&(?:lt|gt|amp|quot|#\d{1,7}|#[xX][0-9a-fA-F]{1,6});")


def parse_html(source: str) -> tuple[str, list[Json]]:
    """Plain text and entities; 400 names the tag and the byte that is wrong."""
    text: list[str] = []
    entities: list[Json] = []
    open_tags: list[tuple[str, Json]] = []
    position = offset = 0
    while position < len(source):
        start = source.find("<", position)
        piece = _unescape(source[position:] if start < 0 else source[position:start])
        text.append(piece)
        offset += _units(piece)
        if start < 0:
            break
        token = TOKEN.match(source, start)
        where = len(source[:start].encode())
        if token is None:
            raise _cannot(f"Unclosed start tag at byte offset {where}")
        if token["close"]:
            _close(open_tags, token["name"].lower(), offset, where)
        else:
            entity = _opened(token["name"].lower(), token["attributes"], offset, where)
            open_tags.append((token["name"].lower(), entity))
            entities.append(entity)
        position = token.end()
    if open_tags:
        name = open_tags[-1][0]
        raise _cannot(f'Can\'t find end tag corresponding to start tag "{name}"')
    # A link to nowhere is plain text, and an entity without characters does not exist.
    kept = [e for e in _merged(entities) if e["length"] and e.get("url") != ""]
    return "".join(text), kept


def _opened(name: str, attributes: str, offset: int, where: int) -> Json:
    if name not in TYPES:
        raise _cannot(f'Unsupported start tag "{name}" at byte offset {where}')
    given = {
        match[1].lower(): _unescape(match[2] or match[3] or match[4] or "")
        for match in ATTRIBUTE.finditer(attributes)
    }
    if name == "span" and given.get("class") != "tg-spoiler":
        raise _cannot(f'Tag "span" must have class "tg-spoiler" at byte offset {where}')
    entity: Json = {"type": TYPES[name], "offset": offset, "length": 0}
    if name == "a":
        entity["url"] = given.get("href", "")
    if name == "tg-emoji":
        entity["custom_emoji_id"] = given.get("emoji-id", "")
    if name == "blockquote" and "expandable" in given:
        entity["type"] = "expandable_blockquote"
    if name == "code" and given.get("class", "").startswith("language-"):
        entity["language"] = given["class"].removeprefix("language-")
    return entity


def _close(open_tags: list[tuple[str, Json]], name: str, offset: int, where: int) -> None:
    if not open_tags:
        raise _cannot(f"Unexpected end tag at byte offset {where}")
    expected, entity = open_tags.pop()
    if name and name != expected:
        raise _cannot(
            f'Unmatched end tag at byte offset {where}, expected "</{expected}>", '
            f'found "</{name}>"'
        )
    entity["length"] = offset - entity["offset"]


def _merged(entities: list[Json]) -> list[Json]:
    """`<pre><code class="language-x">` is one entity; a language outside pre means nothing."""
    kept: list[Json] = []
    for entity in entities:
        outer = kept[-1] if kept else None
        same = outer is not None and all(outer[k] == entity[k] for k in ("offset", "length"))
        if outer is not None and same and outer["type"] == "pre" and entity["type"] == "code":
            if "language" in entity:
                outer["language"] = entity["language"]
            continue
        if entity["type"] == "code":
            entity.pop("language", None)
        kept.append(entity)
    return kept


def _unescape(text: str) -> str:
    return REFERENCE.sub(lambda match: html.unescape(match.group()), text)


def _units(text: str) -> int:
    return len(text) + sum(character > "\uffff" for character in text)


def _cannot(reason: str) -> Exception:
    return bad_request(f"can't parse entities: {reason}")
