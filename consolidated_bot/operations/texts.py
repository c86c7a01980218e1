"""Operations' words: to customers in English and Russian, to staff in English."""

from __future__ import annotations

from html import escape

TEXTS: dict[str, dict[str, str]] = {
    "en": {
        "status_good": "✅ <b>All is well.</b>",
        "status_degraded": "⚠️ <b>We are slower than we want to be, and working on it.</b>",
        "status_bad": "🔴 <b>Something is broken, and we are working on it.</b>",
        "status_unknown": "We have no figures yet.",
        "objective": "{mark} {name}: {share} of {count}{within} {period} (promised: {target})",
        "no_events": "▫️ {name}: nothing to measure {period}",
        "within": " within {seconds} s",
        "in_campaign": "in this campaign",
        "in_days": "in {days} days",
        "in_hours": "in {hours} h",
        "level_1": "Newsletters wait for now.",
        "level_2": "Newsletters and notices wait for now.",
        "level_3": "We only take in new requests for now (/ticket and your question); "
        "everything else must wait a little.",
        "support/ticket-submit": "Requests received",
        "support/faq-read": "Questions answered",
        "support/agent-reply": "Replies delivered",
        "accounts/profile-update": "Account changes",
        "notifications/send": "Notices delivered",
        "platform/update-handled": "Messages handled",
        "shed": "We are very busy. Write /ticket and your question: requests are always taken. "
        "Please try everything else again a little later.",
        "late": "We are very busy: the answer may be late.",
        "staff_only": "This is for staff.",
        "lead_only": "This is for leads.",
        "operations_only": "This works in the operations chat only.",
        "no_incident": "There is no open incident.",
        "which_incident": "Several incidents are open: add the number, as in /ack 3.",
        "unknown_incident": "There is no open incident {incident}.",
        "silence_too_long": "A silence lasts 24 hours at most.",
        "silence_needs_reason": "Say why: /silence 30m we are changing the database",
        "bad_silence": "Like this: /silence 30m why, or /silence 3 30m why, or /silence 3 off",
        "bad_level": "Like this: /level 2 30m why (0 to 3, an hour unless said, 24h at most), "
        "/level auto, /level",
        "level_needs_reason": "Say why: /level 2 30m the mailing comes too early",
        "bad_campaign": "Like this: /campaign start NAME VOLUME 4h, /campaign status, "
        "/campaign end. VOLUME is a number from 1 on, the length 30m to 24h.",
        "campaign_runs": "Campaign {name} is running already; end it first.",
        "no_campaign": "No campaign is running.",
    },
    "ru": {
        "status_good": "✅ <b>Всё работает.</b>",
        "status_degraded": "⚠️ <b>Мы отвечаем медленнее, чем хотим, и работаем над этим.</b>",
        "status_bad": "🔴 <b>Есть неполадки, мы над ними работаем.</b>",
        "status_unknown": "Данных пока нет.",
        "objective": "{mark} {name}: {share} из {count}{within} {period} (обещано: {target})",
        "no_events": "▫️ {name}: {period} нечего измерять",
        "within": " за {seconds} с",
        "in_campaign": "за эту акцию",
        "in_days": "за {days} дн.",
        "in_hours": "за {hours} ч",
        "level_1": "Рассылки пока подождут.",
        "level_2": "Рассылки и уведомления пока подождут.",
        "level_3": "Сейчас мы принимаем только новые обращения (/ticket и ваш вопрос), "
        "остальное немного подождёт.",
        "support/ticket-submit": "Обращения приняты",
        "support/faq-read": "Ответы на вопросы",
        "support/agent-reply": "Ответы доставлены",
        "accounts/profile-update": "Изменения учётной записи",
        "notifications/send": "Уведомления доставлены",
        "platform/update-handled": "Сообщения обработаны",
        "shed": "Сейчас очень много обращений. Напишите /ticket и ваш вопрос: обращения мы "
        "принимаем всегда. Остальное попробуйте немного позже.",
        "late": "Сейчас очень много обращений: ответ может задержаться.",
        "staff_only": "Это для сотрудников.",
        "operations_only": "Это работает только в чате поддержки.",
    },
}


def say(language: str, key: str, **values: object) -> str:
    """The text in `language`, English where that lacks it, with escaped values filled in."""
    text = TEXTS.get(language, TEXTS["en"]).get(key) or TEXTS["en"][key]
    return text.format(**{name: escape(str(value)) for name, value in values.items()})


def has(language: str, key: str) -> bool:
    """Whether there are words for `key`."""
    return key in TEXTS.get(language, TEXTS["en"]) or key in TEXTS["en"]
