"""Chats and their members."""

from __future__ import annotations

from analyzer.replay.botapi.errors import bad_request
from analyzer.replay.botapi.methods.signature import Method
from analyzer.replay.botapi.params import Params
from analyzer.replay.botapi.shapes import Json
from analyzer.replay.botapi.world import Chat, Role, World

ADMINISTRATOR_RIGHTS = (
    "can_be_edited",
    "can_manage_chat",
    "can_change_info",
    "can_delete_messages",
    "can_invite_users",
    "can_restrict_members",
    "can_pin_messages",
    "can_manage_topics",
    "can_send_welcome_messages",
    "can_promote_members",
    "can_manage_video_chats",
    "can_post_stories",
    "can_edit_stories",
    "can_delete_stories",
    "is_anonymous",
)
DENIED = frozenset({"can_be_edited", "can_promote_members", "is_anonymous"})
GIFTS = (
    "unlimited_gifts",
    "limited_gifts",
    "unique_gifts",
    "premium_subscription",
    "gifts_from_channels",
)


def get_chat(world: World, params: Params) -> Json:
    """A chat in full."""
    chat = world.find_chat(params.values.get("chat_id") or 0)
    if chat is None:
        raise bad_request("chat not found")
    permissions = {} if chat.type == "private" else {"permissions": {"can_send_messages": True}}
    return {
        **world.chat_json(chat),
        "accent_color_id": 0,
        "max_reaction_count": 11,
        "accepted_gift_types": dict.fromkeys(GIFTS, False),
        **permissions,
    }


def get_chat_member(world: World, params: Params) -> Json:
    """A user's place in a chat."""
    chat = world.reachable_chat(params.values.get("chat_id"))
    user_id = params.integer("user_id") or 0
    user = world.me if user_id == world.settings.bot_id else world.users.get(user_id)
    if user is None:
        raise bad_request("user not found")
    return _member(user, _role(world, chat, user_id))


def get_chat_administrators(world: World, params: Params) -> list[Json]:
    """Owner and administrators of a group, without other bots."""
    chat = world.reachable_chat(params.values.get("chat_id"))
    if chat.type == "private":
        raise bad_request("there are no administrators in the private chat")
    known = {**world.users, world.settings.bot_id: world.me}
    return [
        _member(known[user_id], role)
        for user_id, role in chat.roles.items()
        if role in {"creator", "administrator"}
    ]


def _role(world: World, chat: Chat, user_id: int) -> Role:
    if chat.type == "private":
        return "member"
    default: Role = "administrator" if user_id == world.settings.bot_id else "left"
    return chat.roles.get(user_id, default)


def _member(user: Json, role: Role) -> Json:
    member: Json = {"status": role, "user": user}
    if role == "creator":
        member["is_anonymous"] = False
    if role == "administrator":
        member.update({right: right not in DENIED for right in ADMINISTRATOR_RIGHTS})
    if role == "kicked":
        member["until_date"] = 0
    return member


METHODS: dict[str, Method] = {
    "getChat": get_chat,
    "getChatMember": get_chat_member,
    "getChatAdministrators": get_chat_administrators,
}
