"""Who the bot is, and what it shows of itself."""

from __future__ import annotations

import re

import orjson

from analyzer.replay.botapi.errors import bad_request
from analyzer.replay.botapi.methods.signature import Method
from analyzer.replay.botapi.params import Params
from analyzer.replay.botapi.shapes import Json
from analyzer.replay.botapi.world import World

COMMAND = re.compile(r"[a-z0-9_]{1,32}")
MOST_COMMANDS = 100
LONGEST_DESCRIPTION = 256


def get_me(world: World, _params: Params) -> Json:
    """The bot with its abilities."""
    return {
        **world.me,
        "can_join_groups": True,
        "can_read_all_group_messages": True,
        "supports_inline_queries": False,
        "can_connect_to_business": False,
        "has_main_web_app": False,
    }


def set_my_commands(world: World, params: Params) -> bool:
    """Remember the commands of a scope and language."""
    commands = params.json("commands")
    if not isinstance(commands, list) or len(commands) > MOST_COMMANDS:
        raise bad_request("BOT_COMMANDS_TOO_MUCH" if commands else "can't parse commands")
    for entry in commands:
        if not COMMAND.fullmatch(str(entry.get("command", "")).removeprefix("/")):
            raise bad_request("BOT_COMMAND_INVALID")
        if not 1 <= len(str(entry.get("description", ""))) <= LONGEST_DESCRIPTION:
            raise bad_request("BOT_COMMAND_DESCRIPTION_INVALID")
    world.commands[_scope(params)] = commands
    return True


def get_my_commands(world: World, params: Params) -> list[Json]:
    """The commands of a scope and language."""
    return world.commands.get(_scope(params), [])


def delete_my_commands(world: World, params: Params) -> bool:
    """Forget the commands of a scope and language."""
    world.commands.pop(_scope(params), None)
    return True


def show_nothing(_world: World, _params: Params) -> bool:
    """Accept how the bot presents itself; nothing here reads it."""
    return True


def get_user_profile_photos(_world: World, _params: Params) -> Json:
    """Nobody here has a picture."""
    return {"total_count": 0, "photos": []}


def _scope(params: Params) -> str:
    scope = params.json("scope") or {"type": "default"}
    return orjson.dumps([scope, params.text("language_code")]).decode()


METHODS: dict[str, Method] = {
    "getMe": get_me,
    "setMyCommands": set_my_commands,
    "getMyCommands": get_my_commands,
    "deleteMyCommands": delete_my_commands,
    "setMyName": show_nothing,
    "setMyDescription": show_nothing,
    "setMyShortDescription": show_nothing,
    "setChatMenuButton": show_nothing,
    "getUserProfilePhotos": get_user_profile_photos,
}
