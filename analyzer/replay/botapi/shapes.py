"""Names for the plain JSON values that travel between bot, emulator and users."""

from __future__ import annotations

from typing import Any, TypeAlias

# Telegram's objects stay plain dictionaries here: they come in as JSON, are kept as they were
# sent and go out as JSON again. Both client libraries validate them in the tests.
Json: TypeAlias = dict[str, Any]
