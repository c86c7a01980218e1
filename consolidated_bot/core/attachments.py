"""What kind of media a message carries."""

from __future__ import annotations

from aiogram.enums import ContentType
from aiogram.types import Message

# An animation is a document as well, a venue a location: the more particular stands first.
KINDS = (
    "photo",
    "animation",
    "document",
    "video",
    "voice",
    "audio",
    "video_note",
    "sticker",
    "contact",
    "venue",
    "location",
    "poll",
    "dice",
    "checklist",
    "story",
    "paid_media",
)


def kind_of(message: Message) -> str | None:
    """The kind of the attachment, None if there is none; media are relayed by copyMessage.

    Service messages (somebody pinned, joined, paid) carry none; what is too new to have a name
    is a `message`.
    """
    known = next((kind for kind in KINDS if getattr(message, kind)), None)
    if known is None and message.content_type == ContentType.UNKNOWN:
        return "message"
    return known
