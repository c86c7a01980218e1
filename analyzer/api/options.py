"""What a run can be told; every option of the command line stands here under the same name."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from typing import Any

from analyzer.analysis.contexts import Constraints
from analyzer.api.journey_names import UNNAMED, JourneyNames, read_journey_names
from analyzer.errors import ConfigurationError, UsageError
from analyzer.ingest import aliases, durations
from analyzer.ingest.options import ReadingOptions, parse_zone
from analyzer.ingest.own_format import load_formats
from analyzer.ingest.times import parse_instant
from analyzer.trace.options import PATH_RULES, PathRule


@dataclass(frozen=True, slots=True)
class RunOptions:
    """Options of `analyze`.

    `force` writes into a folder that is not ours or was made from other roots. `fields` renames
    a logger's own keys to canonical ones, `unit` gives ns per unit for keys that do not say, `tz`
    where times without a zone are taken to be, `format_file` describes formats of the user's own.
    `user_key_file` shares the key that users are hashed with between stores. `campaign` gives
    the peak windows (start and end in ns UTC), `incident` the moment a known incident began;
    without both the peaks are found in the traffic. `path_rule` is the rule of the critical path
    (METHODS section 3). `slo` is an objectives file to fill `sli`
    from, `journeys` names journeys and contexts. `seed` drives every random step.
    """

    force: bool = False
    keep_ids: bool = False
    user_key_file: Path | None = None
    fields: Mapping[str, str] = field(default_factory=dict)
    unit: Mapping[str, int] = field(default_factory=dict)
    tz: str | None = None
    format_file: Path | None = None
    constraints: Constraints | None = None
    campaign: Sequence[tuple[int, int]] = ()
    incident: int | None = None
    path_rule: PathRule = "sections"
    slo: Path | None = None
    journeys: JourneyNames = UNNAMED
    seed: int = 7

    @property
    def reading(self) -> ReadingOptions:
        """Return the part that the reader needs."""
        return ReadingOptions(
            renames=dict(self.fields),
            units=dict(self.unit),
            zone=None if self.tz is None else parse_zone(self.tz),
            formats=() if self.format_file is None else load_formats(self.format_file),
        )

    def analysis_fingerprint(self) -> str:
        """Return what decides the comparison of peak and baseline; another one means again."""
        objectives = "" if self.slo is None else _content(self.slo)
        rule = self.path_rule
        return repr((sorted(self.campaign), self.incident, self.journeys, objectives, rule))

    def reading_fingerprint(self) -> str:
        """Return a hash of what decides how lines are read; another one means reading anew."""
        own = None if self.format_file is None else self.format_file.read_bytes()
        fields, units = sorted(self.fields.items()), sorted(self.unit.items())
        told = repr((fields, units, self.keep_ids, self.tz, own))
        return blake2b(told.encode(), digest_size=8).hexdigest()


def run_options(**more: Any) -> RunOptions:
    """The options with files given as a caller writes them: `slo` and `journeys` as paths.

    Raises:
        ConfigurationError: the mapping is refused.
        UsageError: the rule of the critical path is none we know.
    """
    if more.get("path_rule", "sections") not in PATH_RULES:
        raise UsageError(f"path_rule {more['path_rule']!r}: one of {', '.join(PATH_RULES)}.")
    if isinstance(more.get("slo"), str):
        more["slo"] = Path(more["slo"])
    if isinstance(more.get("journeys"), (str, Path)):
        more["journeys"] = read_journey_names(Path(more["journeys"]))
    return RunOptions(**more)


def _content(path: Path) -> str:
    """What the file says; an absent one is refused where it is read."""
    return path.read_text("utf-8", errors="replace") if path.is_file() else str(path)


def parse_moment(text: str) -> int:
    """Return the ns UTC of an ISO time or an epoch number.

    Raises:
        UsageError: it is neither.
    """
    found = parse_instant(text)
    if found is None:
        raise UsageError(f"{text!r}: not a time. Write it as 2026-11-23T10:00:00Z.")
    return found.ns


def parse_campaign(text: str) -> tuple[int, int]:
    """Return start and end in ns UTC of `START/END`.

    Raises:
        UsageError: a part is missing or the end is not after the start.
    """
    start, slash, end = text.partition("/")
    if not slash:
        raise UsageError(f"--campaign {text!r}: write START/END, two ISO times.")
    window = parse_moment(start), parse_moment(end)
    if window[1] <= window[0]:
        raise UsageError(f"--campaign {text!r}: the end is not after the start.")
    return window


def read_fields(path: Path | None, unit: Iterable[str]) -> ReadingOptions:
    """Return the key names and units that the user states, from `--fields` and `--unit`.

    The file is TOML with two tables: `[fields]` canonical = "your key", `[units]` key = "ms".

    Raises:
        ConfigurationError: the file or a unit is wrong; every problem is named.
    """
    problems: list[str] = []
    renames: dict[str, str] = {}
    stated = dict(_unit_pair(text, problems) for text in unit)
    if path is not None:
        document = _toml(path)
        for canonical, key in document.pop("fields", {}).items():
            if canonical.upper() not in vars(aliases):
                near = sorted(n.lower() for n in vars(aliases) if n.isupper())
                problems.append(f"{path}: [fields] {canonical}: unknown; one of {', '.join(near)}")
            else:
                renames[str(key)] = getattr(aliases, canonical.upper())[0]
        stated |= {str(key): str(name) for key, name in document.pop("units", {}).items()}
        problems += [
            f"{path}: [{name}]: unknown table; only [fields], [units]" for name in document
        ]
    units = {}
    for key, name in stated.items():
        if name not in durations.UNITS_NS:
            problems.append(f"unit of {key}: {name!r} is none of ns, us, ms, s, m, h")
        else:
            units[key] = durations.UNITS_NS[name]
    if problems:
        raise ConfigurationError(problems)
    return ReadingOptions(renames, units)


def _unit_pair(text: str, problems: list[str]) -> tuple[str, str]:
    key, equals, name = text.partition("=")
    if not equals:
        problems.append(f"--unit {text!r}: write KEY=UNIT, such as took=ms")
    return key, name


def _toml(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as stream:
            return tomllib.load(stream)
    except OSError as error:
        raise ConfigurationError([f"{path}: cannot be read ({error.strerror})"]) from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError([f"{path}: not TOML: {error}"]) from error
