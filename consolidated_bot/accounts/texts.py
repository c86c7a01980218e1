"""Accounts' words, in English and Russian. Values are escaped before they are filled in."""

from __future__ import annotations

from html import escape

TEXTS: dict[str, dict[str, str]] = {
    "en": {
        "profile": "<b>{name}</b>\nE-mail: {email}\nPlan: {plan}\nCustomer: {customer}\n"
        "Quiet hours: {quiet}\nTime zone: {zone}\n\nChange something:",
        "button_name": "Name",
        "button_email": "E-mail",
        "button_plan": "Plan",
        "button_quiet": "Quiet hours",
        "button_zone": "Time zone",
        "ask_name": "What is your name? (/cancel to stop)",
        "ask_email": "Your e-mail address? (/cancel to stop)",
        "ask_plan": "Which plan?",
        "ask_quiet": "When should it be quiet? Hours like 22-7, or off. (/cancel to stop)",
        "ask_zone": "Your time zone, like Europe/Berlin? (/cancel to stop)",
        "bad_zone": "There is no such time zone. Names look like Europe/Berlin or Asia/Almaty.",
        "banned": "Support no longer takes messages from you.",
        "unbanned": "Support takes your messages again.",
        "ban_usage": "Write /ban USER_ID [reason], or reply to a ticket's card.",
        "ban_staff": "Staff cannot be banned: take the role away first.",
        "changed": "Saved.",
        "unset": "not set",
        "language": "Choose a language.",
        "language_changed": "From now on in English.",
        "linked": "Linked to customer {customer}.",
        "link_wrong": "This code does not fit customer {customer}. Ask support for a new one.",
        "link_usage": "Write /profile verify CUSTOMER CODE; support gives you the code.",
        "privacy": "We keep your profile, your tickets and what you subscribed to, until you "
        "erase them. Raw messages are removed as soon as they are worked on.",
        "button_export": "Show me everything",
        "button_erase": "Erase everything",
        "erase_sure": "Everything about you will be erased and your tickets closed. Sure?",
        "button_sure": "Yes, erase",
        "erased": "Erased.",
        "bad_name": "A name has 1 to {most} characters.",
        "bad_email": "This is no e-mail address.",
        "bad_plan": "Plans are: {plans}.",
        "bad_quiet": "Write hours like 22-7, or off.",
        "bad_field": "You can set name, email, plan, quiet and zone.",
        "bad_language": "Languages are: {languages}.",
        "bad_customer": "A customer id has 3 to 32 letters, digits or dashes.",
        "customer_taken": "This customer id is linked to another account.",
        "not_allowed": "This is for the role {role}, in the operations chat.",
        "bad_role": "Roles are: {roles}.",
        "last_owner": "The last owner stays owner.",
        "role_usage": "Write /role USER_ID ROLE.",
    },
    "ru": {
        "profile": "<b>{name}</b>\nПочта: {email}\nТариф: {plan}\nКлиент: {customer}\n"
        "Тихие часы: {quiet}\nЧасовой пояс: {zone}\n\nИзменить:",
        "button_name": "Имя",
        "button_email": "Почта",
        "button_plan": "Тариф",
        "button_quiet": "Тихие часы",
        "button_zone": "Часовой пояс",
        "ask_name": "Как вас зовут? (/cancel - отменить)",
        "ask_email": "Адрес почты? (/cancel - отменить)",
        "ask_plan": "Какой тариф?",
        "ask_quiet": "Когда должно быть тихо? Часы, например 22-7, или off. (/cancel - отменить)",
        "ask_zone": "Часовой пояс, например Europe/Moscow? (/cancel - отменить)",
        "bad_zone": "Такого часового пояса нет. Пишите, например, Europe/Moscow или Asia/Almaty.",
        "banned": "Поддержка больше не принимает ваши сообщения.",
        "unbanned": "Поддержка снова принимает ваши сообщения.",
        "ban_usage": "Напишите /ban USER_ID [причина] или ответьте на карточку обращения.",
        "ban_staff": "Сотрудника нельзя заблокировать: сначала снимите роль.",
        "changed": "Сохранено.",
        "unset": "не указано",
        "language": "Выберите язык.",
        "language_changed": "Теперь по-русски.",
        "linked": "Привязан клиент {customer}.",
        "link_wrong": "Код не подходит к клиенту {customer}. Попросите новый у поддержки.",
        "link_usage": "Напишите /profile verify КЛИЕНТ КОД; код даст поддержка.",
        "privacy": "Мы храним профиль, обращения и подписки, пока вы их не удалите. Сами "
        "сообщения удаляются сразу после обработки.",
        "button_export": "Показать всё",
        "button_erase": "Удалить всё",
        "erase_sure": "Все данные о вас будут удалены, обращения закрыты. Точно?",
        "button_sure": "Да, удалить",
        "erased": "Удалено.",
        "bad_name": "Имя: от 1 до {most} символов.",
        "bad_email": "Это не адрес почты.",
        "bad_plan": "Тарифы: {plans}.",
        "bad_quiet": "Напишите часы, например 22-7, или off.",
        "bad_field": "Можно изменить name, email, plan, quiet и zone.",
        "bad_language": "Языки: {languages}.",
        "bad_customer": "Номер клиента: от 3 до 32 букв, цифр или дефисов.",
        "customer_taken": "Этот номер клиента привязан к другой учётной записи.",
        "not_allowed": "Это для роли {role}, в чате сотрудников.",
        "bad_role": "Роли: {roles}.",
        "last_owner": "Последний владелец остаётся владельцем.",
        "role_usage": "Напишите /role USER_ID ROLE.",
    },
}


def say(language: str, key: str, **values: object) -> str:
    """The text `key` in `language` (English if unknown) as HTML; values are escaped."""
    texts = TEXTS.get(language[:2], TEXTS["en"])
    return texts[key].format(**{name: escape(str(value)) for name, value in values.items()})
