"""Support's use cases that change nothing: help, the handbook."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from consolidated_bot.core.messages import Scope
from consolidated_bot.support.commands import (
    AskHelp,
    OpenCategory,
    PressStray,
    ReadEntry,
    SearchFaq,
    Troubleshoot,
)
from consolidated_bot.support.faq import Handbook
from consolidated_bot.support.results import (
    Asked,
    CategoryOpened,
    Found,
    HelpGiven,
    Overview,
    Read,
)


class Answers:
    """Answers out of one handbook; no store is needed."""

    def __init__(self, handbook: Handbook) -> None:
        """Answer by `handbook`."""
        self._handbook = handbook

    def help(self, _: object, scope: Scope, command: AskHelp) -> HelpGiven:
        return HelpGiven(command.unknown)

    def stray(self, _: object, scope: Scope, command: PressStray) -> PressStray:
        return command

    def search(self, _: object, scope: Scope, command: SearchFaq) -> Found | Overview:
        if not command.words:
            return Overview()
        return Found(command.words, tuple(self._handbook.search(command.words)))

    def open_category(
        self, _: object, scope: Scope, command: OpenCategory
    ) -> CategoryOpened | Overview:
        if command.category not in self._handbook.categories:
            return Overview()
        entries = self._handbook.of_category(command.category)
        return CategoryOpened(command.category, tuple(entries))

    def read(self, _: object, scope: Scope, command: ReadEntry) -> Read | Overview:
        entry = self._handbook.entries.get(command.entry)
        return Read(entry) if entry else Overview()

    def troubleshoot(self, _: object, scope: Scope, command: Troubleshoot) -> Asked:
        steps = self._handbook.steps
        return Asked(command.step if command.step in steps else "start")

    @property
    def handlers(self) -> dict[type, Callable[..., Any]]:
        """By command."""
        return {
            AskHelp: self.help,
            PressStray: self.stray,
            SearchFaq: self.search,
            OpenCategory: self.open_category,
            ReadEntry: self.read,
            Troubleshoot: self.troubleshoot,
        }
