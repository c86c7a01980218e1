"""Keyboards: checked as Telegram checks them."""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.replay.botapi.errors import bad_request
from analyzer.replay.botapi.feed import Button
from analyzer.replay.botapi.params import Params
from analyzer.replay.botapi.shapes import Json

LONGEST_CALLBACK_DATA_BYTES = 64
MOST_BUTTONS = 100
ACTIONS = (
    "url",
    "callback_data",
    "web_app",
    "login_url",
    "switch_inline_query",
    "switch_inline_query_current_chat",
    "switch_inline_query_chosen_chat",
    "copy_text",
    "callback_game",
    "pay",
)


def read_markup(params: Params) -> Json | None:
    """The keyboard of a call or None; 400 when Telegram would refuse it."""
    markup = params.json("reply_markup")
    if markup is None:
        return None
    if not isinstance(markup, dict):
        raise bad_request("object expected as reply markup")
    rows = markup.get("inline_keyboard")
    if rows is not None:
        return {"inline_keyboard": [_checked_row(row) for row in _rows(rows)]}
    if "keyboard" in markup:
        for row in _rows(markup["keyboard"]):
            for button in row:
                text = button.get("text") if isinstance(button, dict) else button
                if not text:
                    raise bad_request("KeyboardButton: text must be non-empty")
    return markup


def kept_markup(markup: Json | None) -> Json | None:
    """What becomes part of the message: only inline keyboards that have buttons."""
    return markup if markup and any(markup.get("inline_keyboard") or ()) else None


def buttons_of(markup: Json | None) -> tuple[Button, ...]:
    """Every button a user sees, row by row."""
    return tuple(_buttons(markup or {}))


def _buttons(markup: Json) -> Iterator[Button]:
    for row in markup.get("inline_keyboard") or ():
        for button in row:
            yield Button(button["text"], button.get("callback_data"), button.get("url"))
    for row in markup.get("keyboard") or ():
        for button in row:
            yield Button(button["text"] if isinstance(button, dict) else str(button))


def _rows(rows: object) -> list[list[Json]]:
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        raise bad_request("can't parse reply keyboard markup JSON object")
    return rows


def _checked_row(row: list[Json]) -> list[Json]:
    for button in row:
        if not isinstance(button, dict) or not isinstance(button.get("text"), str):
            raise bad_request(
                'can\'t parse inline keyboard button: Field "text" must be of type String'
            )
        actions = [name for name in ACTIONS if button.get(name) is not None]
        if not button["text"].strip() or len(actions) != 1:
            raise bad_request("text buttons are unallowed in the inline keyboard")
        if "callback_data" in actions:
            size = len(str(button["callback_data"]).encode())
            if not 1 <= size <= LONGEST_CALLBACK_DATA_BYTES:
                raise bad_request("BUTTON_DATA_INVALID")
    return [{name: value for name, value in button.items() if value is not None} for button in row]
