"""Reads the runbook (YAML): every mistake with file, line and field, all of them at once."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from consolidated_bot.core.errors import ConfigurationError
from consolidated_bot.operations.domain import (
    DegradedRules,
    EscalationProtocol,
    IncidentPlan,
    LoadTestCriterion,
    PlanStep,
    Runbook,
    Rung,
    Watchpoint,
)

DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*([smh])")
SECONDS = {"s": 1, "m": 60, "h": 3600}


def _seconds(value: object) -> object:
    if isinstance(value, str) and (match := DURATION.fullmatch(value.strip())):
        return float(match[1]) * SECONDS[match[2]]
    raise ValueError("must be a duration such as 30s, 5m or 4h")


Text = Annotated[str, Field(min_length=1, max_length=300)]
Id = Annotated[str, Field(pattern=r"^[a-z0-9-]{1,20}$")]  # fits callback data with its prefix
Seconds = Annotated[float, BeforeValidator(_seconds), Field(gt=0)]
Share = Annotated[float, Field(ge=0, le=1)]
Role = Literal["agent", "lead", "owner"]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class _Journey(_Strict):
    context: Text
    journey: Text


class _Campaign(_Strict):
    volume_of: _Journey
    length: Seconds


class _Criterion(_Strict):
    id: Id
    text: Text
    figure: Text
    op: Literal["eq", "ne", "lte", "gte"]
    value: float | bool | str


class _Watchpoint(_Strict):
    what: Text
    where: Text
    normal: Text


class _Step(_Strict):
    id: Id
    text: Text
    owner: Text
    link: Annotated[str, Field(pattern=r"^https?://\S+$")] | None = None


class _Plan(_Strict):
    id: Id
    title: Text
    context: str | None = None
    slo: str | None = None
    steps: Annotated[list[_Step], Field(min_length=1, max_length=8)]


class _Rung(_Strict):
    name: Annotated[str, Field(min_length=1, max_length=20)]
    roles: Annotated[list[Role], Field(min_length=1)]
    delay: Seconds


class _Escalation(_Strict):
    levels: Annotated[list[_Rung], Field(min_length=1, max_length=5)]
    rounds: Annotated[int, Field(ge=1, le=5)]
    acknowledgement_expires: Seconds
    repeat_after: Seconds


class _Degraded(_Strict):
    inbox_age: tuple[Seconds, Seconds, Seconds]
    budget_left: tuple[Share | None, Share | None, Share | None]
    hold: Seconds
    ratio: Annotated[float, Field(gt=0, le=1)]


class _File(_Strict):
    version: Literal[1]
    name: Text
    campaign: _Campaign
    load_test: list[_Criterion]
    monitoring: list[_Watchpoint]
    incident_plan: Annotated[list[_Plan], Field(min_length=1)]
    escalation: _Escalation
    degraded: _Degraded
    after_campaign: list[Text]


def runbook_text(path: Path | None) -> str:
    """The text of the file at `path`, or of the bundled one."""
    source = path or files("consolidated_bot.operations") / "runbook.yaml"
    try:
        return source.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError([f"RUNBOOK_FILE {source}: {error}"]) from error


def read_runbook(path: Path | None) -> Runbook:
    """The runbook in the file at `path`, or the bundled one; raises `ConfigurationError`."""
    name, text = str(path or "runbook.yaml"), runbook_text(path)
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        content = yaml.safe_load(text)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise ConfigurationError([f"RUNBOOK_FILE {name}:{line}: {error.problem}"]) from error
    try:
        found = _File.model_validate(content)
    except ValidationError as error:
        problems = [
            f"RUNBOOK_FILE {name}:{_line(root, e['loc'])}: {_path(e['loc'])}: {_reason(e)}"
            for e in error.errors()
        ]
        raise ConfigurationError(problems) from error
    if loose := list(_loose_ends(found)):
        raise ConfigurationError(
            [
                f"RUNBOOK_FILE {name}:{_line(root, where)}: {_path(where)}: {why}"
                for where, why in loose
            ]
        )
    return _runbook(found)


Location = tuple[int | str, ...]


def _line(root: yaml.Node | None, location: Location) -> int:
    """The line of the deepest node on the way to `location`."""
    node, line = root, 1
    for part in location:
        node = _child(node, part)
        if node is None:
            break
        line = node.start_mark.line + 1
    return line


def _child(node: yaml.Node | None, part: int | str) -> yaml.Node | None:
    if isinstance(node, yaml.SequenceNode) and isinstance(part, int):
        return node.value[part] if part < len(node.value) else None
    if isinstance(node, yaml.MappingNode):
        return next((value for key, value in node.value if key.value == part), None)
    return None


def _path(location: Location) -> str:
    return ".".join(str(part) for part in location) or "the file"


def _reason(problem: Any) -> str:
    text = str(problem["msg"]).removeprefix("Value error, ")
    return "is not a field of a runbook" if problem["type"] == "extra_forbidden" else text


def _loose_ends(found: _File) -> Iterator[tuple[Location, str]]:
    yield from _doubled(("load_test",), [each.id for each in found.load_test])
    yield from _doubled(("incident_plan",), [plan.id for plan in found.incident_plan])
    for index, plan in enumerate(found.incident_plan):
        where = ("incident_plan", index, "steps")
        yield from _doubled(where, [step.id for step in plan.steps])
    if list(found.degraded.inbox_age) != sorted(found.degraded.inbox_age):
        yield ("degraded", "inbox_age"), "must rise from level to level"
    shares = [share for share in found.degraded.budget_left if share is not None]
    if shares != sorted(shares, reverse=True):
        yield ("degraded", "budget_left"), "must fall from level to level"
    if found.campaign.length % 60 or found.campaign.length < 1800:
        yield ("campaign", "length"), "must be whole minutes, from 30m on"


def _doubled(where: Location, ids: list[str]) -> Iterator[tuple[Location, str]]:
    for index, each in enumerate(ids):
        if each in ids[:index]:
            yield (*where, index, "id"), f"{each} stands twice"


def _runbook(found: _File) -> Runbook:
    escalation, degraded, volume = found.escalation, found.degraded, found.campaign.volume_of
    return Runbook(
        name=found.name,
        load_test=tuple(LoadTestCriterion(**each.model_dump()) for each in found.load_test),
        watchpoints=tuple(Watchpoint(**each.model_dump()) for each in found.monitoring),
        plans=tuple(
            IncidentPlan(
                plan.id,
                plan.title,
                tuple(PlanStep(**step.model_dump()) for step in plan.steps),
                plan.context,
                plan.slo,
            )
            for plan in found.incident_plan
        ),
        escalation=EscalationProtocol(
            tuple(Rung(each.name, tuple(each.roles), each.delay) for each in escalation.levels),
            escalation.rounds,
            escalation.acknowledgement_expires,
            escalation.repeat_after,
        ),
        degraded=DegradedRules(
            degraded.inbox_age, degraded.budget_left, degraded.hold, degraded.ratio
        ),
        questions=tuple(found.after_campaign),
        volume_of=(volume.context, volume.journey),
        length_minutes=int(found.campaign.length // 60),
    )
