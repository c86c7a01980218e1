"""Objectives files (OpenSLO v1 subset): texts in, frozen values or all refusals at once out."""

from analyzer.slo.spec.checks import Settings
from analyzer.slo.spec.documents import SourceText, read_objectives
from analyzer.slo.spec.refusals import ObjectivesError, Refusal
from analyzer.slo.spec.values import (
    AlertPolicy,
    AnalyzerSource,
    CalendarWindow,
    DataSource,
    Duration,
    ForeignSource,
    NotificationTarget,
    Objective,
    ObjectiveSet,
    PrometheusSource,
    RatioIndicator,
    RollingWindow,
    Service,
    ThresholdIndicator,
    Timeslices,
)

__all__ = [
    "AlertPolicy",
    "AnalyzerSource",
    "CalendarWindow",
    "DataSource",
    "Duration",
    "ForeignSource",
    "NotificationTarget",
    "Objective",
    "ObjectiveSet",
    "ObjectivesError",
    "PrometheusSource",
    "RatioIndicator",
    "Refusal",
    "RollingWindow",
    "Service",
    "Settings",
    "SourceText",
    "ThresholdIndicator",
    "Timeslices",
    "read_objectives",
]
