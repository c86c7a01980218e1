"""What a wrapper of log lines held, and the service that its labels name."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from analyzer.ingest.line_times import Origin

_SERVICE_LABELS = (
    "service_name", "service", "app", "app.kubernetes.io/name", "app_kubernetes_io_name",
    "container_name", "container", "job", "unit", "_SYSTEMD_UNIT", "SYSLOG_IDENTIFIER", "pod_name",
    "pod",
)  # fmt: skip
_UNIT_SUFFIX = re.compile(r"\.(?:service|scope|socket)$")


class Layer(NamedTuple):
    """What one layer held: a text or a JSON object, where it came from, and whether it is whole.

    `cut` says that its end is missing for sure, `ended` that it ended in a line feed. `fields`
    are the layer's own, for lines whose content names nothing itself.
    """

    content: str | Mapping[str, Any]
    origin: Origin
    whole: bool = True
    cut: bool = False
    fields: Mapping[str, Any] = {}
    ended: bool = False


def label_of(labels: object) -> str | None:
    """Return the service that a set of labels names, best first."""
    if not isinstance(labels, Mapping):
        return None
    for key in _SERVICE_LABELS:
        name = labels.get(key)
        if isinstance(name, str) and name:
            return _UNIT_SUFFIX.sub("", name.rsplit("/", 1)[-1])
    return None
