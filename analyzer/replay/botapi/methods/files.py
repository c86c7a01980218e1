"""Photos and documents: uploaded, sent again by id, downloaded."""

from __future__ import annotations

import hashlib
from typing import Literal

from analyzer.replay.botapi.errors import bad_request
from analyzer.replay.botapi.messages import caption_content, deliver
from analyzer.replay.botapi.methods.signature import Method
from analyzer.replay.botapi.params import Params, Upload
from analyzer.replay.botapi.shapes import Json
from analyzer.replay.botapi.text import read_caption
from analyzer.replay.botapi.world import StoredFile, World

MediaKind = Literal["photo", "document"]
LARGEST_DOWNLOAD_BYTES = 20_000_000
FOLDERS: dict[MediaKind, str] = {"photo": "photos", "document": "documents"}
# The emulator does not look into pictures: every photo has the size most phones send.
PHOTO_WIDTH, PHOTO_HEIGHT = 1280, 960


def send_photo(world: World, params: Params) -> Json:
    """Send a picture, uploaded or known by id."""
    return _send_media(world, params, "photo")


def send_document(world: World, params: Params) -> Json:
    """Send a file, uploaded or known by id."""
    return _send_media(world, params, "document")


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
    path = f"{FOLDERS[kind]}/file_{number}.{ending}"
    file_id = f"{'AgAC' if kind == 'photo' else 'BQAC'}{number:06d}_{unique}"
    stored = StoredFile(file_id, unique, path, upload.content, upload.mime_type)
    world.files[file_id] = stored
    return stored


def media_content(kind: MediaKind, stored: StoredFile, name: str) -> Json:
    """The fields of a message that carries `stored`."""
    described: Json = {
        "file_id": stored.file_id,
        "file_unique_id": stored.unique_id,
        "file_size": len(stored.content),
    }
    if kind == "photo":
        return {"photo": [{**described, "width": PHOTO_WIDTH, "height": PHOTO_HEIGHT}]}
    return {"document": {**described, "file_name": name, "mime_type": stored.mime_type}}


def _send_media(world: World, params: Params, kind: MediaKind) -> Json:
    caption = read_caption(params)
    world.reachable_chat(params.values.get("chat_id"))
    upload = params.upload(kind)
    if upload is not None:
        stored, name = store_file(world, kind, upload), upload.name
    else:
        stored = _known(world, params.text(kind), kind)
        name = stored.path.rpartition("/")[2]
    content = media_content(kind, stored, name)
    return deliver(world, params, content | caption_content(caption.text, caption.entities))


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
    "sendPhoto": send_photo,
    "sendDocument": send_document,
    "getFile": get_file,
}
