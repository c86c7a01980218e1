"""Files in messages: photos, documents, voice and what else people send; albums; downloads."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import partial
from typing import Literal

from analyzer.replay.botapi.errors import bad_request
from analyzer.replay.botapi.messages import caption_content, deliver
from analyzer.replay.botapi.methods.signature import Method
from analyzer.replay.botapi.params import Params, Upload
from analyzer.replay.botapi.shapes import Json
from analyzer.replay.botapi.text import read_caption
from analyzer.replay.botapi.world import StoredFile, World

MediaKind = Literal["photo", "document", "voice", "audio", "video", "animation", "sticker"]
LARGEST_DOWNLOAD_BYTES = 20_000_000
ALBUM_SIZES = range(2, 11)
ALBUM_KINDS = frozenset({"photo", "document", "audio", "video"})
# The emulator does not look into files: what clients demand beside the file is the same for all.
PHOTO = {"width": 1280, "height": 960}
MOVING = {"width": 640, "height": 480, "duration": 3}
FIELDS: Mapping[MediaKind, Json] = {
    "photo": PHOTO,
    "document": {},
    "voice": {"duration": 3},
    "audio": {"duration": 3},
    "video": MOVING,
    "animation": MOVING,
    "sticker": {
        "type": "regular",
        "width": 512,
        "height": 512,
        "is_animated": False,
        "is_video": False,
    },
}
WITHOUT_NAME = frozenset({"photo", "voice", "sticker"})


def send_media(kind: MediaKind, world: World, params: Params) -> Json:
    """Send a file of `kind`, uploaded or known by id."""
    caption = read_caption(params)
    world.reachable_chat(params.values.get("chat_id"))
    content = _content(world, params, kind, params.text(kind))
    return deliver(world, params, content | caption_content(caption.text, caption.entities))


def send_media_group(world: World, params: Params) -> list[Json]:
    """Send two to ten files as an album: one message each, with one `media_group_id`."""
    album = params.json("media")
    if not isinstance(album, list) or len(album) not in ALBUM_SIZES:
        raise bad_request("there must be 2-10 items in the media group")
    world.reachable_chat(params.values.get("chat_id"))
    contents = []
    for item in album:
        if item.get("type") not in ALBUM_KINDS:
            raise bad_request(f"type {item.get('type')} can't be used in sendMediaGroup")
        caption = read_caption(Params(item))
        content = _content(world, params, item["type"], str(item.get("media", "")))
        contents.append(content | caption_content(caption.text, caption.entities))
    group = {"media_group_id": str(world.random.getrandbits(60))}
    return [deliver(world, params, content | group) for content in contents]


def get_file(world: World, params: Params) -> Json:
    """Where the bytes of a file can be fetched."""
    stored = world.files.get(params.text("file_id"))
    if stored is None:
        raise bad_request("wrong file_id or the file is temporarily unavailable")
    if len(stored.content) > LARGEST_DOWNLOAD_BYTES:
        raise bad_request("file is too big")
    return {
        "file_id": stored.file_id,
        "file_unique_id": stored.unique_id,
        "file_size": len(stored.content),
        "file_path": stored.path,
    }


def store_file(world: World, kind: MediaKind, upload: Upload) -> StoredFile:
    """Keep an uploaded file; equal bytes have the same unique id."""
    unique = hashlib.sha256(upload.content).hexdigest()[:16]
    number = len(world.files) + 1
    ending = upload.name.rpartition(".")[2] if "." in upload.name else "dat"
    path = f"{kind}s/file_{number}.{ending}"
    file_id = f"{kind[:2].upper()}AC{number:06d}_{unique}"
    stored = StoredFile(file_id, unique, path, upload.content, upload.mime_type)
    world.files[file_id] = stored
    return stored


def media_content(kind: MediaKind, stored: StoredFile, name: str) -> Json:
    """The fields of a message that carries `stored`."""
    described: Json = {
        "file_id": stored.file_id,
        "file_unique_id": stored.unique_id,
        "file_size": len(stored.content),
        **FIELDS[kind],
    }
    if kind == "photo":
        return {"photo": [described]}
    if kind not in WITHOUT_NAME:
        described |= {"file_name": name, "mime_type": stored.mime_type}
    return {kind: described}


def _content(world: World, params: Params, kind: MediaKind, reference: str) -> Json:
    attached = reference.removeprefix("attach://") if reference else kind
    upload = params.uploads.get(attached)
    if upload is not None:
        return media_content(kind, store_file(world, kind, upload), upload.name)
    stored = _known(world, reference, kind)
    return media_content(kind, stored, stored.path.rpartition("/")[2])


def _known(world: World, reference: str, kind: MediaKind) -> StoredFile:
    if not reference:
        raise bad_request(f"there is no {kind} in the request")
    if reference.startswith(("http://", "https://")):
        # The emulator never leaves the machine; Telegram says this when it cannot fetch either.
        raise bad_request("failed to get HTTP URL content")
    if reference not in world.files:
        raise bad_request("wrong file identifier/HTTP URL specified")
    return world.files[reference]


METHODS: dict[str, Method] = {
    **{f"send{kind.title()}": partial(send_media, kind) for kind in FIELDS},
    "sendMediaGroup": send_media_group,
    "getFile": get_file,
}
