"""Logs by the gigabyte whose truth is known, for benchmarks and tests of scale.

    python -m tests.volume --format ecs --lines 1000000 --seed 7 -o /tmp/volume

writes `<o>/logs/<service>/...`, one file a service, and beside it `<o>/truth.json`: lines by kind,
traces, calls and errors by edge with exact quantiles, the planted contexts, hotspots and bad
lines. Equal arguments give equal bytes. Formats: ecs, logfmt, text, access, otlp, zipkin, jaeger.
"""

from __future__ import annotations

from tests.volume.render import FORMATS
from tests.volume.topology import Topology, planted_topology
from tests.volume.write import Order, write_volume

__all__ = ["FORMATS", "Order", "Topology", "planted_topology", "write_volume"]
