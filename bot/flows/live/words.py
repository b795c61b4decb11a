"""A live conversation in words: its flag, level, type, time, seats, price and people."""

from collections.abc import Sequence

from bot.chat.mirror import shown_name
from bot.chat.policy import harmless
from bot.core.entity import short_id
from bot.flows.lesson_words import Reader
from bot.flows.ports import FlowWork
from bot.flows.teacher_words import BADGE
from bot.i18n.catalog import Texts
from bot.i18n.flags import flag_of
from bot.i18n.formats import language_name
from bot.live.model import ANY_LEVEL, Kind, LiveConversation
from bot.messaging.model import Button

LIVE_PREFIX = "lv"
NEW, MINE, ABOUT = "c:live:new", "c:live:mine", "c:live:about"
OPEN_PAYLOAD, CODE_PAYLOAD = "l_", "lc_"
_KIND_ICONS = {Kind.GROUP: "👥", Kind.PRACTICE: "💬", Kind.CULTURAL: "🎭", Kind.PRIVATE: "👤"}
_BAND_ICONS = {"A": "🟢", "B": "🔵", "C": "🟣"}
_NO_BAND = "⚪"


def live_data(action: str, conversation_id: str, *more: object) -> str:
    """Of a button that does something about a conversation."""
    rest = "".join(f":{each}" for each in more)
    return f"{LIVE_PREFIX}:{action}:{short_id(conversation_id)}{rest}"


def live_button(
    texts: Texts, action: str, conversation_id: str, *more: object, key: str | None = None
) -> Button:
    """A button labelled by its action, or by another `key`."""
    label = texts(f"group.button.{key or action}")
    return Button(label, live_data(action, conversation_id, *more))


def kind_name(kind: str, texts: Texts) -> str:
    """A type with its icon."""
    return f"{_KIND_ICONS[Kind(kind)]} {texts(f'choice.live_kind.{kind}')}"


def level_badge(level: str, texts: Texts) -> str:
    """A level with the colour of its band."""
    icon = _BAND_ICONS.get(level[:1], _NO_BAND)
    return f"{icon} {texts('group.any_level') if level == ANY_LEVEL else level}"


def language_badge(tag: str, texts: Texts) -> str:
    """A language with its flag."""
    return f"{flag_of(tag)} {language_name(tag, texts.language)}"


def title_of(conversation: LiveConversation) -> str:
    """The title, of which no client makes a mention or a command."""
    return harmless(conversation.title)


def headline(conversation: LiveConversation) -> str:
    """The title behind its flag."""
    return f"{flag_of(conversation.language)} {title_of(conversation)}"


def price_shown(conversation: LiveConversation, reader: Reader) -> str:
    """Free, or what a seat costs."""
    if conversation.is_free:
        return reader.texts("group.free")
    return reader.money(conversation.price)


def seats_shown(conversation: LiveConversation, texts: Texts) -> str:
    """How many seats are taken of all."""
    return texts("group.seats", taken=conversation.taken, count=conversation.seats)


def person_name(work: FlowWork, user_id: str, texts: Texts) -> str:
    """How somebody is called, with the badge of a verified teacher; nameless once they left."""
    user = work.users.find(user_id)
    if user is None:
        return texts("relay.nameless")
    profile = work.teachers.find_of_user(user_id)
    name = shown_name(user, texts)
    return f"{name} {BADGE}" if profile is not None and profile.is_verified else name


def listed(words: Sequence[str]) -> str:
    """Several short things in a row."""
    return " · ".join(each for each in words if each)


def payload_of(conversation: LiveConversation) -> str:
    """What opens it from a link: its id, or the code of one that is not public."""
    if conversation.invite_code is not None:
        return f"{CODE_PAYLOAD}{conversation.invite_code}"
    return f"{OPEN_PAYLOAD}{short_id(conversation.id)}"
