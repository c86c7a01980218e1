"""Accounts' use cases: who somebody is, what they may do, and what is known about them."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Protocol, cast

from consolidated_bot.accounts.commands import (
    AskField,
    AuditShown,
    BanChanged,
    BanUser,
    ChangeLanguage,
    ChangeProfile,
    CodeIssued,
    EraseAccount,
    EraseAsked,
    Erased,
    ExportAccount,
    Exported,
    FieldAsked,
    GrantRole,
    IssueLinkCode,
    LanguageChanged,
    LanguagesShown,
    LinkCustomer,
    Linked,
    PrivacyShown,
    Profile,
    RoleGranted,
    ViewAudit,
    ViewLanguages,
    ViewPrivacy,
    ViewProfile,
)
from consolidated_bot.accounts.domain import (
    PROFILE_FIELDS,
    Account,
    AccountsRefused,
    LinkCode,
    checked_customer,
    language_for,
)
from consolidated_bot.core.messages import (
    Conversation,
    LanguageOf,
    Scope,
    Sender,
    Standing,
    StandingOf,
    Turn,
)
from consolidated_bot.published import (
    RANK,
    AccountErased,
    AuthorAt,
    HolderOf,
    NotificationHoldingsOf,
    PlanChanged,
    QuietUntil,
    Role,
    RoleOf,
    StaffRoles,
    SupportHoldingsOf,
)

DIALOGUE = "accounts/profile"
AUDIT_SHOWN = 20


class Accounts(Protocol):
    """What accounts needs to have stored."""

    def get(self, user_id: int) -> Account | None: ...

    def language(self, user_id: int) -> str | None: ...

    def standing(self, user_id: int) -> tuple[str | None, str, int | None] | None:
        """Language, time zone, banned since when."""
        ...

    def save(self, account: Account) -> None: ...

    def holder_of(self, customer_id: str) -> int | None: ...

    def code(self, customer_id: str) -> LinkCode | None: ...

    def save_code(self, code: LinkCode) -> None: ...

    def drop_code(self, customer_id: str) -> None: ...

    def role(self, user_id: int) -> str | None: ...

    def set_role(self, user_id: int, role: str) -> None: ...

    def roles(self) -> Mapping[int, str]: ...

    def erase(self, user_id: int) -> None: ...


class AccountUseCases:
    """The use cases; `members` are the roles that OPS_MEMBERS gives."""

    def __init__(self, members: Mapping[int, str]) -> None:
        """Without `members`, whoever writes in the operations chat is a lead."""
        self._members = members

    def role_of(self, accounts: Accounts, scope: Scope, question: RoleOf) -> Role:
        role = accounts.role(question.user_id) or self._members.get(question.user_id)
        if role is None and question.in_operations and not self._members:
            role = "lead"
        return cast("Role", role or "user")

    def staff(self, accounts: Accounts, scope: Scope, question: StaffRoles) -> dict[int, str]:
        known = {**self._members, **accounts.roles()}
        return {user: role for user, role in known.items() if role != "user"}

    def language_of(self, accounts: Accounts, scope: Scope, question: LanguageOf) -> str:
        return accounts.language(question.user_id) or language_for(question.hint)

    def standing_of(self, accounts: Accounts, scope: Scope, question: StandingOf) -> Standing:
        language, zone, banned_ms = accounts.standing(question.user_id) or (None, "UTC", None)
        spoken = language or language_for(question.hint)
        return Standing(spoken, zone, banned=banned_ms is not None)

    def holder_of(self, accounts: Accounts, scope: Scope, question: HolderOf) -> int | None:
        return accounts.holder_of(question.customer_id)

    def quiet_until(self, accounts: Accounts, scope: Scope, question: QuietUntil) -> int:
        account = accounts.get(question.user_id)
        return account.quiet_until(scope.now_ms) if account else 0

    def view(self, accounts: Accounts, scope: Scope, command: ViewProfile) -> Profile:
        account = _account(accounts, scope, command.sender)
        return Profile(account, self._role(accounts, scope, command.sender))

    def change(self, accounts: Accounts, scope: Scope, command: ChangeProfile) -> Profile:
        sender = command.sender
        before = _account(accounts, scope, sender)
        account = before.with_field(command.field, command.value)
        accounts.save(account)
        if account.plan != before.plan:
            scope.audit(
                "plan.change",
                f"user:{sender.user_id}",
                actor_id=sender.user_id,
                before=before.plan,
                after=account.plan,
            )
            scope.publish(PlanChanged(sender.user_id, sender.chat_id, account.plan))
        return Profile(account, self._role(accounts, scope, sender), changed=command.field)

    def ask_field(
        self, accounts: Accounts, scope: Scope, command: AskField
    ) -> FieldAsked | Profile:
        if command.field not in PROFILE_FIELDS:
            raise AccountsRefused("bad_field")
        draft = {"following": list(command.following)}
        scope.converse(command.sender, Conversation(DIALOGUE, command.field, draft))
        return FieldAsked(command.field)

    def continue_dialogue(
        self, accounts: Accounts, scope: Scope, turn: Turn
    ) -> FieldAsked | Profile:
        """A value for the field asked for; a refused one is asked for again."""
        assert turn.conversation is not None
        sender = turn.said.sender
        scope.converse(sender, None)
        changed = self.change(
            accounts, scope, ChangeProfile(sender, turn.conversation.step, turn.said.text)
        )
        following = list(turn.conversation.draft.get("following") or ())
        if not following:
            return changed
        return self.ask_field(
            accounts, scope, AskField(sender, following[0], tuple(following[1:]))
        )

    def view_languages(
        self, accounts: Accounts, scope: Scope, command: ViewLanguages
    ) -> LanguagesShown:
        return LanguagesShown()

    def change_language(
        self, accounts: Accounts, scope: Scope, command: ChangeLanguage
    ) -> LanguageChanged:
        account = _account(accounts, scope, command.sender).with_language(command.language)
        accounts.save(account)
        return LanguageChanged(command.language)

    def issue_code(self, accounts: Accounts, scope: Scope, command: IssueLinkCode) -> CodeIssued:
        self._require(accounts, scope, command.sender, "agent")
        code = f"{secrets.randbelow(1_000_000):06d}"
        link = LinkCode.issued(command.customer_id, code, scope.now_ms)
        accounts.save_code(link)
        scope.audit("link.code", f"customer:{link.customer_id}", actor_id=command.sender.user_id)
        return CodeIssued(link.customer_id, code)

    def link(self, accounts: Accounts, scope: Scope, command: LinkCustomer) -> Linked:
        sender = command.sender
        if not command.code.strip():
            raise AccountsRefused("link_usage")
        customer_id = checked_customer(command.customer_id)
        code = accounts.code(customer_id)
        if code is None or not code.opens_with(command.code, scope.now_ms):
            if code is not None:
                accounts.save_code(replace(code, attempts=code.attempts + 1))
            return Linked(customer_id, matches=False)
        holder = accounts.holder_of(customer_id)
        if holder not in {None, sender.user_id}:
            raise AccountsRefused("customer_taken")
        accounts.save(replace(_account(accounts, scope, sender), customer_id=customer_id))
        accounts.drop_code(customer_id)
        scope.audit("link", f"customer:{customer_id}", actor_id=sender.user_id)
        return Linked(customer_id, matches=True)

    def privacy(self, accounts: Accounts, scope: Scope, command: ViewPrivacy) -> PrivacyShown:
        return PrivacyShown()

    def export(self, accounts: Accounts, scope: Scope, command: ExportAccount) -> Exported:
        user_id = command.sender.user_id
        account = accounts.get(user_id)
        scope.audit("export", f"user:{user_id}", actor_id=user_id)
        return Exported(
            {
                "account": _plain(account) if account else None,
                "support": scope.ask(SupportHoldingsOf(user_id)),
                "notifications": scope.ask(NotificationHoldingsOf(user_id)),
            }
        )

    def erase(
        self, accounts: Accounts, scope: Scope, command: EraseAccount
    ) -> EraseAsked | Erased:
        if not command.confirmed:
            return EraseAsked()
        user_id = command.sender.user_id
        accounts.erase(user_id)
        scope.converse(command.sender, None)
        scope.publish(AccountErased(user_id))
        scope.audit("erase", f"user:{user_id}", actor_id=user_id)
        return Erased()

    def ban(self, accounts: Accounts, scope: Scope, command: BanUser) -> BanChanged:
        """Whoever is banned gets no answer any more; staff cannot be banned."""
        sender = command.sender
        self._require(accounts, scope, sender, "lead")
        user_id = command.user_id
        if user_id is None:
            place = AuthorAt(sender.chat_id, sender.thread_id, command.replied_to)
            user_id = scope.ask(place)
        if not user_id:
            raise AccountsRefused("ban_usage")
        if RANK[self.role_of(accounts, scope, RoleOf(user_id))] > RANK["user"]:
            raise AccountsRefused("ban_staff")
        before = accounts.get(user_id) or Account(user_id, user_id, scope.now_ms)
        language = before.language or "en"
        if (before.banned_ms is not None) == command.banned:
            return BanChanged(before, language, changed=False)
        account = replace(before, banned_ms=scope.now_ms if command.banned else None)
        accounts.save(account)
        scope.audit(
            "ban" if command.banned else "unban",
            f"user:{user_id}",
            actor_id=sender.user_id,
            reason=command.reason or None,
        )
        return BanChanged(account, language, changed=True)

    def audit(self, accounts: Accounts, scope: Scope, command: ViewAudit) -> AuditShown:
        self._require(accounts, scope, command.sender, "lead")
        return AuditShown(tuple(scope.audited(command.subject or None, AUDIT_SHOWN)))

    def grant(self, accounts: Accounts, scope: Scope, command: GrantRole) -> RoleGranted:
        self._require(accounts, scope, command.sender, "owner")
        if not command.user_id:
            raise AccountsRefused("role_usage")
        if command.role not in RANK:
            raise AccountsRefused("bad_role", roles=", ".join(RANK))
        before = self.role_of(accounts, scope, RoleOf(command.user_id))
        owners = {
            user
            for user, role in ({**self._members, **accounts.roles()}).items()
            if role == "owner"
        }
        if owners == {command.user_id} and command.role != "owner":
            raise AccountsRefused("last_owner")
        accounts.set_role(command.user_id, command.role)
        scope.audit(
            "role.grant",
            f"user:{command.user_id}",
            actor_id=command.sender.user_id,
            before=before,
            after=command.role,
        )
        return RoleGranted(command.user_id, command.role)

    def _role(self, accounts: Accounts, scope: Scope, sender: Sender) -> str:
        return self.role_of(accounts, scope, RoleOf(sender.user_id, sender.is_operations))

    def _require(self, accounts: Accounts, scope: Scope, sender: Sender, role: str) -> None:
        allowed = RANK[self._role(accounts, scope, sender)] >= RANK[role]
        if not (sender.is_operations and allowed):
            raise AccountsRefused("not_allowed", role=role)

    @property
    def dialogues(self) -> dict[str, Callable[..., Any]]:
        """By topic of a conversation."""
        return {DIALOGUE: self.continue_dialogue}

    @property
    def handlers(self) -> dict[type, Callable[..., Any]]:
        """By command or question."""
        return {
            RoleOf: self.role_of,
            StaffRoles: self.staff,
            LanguageOf: self.language_of,
            StandingOf: self.standing_of,
            QuietUntil: self.quiet_until,
            HolderOf: self.holder_of,
            ViewProfile: self.view,
            ChangeProfile: self.change,
            AskField: self.ask_field,
            BanUser: self.ban,
            ViewLanguages: self.view_languages,
            ChangeLanguage: self.change_language,
            IssueLinkCode: self.issue_code,
            LinkCustomer: self.link,
            ViewPrivacy: self.privacy,
            ExportAccount: self.export,
            EraseAccount: self.erase,
            GrantRole: self.grant,
            ViewAudit: self.audit,
        }


def _account(accounts: Accounts, scope: Scope, sender: Sender) -> Account:
    """The sender's account, a fresh one if they never changed anything."""
    account = accounts.get(sender.user_id)
    return account or Account(sender.user_id, sender.chat_id, scope.now_ms, name=sender.name)


def _plain(account: Account) -> dict[str, Any]:
    return {name: getattr(account, name) for name in Account.__dataclass_fields__}
