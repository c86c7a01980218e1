"""Making messages: one place for what bots send and what users write."""

from __future__ import annotations

from dataclasses import dataclass

from analyzer.replay.botapi.errors import bad_request
from analyzer.replay.botapi.feed import Kind
from analyzer.replay.botapi.markup import buttons_of, kept_markup, read_markup
from analyzer.replay.botapi.params import Params
from analyzer.replay.botapi.shapes import Json
from analyzer.replay.botapi.world import Chat, World

FILES = ("photo", "document", "voice", "audio", "video", "animation", "sticker")
CONTENT = (
    "text",
    "entities",
    *FILES,
    "caption",
    "caption_entities",
    "link_preview_options",
)


@dataclass(frozen=True, slots=True)
class Draft:
    """A message before it has an id."""

    content: Json
    sender: Json
    thread_id: int | None = None
    reply_to: Json | None = None
    markup: Json | None = None


def new_message(world: World, chat: Chat, draft: Draft) -> Json:
    """Store and return the message that `draft` becomes."""
    message: Json = {
        "message_id": chat.next_message_id(),
        "from": draft.sender,
        "chat": world.chat_json(chat),
        "date": world.now_s(),
    }
    message.update(_thread(chat, draft))
    message.update(draft.content)
    if (markup := kept_markup(draft.markup)) is not None:
        message["reply_markup"] = markup
    chat.messages[message["message_id"]] = message
    return message


def _thread(chat: Chat, draft: Draft) -> Json:
    """Where a message belongs: its topic, or in groups the root of the replies it stands in.

    In a topic a message that answers nothing is a reply to the service message that opened the
    topic, and outside of topics `message_thread_id` names a message nobody can send to: both
    surprise bots (banteg/takopi#152, tdlib/telegram-bot-api#447).
    """
    fields: Json = {}
    reply_to = draft.reply_to
    if draft.thread_id in chat.topics:
        fields = {"message_thread_id": draft.thread_id, "is_topic_message": True}
        reply_to = reply_to or chat.messages.get(draft.thread_id)
    elif reply_to is not None and chat.is_group:
        root = reply_to.get("message_thread_id") or reply_to["message_id"]
        fields = {"message_thread_id": root}
    if reply_to is not None:
        quoted = {k: v for k, v in reply_to.items() if k != "reply_to_message"}
        fields["reply_to_message"] = quoted
    return fields


def topic_of(chat: Chat, reply_to: Json | None) -> int | None:
    """The topic that an answer to `reply_to` falls into, if any."""
    thread_id = reply_to.get("message_thread_id") if reply_to else None
    return thread_id if thread_id in chat.topics else None


def deliver(world: World, params: Params, content: Json) -> Json:
    """Send `content` from the bot as `params` say; the stored message."""
    chat = world.reachable_chat(params.values.get("chat_id"))
    markup = read_markup(params)
    thread_id = params.integer("message_thread_id")
    if thread_id:
        if not chat.is_forum:
            raise bad_request("message thread not found")
        world.topic(chat, thread_id)
    reply_to = _reply_target(world, chat, params)
    thread_id = thread_id or topic_of(chat, reply_to)
    message = new_message(world, chat, Draft(content, world.me, thread_id, reply_to, markup))
    show(world, "message", message, markup)
    return message


def show(world: World, kind: Kind, message: Json, markup: Json | None = None) -> None:
    """Let the users of the chat see `message`."""
    reply = message.get("reply_to_message")
    world.feed.publish(
        kind,
        message["chat"]["id"],
        message_id=message["message_id"],
        text=message.get("text") or message.get("caption") or "",
        buttons=buttons_of(markup or message.get("reply_markup")),
        reply_to_message_id=reply["message_id"] if reply else None,
        message=message,
    )


def text_content(text: str, entities: tuple[Json, ...]) -> Json:
    """The fields of a text message."""
    return {"text": text, **({"entities": list(entities)} if entities else {})}


def caption_content(text: str, entities: tuple[Json, ...]) -> Json:
    """The fields of a caption; none if it is empty."""
    if not text:
        return {}
    return {"caption": text, **({"caption_entities": list(entities)} if entities else {})}


def _reply_target(world: World, chat: Chat, params: Params) -> Json | None:
    given = params.json("reply_parameters") or {}
    message_id = given.get("message_id") or params.integer("reply_to_message_id")
    if not message_id:
        return None
    target = chat
    if given.get("chat_id") is not None:
        target = world.find_chat(given["chat_id"]) or chat
    message = target.messages.get(int(message_id))
    lenient = given.get("allow_sending_without_reply") or params.flag(
        "allow_sending_without_reply"
    )
    if message is None and not lenient:
        raise bad_request("message to be replied not found")
    return message
