"""Accounts' tables over SQLAlchemy Core."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Integer,
    MetaData,
    Table,
    Text,
    bindparam,
    delete,
    select,
)

from consolidated_bot.accounts.domain import Account, LinkCode
from consolidated_bot.core.db import Prepared, upsert

METADATA = MetaData()

ACCOUNT = Table(
    "account",
    METADATA,
    Column("user_id", BigInteger, primary_key=True),
    Column("chat_id", BigInteger, nullable=False),
    Column("name", Text),
    Column("email", Text),
    Column("language", Text),
    Column("plan", Text, nullable=False),
    Column("quiet_from", Integer),
    Column("quiet_to", Integer),
    Column("customer_id", Text, unique=True),
    Column("created_ms", BigInteger, nullable=False),
    Column("zone", Text, nullable=False),
    Column("banned_ms", BigInteger),
)
LINK_CODE = Table(
    "link_code",
    METADATA,
    Column("customer_id", Text, primary_key=True),
    Column("code_hash", Text, nullable=False),
    Column("expires_ms", BigInteger, nullable=False),
    Column("attempts", Integer, nullable=False),
)
ROLE = Table(
    "role",
    METADATA,
    Column("user_id", BigInteger, primary_key=True),
    Column("role", Text, nullable=False),
)

_ACCOUNT_COLUMNS = [ACCOUNT.c[name] for name in Account.__dataclass_fields__]
_CODE_COLUMNS = [LINK_CODE.c[name] for name in LinkCode.__dataclass_fields__]
_ACCOUNT = Prepared(select(*_ACCOUNT_COLUMNS).where(ACCOUNT.c.user_id == bindparam("key")))
_LANGUAGE = Prepared(select(ACCOUNT.c.language).where(ACCOUNT.c.user_id == bindparam("key")))
_STANDING = Prepared(
    select(ACCOUNT.c.language, ACCOUNT.c.zone, ACCOUNT.c.banned_ms).where(
        ACCOUNT.c.user_id == bindparam("key")
    )
)
_ROLE = Prepared(select(ROLE.c.role).where(ROLE.c.user_id == bindparam("key")))


class SqlAccounts:
    """The `Accounts` of the application, in one open transaction."""

    def __init__(self, connection: Connection) -> None:
        """Work on `connection`."""
        self._connection = connection

    def get(self, user_id: int) -> Account | None:
        row = _ACCOUNT.first(self._connection, key=user_id)
        return Account(*row) if row else None

    def language(self, user_id: int) -> str | None:
        language: str | None = _LANGUAGE.scalar(self._connection, key=user_id)
        return language

    def standing(self, user_id: int) -> tuple[str | None, str, int | None] | None:
        row = _STANDING.first(self._connection, key=user_id)
        return (row[0], row[1], row[2]) if row else None

    def save(self, account: Account) -> None:
        values = asdict(account)
        statement = upsert(self._connection, ACCOUNT).values(values)
        del values["user_id"], values["created_ms"]
        self._connection.execute(
            statement.on_conflict_do_update(index_elements=["user_id"], set_=values)
        )

    def holder_of(self, customer_id: str) -> int | None:
        statement = select(ACCOUNT.c.user_id).where(ACCOUNT.c.customer_id == customer_id)
        return self._connection.execute(statement).scalar()

    def code(self, customer_id: str) -> LinkCode | None:
        statement = select(*_CODE_COLUMNS).where(LINK_CODE.c.customer_id == customer_id)
        row = self._connection.execute(statement).first()
        return LinkCode(*row) if row else None

    def save_code(self, code: LinkCode) -> None:
        values = asdict(code)
        statement = upsert(self._connection, LINK_CODE).values(values)
        del values["customer_id"]
        self._connection.execute(
            statement.on_conflict_do_update(index_elements=["customer_id"], set_=values)
        )

    def drop_code(self, customer_id: str) -> None:
        self._connection.execute(delete(LINK_CODE).where(LINK_CODE.c.customer_id == customer_id))

    def role(self, user_id: int) -> str | None:
        role: str | None = _ROLE.scalar(self._connection, key=user_id)
        return role

    def set_role(self, user_id: int, role: str) -> None:
        statement = upsert(self._connection, ROLE).values(user_id=user_id, role=role)
        self._connection.execute(
            statement.on_conflict_do_update(index_elements=["user_id"], set_={"role": role})
        )

    def roles(self) -> Mapping[int, str]:
        rows = self._connection.execute(select(ROLE.c.user_id, ROLE.c.role))
        return {user_id: role for user_id, role in rows}  # noqa: C416 - rows are no pairs to mypy

    def erase(self, user_id: int) -> None:
        """Forget everything but a ban: who was banned stays so."""
        account = self.get(user_id)
        self._connection.execute(delete(ACCOUNT).where(ACCOUNT.c.user_id == user_id))
        if account is not None and account.banned_ms is not None:
            now = account.banned_ms
            self.save(Account(user_id, account.chat_id, now, banned_ms=now))
