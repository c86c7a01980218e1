"""Teams that log text: logfmt in two dialects, Python's logging, and a proxy's access log."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from sample_logs.fleet.lines import Field, LogFile, SpanLine, StyledLog, ids, iso
from sample_logs.fleet.tracing import Scope, WallClock


def pair(key: str, value: Field) -> str:
    """`key=value`, quoted where a logfmt reader would stumble."""
    text = f"{value:.3f}" if isinstance(value, float) else str(value)
    if text == "" or any(c in text for c in ' "=\n'):
        escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
        text = f'"{escaped}"'
    return f"{key}={text}"


def pairs(fields: Mapping[str, Field]) -> str:
    return " ".join(pair(key, value) for key, value in fields.items())


class LogfmtKeys(NamedTuple):
    """How a team spells the keys of logfmt."""

    time: str
    level: str
    service: str
    duration: str
    ids: tuple[str, str, str, str]


TICKETS_KEYS = LogfmtKeys(
    "time", "level", "service", "duration", ("trace_id", "span_id", "parent_span_id", "request_id")
)
AUDIT_KEYS = LogfmtKeys("ts", "lvl", "app", "took", ("traceID", "spanID", "parentSpanID", ""))


def go_duration(duration_ns: int) -> str:
    """A duration as Go prints one: `812.4µs`, `41.27ms`, `1.53s`."""
    if duration_ns < 1_000_000:
        return f"{duration_ns / 1e3:g}µs"
    if duration_ns < 1_000_000_000:
        return f"{round(duration_ns / 1e6, 6):g}ms"
    return f"{round(duration_ns / 1e9, 6):g}s"


class Logfmt(StyledLog):
    """`key=value` all along, durations as Go strings."""

    file_name = "{service}.log"
    keys = TICKETS_KEYS

    def _write(
        self, moment_ns: int, level: str, message: str, fields: Mapping[str, Field]
    ) -> None:
        head: dict[str, Field] = {
            self.keys.time: iso(moment_ns),
            self.keys.level: level,
            self.keys.service: self.service,
            "msg": message,
        }
        self.file.write(pairs(head | dict(fields)))

    def span(self, line: SpanLine) -> None:
        fields: dict[str, Field] = {"kind": line.kind, "method": line.method, "path": line.target}
        if line.peer is not None:
            fields["upstream"] = line.peer
        if line.status_code is not None:
            fields["status"] = line.status_code
        fields[self.keys.duration] = go_duration(line.duration_ns)
        fields |= ids(line.scope, self.keys.ids) | dict(line.fields)
        if line.failure is not None:
            fields |= {"error.type": line.failure.type, "err": line.failure.message}
        subject = "upstream call" if line.kind == "client" else "request"
        verdict = "failed" if line.failure else "completed"
        level = "error" if line.failure else "info"
        self._write(line.end_ns, level, f"{subject} {verdict}", fields)

    def event(self, level: str, message: str, scope: Scope | None = None, **fields: Field) -> None:
        self._write(self.clock.now_ns(), level, message, ids(scope, self.keys.ids) | fields)

    def figures(self, values: Mapping[str, float]) -> None:
        self._write(self.clock.now_ns(), "info", "stats", values)


class AuditLogfmt(Logfmt):
    """The same language in another team's spelling."""

    keys = AUDIT_KEYS


class PythonText(StyledLog):
    """`logging` with a comma before the milliseconds, no zone, pairs at the end of the line.

    Failures print their traceback over several lines, as `logger.exception` does.
    """

    file_name = "{service}.log"
    in_seconds = False

    def __init__(
        self, service: str, folder: Path, clock: WallClock, file: LogFile | None = None
    ) -> None:
        if file is None:
            super().__init__(service, folder, clock)
        else:
            self.service, self.folder, self.clock, self.file = service, folder, clock, file

    def _write(self, moment_ns: int, level: str, logger: str, text: str) -> None:
        stamp = iso(moment_ns, digits=3).replace("T", " ").replace(".", ",")[:-1]
        self.file.write(f"{stamp} {level.upper():<7} {self.service}.{logger} {text}")

    def span(self, line: SpanLine) -> None:
        fields: dict[str, Field] = {"method": line.method, "path": line.target}
        if line.kind == "client":
            fields |= {"kind": "client", "target_service": line.peer or "unknown"}
        if line.status_code is not None:
            fields["status"] = line.status_code
        if self.in_seconds:
            fields["duration"] = f"{line.duration_ns / 1e9:.6f}s"
        else:
            fields["duration_ms"] = round(line.duration_ns / 1e6, 3)
        fields |= ids(line.scope, ("trace_id", "span_id", "parent_span_id", ""))
        fields |= dict(line.fields)
        subject = "outgoing call" if line.kind == "client" else "request"
        if line.failure is None:
            self._write(line.end_ns, "info", "http", f"{subject} finished {pairs(fields)}")
            return
        fields |= {"error_type": line.failure.type, "error": line.failure.message}
        self._write(line.end_ns, "error", "http", f"{subject} failed {pairs(fields)}")
        if line.failure.stack and line.kind == "server":
            self.file.write(line.failure.stack.rstrip("\n"))

    def event(self, level: str, message: str, scope: Scope | None = None, **fields: Field) -> None:
        known = ids(scope, ("trace_id", "span_id", "", "")) | fields
        self._write(self.clock.now_ns(), level, "app", f"{message} {pairs(known)}".rstrip())

    def figures(self, values: Mapping[str, float]) -> None:
        self._write(self.clock.now_ns(), "info", "stats", f"resource usage {pairs(values)}")


class SecondsText(PythonText):
    """Python text of a team that prints seconds: `duration=0.338100s`."""

    in_seconds = True


class AccessLog(StyledLog):
    """A proxy's combined log with the request's time and id; talk goes to a text file beside it.

    The proxy sees what comes in and nothing of what its service calls, so client spans of this
    team leave no line, and times have the resolution of a second.
    """

    file_name = "access.log"

    def __init__(self, service: str, folder: Path, clock: WallClock) -> None:
        super().__init__(service, folder, clock)
        self._talk = PythonText(service, folder, clock, LogFile(folder / "app.log"))

    def span(self, line: SpanLine) -> None:
        if line.kind != "server":
            return
        moment = datetime.fromtimestamp(line.end_ns // 1_000_000_000, UTC)
        stamp = moment.strftime("%d/%b/%Y:%H:%M:%S +0000")
        agent = str(line.fields.get("user_agent", "-"))
        size = int(line.fields.get("bytes", 0))
        self.file.write(
            f'127.0.0.1 - - [{stamp}] "{line.method} {line.target} HTTP/1.1" '
            f'{line.status_code} {size} "-" "{agent}" '
            f"request_time={line.duration_ns / 1e9:.3f} request_id={line.scope.request_id}"
        )
        if line.failure is not None:
            fields = {"request_id": line.scope.request_id or "-", "error_type": line.failure.type}
            self._talk.event("error", line.failure.message, None, **fields)

    def event(self, level: str, message: str, scope: Scope | None = None, **fields: Field) -> None:
        self._talk.event(level, message, scope, **fields)

    def figures(self, values: Mapping[str, float]) -> None:
        self._talk.figures(values)

    def banner(self, text: str) -> None:
        self._talk.banner(text)

    def close(self) -> None:
        self._talk.close()
        super().close()
