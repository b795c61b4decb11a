"""The methods this Bot API knows, by name."""

from collections.abc import Callable
from functools import partial
from typing import Any

from bot.simulators.telegram import about, editing, sending
from bot.simulators.telegram.call import Call
from bot.simulators.telegram.world import World

Handler = Callable[[World, Call], Any]

# They count against the sending limits.
LIMITED: dict[str, Handler] = {
    "sendMessage": sending.send_message,
    "sendVoice": partial(sending.send_file, name="voice"),
    "sendAudio": partial(sending.send_file, name="audio"),
    "sendPhoto": partial(sending.send_file, name="photo"),
    "sendDocument": partial(sending.send_file, name="document"),
    "sendVideo": partial(sending.send_file, name="video"),
    "sendVideoNote": partial(sending.send_file, name="video_note"),
    "sendSticker": partial(sending.send_file, name="sticker"),
    "copyMessage": sending.copy_message,
    "forwardMessage": sending.forward_message,
    "editMessageText": editing.edit_message_text,
    "editMessageCaption": editing.edit_message_caption,
    "editMessageReplyMarkup": editing.edit_message_reply_markup,
}

UNLIMITED: dict[str, Handler] = {
    "getMe": about.get_me,
    "logOut": about.log_out,
    "close": about.log_out,
    "getChat": about.get_chat,
    "getChatMember": about.get_chat_member,
    "createForumTopic": about.create_forum_topic,
    "getFile": about.get_file,
    "getUserProfilePhotos": about.get_user_profile_photos,
    "setMyCommands": about.set_my_commands,
    "getMyCommands": about.get_my_commands,
    "deleteMyCommands": about.delete_my_commands,
    "setMyName": about.set_my_name,
    "getMyName": about.get_my_name,
    "setMyDescription": about.set_my_description,
    "getMyDescription": about.get_my_description,
    "setMyShortDescription": about.set_my_short_description,
    "getMyShortDescription": about.get_my_short_description,
    "sendMessageDraft": sending.send_message_draft,
    "sendChatAction": sending.send_chat_action,
    "deleteMessage": editing.delete_message,
    "deleteMessages": editing.delete_messages,
    "answerCallbackQuery": editing.answer_callback_query,
    "setMessageReaction": editing.set_message_reaction,
}

HANDLERS = {name.lower(): handler for name, handler in (LIMITED | UNLIMITED).items()}
COUNTED = {name.lower() for name in LIMITED}
