"""Every error that a user can meet, each with its exit code (README, "Exit codes").

A message says what happened, where, and what to do next. `cli.main` catches `AnalyzerError`
once; anything else that reaches it is a bug and shows its traceback.
"""

from __future__ import annotations


class AnalyzerError(Exception):
    """Base of all errors meant for a user."""

    exit_code = 2


class UsageError(AnalyzerError, ValueError):
    """A command, an option or an argument cannot be used as given."""


class ConfigurationError(AnalyzerError, ValueError):
    """A file the user wrote (objectives, contexts, mapping) is wrong; names every wrong field."""

    def __init__(self, problems: list[str]) -> None:
        """Collect `problems`, one sentence each, so that all are mended in one go."""
        super().__init__("\n".join(problems))
        self.problems = problems


class InputError(AnalyzerError):
    """The input cannot be used: missing, empty, unreadable, or nothing in it is a log."""

    exit_code = 3


class OutputError(AnalyzerError):
    """The output folder cannot be used: not ours, not writable, or the disk is full."""


class StoreError(AnalyzerError):
    """A store cannot be opened: absent, of another version, or in use by another run."""
