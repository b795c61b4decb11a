"""Methods about the bot itself, its chats and its files."""

from bot.simulators.telegram.call import Call
from bot.simulators.telegram.content import find_chat
from bot.simulators.telegram.errors import bad_request
from bot.simulators.telegram.wire import Json, chat_full_json, user_json
from bot.simulators.telegram.world import World

_LONGEST_TOPIC = 128
_RIGHTS = (  # of a ChatMemberAdministrator
    "can_be_edited",
    "can_manage_chat",
    "can_delete_messages",
    "can_manage_video_chats",
    "can_restrict_members",
    "can_promote_members",
    "can_change_info",
    "can_invite_users",
    "can_post_stories",
    "can_edit_stories",
    "can_delete_stories",
    "can_manage_topics",
)


def get_me(world: World, _: Call) -> Json:
    """The bot as a `User`, with what it may do."""
    bot = world.bot
    return user_json(bot) | {
        "can_join_groups": True,
        "can_read_all_group_messages": False,
        "supports_inline_queries": False,
        "can_connect_to_business": False,
        "has_main_web_app": False,
    }


def log_out(_: World, __: Call) -> bool:
    """logOut and close: nothing is kept here that would have to end."""
    return True


def get_chat(world: World, call: Call) -> Json:
    """A `ChatFullInfo`."""
    return chat_full_json(find_chat(world, call))


def get_chat_member(world: World, call: Call) -> Json:
    """A `ChatMember`: the bot is an administrator of groups whose messages it all sees."""
    chat, user_id = find_chat(world, call), int(call.number("user_id") or 0)
    account = world.bot if user_id == world.bot.user_id else world.accounts.get(user_id)
    if account is None:
        raise bad_request("member not found")
    is_own = account is world.bot
    if not (chat.sees_all if is_own else user_id in chat.administrators):
        return {"user": user_json(account), "status": "member"}
    rights = dict.fromkeys(_RIGHTS, True) | {"is_anonymous": False}
    return {"user": user_json(account), "status": "administrator"} | rights


def get_file(world: World, call: Call) -> Json:
    """A `File` with the path to download it from for an hour; 400 over 20 MB."""
    stored = world.files.link(call.text("file_id"))
    return {
        "file_id": stored.file_id,
        "file_unique_id": stored.unique_id,
        "file_size": stored.size,
        "file_path": stored.path,
    }


def get_user_profile_photos(_: World, __: Call) -> Json:
    """Nobody here has photos."""
    return {"total_count": 0, "photos": []}


def set_my_commands(world: World, call: Call) -> bool:
    """Replace the menu of one scope and language."""
    world.profile.set_commands(call)
    world.publish({"type": "commands", "chat_id": None})
    return True


def get_my_commands(world: World, call: Call) -> list[Json]:
    """The menu of exactly this scope and language."""
    return world.profile.commands(call)


def delete_my_commands(world: World, call: Call) -> bool:
    """Remove the menu of one scope and language; a wider one shows again."""
    world.profile.delete_commands(call)
    world.publish({"type": "commands", "chat_id": None})
    return True


def set_my_name(world: World, call: Call) -> bool:
    """Up to 64 characters, per language."""
    world.profile.set_text("name", call)
    return True


def set_my_description(world: World, call: Call) -> bool:
    """Up to 512 characters, per language."""
    world.profile.set_text("description", call)
    return True


def set_my_short_description(world: World, call: Call) -> bool:
    """Up to 120 characters, per language."""
    world.profile.set_text("short_description", call)
    return True


def get_my_name(world: World, call: Call) -> Json:
    """A `BotName`."""
    name = world.profile.text("name", call.text("language_code"), world.bot.name)
    return {"name": name}


def get_my_description(world: World, call: Call) -> Json:
    """A `BotDescription`."""
    return {"description": world.profile.text("description", call.text("language_code"))}


def get_my_short_description(world: World, call: Call) -> Json:
    """A `BotShortDescription`."""
    text = world.profile.text("short_description", call.text("language_code"))
    return {"short_description": text}


def create_forum_topic(world: World, call: Call) -> Json:
    """A `ForumTopic` in a forum in which the bot is an administrator."""
    chat = find_chat(world, call)
    name = call.text("name")
    if not chat.is_forum:
        raise bad_request("the chat is not a forum")
    if not chat.sees_all:
        raise bad_request("not enough rights to create a topic")
    if not 1 <= len(name) <= _LONGEST_TOPIC:
        raise bad_request("TOPIC_TITLE_INVALID")
    thread_id = len(chat.topics) + 2  # 1 is "General"
    chat.topics[thread_id] = name
    return {"message_thread_id": thread_id, "name": name, "icon_color": 0x6FB9F0}
