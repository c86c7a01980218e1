"""Forum topics of supergroups."""

from __future__ import annotations

from analyzer.replay.botapi.errors import bad_request
from analyzer.replay.botapi.messages import Draft, new_message, show
from analyzer.replay.botapi.methods.signature import Method
from analyzer.replay.botapi.params import Params
from analyzer.replay.botapi.shapes import Json
from analyzer.replay.botapi.world import Chat, Topic, World

COLORS = (7322096, 16766590, 13338331, 9367192, 16749490, 16478047)
LONGEST_NAME = 128


def create_forum_topic(world: World, params: Params) -> Json:
    """Open a topic; its thread id is the id of the service message about it."""
    chat = _forum(world, params)
    name = _name(params)
    color = params.integer("icon_color", COLORS[0]) or COLORS[0]
    if color not in COLORS:
        raise bad_request("invalid forum topic icon color specified")
    service = _service(world, chat, None, {"name": name, "icon_color": color}, "created")
    topic = Topic(service["message_id"], name, color, params.text("icon_custom_emoji_id"))
    chat.topics[topic.thread_id] = topic
    service["message_thread_id"] = topic.thread_id
    service["is_topic_message"] = True
    emoji = topic.icon_custom_emoji_id
    return {
        "message_thread_id": topic.thread_id,
        "name": name,
        "icon_color": color,
        **({"icon_custom_emoji_id": emoji} if emoji else {}),
    }


def edit_forum_topic(world: World, params: Params) -> bool:
    """Change name or icon."""
    chat, topic = _topic(world, params)
    name = _name(params) if "name" in params.values else topic.name
    emoji = params.text("icon_custom_emoji_id", topic.icon_custom_emoji_id)
    if (name, emoji) == (topic.name, topic.icon_custom_emoji_id):
        raise bad_request("TOPIC_NOT_MODIFIED")
    topic.name, topic.icon_custom_emoji_id = name, emoji
    _service(world, chat, topic, {"name": name}, "edited")
    return True


def close_forum_topic(world: World, params: Params) -> bool:
    """Close a topic: members can no longer write in it."""
    return _set_closed(world, params, closed=True)


def reopen_forum_topic(world: World, params: Params) -> bool:
    """Open a closed topic again."""
    return _set_closed(world, params, closed=False)


def delete_forum_topic(world: World, params: Params) -> bool:
    """Delete a topic with all its messages."""
    chat, topic = _topic(world, params)
    del chat.topics[topic.thread_id]
    for message in list(chat.messages.values()):
        if message.get("message_thread_id") == topic.thread_id:
            del chat.messages[message["message_id"]]
    world.feed.publish("deleted", chat.chat_id, message_id=topic.thread_id)
    return True


def _set_closed(world: World, params: Params, *, closed: bool) -> bool:
    chat, topic = _topic(world, params)
    if topic.closed is closed:
        raise bad_request("TOPIC_NOT_MODIFIED")
    topic.closed = closed
    _service(world, chat, topic, {}, "closed" if closed else "reopened")
    return True


def _forum(world: World, params: Params) -> Chat:
    chat = world.reachable_chat(params.values.get("chat_id"))
    if not chat.is_forum:
        raise bad_request("the chat is not a forum")
    return chat


def _topic(world: World, params: Params) -> tuple[Chat, Topic]:
    chat = _forum(world, params)
    thread_id = params.integer("message_thread_id")
    if not thread_id or thread_id not in chat.topics:
        raise bad_request("TOPIC_ID_INVALID")
    return chat, chat.topics[thread_id]


def _name(params: Params) -> str:
    name = params.text("name").strip()
    if not name:
        raise bad_request("topic name must be non-empty")
    return name[:LONGEST_NAME]


def _service(world: World, chat: Chat, topic: Topic | None, about: Json, verb: str) -> Json:
    thread_id = topic.thread_id if topic else None
    draft = Draft({f"forum_topic_{verb}": about}, world.me, thread_id)
    message = new_message(world, chat, draft)
    show(world, "message", message)
    return message


METHODS: dict[str, Method] = {
    "createForumTopic": create_forum_topic,
    "editForumTopic": edit_forum_topic,
    "closeForumTopic": close_forum_topic,
    "reopenForumTopic": reopen_forum_topic,
    "deleteForumTopic": delete_forum_topic,
}
