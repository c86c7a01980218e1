"""Objectives files of other tools and versions: whose they are, and how to write them here."""

from __future__ import annotations

from typing import Final, NamedTuple

VERSION: Final = "openslo/v1"


class Dialect(NamedTuple):
    """What a file is, and how its fields are called in OpenSLO v1."""

    what: str
    way_out: str


_SLOTH: Final = Dialect(
    "a file of slok/sloth",
    f"write each entry of slos as an SLO of {VERSION}: objective 99.9 is targetPercent: 99.9, "
    "error_query and total_query are ratioMetric.bad and total",
)
_BY_PREFIX: Final = {
    "openslo/v1alpha": Dialect(
        "the alpha version of OpenSLO",
        f"write it in {VERSION}: timeWindows {{count: 30, unit: Day}} is timeWindow "
        "[{duration: 30d, isRolling: true}], ratioMetrics is indicator.spec.ratioMetric",
    ),
    "openslo.com/v2": Dialect(
        "OpenSLO v2",
        f"write it in {VERSION}: sli is indicator, dataSourceRef is metricSource.metricSourceRef",
    ),
    "sloth.slok.dev/": _SLOTH,
    "pyrra.dev/": Dialect(
        "a file of pyrra-dev/pyrra",
        f"write it as an SLO of {VERSION}: target '99.9' is targetPercent: 99.9, window 4w is "
        "timeWindow [{duration: 4w, isRolling: true}], ratio.errors is ratioMetric.bad",
    ),
    "n9/": Dialect("a file of Nobl9", f"write it in {VERSION}, from which it descends"),
}


def of_version(version: str) -> Dialect | None:
    """The dialect that an apiVersion belongs to; None for one that nobody knows."""
    return next((one for prefix, one in _BY_PREFIX.items() if version.startswith(prefix)), None)


def of_keys(keys: frozenset[str]) -> Dialect | None:
    """The dialect of a file without apiVersion, told by its keys."""
    return _SLOTH if {"version", "slos"} <= keys else None
