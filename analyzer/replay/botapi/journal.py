"""The journal: everything sent and received, one JSON object a line, in order of happening.

Every line has `time` (UTC, RFC 3339), `monotonic_ns` and `event`; the other fields depend on
the event. Tokens never enter it: the bot is named by its id.

- `request_answered`: method, chat_id, message_id, status (0: the connection was dropped),
  description, retry_after, duration_ms, fault, parameters, result
- `update_queued`: update_id, kind, update
- `update_delivered`: update_id, via (polling), attempt
- `webhook_attempted`: update_id, attempt, status, error, duration_ms, retry_in_s
- `update_confirmed`, `update_expired`, `update_dropped`: update_id
- `user_acted`: act, chat_id, user_id, update_id, message_id
"""

from __future__ import annotations

from collections import deque
from datetime import UTC, datetime
from functools import lru_cache
from io import FileIO
from pathlib import Path
from typing import Any

import orjson

from analyzer.errors import OutputError
from analyzer.replay.botapi.clock import NS_PER_SECOND, Clock
from analyzer.replay.botapi.shapes import Json

KEPT_IN_MEMORY = 20_000


class Journal:
    """Appends lines to a file, if there is one, and keeps the newest in memory."""

    def __init__(self, clock: Clock, path: Path | None = None) -> None:
        """Keep lines in memory; `open` begins the file."""
        self._clock = clock
        self._path = path
        self._file: FileIO | None = None
        self.lines: deque[Json] = deque(maxlen=KEPT_IN_MEMORY)

    def open(self) -> None:
        """Open the file for appending; unbuffered, so that a kill loses no finished line.

        Raises:
            OutputError: it cannot be written.
        """
        if self._path is None:
            return
        try:
            self._file = self._path.open("ab", buffering=0)
        except OSError as error:
            raise OutputError(
                f"{self._path}: cannot write the journal: {error.strerror}"
            ) from error

    def write(self, event: str, **fields: Any) -> None:
        """Add one line; fields that are None are left out."""
        line: Json = {
            "time": rfc3339(self._clock.wall_ns()),
            "monotonic_ns": self._clock.monotonic_ns(),
            "event": event,
        }
        line.update({name: value for name, value in fields.items() if value is not None})
        self.lines.append(line)
        if self._file is not None:
            self._file.write(orjson.dumps(line, default=str, option=orjson.OPT_APPEND_NEWLINE))

    def of(self, event: str) -> list[Json]:
        """The lines of one event still in memory, oldest first."""
        return [line for line in self.lines if line["event"] == event]

    def close(self) -> None:
        """Close the file; further lines stay in memory only."""
        if self._file is not None:
            self._file.close()
            self._file = None


def rfc3339(wall_ns: int) -> str:
    """`wall_ns` as UTC text with microseconds."""
    seconds, rest = divmod(wall_ns, NS_PER_SECOND)
    return f"{_second(seconds)}.{rest // 1000:06d}Z"


@lru_cache(maxsize=8)
def _second(seconds: int) -> str:
    return f"{datetime.fromtimestamp(seconds, tz=UTC):%Y-%m-%dT%H:%M:%S}"
