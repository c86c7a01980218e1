"""The mapping file: which of a fleet's operations are which journey of which context.

One file serves objectives, comparison and validation (`--journeys FILE`), TOML:

    [[journey]]
    operation = "POST /tickets*"     # a journey as `analyze` lists it; * and ? match any text
    service = "gateway"              # optional: only where this service is entered
    context = "support"
    journey = "ticket-submit"
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from analyzer.errors import ConfigurationError

KEYS = ("operation", "service", "context", "journey")


@dataclass(frozen=True, slots=True)
class JourneyName:
    """One entry: journeys whose operation and entry service match are `journey` of `context`."""

    operation: str
    service: str
    context: str
    journey: str

    def matches(self, service: str, operation: str) -> bool:
        return fnmatchcase(operation, self.operation) and fnmatchcase(service, self.service)


@dataclass(frozen=True, slots=True)
class JourneyNames:
    """The entries in the order of the file; the first that matches names a journey."""

    entries: tuple[JourneyName, ...] = ()

    def name(self, service: str, operation: str) -> tuple[str, str] | None:
        """(context, journey), or None where no entry matches."""
        for entry in self.entries:
            if entry.matches(service, operation):
                return entry.context, entry.journey
        return None

    def parameters(self, found: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
        """SQL parameters that name the (service, operation) pairs in `found`."""
        named = [(pair, name) for pair in found if (name := self.name(*pair))]
        return {
            "services": [service for (service, _), _ in named],
            "journeys": [operation for (_, operation), _ in named],
            "as_contexts": [context for _, (context, _) in named],
            "as_journeys": [journey for _, (_, journey) in named],
        }


def read_journey_names(path: Path | None) -> JourneyNames:
    """The mapping in `path`; without one an empty mapping.

    Raises:
        ConfigurationError: the file cannot be read or an entry is wrong; every problem is named.
    """
    if path is None:
        return JourneyNames()
    try:
        document = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise ConfigurationError([f"{path}: cannot be read ({error.strerror})"]) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError([f"{path}: not TOML: {error}"]) from error
    problems = [
        f"{path}: {key}: unknown; write [[journey]] entries"
        for key in document
        if key != "journey"
    ]
    entries: list[JourneyName] = []
    listed = document.get("journey", [])
    if not isinstance(listed, list) or not listed:
        problems.append(f"{path}: holds no [[journey]] entry")
        listed = []
    for number, entry in enumerate(listed, start=1):
        wrong = _wrong_keys(entry)
        problems += [f"{path}: [[journey]] {number}: {reason}" for reason in wrong]
        if not wrong:
            entries.append(JourneyName(**{"service": "*", **entry}))
    if problems:
        raise ConfigurationError(problems)
    return JourneyNames(tuple(entries))


def _wrong_keys(entry: dict[str, object]) -> list[str]:
    wrong = [f"{key}: unknown; known are {', '.join(KEYS)}" for key in entry if key not in KEYS]
    wrong += [f"{key} is missing" for key in KEYS if key != "service" and key not in entry]
    wrong += [
        f"{key} must be text"
        for key in KEYS
        if key in entry and not (isinstance(entry[key], str) and entry[key])
    ]
    return wrong
