"""The core's only words to users: that something went wrong, or is too much."""

from __future__ import annotations

from typing import Any

import orjson

APOLOGY = {
    "en": "Sorry, this did not work. We have been told. Error id: {error_id}",
    "ru": "Извините, не получилось. Мы уже знаем об этом. Код ошибки: {error_id}",
}

SLOW_DOWN = {
    "en": "You write faster than we can read. Please wait a minute; tickets (/ticket) always "
    "get through.",
    "ru": "Сообщений слишком много. Подождите, пожалуйста, минуту; обращения (/ticket) доходят "
    "всегда.",
}

IN_PRIVATE = {
    "en": "Please write to me in private: what we say there nobody else reads.",
    "ru": "Напишите мне, пожалуйста, в личные сообщения: там нас никто не прочтёт.",
}


def in_words(texts: dict[str, str], language: str) -> str:
    """The text in `language`, in English if there is none."""
    return texts.get(language[:2], texts["en"])


def slow_down(body: str) -> dict[str, Any]:
    """Parameters of the message to whoever floods us."""
    return {"text": in_words(SLOW_DOWN, _language(body))}


def apology(body: str, error_id: str) -> dict[str, Any]:
    """Parameters of the message to the author of an update that was given up."""
    return {"text": in_words(APOLOGY, _language(body)).format(error_id=error_id)}


def _language(body: str) -> str:
    """The author's language as far as an update that may be damaged tells it."""
    try:
        update = orjson.loads(body)
    except orjson.JSONDecodeError:
        return "en"
    for event in update.values() if isinstance(update, dict) else ():
        author = event.get("from") if isinstance(event, dict) else None
        code = author.get("language_code") if isinstance(author, dict) else None
        if isinstance(code, str) and code[:2] in APOLOGY:
            return code[:2]
    return "en"
