"""Updates of every sort, built from JSON, in our terms."""

from datetime import UTC, datetime
from typing import Any

import pytest
from telegram import Update

from bot.handlers.telegram.translate import parse_update
from bot.messaging.model import (
    Address,
    Incoming,
    IncomingKind,
    IncomingMedia,
    MediaKind,
    MessageRef,
    Sender,
)
from tests.handlers.telegram.updates import ANA, DATE, GROUP, PRIVATE, message, update

HERE = Address("telegram", "7")
AT = datetime(2026, 11, 22, 10, tzinfo=UTC)
FILE = {"file_id": "F", "file_unique_id": "u", "file_size": 900}


def parsed(raw: dict[str, Any], **options) -> Incoming | None:
    """Says the same whether it came from the wire or, as test kits hand it in, by the library."""
    incoming = parse_update(raw, **options)
    assert parse_update(Update.de_json(raw, None).to_dict(), **options) == incoming
    return incoming


def said(**content) -> Incoming | None:
    return parsed(update(message=message(**content)), bot_username="LinguaFlexBot")


def test_a_text():
    assert said(text="Hola, ¿qué tal?") == Incoming(
        key="telegram:900",
        kind=IncomingKind.TEXT,
        sender=Sender("telegram", "7", "Ana Ruiz", "es"),
        address=HERE,
        at=AT,
        message=MessageRef(HERE, "5"),
        text="Hola, ¿qué tal?",
    )


@pytest.mark.parametrize(
    ("text", "command", "rest"),
    [
        ("/help", "help", None),
        ("/start link-Ab_9", "start", "link-Ab_9"),
        ("/BOOK@linguaflexbot next tuesday\nplease", "book", "next tuesday\nplease"),
        ("/gig  ", "gig", None),
    ],
)
def test_a_command_and_the_rest_of_its_line(text, command, rest):
    incoming = said(text=text)

    assert (incoming.kind, incoming.command, incoming.text) == (IncomingKind.COMMAND, command, rest)


@pytest.mark.parametrize("text", ["/", "/home/ana", "and/or", "/año", " /help"])
def test_what_only_looks_like_a_command_is_a_text(text):
    incoming = said(text=text)

    assert (incoming.kind, incoming.text) == (IncomingKind.TEXT, text)


def test_a_command_for_another_bot_is_ignored_in_a_group():
    assert said(text="/start@OtherBot", chat=GROUP) is None
    assert said(text="/start@LinguaFlexBot", chat=GROUP).command == "start"


def test_a_group_is_a_shared_room_and_its_topic_a_thread():
    incoming = said(text="hi", chat=GROUP, message_thread_id=44, is_topic_message=True)

    assert incoming.is_shared
    assert incoming.address == Address("telegram", "-1001", "44")
    assert incoming.lane == "telegram:7"


def test_a_thread_that_is_no_topic_is_not_an_address():
    assert said(text="hi", chat=GROUP, message_thread_id=44).address.thread is None


def test_a_reply_names_the_message_it_answers():
    assert said(text="yes", reply_to_message=message(message_id=3)).reply_to == MessageRef(
        HERE, "3"
    )


def test_the_opening_of_a_topic_is_not_replied_to():
    opening = message(
        message_id=44, chat=GROUP, forum_topic_created={"name": "Ana", "icon_color": 1}
    )

    incoming = said(
        text="hi", chat=GROUP, message_thread_id=44, is_topic_message=True, reply_to_message=opening
    )

    assert incoming.reply_to is None


@pytest.mark.parametrize(
    ("content", "media"),
    [
        (
            {"voice": FILE | {"duration": 3, "mime_type": "audio/ogg"}},
            IncomingMedia(kind=MediaKind.VOICE, file_id="F", mime="audio/ogg", seconds=3, size=900),
        ),
        (
            {"audio": FILE | {"duration": 61, "mime_type": "audio/mpeg", "file_name": "a.mp3"}},
            IncomingMedia(
                kind=MediaKind.AUDIO,
                file_id="F",
                mime="audio/mpeg",
                seconds=61,
                size=900,
                filename="a.mp3",
            ),
        ),
        (
            {"video_note": FILE | {"duration": 9, "length": 240}},
            IncomingMedia(kind=MediaKind.VIDEO_NOTE, file_id="F", seconds=9, size=900),
        ),
        (
            {"document": FILE | {"mime_type": "application/pdf", "file_name": "cv.pdf"}},
            IncomingMedia(
                kind=MediaKind.DOCUMENT,
                file_id="F",
                mime="application/pdf",
                size=900,
                filename="cv.pdf",
            ),
        ),
        (
            {
                "photo": [
                    {"file_id": "big", "file_unique_id": "b", "width": 800, "height": 600},
                    {"file_id": "small", "file_unique_id": "s", "width": 90, "height": 67},
                ]
            },
            IncomingMedia(kind=MediaKind.PHOTO, file_id="big", mime="image/jpeg"),
        ),
    ],
)
def test_files_come_with_their_caption(content, media):
    incoming = said(caption="my homework", media_group_id="12", **content)

    assert (incoming.kind, incoming.media, incoming.text) == (
        IncomingKind.MEDIA,
        media,
        "my homework",
    )


STICKER = FILE | {
    "type": "regular", "width": 1, "height": 1, "is_animated": False, "is_video": False
}  # fmt: skip
PREVIEW = FILE | {"file_id": "small", "width": 1, "height": 1}
ANIMATION = FILE | {"width": 1, "height": 1, "duration": 1}


@pytest.mark.parametrize(
    "content",
    [
        {"sticker": STICKER | {"is_animated": True}},
        {"location": {"longitude": 1.0, "latitude": 2.0}},
        {"dice": {"value": 3, "emoji": "🎲"}},
    ],
)
def test_everything_else_is_other(content):
    assert said(**content).kind is IncomingKind.OTHER


@pytest.mark.parametrize(
    ("content", "kind", "file_id"),
    [
        ({"sticker": STICKER}, MediaKind.STICKER, FILE["file_id"]),
        (
            {"sticker": STICKER | {"is_video": True, "thumbnail": PREVIEW}},
            MediaKind.STICKER,
            "small",
        ),
        ({"animation": ANIMATION, "document": FILE}, MediaKind.VIDEO, FILE["file_id"]),
        ({"video": ANIMATION}, MediaKind.VIDEO, FILE["file_id"]),
    ],
)
def test_stickers_and_films_are_files(content, kind, file_id):
    media = said(**content).media

    assert media is not None
    assert (media.kind, media.file_id) == (kind, file_id)


@pytest.mark.parametrize(
    ("reactions", "emoji"),
    [
        ([{"type": "emoji", "emoji": "👍"}], "👍"),
        ([], None),
        ([{"type": "custom_emoji", "custom_emoji_id": "5"}], None),
    ],
)
def test_a_reaction_names_its_message_and_its_emoji(reactions, emoji):
    change = {
        "chat": {"id": 7, "type": "private", "first_name": "Ana"},
        "message_id": 33,
        "user": ANA,
        "date": DATE,
        "old_reaction": [],
        "new_reaction": reactions,
    }

    incoming = parsed(update(message_reaction=change))

    assert (incoming.kind, incoming.reaction) == (IncomingKind.REACTION, emoji)
    assert incoming.message == MessageRef(Address("telegram", "7"), "33")


def test_ones_own_contact_is_a_phone_number():
    card = {"phone_number": "+34600", "first_name": "Ana", "user_id": 7}

    assert (said(contact=card).kind, said(contact=card).text) == (IncomingKind.CONTACT, "+34600")


@pytest.mark.parametrize("owner", [{"user_id": 8}, {}])
def test_somebody_elses_contact_proves_nothing(owner):
    incoming = said(contact={"phone_number": "+34600", "first_name": "Eva"} | owner)

    assert (incoming.kind, incoming.text) == (IncomingKind.OTHER, None)


@pytest.mark.parametrize(
    "content",
    [
        {"from": None, "chat": {"id": -1002, "type": "channel", "title": "News"}},
        {"chat": GROUP, "sender_chat": GROUP},
        {"from": ANA | {"is_bot": True}},
    ],
)
def test_channels_anonymous_admins_and_bots_say_nothing_to_us(content):
    assert said(text="hi", **content) is None


def test_an_edit_has_its_own_time():
    edited = message(text="hello!", edit_date=DATE + 60)

    incoming = parsed(update(edited_message=edited))

    assert (incoming.kind, incoming.text) == (IncomingKind.EDITED, "hello!")
    assert incoming.at == datetime(2026, 11, 22, 10, 1, tzinfo=UTC)


def pressed(**content):
    query = {"id": "77", "from": ANA, "chat_instance": "x"} | content
    return parsed(update(callback_query=query), received_at=datetime(2026, 12, 1, tzinfo=UTC))


def test_a_button_names_who_pressed_it_and_the_message_it_is_on():
    eva = ANA | {"id": 8, "first_name": "Eva", "language_code": "de"}

    incoming = pressed(data="v1:go:1", message=message(text="Ready?", chat=GROUP), **{"from": eva})

    assert incoming == Incoming(
        key="telegram:900",
        kind=IncomingKind.BUTTON,
        sender=Sender("telegram", "8", "Eva Ruiz", "de"),
        address=Address("telegram", "-1001"),
        at=datetime(2026, 12, 1, tzinfo=UTC),
        is_shared=True,
        message=MessageRef(Address("telegram", "-1001"), "5"),
        data="v1:go:1",
        callback_id="77",
    )


def test_a_button_on_a_message_too_old_to_be_shown():
    incoming = pressed(data="v1:go:1", message={"message_id": 2, "chat": PRIVATE, "date": 0})

    assert (incoming.message, incoming.data) == (MessageRef(HERE, "2"), "v1:go:1")


def test_a_button_without_data_still_wants_an_answer():
    incoming = pressed(message=message(text="game"), game_short_name="g")

    assert (incoming.data, incoming.callback_id) == (None, "77")


def test_a_button_of_an_inline_result_is_ignored():
    assert pressed(data="x", inline_message_id="1") is None


@pytest.mark.parametrize(
    ("status", "kind"), [("kicked", IncomingKind.BLOCKED), ("member", IncomingKind.UNBLOCKED)]
)
def test_a_person_blocks_and_unblocks(status, kind):
    def member(status):
        bot = {"id": 1, "is_bot": True, "first_name": "LinguaFlex"}
        return {"user": bot, "status": status, "until_date": 0}

    change = {
        "chat": PRIVATE,
        "from": ANA,
        "date": DATE,
        "old_chat_member": member("member"),
        "new_chat_member": member(status),
    }

    assert parsed(update(my_chat_member=change)).kind is kind
    assert parsed(update(my_chat_member=change | {"chat": GROUP})) is None


def test_a_group_that_moved():
    group = {"id": -55, "type": "group", "title": "Class"}

    incoming = said(chat=group, migrate_to_chat_id=-100777)

    assert (incoming.kind, incoming.moved_to) == (IncomingKind.MOVED, "-100777")
    assert incoming.lane == "telegram:room:-55"


def test_a_kind_of_update_we_did_not_ask_for_is_none():
    assert parsed(update(channel_post=message(text="news"))) is None
    assert parsed(update()) is None
