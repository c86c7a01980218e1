"""Settings by environment, or by a TOML file named in `BOT_CONFIG` (environment wins).

All wrong settings are reported together, each with what is accepted (`ConfigurationError`).
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal, Self, TypeVar
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from consolidated_bot.core.errors import ConfigurationError

TOKEN = re.compile(r"\d+:[\w-]+")
SECRET = re.compile(r"[A-Za-z0-9_-]{1,256}")
ROLES = ("user", "agent", "lead", "owner")

S = TypeVar("S", bound="StoreSettings")


class StoreSettings(BaseSettings):
    """What commands on the database alone need; a token narrows them to that bot's rows."""

    model_config = SettingsConfigDict(env_ignore_empty=True, extra="ignore", frozen=True)

    bot_token: SecretStr | None = None
    database_url: str = "sqlite:///consolidated_bot.db"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments before environment before the file of `BOT_CONFIG`."""
        sources: list[PydanticBaseSettingsSource] = [init_settings, env_settings]
        if file := os.environ.get("BOT_CONFIG"):
            sources.append(TomlConfigSettingsSource(settings_cls, Path(file)))
        return tuple(sources)

    @property
    def own_bot_id(self) -> int | None:
        """The number in front of the token's colon is the bot's user id; None: no token."""
        return _bot_id(self.bot_token) if self.bot_token else None

    @field_validator("bot_token")
    @classmethod
    def _token_looks_like_one(cls, token: SecretStr | None) -> SecretStr | None:
        if token is not None and not TOKEN.fullmatch(token.get_secret_value()):
            raise ValueError("is not a bot token: digits, a colon, letters (@BotFather gives one)")
        return token

    @field_validator("database_url")
    @classmethod
    def _database_is_supported(cls, url: str) -> str:
        scheme, separator, rest = url.partition("://")
        backend = scheme.partition("+")[0]
        if not separator or backend not in {"sqlite", "postgresql", "postgres"}:
            raise ValueError("must be sqlite:///FILE or postgresql://USER:PASSWORD@HOST/NAME")
        if backend == "sqlite" and (not rest.strip("/") or ":memory:" in rest):
            raise ValueError("names no file: a database in memory would lose updates")
        if backend != "sqlite":
            _checked_server(url)
        return url


class Settings(StoreSettings):
    """What `consolidated-bot run` can be told; names and defaults are the README's."""

    bot_token: SecretStr
    bot_api_url: str = "https://api.telegram.org"
    bot_mode: Literal["polling", "webhook"] = "polling"
    webhook_url: str | None = None
    webhook_secret: SecretStr | None = None
    webhook_listen: str = "127.0.0.1:8443"
    dashboard_listen: str = "127.0.0.1:8080"
    dashboard_token: SecretStr | None = None
    ops_chat_id: int | None = None
    ops_members: Annotated[dict[int, str], NoDecode] = Field(default_factory=dict)
    slo_file: Path | None = None
    runbook_file: Path | None = None
    support_file: Path | None = None
    alert_webhook_url: str | None = None
    send_rate_scale: float = Field(default=1.0, gt=0, le=100_000)
    flood_per_minute: float = Field(default=120.0, ge=0)
    log_file: Path | None = None
    drain_seconds: float = Field(default=10.0, ge=0, le=600)
    workers: int = Field(default=32, ge=1, le=1000)
    max_attempts: int = Field(default=5, ge=1, le=100)

    @property
    def bot_id(self) -> int:
        """The bot's user id."""
        return _bot_id(self.bot_token)

    @field_validator("bot_api_url", "webhook_url", "alert_webhook_url")
    @classmethod
    def _url_is_http(cls, url: str | None) -> str | None:
        if url is None:
            return None
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError("is not an http(s) URL")
        return url.rstrip("/")

    @field_validator("webhook_listen", "dashboard_listen")
    @classmethod
    def _listen_is_host_and_port(cls, listen: str) -> str:
        host, _, port = listen.rpartition(":")
        if not host or not port.isdecimal() or int(port) > 65_535:
            raise ValueError("must be HOST:PORT, such as 127.0.0.1:8080")
        return listen

    @field_validator("ops_members", mode="before")
    @classmethod
    def _members_from_text(cls, members: object) -> object:
        return _parse_members(members) if isinstance(members, str) else members

    @field_validator("ops_members")
    @classmethod
    def _roles_exist(cls, members: dict[int, str]) -> dict[int, str]:
        if unknown := sorted({role for role in members.values() if role not in ROLES}):
            raise ValueError(f"unknown role {', '.join(unknown)}: {', '.join(ROLES)}")
        return members

    @model_validator(mode="after")
    def _webhook_is_complete(self) -> Self:
        if self.bot_mode != "webhook":
            return self
        missing = [
            name
            for name, value in (
                ("WEBHOOK_URL", self.webhook_url),
                ("WEBHOOK_SECRET", self.webhook_secret),
            )
            if value is None
        ]
        if missing:
            raise ValueError(f"BOT_MODE=webhook needs {' and '.join(missing)}")
        if self.webhook_secret and not SECRET.fullmatch(self.webhook_secret.get_secret_value()):
            raise ValueError("WEBHOOK_SECRET must be 1-256 of A-Z a-z 0-9 _ -")
        return self


def _parse_members(text: str) -> dict[int, str]:
    """`17, 18:lead` -> {17: agent, 18: lead}."""
    members = {}
    for item in re.split(r"[,;\s]+", text.strip()):
        user, _, role = item.partition(":")
        if not user.lstrip("-").isdecimal():
            raise ValueError("must be a list of user ids, each with an optional role: 17:owner,18")
        members[int(user)] = role or "agent"
    return members


def _bot_id(token: SecretStr) -> int:
    return int(token.get_secret_value().partition(":")[0])


def _checked_server(url: str) -> None:
    """Raise ValueError if `url` names no server that a driver could look for."""
    parts = urlsplit(url)
    port = parts.port  # raises ValueError for what is no port
    if not parts.path.strip("/"):
        raise ValueError("names no database: postgresql://USER:PASSWORD@HOST/NAME")
    if port is not None and not port:
        raise ValueError("port 0 is none that can be connected to")


def load_settings(**overrides: object) -> Settings:
    """Read the settings; raise `ConfigurationError` that names every wrong one."""
    return _loaded(Settings, overrides)


def load_store_settings() -> StoreSettings:
    """Read what commands on the database need; raise `ConfigurationError` as above."""
    return _loaded(StoreSettings, {})


def _loaded(kind: type[S], overrides: Mapping[str, object]) -> S:
    if (file := os.environ.get("BOT_CONFIG")) and not Path(file).is_file():
        raise ConfigurationError([f"BOT_CONFIG: there is no file {file}"])
    try:
        return kind(**overrides)  # type: ignore[arg-type]  # checked by pydantic
    except ValidationError as error:
        raise ConfigurationError([_sentence(problem) for problem in error.errors()]) from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError([f"BOT_CONFIG {file}: {error}"]) from None


def _sentence(problem: object) -> str:
    assert isinstance(problem, dict)
    name = ".".join(str(part) for part in problem["loc"]).upper()
    text = str(problem["msg"]).removeprefix("Value error, ")
    if problem["type"] == "missing":
        text = "is not set (a token from @BotFather)" if name == "BOT_TOKEN" else "is not set"
    return f"{name}: {text}" if name else text
