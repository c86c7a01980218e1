"""The handbook's results as messages."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from typing import Any

from consolidated_bot.core.keyboards import button, keyboard
from consolidated_bot.core.messages import Answer, Send, Sender
from consolidated_bot.support import results as r
from consolidated_bot.support.faq import Entry, Handbook, in_language
from consolidated_bot.support.texts import say

LONGEST_LABEL = 60


class FaqView:
    """Presenters of what the handbook says."""

    def __init__(self, handbook: Handbook) -> None:
        """Speak of `handbook`."""
        self._handbook = handbook

    @property
    def presenters(self) -> dict[type, Callable[[Any, Sender], Answer]]:
        """By result."""
        return {
            r.Overview: self.overview,
            r.CategoryOpened: self.category,
            r.Found: self.found,
            r.Read: self.read,
            r.Asked: self.asked,
        }

    def overview(self, _: r.Overview, to: Sender) -> Answer:
        rows = [
            [button(in_language(title, to.language), f"faq:c:{category}")]
            for category, title in self._handbook.categories.items()
            if self._handbook.of_category(category)
        ]
        return _read(to, say(to.language, "faq"), rows)

    def category(self, result: r.CategoryOpened, to: Sender) -> Answer:
        title = in_language(self._handbook.categories[result.category], to.language)
        rows = [_entry_row(entry, to.language) for entry in result.entries]
        rows.append([button(say(to.language, "button_back"), "faq:home")])
        return _read(to, f"<b>{escape(title)}</b>", rows)

    def read(self, result: r.Read, to: Sender) -> Answer:
        back = button(say(to.language, "button_back"), f"faq:c:{result.entry.category}")
        rows = [[back, _ask(to.language, f"faq:{result.entry.id}")]]
        return _read(to, _entry_text(result.entry, to.language), rows)

    def found(self, result: r.Found, to: Sender) -> Answer:
        ask = [[_ask(to.language)]]
        if result.freely:
            label = say(to.language, "button_ticket")
            ask = [[button(label, f"tk:new:{result.message_id}")]]
            if (number := result.open_ticket) is not None:
                label = say(to.language, "button_add", number=number)
                ask.insert(0, [button(label, f"tk:add:{number}:{result.message_id}")])
        if not result.entries:
            key = "freely" if result.freely else "found_none"
            return _read(
                to, say(to.language, key, words=result.words[:200]), ask, reply=result.freely
            )
        first, *others = result.entries
        text = _entry_text(first, to.language)
        if result.freely:
            text = f"{say(to.language, 'freely_found')}\n\n{text}"
        if others:
            text = f"{text}\n\n{say(to.language, 'found_more')}"
        rows = [_entry_row(entry, to.language) for entry in others]
        return _read(to, text, rows + ask, reply=result.freely)

    def asked(self, result: r.Asked, to: Sender) -> Answer:
        step = self._handbook.steps[result.step]
        rows = [
            [button(in_language(label, to.language)[:LONGEST_LABEL], f"fix:{target}")]
            for target, label in step.options
        ] or [
            [
                button(say(to.language, "button_again"), "fix:start"),
                _ask(to.language, f"fix:{step.id}"),
            ]
        ]
        sends = (_message(to, escape(in_language(step.text, to.language)), rows),)
        return Answer("support/troubleshoot", sends)


def _read(
    to: Sender, text: str, rows: list[list[dict[str, str]]], *, reply: bool = False
) -> Answer:
    return Answer("support/faq-read", (_message(to, text, rows, reply=reply),))


def _message(
    to: Sender, text: str, rows: list[list[dict[str, str]]], *, reply: bool = False
) -> Send:
    params: dict[str, Any] = {"text": text, "parse_mode": "HTML", "reply_markup": keyboard(rows)}
    if reply:  # the button below finds the question again by this reference
        params["reply_parameters"] = {
            "message_id": to.message_id,
            "allow_sending_without_reply": True,
        }
    if not rows:
        del params["reply_markup"]
    return Send(to.chat_id, params)


def _ask(language: str, after: str | None = None) -> dict[str, str]:
    """The way on to a person, who is told `after` what it was gone."""
    return button(say(language, "button_ticket"), f"tk:ask:{after}" if after else "tk:ask")


def _entry_row(entry: Entry, language: str) -> list[dict[str, str]]:
    return [button(in_language(entry.question, language)[:LONGEST_LABEL], f"faq:e:{entry.id}")]


def _entry_text(entry: Entry, language: str) -> str:
    question = escape(in_language(entry.question, language))
    return f"<b>{question}</b>\n{escape(in_language(entry.answer, language))}"
