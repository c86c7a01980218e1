"""SLI specs: a ratio of counted events, or a threshold on a metric."""

from __future__ import annotations

from analyzer.slo.spec.fields import Field, Fields
from analyzer.slo.spec.registry import Registry, follow
from analyzer.slo.spec.source import Sequence
from analyzer.slo.spec.values import (
    AnalyzerSource,
    ForeignSource,
    Indicator,
    MetricSource,
    PrometheusSource,
    RatioIndicator,
    ThresholdIndicator,
)

EVENTS = ("good", "bad", "valid")


def read_indicator_spec(at: Field, name: str, registry: Registry) -> Indicator | None:
    """The indicator; exactly one of ratioMetric and thresholdMetric must be there."""
    fields = at.fields({"description", "ratioMetric", "thresholdMetric"})
    if fields is None:
        return None
    if description := fields.get("description"):
        description.description()
    ratio, threshold = fields.get("ratioMetric"), fields.get("thresholdMetric")
    if (ratio is None) == (threshold is None):
        found = "both" if ratio else "neither"
        fields.refuse(
            f"must have exactly one of ratioMetric and thresholdMetric, has {found}",
            "count good events of total with ratioMetric, or compare a value with thresholdMetric",
        )
        return None
    if ratio is not None:
        return _read_ratio(ratio, name, registry)
    assert threshold is not None
    source = _read_metric(threshold, registry)
    return ThresholdIndicator(name, source) if source else None


def _read_ratio(at: Field, name: str, registry: Registry) -> RatioIndicator | None:
    fields = at.fields({"counter", "good", "bad", "total", "raw", "rawType"})
    if fields is None:
        return None
    if raw := fields.get("raw") or fields.get("rawType"):
        raw.refuse("raw ratio metrics are not supported", "give good (or bad) and total")
        return None
    counter = fields.get("counter")
    counts = counter.boolean() if counter else False
    numerator = _read_numerator(fields, registry)
    total_at = fields.require("total", "add the total that good or bad events are counted among")
    total = _read_metric(total_at, registry) if total_at else None
    if numerator is None or total is None or total_at is None:
        return None
    event, source = numerator
    _check_pair(source, total, event, total_at)
    return RatioIndicator(name, event, source, total, bool(counts))


def _read_numerator(fields: Fields, registry: Registry) -> tuple[str, MetricSource] | None:
    good, bad = fields.get("good"), fields.get("bad")
    if (good is None) == (bad is None):
        found = "both" if good else "neither"
        fields.refuse(f"must have exactly one of good and bad, has {found}", "keep one of them")
        return None
    at, event = (good, "good") if good else (bad, "bad")
    assert at is not None
    source = _read_metric(at, registry)
    if isinstance(source, AnalyzerSource) and source.event != event:
        at.refuse(f"counts {source.event} events", f"write event: {event}")
    return (event, source) if source else None


def _check_pair(numerator: MetricSource, total: MetricSource, event: str, at: Field) -> None:
    if type(numerator) is not type(total):
        at.refuse(f"has another source type than {event}", "take both from the same source")
    elif isinstance(numerator, AnalyzerSource) and isinstance(total, AnalyzerSource):
        if total.event != "valid":
            at.refuse(f"counts {total.event} events", "the total is event: valid")
        if (numerator.context, numerator.journey) != (total.context, total.journey):
            at.refuse(f"is about another journey than {event}", "name one context and journey")


def _read_metric(at: Field, registry: Registry) -> MetricSource | None:
    fields = at.fields({"metricSource"})
    source = fields.require("metricSource", "say where the metric comes from") if fields else None
    inner = source.fields({"type", "metricSourceRef", "spec"}) if source else None
    if inner is None or source is None:
        return None
    reference = inner.get("metricSourceRef")
    data_source = follow(reference, registry.data_sources, "DataSource") if reference else None
    type_at = inner.get("type")
    if reference and data_source is None:
        type_at = None  # already refused; its type cannot be known
    named = type_at.text() if type_at else data_source.type if data_source else None
    spec = inner.require("spec", "add what the source needs, such as a query")
    if named is None or spec is None:
        if type_at is None and reference is None:
            source.refuse("has neither type nor metricSourceRef", "write type: analyzer")
        return None
    origin = data_source.name if data_source else None
    match named.lower():
        case "analyzer":
            return _read_analyzer_source(spec)
        case "prometheus":
            return _read_prometheus_source(spec, origin)
        case _:
            return _read_foreign_source(spec, named, origin)


def _read_analyzer_source(at: Field) -> AnalyzerSource | None:
    fields = at.fields({"context", "journey", "event"})
    if fields is None:
        return None
    context = fields.require("context", "name the bounded context")
    journey = fields.require("journey", "name the journey")
    event = fields.require("event", f"write one of {', '.join(EVENTS)}")
    texts = (
        context.filled() if context else None,
        journey.filled() if journey else None,
        event.choice(EVENTS) if event else None,
    )
    if texts[0] is None or texts[1] is None or texts[2] is None:
        return None
    return AnalyzerSource(texts[0], texts[1], texts[2])


def _read_prometheus_source(at: Field, data_source: str | None) -> PrometheusSource | None:
    fields = at.fields()
    if fields is None:
        return None
    query = fields.get("query") or fields.get("promql")
    if query is None or isinstance(query.node, Sequence):
        fields.refuse("has no query", "add query with the PromQL expression of the counter")
        return None
    text = query.filled()
    return PrometheusSource(text, data_source) if text else None


def _read_foreign_source(at: Field, kind: str, data_source: str | None) -> ForeignSource | None:
    fields = at.fields()
    if fields is None:
        return None
    if not fields.keys():
        fields.refuse("must not be empty", f"add what {kind} needs, such as a query")
        return None
    return ForeignSource(kind, data_source)
