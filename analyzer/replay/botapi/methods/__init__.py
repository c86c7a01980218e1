"""The methods of the Bot API that support bots use, by name in lower case."""

from __future__ import annotations

from analyzer.replay.botapi.methods import callbacks, chats, files, identity, sending, topics
from analyzer.replay.botapi.methods.signature import Method

METHODS: dict[str, Method] = {
    name.lower(): method
    for module in (identity, sending, callbacks, files, topics, chats)
    for name, method in module.METHODS.items()
}
