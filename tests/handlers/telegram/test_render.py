"""What we want to say, as calls of the Bot API."""

import json

import pytest
from telegram import (
    InlineKeyboardMarkup,
    ReactionTypeEmoji,
    ReplyKeyboardMarkup,
    ReplyKeyboardRemove,
    ReplyParameters,
)

from bot.core.filenames import safe_filename
from bot.handlers.telegram.render import attempts, render_outgoing
from bot.messaging.model import (
    Address,
    Attachment,
    Button,
    Change,
    MediaKind,
    MessageKind,
    MessageRef,
    Outgoing,
    Paragraph,
    Style,
)

ROOM = Address("telegram", "7")
TOPIC = Address("telegram", "-1001", "44")
GO = Button("Go", "v1:go")


def outgoing(*texts: str, **changes) -> Outgoing:
    body = tuple(Paragraph(text) for text in texts)
    defaults = {"key": "k", "to": ROOM, "kind": MessageKind.NOTICE, "body": body}
    return Outgoing(**(defaults | changes))


def file(kind: MediaKind, filename: str = "reply.ogg", **changes) -> Attachment:
    return Attachment(kind=kind, blob_id="b", mime="audio/ogg", filename=filename, **changes)


def methods(calls) -> list[str]:
    return [call.method for call in calls]


def test_a_text_goes_to_its_room_as_html_without_link_preview():
    (call,) = render_outgoing(outgoing("1 < 2"))

    assert call.method == "send_message"
    assert call.params["chat_id"] == 7
    assert call.params["text"] == "1 &lt; 2"
    assert call.params["parse_mode"] == "HTML"
    assert call.params["link_preview_options"].is_disabled


def test_topic_reply_and_protection():
    (call,) = render_outgoing(outgoing("hi", to=TOPIC, reply_to="12", is_protected=True))

    assert call.params["message_thread_id"] == 44
    assert call.params["protect_content"] is True
    assert call.params["reply_parameters"] == ReplyParameters(12, allow_sending_without_reply=True)


def test_a_long_text_is_several_messages_with_the_buttons_under_the_last():
    calls = render_outgoing(outgoing("x" * 4096, "y", buttons=((GO,),), reply_to="12"))

    assert methods(calls) == ["send_message", "send_message"]
    assert ["reply_markup" in call.params for call in calls] == [False, True]
    assert ["reply_parameters" in call.params for call in calls] == [True, False]


def test_nothing_to_see_is_nothing_to_send():
    assert render_outgoing(outgoing(" \n")) == []


def test_buttons_alone_still_need_a_text():
    (call,) = render_outgoing(outgoing(buttons=((GO,),)))

    assert call.params["text"] == "…"


def test_buttons():
    rows = ((Button("Sí & no", "a"), Button("x" * 80, "b")), (Button("Pay", url="https://e.co"),))

    (call,) = render_outgoing(outgoing("?", buttons=rows))

    keyboard = call.params["reply_markup"]
    assert isinstance(keyboard, InlineKeyboardMarkup)
    assert [[button.text for button in row] for row in keyboard.inline_keyboard] == [
        ["Sí & no", "x" * 63 + "…"],
        ["Pay"],
    ]
    assert keyboard.inline_keyboard[0][0].callback_data == "a"
    assert keyboard.inline_keyboard[1][0].url == "https://e.co"


def test_a_row_of_more_than_eight_is_wrapped():
    row = tuple(Button(str(n), str(n)) for n in range(10))

    (call,) = render_outgoing(outgoing("?", buttons=(row,)))

    assert [len(row) for row in call.params["reply_markup"].inline_keyboard] == [8, 2]


@pytest.mark.parametrize(
    "rows",
    [
        ((Button("Go", "é" * 33),),),
        ((Button("Go"),),),
        tuple((Button(str(n), str(n)),) for n in range(101)),
    ],
)
def test_buttons_no_program_should_make(rows):
    with pytest.raises(ValueError, match="button"):
        render_outgoing(outgoing("?", buttons=rows))


def test_data_of_exactly_64_bytes_is_fine():
    assert render_outgoing(outgoing("?", buttons=((Button("Go", "é" * 32),),)))


def test_asking_for_the_phone_number_and_taking_the_keyboard_away_again():
    ask = ((Button("Share", asks_contact=True),), (Button("Skip"),))

    (asking,) = render_outgoing(outgoing("?", buttons=ask))
    (thanks,) = render_outgoing(outgoing("!", extra={"remove_keyboard": "1"}))

    keyboard = asking.params["reply_markup"]
    assert isinstance(keyboard, ReplyKeyboardMarkup)
    assert keyboard.one_time_keyboard
    assert keyboard.keyboard[0][0].request_contact
    assert not keyboard.keyboard[1][0].request_contact
    assert isinstance(thanks.params["reply_markup"], ReplyKeyboardRemove)


def test_a_voice_reply():
    message = outgoing("Well said.", attachment=file(MediaKind.VOICE, seconds=2.2))

    (call,) = render_outgoing(message, b"Ogg")

    assert call.method == "send_voice"
    assert call.params == {
        "chat_id": 7,
        "voice": b"Ogg",
        "filename": "reply.ogg",
        "duration": 3,
        "caption": "Well said.",
        "parse_mode": "HTML",
    }


def test_a_voice_of_no_length_lasts_a_second():
    (call,) = render_outgoing(outgoing(attachment=file(MediaKind.VOICE, seconds=0.0)), b"Ogg")

    assert call.params["duration"] == 1


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (MediaKind.AUDIO, ["send_audio"]),
        (MediaKind.PHOTO, ["send_photo"]),
        (MediaKind.DOCUMENT, ["send_document"]),
        (MediaKind.VIDEO_NOTE, ["send_video_note", "send_message"]),
    ],
)
def test_each_file_has_its_method(kind, expected):
    assert methods(render_outgoing(outgoing("look", attachment=file(kind)), b"x")) == expected


def test_a_picture_over_ten_megabytes_is_sent_as_a_file():
    message = outgoing(attachment=file(MediaKind.PHOTO, "progress.png"))

    assert methods(render_outgoing(message, bytes(10_000_001))) == ["send_document"]


def test_what_does_not_fit_the_caption_follows_with_the_buttons():
    message = outgoing("a" * 1000, "b" * 500, attachment=file(MediaKind.VOICE), buttons=((GO,),))

    voice, text = render_outgoing(message, b"Ogg")

    assert voice.params["caption"] == "a" * 1000
    assert text.params["text"] == "b" * 500
    assert ["reply_markup" in call.params for call in (voice, text)] == [False, True]


def test_a_refused_voice_becomes_music_then_a_file_then_its_text():
    message = outgoing("Well said.", to=TOPIC, attachment=file(MediaKind.VOICE, seconds=2))
    (call,) = render_outgoing(message, b"Ogg")

    plan = list(attempts(call))

    assert methods(plan) == [
        "send_voice", "send_voice", "send_audio", "send_document", "send_message"
    ]  # fmt: skip
    assert [attempt.params["message_thread_id"] for attempt in plan] == [44, None, None, None, None]
    assert plan[2].params["audio"] == b"Ogg"
    assert "duration" not in plan[3].params
    assert plan[4].params["text"] == "Well said."


TARGET = MessageRef(ROOM, "31")


def changed(change: Change, *texts: str, **changes):
    return render_outgoing(outgoing(*texts, change=change, target=TARGET, **changes))


def test_an_edit_replaces_text_and_buttons():
    (call,) = changed(Change.EDIT, "new", buttons=((GO,),))

    assert call.method == "edit_message_text"
    assert (call.params["chat_id"], call.params["message_id"]) == (7, 31)
    assert call.params["text"] == "new"
    assert call.params["reply_markup"].inline_keyboard[0][0].text == "Go"


def test_an_edit_without_text_changes_only_the_buttons():
    (call,) = changed(Change.EDIT)

    assert call.method == "edit_message_reply_markup"
    assert call.params["reply_markup"] is None


def test_an_edit_of_a_caption():
    (call,) = changed(Change.EDIT, "new", extra={"is_caption": "1"})

    assert (call.method, call.params["caption"]) == ("edit_message_caption", "new")


def test_an_edit_too_long_goes_on_in_a_new_message():
    calls = changed(Change.EDIT, "x" * 5000)

    assert methods(calls) == ["edit_message_text", "send_message"]


def test_answers_to_buttons_are_plain_and_short():
    answer = {"change": Change.ANSWER_BUTTON, "callback_id": "77"}

    (silent,) = render_outgoing(outgoing(**answer))
    (told,) = render_outgoing(outgoing("<b> " + "x" * 300, extra={"alert": "1"}, **answer))

    assert silent.params == {"callback_query_id": "77"}
    assert told.params["text"] == "<b> " + "x" * 195 + "…"
    assert told.params["show_alert"] is True


def test_reactions_and_deletion():
    (react,) = changed(Change.REACT, reaction="❤️")
    (calm,) = changed(Change.REACT)
    (delete,) = changed(Change.DELETE)

    assert json.loads(react.params["reaction"]) == [ReactionTypeEmoji("❤").to_dict()]
    assert json.loads(calm.params["reaction"]) == []
    assert (delete.method, delete.params) == ("delete_message", {"chat_id": 7, "message_id": 31})


def test_styles_reach_the_message():
    message = outgoing(body=(Paragraph("Report", Style.STRONG),))

    assert render_outgoing(message)[0].params["text"] == "<b>Report</b>"


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\ana\\cv.pdf", "cv.pdf"),
        ("résumé 1.pdf", "résumé 1.pdf"),
        ("CON.txt", "_CON.txt"),
        ("a\r\nX-Header: 1\x00.ogg", "a_X-Header_ 1.ogg"),
        ("fdp.\u202eexe", "fdp.exe"),
        ("...", "file"),
        ("", "file"),
        ("x" * 300 + ".pdf", "x" * 96 + ".pdf"),
    ],
)
def test_file_names_are_made_safe(name, safe):
    assert safe_filename(name) == safe
