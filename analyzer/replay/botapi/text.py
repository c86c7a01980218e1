"""Texts as Telegram keeps them: parse mode taken out, entities found, length checked.

Offsets and lengths of entities count UTF-16 code units (core.telegram.org/api/entities).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from analyzer.replay.botapi.errors import bad_request
from analyzer.replay.botapi.html_text import parse_html
from analyzer.replay.botapi.markdown_text import parse_markdown, parse_markdown_v2
from analyzer.replay.botapi.params import Params
from analyzer.replay.botapi.shapes import Json

# Characters, not UTF-16 units: measured at Telegram in FerroxLabs/wayland#934.
LONGEST_TEXT = 4096
MOST_ENTITIES = 100  # further ones are dropped in silence (tdlib/telegram-bot-api#820)
LONGEST_CAPTION = 1024
FOUND_IN_TEXT = re.compile(
    r"(?P<bot_command>(?<![\w/])/[A-Za-z0-9_]{1,64}(?:@\w{3,32})?(?![\w/]))"
    r"|(?P<url>\bhttps?://[^\s<>\"]*[^\s<>\".,;:!?)])"
    r"|(?P<email>\b[\w.+-]+@[\w-]+\.[\w.-]+\w)"
    r"|(?P<mention>(?<!\w)@[A-Za-z]\w{3,31}\b)"
    r"|(?P<hashtag>(?<!\w)#(?=\w*[^\W\d])\w+)"
)


@dataclass(frozen=True, slots=True)
class FormattedText:
    """Text without markup, and its entities as Telegram's objects."""

    text: str
    entities: tuple[Json, ...] = ()


def utf16_length(text: str) -> int:
    """The number of UTF-16 code units of `text`."""
    return len(text) + sum(character > "\uffff" for character in text)


def found_entities(text: str) -> tuple[Json, ...]:
    """Commands, links, mentions and hashtags that every client marks by itself."""
    return tuple(
        {
            "type": match.lastgroup,
            "offset": utf16_length(text[: match.start()]),
            "length": utf16_length(match.group()),
        }
        for match in FOUND_IN_TEXT.finditer(text)
    )


def read_text(params: Params, field: str = "text") -> FormattedText:
    """The text of a call, checked; 400 when empty, too long, or with bad markup."""
    formatted = _parse(params, field)
    text = formatted.text.strip()
    if not text:
        raise bad_request("message text is empty")
    if len(text) > LONGEST_TEXT:
        raise bad_request("message is too long")
    return _with_found(_stripped(formatted))


def read_caption(params: Params) -> FormattedText:
    """The caption of a call, possibly empty; 400 when too long or with bad markup."""
    formatted = _stripped(_parse(params, "caption"))
    if len(formatted.text) > LONGEST_CAPTION:
        raise bad_request("message caption is too long")
    return _with_found(formatted)


def _parse(params: Params, field: str) -> FormattedText:
    text = params.text(field)
    mode = params.text("parse_mode").lower()
    if mode in {"", "none"}:
        given = params.json("entities" if field == "text" else "caption_entities")
        return FormattedText(text, tuple(given or ()))
    parsers = {
        "html": parse_html,
        "markdown": parse_markdown,
        "markdownv2": parse_markdown_v2,
    }
    if mode not in parsers:
        raise bad_request("unsupported parse_mode")
    plain, entities = parsers[mode](text)
    return FormattedText(plain, tuple(entities))


def _stripped(formatted: FormattedText) -> FormattedText:
    """Without white space around, entities moved and cut to what is left."""
    text = formatted.text.rstrip()
    cut = len(text) - len(text.lstrip())
    text = text[cut:]
    end = utf16_length(text)
    kept = []
    for entity in formatted.entities:
        start = max(0, entity["offset"] - cut)
        stop = min(end, entity["offset"] - cut + entity["length"])
        if stop > start:
            kept.append({**entity, "offset": start, "length": stop - start})
    return FormattedText(text, tuple(kept))


def _with_found(formatted: FormattedText) -> FormattedText:
    taken = [(e["offset"], e["offset"] + e["length"]) for e in formatted.entities]
    found = [
        entity
        for entity in found_entities(formatted.text)
        if all(
            entity["offset"] >= stop or entity["offset"] + entity["length"] <= start
            for start, stop in taken
        )
    ]
    entities = sorted([*formatted.entities, *found], key=lambda e: (e["offset"], -e["length"]))
    return FormattedText(formatted.text, tuple(entities[:MOST_ENTITIES]))
