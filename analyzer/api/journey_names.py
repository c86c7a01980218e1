"""The mapping file: which of a fleet's operations are which journey of which context.

One YAML file serves objectives, comparison and validation (`--journeys FILE`):

    journeys:
      - {service: gateway, operation: "POST /tickets*", context: support, journey: ticket-submit}

`operation` is a journey as `analyze` lists it, `service` (optional) the service that is entered;
`*` and `?` match any text. The first entry that matches names a journey.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from analyzer.errors import ConfigurationError
from analyzer.slo.spec.fields import Field
from analyzer.slo.spec.refusals import Refusal, RefusalLog
from analyzer.slo.spec.source import Node, SourceError, documents

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


UNNAMED = JourneyNames()


def read_journey_names(path: Path | None) -> JourneyNames:
    """The mapping in `path`; without one an empty mapping.

    Raises:
        ConfigurationError: the file cannot be read or an entry is wrong; every problem is named
            with its line.
    """
    if path is None:
        return UNNAMED
    log = RefusalLog()
    try:
        nodes = documents(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8 text"
        raise ConfigurationError([f"{path}: cannot be read ({reason})"]) from error
    except SourceError as error:
        raise ConfigurationError(
            [f"{path}:{error.line}:{error.column}: {error.reason}"]
        ) from error
    if len(nodes) != 1:
        way_out = "write one document with a list 'journeys'"
        log.add(Refusal(str(path), 1, 1, "", "", f"holds {len(nodes)} documents", way_out))
    entries = [_read_entry(item) for node in nodes for item in _items(log, path, node)]
    log.raise_if_any()
    return JourneyNames(tuple(entry for entry in entries if entry))


def _items(log: RefusalLog, path: Path, node: Node) -> list[Field]:
    root = Field(log, str(path), "", "", node).fields({"journeys"})
    listed = root.require("journeys", "list the entries below it") if root else None
    return listed.items() if listed else []


def _read_entry(item: Field) -> JourneyName | None:
    fields = item.fields(KEYS)
    if fields is None:
        return None
    found: dict[str, str] = {"service": "*"}
    for key in KEYS:
        optional = key == "service"
        at = fields.get(key) if optional else fields.require(key, f"add {key}: ...")
        text = at.filled() if at else None
        found |= {key: text} if text else {}
    return JourneyName(**found) if len(found) == len(KEYS) else None
