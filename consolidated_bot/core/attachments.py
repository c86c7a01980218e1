"""What kind of media a message carries."""

from __future__ import annotations

from aiogram.types import Message

KINDS = ("photo", "document", "video", "voice", "audio", "animation", "video_note", "sticker")


def kind_of(message: Message) -> str | None:
    """The kind of the attachment, None if there is none; media are relayed by copyMessage."""
    return next((kind for kind in KINDS if getattr(message, kind)), None)
