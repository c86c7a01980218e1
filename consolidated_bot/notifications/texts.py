"""Notifications' words, in English and Russian. Values are escaped before they are filled in."""

from __future__ import annotations

from html import escape

TEXTS: dict[str, dict[str, str]] = {
    "en": {
        "none": "You are subscribed to nothing.",
        "list": "You are subscribed to: {topics}.",
        "subscribed": "Subscribed: {topic}.",
        "unsubscribed": "Unsubscribed: {topic}.",
        "topic_news": "News",
        "topic_service": "Your account and our service",
        "topic_campaign": "Campaigns and discounts",
        "plan": "Your plan is now {plan}.",
        "bad_topic": "Topics are: {topics}.",
        "bad_body": "A text has 1 to {most} characters.",
        "bad_step": "Broadcast {number} is {state}: that does not go.",
        "unknown_broadcast": "There is no broadcast {number}.",
        "bad_moment": "Write a date, a time, maybe a time zone: 2026-12-24 09:00 Europe/Berlin.",
        "skipped_moment": "Clocks skip that time on that day: choose another.",
        "past_moment": "That moment has passed.",
        "lead_only": "Broadcasts are for leads, in the operations chat.",
    },
    "ru": {
        "none": "Подписок нет.",
        "list": "Вы подписаны на: {topics}.",
        "subscribed": "Подписка оформлена: {topic}.",
        "unsubscribed": "Подписка отменена: {topic}.",
        "topic_news": "Новости",
        "topic_service": "Учётная запись и сервис",
        "topic_campaign": "Акции и скидки",
        "plan": "Ваш тариф теперь {plan}.",
        "bad_topic": "Темы: {topics}.",
        "bad_body": "Текст: от 1 до {most} символов.",
        "bad_step": "Рассылка {number}: {state}, так нельзя.",
        "unknown_broadcast": "Рассылки {number} нет.",
        "bad_moment": "Напишите дату, время и, если нужно, пояс: 2026-12-24 09:00 Europe/Moscow.",
        "skipped_moment": "В этот день часы пропускают это время: выберите другое.",
        "past_moment": "Этот момент уже прошёл.",
        "lead_only": "Рассылки - для старших, в чате сотрудников.",
    },
}


def say(language: str, key: str, **values: object) -> str:
    """The text `key` in `language` (English if unknown) as HTML; values are escaped."""
    texts = TEXTS.get(language[:2], TEXTS["en"])
    return texts[key].format(**{name: escape(str(value)) for name, value in values.items()})
