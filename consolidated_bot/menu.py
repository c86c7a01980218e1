"""The commands that Telegram's menu button offers: to users by language, and to staff."""

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

STAFF_MENU = {
    "queue": "What waits",
    "find": "A ticket by number, words, or mine",
    "take": "Have this ticket",
    "assign": "Give this ticket to @colleague",
    "release": "Give this ticket back",
    "note": "A remark for colleagues",
    "canned": "Answers kept ready",
    "close": "Close this ticket",
    "reopen": "Open it again",
    "open": "Write to a customer first",
    "stats": "How the desk is doing",
    "incident": "What is broken now",
    "campaign": "Start, watch, end a campaign",
    "broadcast": "Write to all who subscribed",
    "level": "The degraded mode",
    "audit": "Who did what",
    "help": "All commands",
}
