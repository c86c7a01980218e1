"""What was done in a recording and when: the facts beside the logs."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

FACTS_FILE = "recording.json"


@dataclass(frozen=True, slots=True)
class Phase:
    """A stretch of the campaign plan; `start` and `end` are RFC 3339 in UTC."""

    name: str
    start: str
    end: str
    note: str = ""

    @property
    def start_ns(self) -> int:
        return moment_ns(self.start)

    @property
    def end_ns(self) -> int:
        return moment_ns(self.end)

    def holds(self, when_ns: int) -> bool:
        return self.start_ns <= when_ns < self.end_ns


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """How a folder of logs came to be; `load` is the driver's own account of it."""

    command: str
    seed: int
    merged: tuple[str, ...]
    machine: str
    versions: dict[str, str]
    phases: tuple[Phase, ...]
    load: dict[str, Any]

    def phase(self, name: str) -> Phase:
        return next(phase for phase in self.phases if phase.name == name)

    def write(self, folder: Path) -> None:
        text = json.dumps(asdict(self), indent=2) + "\n"
        (folder / FACTS_FILE).write_text(text, encoding="utf-8")

    @classmethod
    def read(cls, folder: Path) -> Recording:
        told = json.loads((folder / FACTS_FILE).read_text(encoding="utf-8"))
        told["phases"] = tuple(Phase(**phase) for phase in told["phases"])
        told["merged"] = tuple(told["merged"])
        return cls(**told)


def moment_ns(stamp: str) -> int:
    """RFC 3339 (microseconds at most) as nanoseconds since 1970."""
    moment = datetime.fromisoformat(stamp)
    return int(moment.timestamp()) * 1_000_000_000 + moment.microsecond * 1000
