"""Reading objectives files: texts in, an `ObjectiveSet` or all refusals at once out."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace

from analyzer.slo.spec.alerting import (
    NO_KEYS,
    read_condition_spec,
    read_policy_spec,
    read_target_spec,
)
from analyzer.slo.spec.annotations import POLICY_KEYS, SLO_KEYS
from analyzer.slo.spec.checks import Settings
from analyzer.slo.spec.dialects import VERSION, of_keys, of_version
from analyzer.slo.spec.fields import Field, Fields
from analyzer.slo.spec.indicators import read_indicator_spec
from analyzer.slo.spec.metadata import Metadata, read_metadata
from analyzer.slo.spec.refusals import Refusal, RefusalLog
from analyzer.slo.spec.registry import Registry
from analyzer.slo.spec.slo import read_slo
from analyzer.slo.spec.source import Scalar, Sequence, SourceError, documents
from analyzer.slo.spec.values import DataSource, Objective, ObjectiveSet, Service

KEY = f"apiVersion: {VERSION}"
KINDS = (
    "Service",
    "DataSource",
    "AlertNotificationTarget",
    "AlertCondition",
    "AlertPolicy",
    "SLI",
    "SLO",
)
"""In the order in which they can refer to each other."""
OURS = {"SLO": SLO_KEYS, "AlertPolicy": POLICY_KEYS}


@dataclass(frozen=True, slots=True)
class SourceText:
    """One objectives file as the caller read it."""

    file: str
    text: str


@dataclass(frozen=True, slots=True)
class _Object:
    kind: str
    name: str | None
    metadata: Metadata
    spec: Field


def read_objectives(
    sources: Iterable[SourceText],
    settings: Settings = Settings(),  # noqa: B008 - frozen
) -> ObjectiveSet:
    """Everything the files say, read as OpenSLO v1 (the subset of SLO.md section 4).

    Raises `ObjectivesError`, a `ConfigurationError`, which lists every refusal with file, line,
    object, property path, reason and way out.
    """
    log, registry = RefusalLog(), Registry()
    listed = list(sources)
    found: list[_Object] = []
    for source in listed:
        found += _read_file(source, log)
    objectives: list[Objective] = []
    for kind in KINDS:
        for item in found:
            if item.kind == kind:
                objectives += _register(item, registry, settings)
    if not listed:
        _refuse_place(log, "", "", 1, 1, "no objectives file was given", "name at least one")
    log.raise_if_any()
    return ObjectiveSet(
        tuple(objectives),
        tuple(service for service in registry.services.values() if service),
        tuple(target for target in registry.targets.values() if target),
        tuple(source for source in registry.data_sources.values() if source),
        tuple(source.file for source in listed),
    )


def _read_file(source: SourceText, log: RefusalLog) -> Iterator[_Object]:
    try:
        nodes = documents(source.text)
    except SourceError as error:
        place = error.line, error.column
        way_out = "mend the YAML at this place"
        _refuse_place(log, source.file, "", *place, error.reason, way_out)
        return
    if not nodes:
        _refuse_place(log, source.file, "", 1, 1, "holds no object", "add an object of kind SLO")
    for node in nodes:
        root = Field(log, source.file, "", "", node)
        items = (
            [replace(item, path="") for item in root.items()]
            if isinstance(node, Sequence)
            else [root]
        )
        for item in items:
            read = _read_object(item)
            if read:
                yield read


def _refuse_place(
    log: RefusalLog, file: str, path: str, line: int, column: int, reason: str, way_out: str
) -> None:
    log.add(Refusal(file, line, column, "", path, reason, way_out))


def _read_object(at: Field) -> _Object | None:
    """Version, kind and metadata; the spec is read once all names are known."""
    label = _label(at)
    at = at.named(label)
    fields = at.fields()
    if fields is None:
        return None
    if not _is_our_version(fields):
        return None  # its fields follow other rules: judging them by ours would mislead
    at.fields({"apiVersion", "kind", "metadata", "spec"})
    kind_at = fields.require("kind", f"write one of {', '.join(KINDS)}")
    kind = kind_at.choice(KINDS) if kind_at else None
    if kind is None:
        return None
    metadata = read_metadata(fields, OURS.get(kind, NO_KEYS))
    spec = fields.require("spec", f"add the spec of the {kind}")
    return _Object(kind, metadata.name, metadata, spec) if spec else None


def _is_our_version(fields: Fields) -> bool:
    keys = frozenset(fields.node.entries)
    foreign = of_keys(keys)
    way_out = f"this is {foreign.what}: {foreign.way_out}" if foreign else f"write {KEY}"
    version = fields.require("apiVersion", way_out)
    text = version.text() if version else None
    if version is None or text is None:
        return False
    if text != VERSION:
        known = of_version(text)
        reason = f"version {text!r} is not supported"
        if known:
            version.refuse(f"{reason}: it is {known.what}", known.way_out)
        else:
            version.refuse(reason, f"write the object in {VERSION}")
    return text == VERSION


def _label(at: Field) -> str:
    """`Kind 'name'` as far as the node shows it, before anything has been checked."""
    kind = _peek(at, "kind") or "object"
    metadata = getattr(at.node, "entries", {}).get("metadata")
    name = _peek(replace(at, node=metadata.value), "name") if metadata else None
    return f"{kind} {name!r}" if name else kind


def _peek(at: Field, key: str) -> str | None:
    entry = getattr(at.node, "entries", {}).get(key)
    return entry.value.text if entry and isinstance(entry.value, Scalar) else None


def _register(item: _Object, registry: Registry, settings: Settings) -> list[Objective]:
    """Read the object's spec and keep it under its name; SLOs come back as objectives."""
    name, spec = item.name or "", item.spec
    if item.kind == "SLO":
        return _register_slo(item, registry, settings)
    by_kind: dict[str, Collection[str]] = {
        "Service": registry.services,
        "DataSource": registry.data_sources,
        "AlertNotificationTarget": registry.targets,
        "AlertCondition": registry.conditions,
        "AlertPolicy": registry.policies,
        "SLI": registry.indicators,
    }
    if name in by_kind[item.kind]:
        _refuse_doubled(item)
        return []
    match item.kind:
        case "Service":
            registry.services[name] = _read_service(spec, name)
        case "DataSource":
            registry.data_sources[name] = _read_data_source(spec, name)
        case "AlertNotificationTarget":
            registry.targets[name] = read_target_spec(spec, name)
        case "AlertCondition":
            registry.conditions[name] = read_condition_spec(spec)
        case "AlertPolicy":
            registry.policies[name] = read_policy_spec(spec, item.metadata, registry)
        case _:
            registry.indicators[name] = read_indicator_spec(spec, name, registry)
    return []


def _register_slo(item: _Object, registry: Registry, settings: Settings) -> list[Objective]:
    if item.name is not None:
        if item.name in registry.slos:
            _refuse_doubled(item)
        registry.slos.add(item.name)
    return read_slo(item.spec, item.metadata, registry, settings)


def _refuse_doubled(item: _Object) -> None:
    if item.name is not None:  # nameless objects have been refused already
        replace(item.spec, path="metadata.name").refuse(
            f"{item.kind} {item.name!r} is defined twice", "rename or remove one of the two"
        )


def _read_service(at: Field, name: str) -> Service | None:
    fields = at.fields({"description"})
    if fields is None:
        return None
    description = fields.get("description")
    return Service(name, (description.description() if description else None) or "")


def _read_data_source(at: Field, name: str) -> DataSource | None:
    fields = at.fields({"description", "type", "connectionDetails"})
    if fields is None:
        return None
    if description := fields.get("description"):
        description.description()
    if details := fields.get("connectionDetails"):
        details.fields()
    kind = fields.require("type", "write the type, such as Prometheus")
    text = kind.filled() if kind else None
    return DataSource(name, text) if text else None
