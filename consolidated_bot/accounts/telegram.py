"""Accounts on Telegram: updates become commands, results become messages."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from html import escape
from typing import Any

import orjson
from aiogram.types import CallbackQuery, Message

from consolidated_bot.accounts import commands as a
from consolidated_bot.accounts.domain import (
    LANGUAGES,
    PLANS,
    PROFILE_FIELDS,
    REGISTRATION,
    AccountsRefused,
)
from consolidated_bot.accounts.texts import say
from consolidated_bot.core.keyboards import button, keyboard
from consolidated_bot.core.messages import Answer, AuditLine, Send, Sender
from consolidated_bot.core.routes import Routes
from consolidated_bot.core.words import number_in

routes = Routes("accounts")

LONGEST_PIECE = 3500


@routes.command("profile")
def profile(sender: Sender, words: str, message: Message) -> Any:
    """`/profile`, `/profile FIELD VALUE`, `/profile verify CUSTOMER CODE`."""
    field, _, value = words.partition(" ")
    if not field:
        return a.ViewProfile(sender)
    if field in {"verify", "link"}:
        customer_id, _, code = value.strip().partition(" ")
        return a.LinkCustomer(sender, customer_id, code)
    return a.ChangeProfile(sender, field.lower(), value)


@routes.command("register")
def register(sender: Sender, words: str, message: Message) -> Any:
    """Guided: asks for what a new customer tells us."""
    return a.AskField(sender, REGISTRATION[0], REGISTRATION[1:])


@routes.command("ban", "unban")
def ban(sender: Sender, words: str, message: Message) -> Any:
    """`/ban USER_ID [reason]`, or in a ticket's topic, or as a reply: `/ban [reason]`."""
    first, _, rest = words.partition(" ")
    user_id = number_in(first)
    replied = message.reply_to_message
    return a.BanUser(
        sender,
        user_id,
        banned=not (message.text or "").lower().startswith("/unban"),
        reason=words if user_id is None else rest.strip(),
        replied_to=replied.message_id if replied else None,
    )


@routes.command("language")
def language(sender: Sender, words: str, message: Message) -> Any:
    return a.ChangeLanguage(sender, words.lower()) if words else a.ViewLanguages(sender)


@routes.command("privacy")
def privacy(sender: Sender, words: str, message: Message) -> Any:
    return a.ViewPrivacy(sender)


@routes.command("export")
def export(sender: Sender, words: str, message: Message) -> Any:
    return a.ExportAccount(sender)


@routes.command("delete")
def delete(sender: Sender, words: str, message: Message) -> Any:
    return a.EraseAccount(sender, confirmed=False)


@routes.command("linkcode")
def link_code(sender: Sender, words: str, message: Message) -> Any:
    return a.IssueLinkCode(sender, words)


@routes.command("role")
def role(sender: Sender, words: str, message: Message) -> Any:
    user_id, _, name = words.partition(" ")
    return a.GrantRole(sender, number_in(user_id) or 0, name.strip().lower())


@routes.command("audit")
def audit(sender: Sender, words: str, message: Message) -> Any:
    """For leads: `/audit`, `/audit ticket:12`."""
    return a.ViewAudit(sender, words)


@routes.button("ac")
def account_button(sender: Sender, words: str, query: CallbackQuery) -> Any:
    action, _, value = words.partition(":")
    if action == "lang":
        return a.ChangeLanguage(sender, value)
    if action == "edit":
        return a.AskField(sender, value)
    if action == "plan":
        return a.ChangeProfile(sender, "plan", value)
    if action == "export":
        return a.ExportAccount(sender)
    return a.EraseAccount(sender, confirmed=value == "sure") if action == "erase" else None


def _profile(result: a.Profile, to: Sender) -> Answer:
    account = result.account
    unset = say(to.language, "unset")
    quiet = unset if account.quiet_from is None else f"{account.quiet_from}-{account.quiet_to}"
    rows = [
        [button(say(to.language, f"button_{field}"), f"ac:edit:{field}") for field in fields]
        for fields in (PROFILE_FIELDS[:3], PROFILE_FIELDS[3:])
    ]
    text = say(
        to.language,
        "profile",
        name=account.name or to.name,
        email=account.email or unset,
        plan=account.plan,
        customer=account.customer_id or unset,
        quiet=quiet,
        zone=account.zone,
    )
    if result.changed is None:
        return Answer("accounts/profile-view", (_to(to, text, rows),))
    changed = f"{say(to.language, 'changed')}\n\n{text}"
    return Answer("accounts/profile-update", (_to(to, changed, rows),))


def _field_asked(result: a.FieldAsked, to: Sender) -> Answer:
    rows = None
    if result.field == "plan":
        rows = [[button(plan, f"ac:plan:{plan}")] for plan in PLANS]
    asked = _to(to, say(to.language, f"ask_{result.field}"), rows)
    return Answer("accounts/profile-ask", (asked,))


def _audit_shown(result: a.AuditShown, to: Sender) -> Answer:
    lines = [_audit_line(line) for line in result.lines] or ["Nothing is recorded."]
    return Answer("accounts/audit", (_to(to, "\n".join(lines)[:LONGEST_PIECE]),))


def _audit_line(line: AuditLine) -> str:
    moment = datetime.fromtimestamp(line.at_ms / 1000, UTC)
    change = f": {line.before or '-'} → {line.after}" if line.after else ""
    reason = f" ({line.reason})" if line.reason else ""
    who = line.actor_id if line.actor_id is not None else "bot"
    return escape(f"{moment:%d.%m. %H:%M} {who} {line.action} {line.subject}{change}{reason}")


def _ban_changed(result: a.BanChanged, to: Sender) -> Answer:
    account = result.account
    state = "may not write to us" if account.banned_ms is not None else "may write to us"
    sends = [_to(to, f"{account.user_id} {state}{' now' if result.changed else ' already'}.")]
    if result.changed:
        key = "unbanned" if account.banned_ms is None else "banned"
        sends.append(Send(account.chat_id, {"text": say(result.language, key)}))
    return Answer("accounts/ban", tuple(sends))


def _languages(_: a.LanguagesShown, to: Sender) -> Answer:
    rows = [[button(name, f"ac:lang:{code}")] for code, name in LANGUAGES.items()]
    return Answer("accounts/language", (_to(to, say(to.language, "language"), rows),))


def _language_changed(result: a.LanguageChanged, to: Sender) -> Answer:
    text = say(result.language, "language_changed")
    return Answer("accounts/profile-update", (_to(to, text),))


def _code_issued(result: a.CodeIssued, to: Sender) -> Answer:
    text = f"Code for customer {escape(result.customer_id)}: <code>{result.code}</code>, one day."
    return Answer("accounts/link-code", (_to(to, text),))


def _linked(result: a.Linked, to: Sender) -> Answer:
    key = "linked" if result.matches else "link_wrong"
    text = say(to.language, key, customer=result.customer_id)
    outcome = "ok" if result.matches else "user_error"
    return Answer("accounts/link", (_to(to, text),), outcome=outcome)


def _privacy(_: a.PrivacyShown, to: Sender) -> Answer:
    rows = [
        [button(say(to.language, "button_export"), "ac:export")],
        [button(say(to.language, "button_erase"), "ac:erase")],
    ]
    return Answer("accounts/privacy", (_to(to, say(to.language, "privacy"), rows),))


def _exported(result: a.Exported, to: Sender) -> Answer:
    """As text in pieces: no file has to be made, kept and uploaded."""
    text = orjson.dumps(dict(result.holdings), option=orjson.OPT_INDENT_2).decode()
    pieces = [text[i : i + LONGEST_PIECE] for i in range(0, len(text), LONGEST_PIECE)]
    sends = tuple(Send(to.chat_id, {"text": piece}) for piece in pieces)
    return Answer("accounts/export", sends)


def _erase_asked(_: a.EraseAsked, to: Sender) -> Answer:
    rows = [[button(say(to.language, "button_sure"), "ac:erase:sure")]]
    return Answer("accounts/erase-ask", (_to(to, say(to.language, "erase_sure"), rows),))


def _erased(_: a.Erased, to: Sender) -> Answer:
    return Answer("accounts/erase", (_to(to, say(to.language, "erased")),))


def _role_granted(result: a.RoleGranted, to: Sender) -> Answer:
    return Answer("accounts/role-grant", (_to(to, f"{result.user_id} is {result.role} now."),))


def _refused(refusal: AccountsRefused, to: Sender) -> Answer:
    text = say(to.language, refusal.reason, **refusal.values)
    return Answer("accounts/refused", (_to(to, text),), outcome="user_error")


def _to(to: Sender, text: str, rows: list[list[dict[str, str]]] | None = None) -> Send:
    params: dict[str, Any] = {"text": text, "parse_mode": "HTML"}
    if to.thread_id is not None:
        params["message_thread_id"] = to.thread_id
    if rows:
        params["reply_markup"] = keyboard(rows)
    return Send(to.chat_id, params)


PRESENTERS: dict[type, Callable[[Any, Sender], Answer]] = {
    a.Profile: _profile,
    a.FieldAsked: _field_asked,
    a.BanChanged: _ban_changed,
    a.AuditShown: _audit_shown,
    a.LanguagesShown: _languages,
    a.LanguageChanged: _language_changed,
    a.CodeIssued: _code_issued,
    a.Linked: _linked,
    a.PrivacyShown: _privacy,
    a.Exported: _exported,
    a.EraseAsked: _erase_asked,
    a.Erased: _erased,
    a.RoleGranted: _role_granted,
    AccountsRefused: _refused,
}
