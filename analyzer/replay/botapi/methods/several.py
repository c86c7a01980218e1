"""The same for several messages at once, and marks on messages: pins and reactions."""

from __future__ import annotations

from analyzer.replay.botapi.errors import ApiError, bad_request
from analyzer.replay.botapi.methods.sending import copy_message, delete_message, forward_message
from analyzer.replay.botapi.methods.signature import Method
from analyzer.replay.botapi.params import Params
from analyzer.replay.botapi.shapes import Json
from analyzer.replay.botapi.world import World

MOST_MESSAGES = 100


def copy_messages(world: World, params: Params) -> list[Json]:
    """Copy what can be copied, in order; what cannot is left out."""
    return _each(copy_message, world, params)


def forward_messages(world: World, params: Params) -> list[Json]:
    """Forward what can be forwarded, in order; what cannot is left out."""
    sent = _each(forward_message, world, params)
    return [{"message_id": message["message_id"]} for message in sent]


def delete_messages(world: World, params: Params) -> bool:
    """Delete what is there; what is not is left out."""
    _each(delete_message, world, params)
    return True


def mark_message(world: World, params: Params) -> bool:
    """Pin, unpin or react to a message: nothing a support bot reads back."""
    chat = world.reachable_chat(params.values.get("chat_id"))
    if params.values.get("message_id") is not None:
        world.message(chat, params.integer("message_id"), "message not found")
    return True


def _each(method: Method, world: World, params: Params) -> list[Json]:
    ids = params.json("message_ids")
    if not isinstance(ids, list) or not 1 <= len(ids) <= MOST_MESSAGES:
        raise bad_request("message identifiers are not specified")
    world.reachable_chat(params.values.get("chat_id"))
    done = []
    for message_id in ids:
        values = {k: v for k, v in params.values.items() if k != "message_ids"}
        try:
            done.append(method(world, Params(values | {"message_id": message_id})))
        except ApiError:
            continue  # Telegram skips them, too
    return done


METHODS: dict[str, Method] = {
    "copyMessages": copy_messages,
    "forwardMessages": forward_messages,
    "deleteMessages": delete_messages,
    "pinChatMessage": mark_message,
    "unpinChatMessage": mark_message,
    "setMessageReaction": mark_message,
}
