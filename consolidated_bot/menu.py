"""The commands that Telegram's menu button offers, by language."""

from __future__ import annotations

MENU: dict[str, dict[str, str]] = {
    "en": {
        "faq": "Answers to frequent questions",
        "ticket": "Write to support",
        "tickets": "Your tickets",
        "status": "How the service is doing",
        "troubleshoot": "Find a fault step by step",
        "profile": "Your account",
        "notifications": "What you hear from us",
        "language": "Choose a language",
        "privacy": "Your data",
        "help": "All commands",
    },
    "ru": {
        "faq": "Ответы на частые вопросы",
        "ticket": "Написать в поддержку",
        "tickets": "Ваши обращения",
        "status": "Как работает сервис",
        "troubleshoot": "Найти причину по шагам",
        "profile": "Учётная запись",
        "notifications": "Подписки и уведомления",
        "language": "Выбрать язык",
        "privacy": "Ваши данные",
        "help": "Все команды",
    },
}
