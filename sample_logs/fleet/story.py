"""What a recording tells, read from the logs themselves with a few lines per style.

Independent of the analyzer on purpose: it is the yardstick that says whether a recording is fit
to be a sample, and what `analyze` should find in it.
"""

from __future__ import annotations

import gzip
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import nan
from pathlib import Path
from statistics import median
from typing import NamedTuple

from sample_logs.fleet.recording import Phase, Recording, moment_ns

FAQ_LINE = re.compile(
    r"(?P<time>\S+ [\d:]+,\d{3}) \w+ +faq\.http request \w+ method=(?P<method>\w+) "
    r"path=(?P<path>\S+) status=(?P<status>\d+) duration_ms=(?P<ms>[\d.]+) "
    r"(?:.*\berror_type=(?P<error>\w+))?"
)
TRACE = re.compile(r'(?:trace_?id|trace\.id)"?[=:]"?([0-9a-f]{32})', re.IGNORECASE)
BOT_TOKEN = re.compile(r"/bot\d+:[\w-]{20,}/sendMessage")
SECOND_NS = 1_000_000_000


class Update(NamedTuple):
    """A root span of the gateway: one user's update, from receipt to the accepted answer."""

    operation: str
    start_ns: int
    ms: float
    failed: bool
    trace_id: str


class FaqRequest(NamedTuple):
    """A request to the FAQ service; `error` is the type of its failure."""

    start_ns: int
    error: str | None


def lines_of(folder: Path, service: str) -> Iterator[str]:
    """All lines that a service's files hold, gzipped or not."""
    for path in sorted((folder / service).iterdir()):
        raw = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        yield from raw.decode("utf-8").splitlines()


def updates(folder: Path) -> Iterator[Update]:
    for line in lines_of(folder, "telegram-gateway"):
        if '"update_id"' not in line or '"event.duration"' not in line:
            continue
        record = json.loads(line)
        duration_ns = int(record["event.duration"])
        start_ns = moment_ns(record["@timestamp"]) - duration_ns
        failed = record["event.outcome"] == "failure"
        yield Update(
            record["event.action"], start_ns, duration_ns / 1e6, failed, record["trace.id"]
        )


def faq_requests(folder: Path) -> Iterator[FaqRequest]:
    for line in lines_of(folder, "faq"):
        found = FAQ_LINE.match(line)
        if found is None:
            continue
        end_ns = moment_ns(found["time"].replace(",", ".") + "+00:00")
        start_ns = end_ns - int(float(found["ms"]) * 1e6)
        yield FaqRequest(start_ns, found["error"] if int(found["status"]) >= 500 else None)


def sends(folder: Path) -> Iterator[int]:
    """When messages were sent to Telegram, in nanoseconds."""
    for service, key in (("telegram-gateway", "@timestamp"), ("notifications", "timestamp")):
        for line in lines_of(folder, service):
            if '"sendMessage"' in line and line.startswith("{"):
                yield moment_ns(json.loads(line)[key])


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """The figures the mission speaks of; rates are shares, times milliseconds."""

    updates: int
    submissions: int
    failed_updates: int
    submit_baseline_ms: float
    submit_peak_ms: float
    submit_peak_over_5s: float
    submit_peak_failed: float
    faq_baseline: tuple[int, int]
    faq_peak: tuple[int, int]
    faq_peak_causes: dict[str, int]
    largest_sends_per_second: float
    linked_share: float
    token_lines: int
    operations: dict[str, int]

    @property
    def slowdown(self) -> float:
        return self.submit_peak_ms / self.submit_baseline_ms

    @property
    def faq_error_growth(self) -> float:
        """Peak rate over baseline rate, half an error added to each against zeros."""
        (bad_0, all_0), (bad_1, all_1) = self.faq_baseline, self.faq_peak
        return ((bad_1 + 0.5) / (all_1 + 1)) / ((bad_0 + 0.5) / (all_0 + 1))

    @property
    def pool_share(self) -> float:
        """Of the FAQ's errors at peak, those for want of a connection."""
        return self.faq_peak_causes.get("PoolTimeoutError", 0) / max(1, self.faq_peak[0])


def tell(folder: Path, recording: Recording) -> Story:
    """The story of the logs below `folder` (one folder per service)."""
    baseline, peak = recording.phase("baseline"), recording.phase("peak")
    seen = list(updates(folder))
    submitted = [update for update in seen if update.operation == "ticket.submit"]
    calm = [update.ms for update in submitted if baseline.holds(update.start_ns)]
    busy = [update for update in submitted if peak.holds(update.start_ns)]
    asked = list(faq_requests(folder))
    causes = Counter(
        request.error for request in asked if request.error and peak.holds(request.start_ns)
    )
    elsewhere = set(traces(lines_of(folder, "tickets"))) & set(
        traces(lines_of(folder, "accounts"))
    )
    return Story(
        updates=len(seen),
        submissions=len(submitted),
        failed_updates=sum(update.failed for update in seen),
        submit_baseline_ms=middle(calm),
        submit_peak_ms=middle([update.ms for update in busy]),
        submit_peak_over_5s=share(update.ms > 5000 for update in busy),
        submit_peak_failed=share(update.failed for update in busy),
        faq_baseline=failures(asked, baseline),
        faq_peak=failures(asked, peak),
        faq_peak_causes=dict(causes.most_common()),
        largest_sends_per_second=busiest(sends(folder), window_s=10),
        linked_share=share(u.trace_id in elsewhere for u in submitted if not u.failed),
        token_lines=sum(bool(BOT_TOKEN.search(s)) for s in lines_of(folder, "notifications")),
        operations=dict(Counter(update.operation for update in seen).most_common()),
    )


def middle(values: Sequence[float]) -> float:
    """The median; not a number of none, as in recordings of seconds."""
    return median(values) if values else nan


def traces(lines: Iterable[str]) -> Iterator[str]:
    for line in lines:
        yield from TRACE.findall(line)


def failures(requests: Iterable[FaqRequest], phase: Phase) -> tuple[int, int]:
    """Failed and all requests that began in a phase."""
    inside = [request for request in requests if phase.holds(request.start_ns)]
    return sum(request.error is not None for request in inside), len(inside)


def busiest(moments: Iterable[int], *, window_s: int) -> float:
    """The largest rate per second in any aligned window."""
    counts = Counter(moment // (window_s * SECOND_NS) for moment in moments)
    return max(counts.values(), default=0) / window_s


def share(hits: Iterable[bool]) -> float:
    """The share of true ones, 0 of none."""
    values = list(hits)
    return sum(values) / len(values) if values else 0.0
