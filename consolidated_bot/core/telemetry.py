"""One JSON line per finished update, and the metrics (BOT section 8).

A journey runs from the update's arrival to the Bot API's acceptance of its confirmation, so its
line is written when the first answer was accepted, or at the commit if there is none; queueing,
handling and sending stand apart. Names follow OpenTelemetry where it has one; `analyze` reads the
lines as spans.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

import orjson
import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from consolidated_bot.core.journeys import JourneyWatch, Unwatched
from consolidated_bot.core.redaction import redact, redact_value

SERVICE = "consolidated-bot"
SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
LEVELS = {"warning": "WARN", "critical": "FATAL", "exception": "ERROR"}


def utc(ms: float) -> str:
    """Epoch milliseconds as RFC 3339."""
    moment = datetime.fromtimestamp(ms / 1000, UTC)
    return moment.isoformat(timespec="milliseconds")[:-6] + "Z"


class Metrics:
    """What `/metrics` shows; labels never carry a chat, a user or a text."""

    def __init__(self) -> None:
        """Register everything in a registry of its own."""
        self.registry = CollectorRegistry()
        r = self.registry
        labels = ("context", "use_case", "outcome")
        self.updates = Counter("tg_updates", "Finished updates", labels, registry=r)
        self.queue = Histogram("queue_seconds", "Wait for a worker", buckets=SECONDS, registry=r)
        self.handle = Histogram("handle_seconds", "Handling", buckets=SECONDS, registry=r)
        self.send = Histogram("send_seconds", "Commit to accepted", buckets=SECONDS, registry=r)
        self.store = Histogram("store_seconds", "Until durable", buckets=SECONDS, registry=r)
        self.lag = Gauge("lag_seconds", "Arrival minus the message's date", registry=r)
        self.inbox_depth = Gauge("inbox_depth", "Pending updates", registry=r)
        self.inbox_oldest = Gauge("inbox_oldest_seconds", "Age of the oldest", registry=r)
        self.outbox_depth = Gauge("outbox_depth", "Waiting sends", registry=r)
        self.outbox_oldest = Gauge("outbox_oldest_seconds", "Age of the oldest", registry=r)
        self.duplicates = Counter("duplicate_updates", "Delivered again", registry=r)
        self.rejected = Counter("rejected_updates", "Bodies that are no update", registry=r)
        self.throttled = Counter("telegram_429", "Refused by a limit", registry=r)
        self.retry_after = Histogram("retry_after_seconds", "As told by 429", registry=r)
        self.unknown = Counter("sends_unknown", "Sends that may have arrived", registry=r)
        self.unreachable = Counter("chats_unreachable", "Blocked or gone", registry=r)
        self.failed_sends = Counter("sends_failed", "Sends given up", registry=r)
        self.dead = Counter("dead_updates", "Updates given up", registry=r)
        self.conflicts = Counter("telegram_409", "Another poller or a webhook", registry=r)
        self.leader = Gauge("leader", "1 while this process polls and sends", registry=r)


class Telemetry:
    """Writes the lines and counts them."""

    def __init__(
        self, metrics: Metrics, lines: LogLines, key: bytes, watch: JourneyWatch | None = None
    ) -> None:
        """`key` keys the hash of chat ids; `watch` hears of every journey."""
        self.metrics = metrics
        self.watch: JourneyWatch = watch or Unwatched()
        self._lines = lines
        self._key = key

    def chat_hash(self, chat_id: int) -> str:
        """A name for a chat that cannot be turned back."""
        return hashlib.blake2b(str(chat_id).encode(), key=self._key, digest_size=8).hexdigest()

    def journey_finished(self, journal: Mapping[str, Any], end_ms: int) -> None:
        """Write the line of one journey, and count it.

        `journal` holds received_ms, started_ms, committed_ms, journey, outcome and ids.
        """
        context, _, journey = str(journal["journey"]).partition("/")
        start, begun, committed = (
            journal["received_ms"],
            journal["started_ms"],
            journal["committed_ms"],
        )
        outcome = journal["outcome"]
        self.watch.ended(journal, end_ms)
        metrics = self.metrics
        metrics.updates.labels(context, journey, outcome).inc()
        metrics.queue.observe(max(0.0, begun - start) / 1000)
        metrics.handle.observe(max(0.0, committed - begun) / 1000)
        metrics.send.observe(max(0.0, end_ms - committed) / 1000)
        ids = {
            key: journal[key]
            for key in ("update_id", "chat_hash", "ticket_id", "attempts", "error_id")
            if journal.get(key) is not None
        }
        end = utc(end_ms)
        self._lines.write(
            {
                "timestamp": end,
                "severity_text": "ERROR" if outcome == "dead" else "INFO",
                "service_name": SERVICE,
                "body": "update finished",
                "context": context,
                "journey": journey,
                "operation": journal["journey"],
                "span_kind": "server",
                "trace_id": journal["trace_id"],
                "span_id": journal["trace_id"][:16],
                "start_time": utc(start),
                "end_time": end,
                "duration_ms": max(0, end_ms - start),
                "queue_ms": max(0, begun - start),
                "handle_ms": max(0, committed - begun),
                "send_ms": max(0, end_ms - committed),
                "outcome": outcome,
                **ids,
            }
        )


class LogLines:
    """Where lines go. Journeys are written straight here, many a second, in one call a turn."""

    def __init__(self, stream: BinaryIO) -> None:
        """Write to `stream`."""
        self.stream = stream
        self._waiting: list[bytes] = []

    def write(self, line: Mapping[str, Any]) -> None:
        """Write `line`, which carries nothing to redact, by the end of the loop's turn."""
        if not self._waiting:
            asyncio.get_running_loop().call_soon(self._flush)
        self._waiting.append(orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE))

    def _flush(self) -> None:
        lines, self._waiting = self._waiting, []
        self.stream.write(b"".join(lines))
        self.stream.flush()


def configure_logging(log_file: Path | None) -> LogLines:
    """Send our lines as JSON to `log_file` or stdout; libraries' warnings likewise."""
    stream: BinaryIO = log_file.open("ab", buffering=0) if log_file else sys.stdout.buffer
    structlog.configure(
        processors=[
            structlog.processors.format_exc_info,
            _shape,
            structlog.processors.JSONRenderer(serializer=lambda line, **_: orjson.dumps(line)),
        ],
        logger_factory=structlog.BytesLoggerFactory(stream),
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        cache_logger_on_first_use=False,
    )
    root = logging.getLogger()
    root.handlers = [_LibraryHandler()]
    root.setLevel(logging.WARNING)
    logging.getLogger("aiogram").setLevel(logging.WARNING)
    return LogLines(stream)


def _shape(_: Any, level: str, event: Mapping[str, Any]) -> Mapping[str, Any]:
    line = {
        "timestamp": datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z"),
        "severity_text": LEVELS.get(level, level.upper()),
        "service_name": SERVICE,
        "body": event["event"],
    }
    line.update({key: redact_value(value) for key, value in event.items() if key != "event"})
    line["body"] = redact(str(line["body"]))
    return line


class _LibraryHandler(logging.Handler):
    """What a library warns of becomes one of our lines."""

    def emit(self, record: logging.LogRecord) -> None:
        structlog.get_logger().log(
            record.levelno,
            record.getMessage(),
            logger=record.name,
            **({"exc_info": record.exc_info} if record.exc_info else {}),
        )
