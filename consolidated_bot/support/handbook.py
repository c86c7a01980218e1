"""Reads the handbook file (TOML): categories, entries, troubleshooting, promises, hours.

All problems of a file are reported together, each with its place.
"""

from __future__ import annotations

import tomllib
from datetime import time
from importlib.resources import files
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from consolidated_bot.core.errors import ConfigurationError
from consolidated_bot.core.zones import zone_named
from consolidated_bot.support.domain import BusinessHours, Canned, Promise
from consolidated_bot.support.faq import Entry, Handbook, Step
from consolidated_bot.support.tickets import Policy

Texts = dict[str, str]
Id = Annotated[str, Field(pattern=r"^[a-z0-9-]{1,24}$")]  # fits callback data with its prefix


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class _Category(_Strict):
    id: Id
    title: Texts
    priority: str = "normal"


class _Entry(_Strict):
    id: Id
    category: str
    question: Texts
    answer: Texts
    keywords: Texts = {}


class _Option(_Strict):
    to: Id
    label: Texts


class _Step(_Strict):
    id: Id
    text: Texts
    options: list[_Option] = []


class _Canned(_Strict):
    id: Id
    title: str = Field(min_length=1, max_length=60)
    text: Texts


class _Promise(_Strict):
    first_response_minutes: int = Field(gt=0)
    resolution_minutes: int = Field(gt=0)


class _Hours(_Strict):
    zone: str = "UTC"
    weekdays: list[Annotated[int, Field(ge=0, le=6)]] = Field(default=list(range(7)), min_length=1)
    opens: time = time(0)
    closes: time = time(0)

    @field_validator("zone")
    @classmethod
    def _zone_exists(cls, zone: str) -> str:
        return zone_named(zone).key


class _File(_Strict):
    category: list[_Category] = Field(min_length=1)
    entry: list[_Entry] = []
    step: list[_Step] = []
    canned: list[_Canned] = []
    promise: dict[str, _Promise]
    hours: _Hours = _Hours()
    close_silent_after_hours: float = Field(default=72, ge=0)


def read_policy(path: Path | None) -> Policy:
    """The policy in the file at `path`, or the bundled one."""
    source = path or files("consolidated_bot.support") / "handbook.toml"
    try:
        content = _File.model_validate(tomllib.loads(source.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigurationError([f"SUPPORT_FILE {source}: {error}"]) from error
    except ValidationError as error:
        raise ConfigurationError(
            [
                f"SUPPORT_FILE {source}: {'.'.join(map(str, each['loc']))}: {each['msg']}"
                for each in error.errors()
            ]
        ) from error
    if problems := _loose_ends(content):
        raise ConfigurationError([f"SUPPORT_FILE {source}: {problem}" for problem in problems])
    return _policy(content)


def _loose_ends(content: _File) -> list[str]:
    categories = {category.id for category in content.category}
    steps = {step.id for step in content.step}
    problems = [
        f"entry {entry.id} is of category {entry.category}, which does not exist"
        for entry in content.entry
        if entry.category not in categories
    ]
    problems += [
        f"step {step.id} leads to {option.to}, which does not exist"
        for step in content.step
        for option in step.options
        if option.to not in steps
    ]
    problems += [
        f"category {category.id} has priority {category.priority} without a promise"
        for category in content.category
        if category.priority not in content.promise
    ]
    if "normal" not in content.promise:
        problems.append("there is no promise for priority normal")
    if steps and "start" not in steps:
        problems.append("troubleshooting needs a step with the id start")
    return problems


def _policy(content: _File) -> Policy:
    hours = content.hours
    return Policy(
        handbook=Handbook(
            {category.id: category.title for category in content.category},
            [Entry(**entry.model_dump()) for entry in content.entry],
            [
                Step(step.id, step.text, tuple((each.to, each.label) for each in step.options))
                for step in content.step
            ],
        ),
        priorities={category.id: category.priority for category in content.category},
        promises={
            name: Promise(each.first_response_minutes, each.resolution_minutes)
            for name, each in content.promise.items()
        },
        canned={each.id: Canned(each.id, each.title, each.text) for each in content.canned},
        close_silent_ms=round(content.close_silent_after_hours * 3_600_000),
        hours=BusinessHours(hours.zone, frozenset(hours.weekdays), hours.opens, hours.closes),
    )
