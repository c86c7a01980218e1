"""Texts: sent, edited, deleted, copied, forwarded."""

from __future__ import annotations

from analyzer.replay.botapi.errors import ApiError, bad_request
from analyzer.replay.botapi.markup import kept_markup, read_markup
from analyzer.replay.botapi.messages import (
    CONTENT,
    FILES,
    caption_content,
    deliver,
    show,
    text_content,
)
from analyzer.replay.botapi.methods.signature import Method
from analyzer.replay.botapi.params import Params
from analyzer.replay.botapi.shapes import Json
from analyzer.replay.botapi.text import FormattedText, read_caption, read_text
from analyzer.replay.botapi.world import Chat, World

ACTIONS = frozenset(
    {
        "typing",
        "upload_photo",
        "record_video",
        "upload_video",
        "record_voice",
        "upload_voice",
        "upload_document",
        "choose_sticker",
        "find_location",
        "record_video_note",
        "upload_video_note",
    }
)


def send_message(world: World, params: Params) -> Json:
    """Send a text."""
    formatted = read_text(params)
    return deliver(world, params, text_content(formatted.text, formatted.entities))


def send_chat_action(world: World, params: Params) -> bool:
    """Show that the bot is busy."""
    chat = world.reachable_chat(params.values.get("chat_id"))
    action = params.text("action")
    if action.lower() not in ACTIONS:
        raise bad_request("wrong parameter action in request")
    world.feed.publish("chat_action", chat.chat_id, text=action)
    return True


def edit_message_text(world: World, params: Params) -> Json:
    """Replace text and keyboard of one of the bot's messages."""
    chat, message = _editable(world, params)
    if "text" not in message:
        raise bad_request("there is no text in the message to edit")
    formatted = read_text(params)
    content = text_content(formatted.text, formatted.entities)
    return _edit(world, chat, message, content, params)


def edit_message_caption(world: World, params: Params) -> Json:
    """Replace caption and keyboard of one of the bot's messages."""
    chat, message = _editable(world, params)
    if "text" in message:
        raise bad_request("there is no caption in the message to edit")
    formatted = read_caption(params)
    content = caption_content(formatted.text, formatted.entities)
    return _edit(world, chat, message, content, params)


def edit_message_reply_markup(world: World, params: Params) -> Json:
    """Replace the keyboard of one of the bot's messages."""
    chat, message = _editable(world, params)
    content = {name: message[name] for name in CONTENT if name in message}
    return _edit(world, chat, message, content, params)


def delete_message(world: World, params: Params) -> bool:
    """Delete a message for everyone."""
    chat = world.reachable_chat(params.values.get("chat_id"))
    message = world.message(chat, params.integer("message_id"), "message to delete not found")
    if world.now_s() - message["date"] > world.settings.delete_window_seconds:
        raise bad_request("message can't be deleted for everyone")
    del chat.messages[message["message_id"]]
    world.feed.publish("deleted", chat.chat_id, message_id=message["message_id"])
    return True


def copy_message(world: World, params: Params) -> Json:
    """Send a message's content again without its origin."""
    source = _source(world, params, "message to copy not found")
    content = {name: source[name] for name in CONTENT if name in source}
    if not content:
        raise bad_request("message can't be copied")
    if "caption" in params.values and "text" not in source:
        formatted: FormattedText = read_caption(params)
        content = {k: v for k, v in content.items() if not k.startswith("caption")}
        content.update(caption_content(formatted.text, formatted.entities))
    return {"message_id": deliver(world, params, content)["message_id"]}


def forward_message(world: World, params: Params) -> Json:
    """Send a message again with its origin."""
    source = _source(world, params, "message to forward not found")
    content = {name: source[name] for name in CONTENT if name in source}
    if not content:
        raise bad_request("message can't be forwarded")
    origin = source.get("forward_origin") or {
        "type": "user",
        "date": source["date"],
        "sender_user": source["from"],
    }
    return deliver(world, params, {**content, "forward_origin": origin})


def _source(world: World, params: Params, missing: str) -> Json:
    chat = world.find_chat(params.values.get("from_chat_id") or 0)
    if chat is None:
        raise bad_request("chat not found")
    return world.message(chat, params.integer("message_id"), missing)


def _editable(world: World, params: Params) -> tuple[Chat, Json]:
    if params.text("inline_message_id"):
        raise bad_request("MESSAGE_ID_INVALID")
    chat = world.reachable_chat(params.values.get("chat_id"))
    message = world.message(chat, params.integer("message_id"), "message to edit not found")
    if message["from"]["id"] != world.settings.bot_id:
        raise bad_request("message can't be edited")
    return chat, message


def _edit(world: World, chat: Chat, message: Json, content: Json, params: Params) -> Json:
    markup = kept_markup(read_markup(params))
    old = {name: message[name] for name in CONTENT if name in message}
    if (content | _media(message), markup) == (old, message.get("reply_markup")):
        raise _not_modified()
    edited = {k: v for k, v in message.items() if k not in CONTENT and k != "reply_markup"}
    edited |= _media(message) | content | {"edit_date": world.now_s()}
    if markup is not None:
        edited["reply_markup"] = markup
    chat.messages[message["message_id"]] = edited
    show(world, "edited", edited)
    return edited


def _media(message: Json) -> Json:
    return {name: message[name] for name in FILES if name in message}


def _not_modified() -> ApiError:
    return bad_request(
        "message is not modified: specified new message content and reply markup are exactly "
        "the same as a current content and reply markup of the message"
    )


METHODS: dict[str, Method] = {
    "sendMessage": send_message,
    "sendChatAction": send_chat_action,
    "editMessageText": edit_message_text,
    "editMessageCaption": edit_message_caption,
    "editMessageReplyMarkup": edit_message_reply_markup,
    "deleteMessage": delete_message,
    "copyMessage": copy_message,
    "forwardMessage": forward_message,
}
