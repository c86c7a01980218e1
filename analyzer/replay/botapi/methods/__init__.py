"""The methods of the Bot API that support bots use, by name in lower case."""

from __future__ import annotations

from analyzer.replay.botapi.methods import (
    callbacks,
    chats,
    identity,
    media,
    sending,
    several,
    topics,
)
from analyzer.replay.botapi.methods.signature import Method

METHODS: dict[str, Method] = {
    name.lower(): method
    for module in (identity, sending, several, callbacks, media, topics, chats)
    for name, method in module.METHODS.items()
}
