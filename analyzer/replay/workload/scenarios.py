"""What users do: small state machines that know commands and buttons, but no particular bot.

A scenario is a generator: it yields the next `Step`, is sent the bot's answer, and ends when the
user is content. When no answer comes, or an apology, the driver closes it: the user gives up.
Commands are those of DESIGN.md section 8; buttons are pressed where an answer has them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Mapping
from typing import TypeAlias

from analyzer.replay.botapi.feed import Button, ChatEvent
from analyzer.replay.workload.steps import Press, Say, Step, Wait, carries_number
from analyzer.replay.workload.users import Persona

QUESTION = re.compile(r"\?|\b(?:send|enter|type|write|choose|tell|describe)\b", re.IGNORECASE)
CHANGE = re.compile(r"\b(?:change|edit|set)\b", re.IGNORECASE)
UNWANTED = re.compile(
    r"\b(?:erase|delete|support|start over|удалить|поддержк[уи]|сначала)\b", re.IGNORECASE
)
MOST_QUESTIONS = 8
MOST_PRESSES = 5
VALUES = {"mail": "someone@example.org", "phone": "+15550100", "lang": "de", "notif": "on"}


# Sent in: the answer, or None after a `Wait` in which nothing came.
Conversation: TypeAlias = Generator[Step, ChatEvent | None, None]
Scenario: TypeAlias = Callable[[Persona], Conversation]


def ticket_in_one_message(persona: Persona) -> Conversation:
    """Submit at once: `/ticket words`."""
    text = f"/ticket {persona.complaint()}"
    yield Step("ticket-submit", Say(text), done=carries_number)


def ticket_guided(persona: Persona) -> Conversation:
    """`/ticket`, then answer questions until the answer carries a number."""
    answer = yield Step(
        "ticket-submit", Say("/ticket"), "ticket-begin", carries_number, begins=True
    )
    for _ in range(MOST_QUESTIONS):
        if answer is None or carries_number(answer):
            return
        choice = _choice(persona, answer)
        act = Say(persona.complaint()) if choice is None else choice
        # A button chooses a subject; only words can be a ticket.
        chooses = choice is not None
        answer = yield Step(
            "ticket-submit", act, "ticket-question", carries_number, begins=chooses
        )


def ticket_and_check(persona: Persona) -> Conversation:
    """Submit, wait for what comes by itself, look at the list of tickets."""
    yield from ticket_in_one_message(persona)
    yield Step("wait", Wait(15.0))
    yield Step("ticket-list", Say("/tickets"))


def ticket_and_notification(persona: Persona) -> Conversation:
    """Submit, receive the notification about it, open it."""
    yield from ticket_in_one_message(persona)
    yield Step("wait", Wait(20.0))
    yield from open_notification(persona)


def read_faq(persona: Persona) -> Conversation:
    """Open the list, read one or two answers."""
    listed = yield Step("faq-list", Say("/faq"))
    for _ in range(persona.source.choice((1, 1, 2))):
        press = _choice(persona, listed)
        if press is None:
            return
        yield Step("faq-read", press)


def search_faq(persona: Persona) -> Conversation:
    """Search by words, read what fits."""
    found = yield Step("faq-search", Say(f"/faq {persona.question()}"))
    press = _choice(persona, found)
    if press is not None:
        yield Step("faq-read", press)


def troubleshoot(persona: Persona) -> Conversation:
    """Answer questions by buttons until there are none left."""
    answer = yield Step("troubleshoot-start", Say("/troubleshoot"))
    for _ in range(MOST_PRESSES):
        press = _choice(persona, answer)
        if press is None:
            return
        answer = yield Step("troubleshoot-answer", press)


def edit_profile(persona: Persona) -> Conversation:
    """Open the profile, change one field: by a button for it and a text, or by one command."""
    answer = yield Step("profile-show", Say("/profile"))
    changes = [button for button in _buttons(answer) if CHANGE.search(button.text)]
    if answer is None or answer.message_id is None or not changes:
        yield Step("profile-change", Say(f"/profile name {persona.first_name}"))
        return
    button = persona.source.choice(changes)
    press = Press(answer.message_id, str(button.data))
    answer = yield Step("profile-change", press, "profile-question", _is_no_question, begins=True)
    if answer is not None and not _is_no_question(answer):
        values = (value for key, value in VALUES.items() if key in button.text.lower())
        yield Step("profile-change", Say(next(values, persona.first_name)))


def subscribe(persona: Persona) -> Conversation:
    """Subscribe; some change their mind."""
    yield Step("subscribe", Say("/subscribe"))
    if persona.source.random() < 0.25:
        yield Step("unsubscribe", Say("/unsubscribe"))


def check_tickets(_persona: Persona) -> Conversation:
    """Look at the list of tickets."""
    yield Step("ticket-list", Say("/tickets"))


def open_notification(persona: Persona) -> Conversation:
    """Look at what was sent before, open one."""
    answer = yield Step("notification-list", Say("/notifications"))
    press = _choice(persona, answer)
    if press is not None:
        yield Step("notification-open", press)


def give_up(_persona: Persona) -> Conversation:
    """Begin a ticket and never say what it is about."""
    yield Step("ticket-begin", Say("/ticket"))


def look_around(_persona: Persona) -> Conversation:
    """Start, read the help, ask how the service is doing."""
    yield Step("start", Say("/start"))
    yield Step("help", Say("/help"))
    yield Step("status", Say("/status"))


def say_hello(_persona: Persona) -> Conversation:
    """Start, and leave it at that."""
    yield Step("start", Say("/start"))


def read_help(_persona: Persona) -> Conversation:
    """Ask what the bot can do."""
    yield Step("help", Say("/help"))


def ask_status(_persona: Persona) -> Conversation:
    """Ask how the service is doing."""
    yield Step("status", Say("/status"))


def _is_no_question(answer: ChatEvent) -> bool:
    return not answer.buttons and not QUESTION.search(answer.text)


def _buttons(answer: ChatEvent | None) -> list[Button]:
    """What a user in a hurry may press.

    Nobody here erases an account to see what happens, and who reads on neither begins anew nor
    calls for a person.
    """
    if answer is None:
        return []
    return [b for b in answer.buttons if b.data and not UNWANTED.search(b.text)]


def _choice(persona: Persona, answer: ChatEvent | None) -> Press | None:
    buttons = _buttons(answer)
    if answer is None or answer.message_id is None or not buttons:
        return None
    return Press(answer.message_id, str(persona.source.choice(buttons).data))


SCENARIOS: Mapping[str, Scenario] = {
    scenario.__name__: scenario
    for scenario in (
        ticket_in_one_message,
        ticket_guided,
        ticket_and_check,
        ticket_and_notification,
        read_faq,
        search_faq,
        troubleshoot,
        edit_profile,
        check_tickets,
        open_notification,
        subscribe,
        give_up,
        look_around,
        say_hello,
        read_help,
        ask_status,
    )
}
