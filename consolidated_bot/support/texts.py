"""Support's words, in English and Russian. Values are escaped before they are filled in."""

from __future__ import annotations

from html import escape

MARKS = {"open": "🟡", "taken": "🔵", "closed": "⚪"}

TEXTS: dict[str, dict[str, str]] = {
    "en": {
        "submitted": "Ticket <b>#{number}</b> received: {category}.\n"
        "First answer by {response_due}, solution by {resolution_due} ({zone}).",
        "again": "This message already is ticket <b>#{number}</b>.",
        "ask_category": "What is it about? (/cancel to stop)",
        "ask_text": "Please describe the problem in one message ({category}). A picture may come "
        "with it. /cancel to stop.",
        "cancelled": "Stopped.",
        "nothing_to_stop": "There is nothing to stop. All commands: /help",
        "unknown_command": "I do not know {command}.",
        "stray_button": "This button is from before and does nothing any more. What there is: "
        "/help",
        "no_tickets": "You have no tickets yet. Write /ticket and what is wrong.",
        "list": "Your tickets:",
        "line": "#{number} {mark} {body}",
        "card": "Ticket <b>#{number}</b>: {state}\n{body}\n\n"
        "First answer: {response}\nSolution by {resolution_due} ({zone})",
        "not_yet": "due by {due}",
        "given": "given {at}",
        "history": "{author}: {body}",
        "author_user": "You",
        "author_agent": "Support",
        "author_note": "Note",
        "state_open": "waiting for an agent",
        "state_taken": "an agent is on it",
        "state_closed": "closed",
        "answer": "<b>#{number}</b>, support: {body}",
        "answer_attached": "<b>#{number}</b>, support sent you this:",
        "added": "Added to ticket <b>#{number}</b>.",
        "closed": "Ticket <b>#{number}</b> is closed. How did we do?",
        "closed_silent": "Ticket <b>#{number}</b> is closed, since we have not heard from you. "
        "Reply to this message if it is not settled. How did we do?",
        "opened": "<b>#{number}</b>, support writes to you: {body}\n\nJust write here to answer.",
        "reopened": "Ticket <b>#{number}</b> is open again.",
        "rated": "Thank you: {stars} for ticket <b>#{number}</b>.",
        "button_close": "Close",
        "button_reopen": "Open again",
        "button_ticket": "Write to support",
        "button_add": "Add to ticket #{number}",
        "button_back": "Back",
        "button_again": "Start over",
        "faq": "What would you like to know? Choose, or write /faq and your question.",
        "found_none": "Nothing found for “{words}”.",
        "found_more": "Also:",
        "freely": "I am not sure what you need. Ask support?",
        "freely_found": "This may help:",
        "start": "Hello, {name}! I answer questions (/faq), take tickets (/ticket) and keep you "
        "informed (/notifications). All commands: /help",
        "help": "/faq [words] - answers\n/ticket [text] - ask support\n/tickets - your tickets\n"
        "/close number, /reopen number - a ticket\n/cancel - stop what I am asking\n"
        "/troubleshoot - step by step\n/profile, /register - your account\n/subscribe, "
        "/unsubscribe, /notifications - news\n/language - English, русский\n"
        "/status - how we are doing\n/privacy - your data",
        "too_short": "Please tell a little more.",
        "too_long": "Please use at most {most} characters.",
        "unknown_ticket": "There is no ticket #{number} of yours.",
        "closed_already": "Ticket #{number} is closed.",
        "taken_already": "Ticket #{number} is with {agent}.",
        "rate_when_closed": "Ticket #{number} can be rated once it is closed.",
        "bad_rating": "One to five, please.",
        "no_ticket_there": "This message belongs to no ticket: reply to a ticket's card.",
        "staff_only": "This is for staff.",
        "open_usage": "Write /open, whom (a user id, @username, customer id or #ticket) and what.",
        "open_unknown": "{who} has never written to this bot, so it may not write to them.",
        "open_blocked": "{who} has blocked the bot.",
        "number_needed": "Which ticket? Write the number, too: /close 12, /reopen 12.",
        "not_taken": "Nobody has ticket #{number}.",
        "assign_usage": "To whom? /assign @colleague in a ticket's topic or as a reply to its "
        "card, or /assign #12 @colleague.",
        "assign_unknown": "{who} is no agent who has done anything here yet.",
        "find_usage": "Write /find and a number, words, a name, or mine.",
    },
    "ru": {
        "submitted": "Обращение <b>#{number}</b> принято: {category}.\n"
        "Первый ответ до {response_due}, решение до {resolution_due} ({zone}).",
        "again": "Это сообщение уже принято как обращение <b>#{number}</b>.",
        "ask_category": "О чём речь? (/cancel - отменить)",
        "ask_text": "Опишите проблему одним сообщением ({category}). Можно с картинкой. "
        "/cancel - отменить.",
        "cancelled": "Отменено.",
        "nothing_to_stop": "Отменять нечего. Все команды: /help",
        "unknown_command": "Команды {command} нет.",
        "stray_button": "Эта кнопка осталась от прежнего и больше не работает. Что есть: /help",
        "no_tickets": "Обращений пока нет. Напишите /ticket и что случилось.",
        "list": "Ваши обращения:",
        "line": "#{number} {mark} {body}",
        "card": "Обращение <b>#{number}</b>: {state}\n{body}\n\n"
        "Первый ответ: {response}\nРешение до {resolution_due} ({zone})",
        "not_yet": "до {due}",
        "given": "дан {at}",
        "history": "{author}: {body}",
        "author_user": "Вы",
        "author_agent": "Поддержка",
        "author_note": "Заметка",
        "state_open": "ждёт оператора",
        "state_taken": "в работе",
        "state_closed": "закрыто",
        "answer": "<b>#{number}</b>, поддержка: {body}",
        "answer_attached": "<b>#{number}</b>, поддержка прислала:",
        "added": "Добавлено к обращению <b>#{number}</b>.",
        "closed": "Обращение <b>#{number}</b> закрыто. Оцените нашу работу:",
        "closed_silent": "Обращение <b>#{number}</b> закрыто: мы давно не получали от вас ответа. "
        "Если вопрос не решён, ответьте на это сообщение. Оцените нашу работу:",
        "opened": "<b>#{number}</b>, вам пишет поддержка: {body}\n\nПросто ответьте здесь.",
        "reopened": "Обращение <b>#{number}</b> снова открыто.",
        "rated": "Спасибо: {stars} за обращение <b>#{number}</b>.",
        "button_close": "Закрыть",
        "button_reopen": "Открыть снова",
        "button_ticket": "Написать в поддержку",
        "button_add": "Добавить к обращению #{number}",
        "button_back": "Назад",
        "button_again": "Начать сначала",
        "faq": "Что вас интересует? Выберите или напишите /faq и вопрос.",
        "found_none": "По запросу «{words}» ничего не нашлось.",
        "found_more": "Ещё:",
        "freely": "Не уверен, что понял. Спросить поддержку?",
        "freely_found": "Возможно, поможет:",
        "start": "Здравствуйте, {name}! Отвечаю на вопросы (/faq), принимаю обращения (/ticket) и "
        "держу в курсе (/notifications). Все команды: /help",
        "help": "/faq [слова] - ответы\n/ticket [текст] - написать в поддержку\n/tickets - ваши "
        "обращения\n/close номер, /reopen номер - закрыть, открыть\n/cancel - отменить вопрос\n"
        "/troubleshoot - по шагам\n/profile, /register - учётная запись\n/subscribe, "
        "/unsubscribe, /notifications - новости\n/language - English, русский\n"
        "/status - как у нас дела\n/privacy - ваши данные",
        "too_short": "Расскажите, пожалуйста, чуть подробнее.",
        "too_long": "Пожалуйста, не больше {most} символов.",
        "unknown_ticket": "Обращения #{number} у вас нет.",
        "closed_already": "Обращение #{number} закрыто.",
        "taken_already": "Обращение #{number} ведёт {agent}.",
        "rate_when_closed": "Обращение #{number} можно оценить после закрытия.",
        "bad_rating": "От одного до пяти, пожалуйста.",
        "no_ticket_there": "Это сообщение не об обращении: ответьте на карточку обращения.",
        "staff_only": "Это для сотрудников.",
        "open_usage": "Напишите /open, кому (id, @имя, номер клиента или #обращение) и что.",
        "open_unknown": "{who} ещё не писал(а) боту, поэтому бот не может написать первым.",
        "open_blocked": "{who} заблокировал(а) бота.",
        "number_needed": "Какое обращение? Добавьте номер: /close 12, /reopen 12.",
        "not_taken": "Обращение #{number} никто не ведёт.",
        "assign_usage": "Кому? /assign @коллега в теме обращения или ответом на карточку, либо "
        "/assign #12 @коллега.",
        "assign_unknown": "{who} - не оператор или ещё ничего здесь не делал(а).",
        "find_usage": "Напишите /find и номер, слова, имя или mine.",
    },
}

# Staff's language is English: one group, one language.
STAFF_HELP = """Reply to a card, or write in a ticket's topic: that is the answer.
/queue - what waits
/find number, words or mine - tickets
/take [number] - have it, also from a colleague
/assign [#number] @colleague, /release [number] - hand it on, or back
/canned [name] - answers kept ready; in a topic or as a reply
/note text - a remark for colleagues; likewise
/open person text - write first; person: user id, @username, customer id, #ticket
/close, /reopen [number] - in the topic without a number
/ban, /unban [user id] [reason] - in a topic or as a reply without an id (lead)
/linkcode customer - a code to link an account
/broadcast topic text, /schedule number date time [zone] (lead)
/stats [days] - how the desk is doing
/incident, /ack, /escalate, /silence, /campaign, /level - operations
/audit [subject] - who did what (lead)
/role user_id role (owner)"""


def say(language: str, key: str, **values: object) -> str:
    """The text `key` in `language` (English if unknown) as HTML; values are escaped."""
    texts = TEXTS.get(language[:2], TEXTS["en"])
    return texts[key].format(**{name: escape(str(value)) for name, value in values.items()})
