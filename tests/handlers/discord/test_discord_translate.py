"""Discord's events in our terms."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.handlers.discord.translate import parse_event, time_of
from bot.messaging.model import Address, IncomingKind, MediaKind, MessageRef, Sender

BOT = "900"
ANA = {"id": "7", "username": "ana_r", "global_name": "Ana Ruiz"}
DM = {"channel_id": "50", "author": ANA}
ID = "1574087219411419136"
CLIP = {
    "id": "31",
    "filename": "a.ogg",
    "content_type": "audio/ogg",
    "size": 900,
    "url": "https://x",
}


def message(**content: Any) -> dict[str, Any]:
    return {"t": "MESSAGE_CREATE", "d": {"id": ID, "type": 0, "content": "", **DM, **content}}


def interaction(kind: int, data: dict[str, Any], **more: Any) -> dict[str, Any]:
    whole = {"id": ID, "type": kind, "token": "tok:en", "channel_id": "50", "locale": "es-ES"}
    return {"t": "INTERACTION_CREATE", "d": {**whole, "user": ANA, "data": data, **more}}


def parse(event: dict[str, Any]) -> Any:
    """As it is read again from where it was stored."""
    return parse_event(json.loads(json.dumps(event)), bot_id=BOT)


def test_a_line_says_who_wrote_it_where_and_when():
    incoming = parse(message(content=" hello "))

    assert incoming.key == f"discord:m:{ID}"
    assert (incoming.kind, incoming.text, incoming.is_shared) == (IncomingKind.TEXT, "hello", False)
    assert incoming.sender == Sender("discord", "7", "Ana Ruiz")
    assert incoming.message == MessageRef(Address("discord", "50"), ID)
    assert incoming.at == time_of(ID)
    assert incoming.lane == "discord:7"


def test_times_are_in_the_ids():
    assert time_of("175928847299117063") == datetime(2016, 4, 30, 11, 18, 25, 796000, UTC)


@pytest.mark.parametrize(
    "content",
    [
        {"author": ANA | {"bot": True}},
        {"author": ANA | {"id": BOT, "bot": True}},
        {"webhook_id": "5"},
        {"type": 7},
        {"type": 18},
    ],
)
def test_what_no_person_wrote_says_nothing(content):
    assert parse(message(content="hello", **content)) is None


def test_a_typed_command_is_one():
    incoming = parse(message(content="/Talk in English"))

    assert (incoming.kind, incoming.command) == (IncomingKind.COMMAND, "talk")
    assert incoming.text == "in English"


def test_our_name_in_a_server_is_no_part_of_what_is_said():
    incoming = parse(message(content=f"<@{BOT}> hello", guild_id="1"))

    assert (incoming.text, incoming.is_shared) == ("hello", True)


def test_a_reply_names_what_it_answers():
    incoming = parse(message(content="yes", type=19, message_reference={"message_id": "44"}))

    assert incoming.reply_to == MessageRef(Address("discord", "50"), "44")


def test_a_voice_message_is_told_from_an_audio_file():
    clip = CLIP | {"duration_secs": 2.5, "waveform": "AAAA"}
    voice = parse(message(flags=8192, attachments=[clip])).media
    audio = parse(message(attachments=[CLIP])).media

    assert (voice.kind, voice.seconds, voice.size) == (MediaKind.VOICE, 2.5, 900)
    assert voice.file_id == f"50/{ID}/31"
    assert audio.kind is MediaKind.AUDIO


def test_several_files_and_a_sticker_come_together():
    files = [
        CLIP | {"content_type": "image/png"},
        CLIP | {"content_type": "video/mp4"},
        CLIP | {"content_type": None},
    ]
    sticker = {"id": "8", "name": "wave", "format_type": 1}
    incoming = parse(message(content="look", attachments=files, sticker_items=[sticker]))

    kinds = [file.kind for file in (incoming.media, *incoming.more_media)]
    assert kinds == [MediaKind.PHOTO, MediaKind.VIDEO, MediaKind.DOCUMENT, MediaKind.STICKER]
    assert (incoming.kind, incoming.text) == (IncomingKind.MEDIA, "look")


def test_an_edit_has_a_key_of_its_own_and_its_own_time():
    at = "2026-11-22T10:00:00.000000+00:00"
    incoming = parse(message(content="better", edited_timestamp=at) | {"t": "MESSAGE_UPDATE"})

    assert (incoming.kind, incoming.text) == (IncomingKind.EDITED, "better")
    assert incoming.key == f"discord:e:{ID}:{at}"
    assert incoming.at == datetime(2026, 11, 22, 10, tzinfo=UTC)


def test_what_discord_adds_to_a_message_is_no_edit():
    assert parse(message(content="https://x.org") | {"t": "MESSAGE_UPDATE"}) is None


def test_a_removal_is_its_authors():
    data = {"id": ID, "channel_id": "50", "author_id": "7"}
    incoming = parse({"t": "MESSAGE_DELETE", "d": data})

    assert (incoming.kind, incoming.sender.external_id) == (IncomingKind.DELETED, "7")
    assert incoming.message == MessageRef(Address("discord", "50"), ID)
    assert parse({"t": "MESSAGE_DELETE", "d": data | {"author_id": None}}) is None


@pytest.mark.parametrize(
    ("name", "shown"), [("MESSAGE_REACTION_ADD", "🔥"), ("MESSAGE_REACTION_REMOVE", None)]
)
def test_reactions_are_put_on_and_taken_back(name, shown):
    data = {"user_id": "7", "channel_id": "50", "message_id": ID, "emoji": {"name": "🔥"}}
    incoming = parse({"t": name, "d": data | {"emoji": {"id": None, "name": "🔥"}, "heard": "3"}})

    assert (incoming.kind, incoming.reaction) == (IncomingKind.REACTION, shown)
    assert incoming.message.message_id == ID
    assert parse({"t": name, "d": data | {"user_id": BOT}}) is None
    assert parse({"t": name, "d": data | {"emoji": {"id": "5", "name": "x"}}}) is None


def test_a_slash_command_is_answered_by_its_token():
    data = {"name": "start", "type": 1, "options": [{"name": "code", "type": 3, "value": "a_b c"}]}
    incoming = parse(interaction(2, data))

    assert (incoming.kind, incoming.command, incoming.text) == (
        IncomingKind.COMMAND,
        "start",
        "a_b c",
    )
    assert incoming.callback_id == f"c:-:7:{ID}:tok:en"
    assert incoming.sender.locale == "es-ES"
    assert not incoming.is_whispered


def test_subcommands_are_words_of_the_line():
    inner = {"name": "book", "type": 1, "options": [{"name": "with", "type": 3, "value": "Ana"}]}
    incoming = parse(interaction(2, {"name": "lesson", "options": [inner]}))

    assert (incoming.command, incoming.text) == ("lesson", "book Ana")


def test_a_command_in_a_server_is_answered_in_a_whisper():
    more = {"guild_id": "1", "member": {"user": ANA}}
    incoming = parse(interaction(2, {"name": "help"}, **more))

    assert (incoming.is_shared, incoming.is_whispered) == (True, True)
    assert incoming.callback_id.startswith("c:w:7:")


@pytest.mark.parametrize(("flags", "is_whispered"), [(64, True), (0, False)])
def test_a_button_in_a_server_answers_as_its_message_was_said(flags, is_whispered):
    more = {"guild_id": "1", "member": {"user": ANA}, "message": {"id": "44", "flags": flags}}
    incoming = parse(interaction(3, {"component_type": 2, "custom_id": "c:talk"}, **more))

    assert (incoming.kind, incoming.data) == (IncomingKind.BUTTON, "c:talk")
    assert incoming.message.message_id == "44"
    assert incoming.is_whispered is is_whispered


def test_a_chosen_option_is_a_pressed_button():
    data = {"component_type": 3, "custom_id": "=0", "values": ["f:1:native:=es"]}

    assert parse(interaction(3, data)).data == "f:1:native:=es"


def test_a_submitted_form_tells_its_fields():
    fields = [
        {"type": 18, "component": {"type": 4, "custom_id": "name", "value": "Ana"}},
        {"type": 1, "components": [{"type": 4, "custom_id": "email", "value": ""}]},
    ]
    data = {"custom_id": "!f:1:name:m", "components": fields}
    incoming = parse(interaction(5, data, message={"id": "44"}))

    assert (incoming.kind, incoming.data) == (IncomingKind.FORM, "f:1:name:m")
    assert incoming.form == {"name": "Ana", "email": ""}


def test_other_events_say_nothing():
    assert parse({"t": "TYPING_START", "d": {}}) is None
    assert parse(interaction(2, {"name": "Report", "type": 3})) is None
