"""Methods that change what is in a chat: edits, deletions, reactions, answers to presses."""

from datetime import timedelta
from typing import Any

from bot.simulators.telegram.call import Call
from bot.simulators.telegram.chat import Chat, ChatMessage
from bot.simulators.telegram.content import find_open_chat, read_caption, read_text
from bot.simulators.telegram.errors import bad_request
from bot.simulators.telegram.keyboards import read_keyboard
from bot.simulators.telegram.wire import Json
from bot.simulators.telegram.world import World

_MAX_ANSWER = 200
_DELETABLE_FOR = timedelta(hours=48)
# Bot API, ReactionTypeEmoji; without variation selectors
_FREE_EMOJI = (
    "❤ 👍 👎 🔥 🥰 👏 😁 🤔 🤯 😱 🤬 😢 🎉 🤩 🤮 💩 🙏 👌 🕊 🤡 🥱 🥴 😍 🐳 ❤\u200d🔥 🌚 🌭 💯 "
    "🤣 ⚡ 🍌 🏆 💔 🤨 😐 🍓 🍾 💋 🖕 😈 😴 😭 🤓 👻 👨\u200d💻 👀 🎃 🙈 😇 😨 🤝 ✍ 🤗 🫡 "
    "🎅 🎄 ☃ 💅 🤪 🗿 🆒 💘 🙉 🦄 😘 💊 🙊 😎 👾 🤷\u200d♂ 🤷 🤷\u200d♀ 😡"
)
_REACTIONS = frozenset(_FREE_EMOJI.split())


def edit_message_text(world: World, call: Call) -> Json:
    """Replace text and keyboard of one of the bot's text messages."""
    chat, message = _own_message(world, call)
    if message.file is not None:
        raise bad_request("there is no text in the message to edit")
    formatted = read_text(call)
    return _edit(world, call, chat, message, text=formatted)


def edit_message_caption(world: World, call: Call) -> Json:
    """Replace caption and keyboard of one of the bot's files."""
    chat, message = _own_message(world, call)
    if message.file is None:
        raise bad_request("there is no caption in the message to edit")
    return _edit(world, call, chat, message, text=read_caption(call))


def edit_message_reply_markup(world: World, call: Call) -> Json:
    """Replace the keyboard alone."""
    chat, message = _own_message(world, call)
    return _edit(world, call, chat, message, text=message)


def _edit(world: World, call: Call, chat: Chat, message: ChatMessage, *, text: Any) -> Json:
    """Replace text (anything with `text`, `entities`, `html`) and keyboard; omitted, it goes."""
    markup = call.mapping("reply_markup")
    if markup and "inline_keyboard" not in markup:
        raise bad_request("inline keyboard expected")
    buttons = read_keyboard(markup, is_private=chat.kind == "private")
    shown = (message.text, message.entities, message.buttons)
    if shown == (text.text, text.entities, buttons):
        raise bad_request(
            "message is not modified: specified new message content and reply markup are exactly "
            "the same as a current content and reply markup of the message"
        )
    edited = world.edit(
        chat,
        message,
        text=text.text,
        entities=text.entities,
        html=text.html,
        markup=markup or None,
        buttons=buttons,
    )
    return world.json(edited)


def _own_message(world: World, call: Call) -> tuple[Chat, ChatMessage]:
    if call.has("inline_message_id"):
        raise bad_request("MESSAGE_ID_INVALID")
    chat = find_open_chat(world, call)
    message = chat.find(call.integer("message_id"))
    if message is None:
        raise bad_request("message to edit not found")
    if not message.from_bot or message.forwarded_from or _has_other_keyboard(message):
        raise bad_request("message can't be edited")
    return chat, message


def _has_other_keyboard(message: ChatMessage) -> bool:
    return bool(message.markup) and not message.has_inline_keyboard


def delete_message(world: World, call: Call) -> bool:
    """Delete for everyone, within 48 hours; in groups the bot's own, unless it is an admin."""
    chat = find_open_chat(world, call)
    message = chat.find(call.integer("message_id"))
    if message is None:
        raise bad_request("message to delete not found")
    is_foreign = chat.kind != "private" and not message.from_bot and not chat.sees_all
    if is_foreign or world.now() - message.date > _DELETABLE_FOR:
        raise bad_request("message can't be deleted")
    world.delete(chat, message.message_id)
    return True


def delete_messages(world: World, call: Call) -> bool:
    """Like deleteMessage for up to 100; those that are missing are skipped."""
    chat = find_open_chat(world, call)
    wanted = call.structure("message_ids")
    if not isinstance(wanted, list) or not 1 <= len(wanted) <= 100:
        raise bad_request("there must be 1 to 100 message identifiers")
    for message_id in wanted:
        if chat.find(message_id):
            world.delete(chat, message_id)
    return True


def answer_callback_query(world: World, call: Call) -> bool:
    """Answer a press once, within its lifetime, with at most 200 characters."""
    text = call.text("text")
    if len(text) > _MAX_ANSWER:
        raise bad_request("MESSAGE_TOO_LONG")
    world.answer_press(call.text("callback_query_id"), text, show_alert=call.flag("show_alert"))
    return True


def set_message_reaction(world: World, call: Call) -> bool:
    """Put one of the free emoji under a message, or none."""
    chat = find_open_chat(world, call)
    message = chat.find(call.integer("message_id"))
    if message is None:
        raise bad_request("message to react not found")
    emojis = [
        str(item.get("emoji", "")) if isinstance(item, dict) else ""
        for item in call.structure("reaction") or []
    ]
    if any(emoji.replace("\ufe0f", "") not in _REACTIONS for emoji in emojis):
        raise bad_request("REACTION_INVALID")
    if len(emojis) > 1:
        raise bad_request("REACTIONS_TOO_MANY")
    world.react(chat, message, world.bot.user_id, emojis)
    return True
