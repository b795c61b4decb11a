"""The Bot API's objects, and the plain dictionaries a web page gets."""

from typing import Any

from bot.simulators.telegram.account import Account
from bot.simulators.telegram.chat import Button, Chat, ChatMessage
from bot.simulators.telegram.files import StoredFile

Json = dict[str, Any]


def user_json(account: Account) -> Json:
    """A `User`."""
    user: Json = {
        "id": account.user_id,
        "is_bot": account.is_bot,
        "first_name": account.name,
    }
    if account.username:
        user["username"] = account.username
    if account.language:
        user["language_code"] = account.language
    return user


def chat_json(chat: Chat) -> Json:
    """A `Chat`."""
    body: Json = {"id": chat.chat_id, "type": chat.kind}
    body["first_name" if chat.kind == "private" else "title"] = chat.title
    if chat.username:
        body["username"] = chat.username
    if chat.is_forum:
        body["is_forum"] = True
    return body


def chat_full_json(chat: Chat) -> Json:
    """A `ChatFullInfo`."""
    gifts = ("unlimited_gifts", "limited_gifts", "unique_gifts", "premium_subscription")
    return chat_json(chat) | {
        "accent_color_id": 0,
        "max_reaction_count": 11,
        "accepted_gift_types": dict.fromkeys((*gifts, "gifts_from_channels"), False),
    }


def message_json(
    message: ChatMessage, chat: Chat, accounts: dict[int, Account], *, nested: bool = False
) -> Json:
    """A `Message`; a reply inside another message (`nested`) does not show its own reply."""
    body: Json = {
        "message_id": message.message_id,
        "from": user_json(accounts[message.sender_id]),
        "chat": chat_json(chat),
        "date": int(message.date.timestamp()),
    }
    body |= _content_json(message)
    if message.edited_at:
        body["edit_date"] = int(message.edited_at.timestamp())
    if message.thread_id is not None:
        body |= {"message_thread_id": message.thread_id, "is_topic_message": True}
    if message.protect_content:
        body["has_protected_content"] = True
    if message.forwarded_from is not None:
        body["forward_origin"] = {
            "type": "user",
            "date": body["date"],
            "sender_user": user_json(accounts[message.forwarded_from]),
        }
    if message.has_inline_keyboard:
        body["reply_markup"] = dict(message.markup or {})
    original = chat.find(message.reply_to) if message.reply_to and not nested else None
    if original:
        body["reply_to_message"] = message_json(original, chat, accounts, nested=True)
    return body


def file_json(file: StoredFile, seconds: float | None = None) -> Json:
    """A `Voice`, `Audio`, `Video`, `VideoNote`, `Document`, `Sticker`, or a `PhotoSize`."""
    body: Json = {
        "file_id": file.file_id,
        "file_unique_id": file.unique_id,
        "file_size": file.size,
    }
    match file.kind:
        case "voice":
            body |= {"duration": round(seconds or 0), "mime_type": file.mime}
        case "audio":
            body |= {"duration": round(seconds or 0), "mime_type": file.mime}
            body |= {"file_name": file.filename} if file.filename else {}
        case "video":
            body |= {"duration": round(seconds or 0), "mime_type": file.mime}
            body |= {"width": file.width, "height": file.height}
        case "video_note":
            body |= {"duration": round(seconds or 0), "length": file.width}
        case "photo":
            body |= {"width": file.width, "height": file.height}
        case "document":
            body |= {"mime_type": file.mime, "file_name": file.filename or "file"}
        case "sticker":
            body |= {"width": 512, "height": 512, "type": "regular"}
            body |= {"is_animated": False, "is_video": False}
    return body


def page_message(message: ChatMessage, sender: Account) -> Json:
    """The message for a web page: JSON values only."""
    file = message.file
    return {
        "message_id": message.message_id,
        "from_bot": message.from_bot,
        "sender": {"id": sender.user_id, "name": sender.name},
        "kind": message.kind,
        "text": message.text,
        "entities": list(message.entities),
        "html": message.html,
        "buttons": [[_page_button(button) for button in row] for row in message.buttons],
        "keyboard": _keyboard_name(message),
        "file_id": message.file_id,
        "filename": file.filename if file else None,
        "mime": file.mime if file else None,
        "seconds": message.seconds,
        "contact": (message.contact or {}).get("phone_number"),
        "reply_to": message.reply_to,
        "thread_id": message.thread_id,
        "edited": message.edited,
        "reactions": list(message.reactions),
        "protect_content": message.protect_content,
        "date": message.date.isoformat(),
    }


def _page_button(button: Button) -> Json:
    return {
        "label": button.label,
        "data": button.data,
        "url": button.url,
        "asks_contact": button.asks_contact,
    }


def _keyboard_name(message: ChatMessage) -> str | None:
    """ "inline", "reply", "remove" or "force_reply"; None without markup."""
    names = {
        "inline_keyboard": "inline",
        "keyboard": "reply",
        "remove_keyboard": "remove",
        "force_reply": "force_reply",
    }
    return next((names[key] for key in message.markup or {} if key in names), None)


def _content_json(message: ChatMessage) -> Json:
    if message.service is not None:
        return dict(message.service)
    if message.contact is not None:
        return {"contact": dict(message.contact)}
    entities = list(message.entities)
    if message.file is None:
        return {"text": message.text} | ({"entities": entities} if entities else {})
    content = file_json(message.file, message.seconds)
    body: Json = {message.kind: [content] if message.kind == "photo" else content}
    if message.text:
        body["caption"] = message.text
    if entities:
        body["caption_entities"] = entities
    return body
