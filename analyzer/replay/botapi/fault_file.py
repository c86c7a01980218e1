"""Fault plans from a YAML file: a list of `FaultRule`s by their field names."""

from __future__ import annotations

from pathlib import Path

import yaml
from pydantic import TypeAdapter, ValidationError

from analyzer.errors import ConfigurationError, InputError
from analyzer.replay.botapi.faults import FaultRule


def load_faults(path: Path) -> tuple[FaultRule, ...]:
    """The rules of `path`, checked; `ConfigurationError` names every wrong field."""
    try:
        rules = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise InputError(f"{path}: cannot read the fault plan: {error}") from error
    try:
        return TypeAdapter(tuple[FaultRule, ...]).validate_python(rules or [])
    except ValidationError as error:
        problems = [
            f"{path}: {'.'.join(map(str, e['loc'])) or 'plan'}: {e['msg']}" for e in error.errors()
        ]
        raise ConfigurationError(problems) from error
