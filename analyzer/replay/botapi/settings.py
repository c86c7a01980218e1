"""Everything about an emulator that can be chosen; the defaults are Telegram's behaviour."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

from analyzer.errors import UsageError
from analyzer.replay.botapi.faults import FaultRule
from analyzer.replay.botapi.limits import Limits

TOKEN = re.compile(r"[0-9]+:[A-Za-z0-9_-]+")
DEFAULT_TOKEN = "5000000001:EmulatorTokenOfNoBotAtTelegram-0001"  # noqa: S105 - made up


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookRules:
    """How updates are pushed: tdlib's times, except that http on any port is allowed."""

    timeout_seconds: float = 60.0
    first_retry_seconds: float = 1.0
    longest_retry_seconds: float = 60.0
    only_https_ports: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """One emulated bot: `port` 0 picks a free one; `first_update_id` None draws one by `seed`."""

    host: str = "127.0.0.1"
    port: int = 0
    token: str = DEFAULT_TOKEN
    username: str = "support_emulator_bot"
    first_name: str = "Support"
    seed: int = 0
    limits: Limits = field(default_factory=Limits)
    faults: tuple[FaultRule, ...] = ()
    webhook: WebhookRules = field(default_factory=WebhookRules)
    journal: Path | None = None
    first_update_id: int | None = None
    callback_deadline_seconds: float = 20.0
    update_ttl_seconds: float = 86_400.0
    delete_window_seconds: float = 172_800.0

    def __post_init__(self) -> None:
        """Refuse a token that no client library would take; `UsageError`."""
        if not TOKEN.fullmatch(self.token):
            raise UsageError(
                "the token of the emulated bot must look like Telegram's: digits, a colon, and "
                "letters, digits, _ or -, as in 123456:ABC-def"
            )

    @property
    def bot_id(self) -> int:
        """The number before the colon of the token."""
        return int(self.token.partition(":")[0])
