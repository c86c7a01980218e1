"""Every error that an operator or a user of the bot can meet.

Operators get a sentence (what, where, what next) and an exit code (README, "Exit codes"); users
get a text in their language by `Refused`. Anything else that reaches the top is a bug.
"""

from __future__ import annotations


class BotError(Exception):
    """Base of all errors meant for the operator."""

    exit_code = 2


class ConfigurationError(BotError, ValueError):
    """Settings are wrong; names every wrong one, so that all are mended in one go."""

    def __init__(self, problems: list[str]) -> None:
        """Collect `problems`, one sentence each."""
        super().__init__("\n".join(problems))
        self.problems = problems


class DatabaseError(BotError):
    """The database cannot be used: unreachable, of another version, locked for too long."""

    exit_code = 3


class DatabaseUnreachableError(DatabaseError):
    """`DATABASE_URL` leads nowhere: a setting to mend."""

    exit_code = 2


class LeadershipLostError(BotError):
    """Another process took over polling and sending: this one must stop doing both."""

    exit_code = 3


class Refused(Exception):  # noqa: N818 - not an error of ours: the domain says no
    """A request that the domain turns down; the user is told why, nothing is changed.

    `reason` is a key of the context's texts, `values` fill its template.
    """

    def __init__(self, reason: str, **values: object) -> None:
        """Refuse because of `reason`."""
        super().__init__(reason)
        self.reason = reason
        self.values = values
