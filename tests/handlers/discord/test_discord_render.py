"""Messages as bodies of Discord's REST API."""

import pytest

from bot.handlers.discord.components import message_components, modal
from bot.handlers.discord.render import as_file, changes, drafts, nonce
from bot.messaging.forms import Form, FormField
from bot.messaging.model import (
    Address,
    Attachment,
    Button,
    MediaKind,
    MessageKind,
    Outgoing,
    Paragraph,
)

ROOM = Address("discord", "50")
VOICE = Attachment(
    kind=MediaKind.VOICE, blob_id="1", mime="audio/ogg", filename="v.ogg", seconds=2.0
)


def outgoing(*texts: str, **more: object) -> Outgoing:
    body = tuple(Paragraph(text) for text in texts)
    return Outgoing(key="k", to=ROOM, kind=MessageKind.NOTICE, body=body, **more)


def labels(rows: list[dict]) -> list[list[str]]:
    return [[each["label"] for each in row["components"]] for row in rows]


def single(count: int) -> list[list[Button]]:
    return [[Button(str(number), f"d{number}")] for number in range(count)]


def test_no_text_pings_anybody_or_shows_a_preview():
    (draft,) = drafts(outgoing("hello"))

    assert draft.body["allowed_mentions"] == {"parse": [], "replied_user": False}
    assert draft.body["flags"] == 4


def test_a_voice_message_carries_its_sound_alone():
    voice, text = drafts(
        outgoing("hello", attachment=VOICE, buttons=((Button("A", "a"),),), reply_to="9"), b"ogg"
    )

    assert voice.is_voice
    assert set(voice.body) == {"allowed_mentions", "flags", "attachments", "message_reference"}
    assert voice.body["attachments"][0]["duration_secs"] == 2.0
    assert (text.body["content"], labels(text.body["components"])) == ("hello", [["A"]])


def test_where_voice_messages_are_refused_it_is_a_plain_file():
    (voice,) = drafts(outgoing(attachment=VOICE), b"ogg")

    plain = as_file(voice)

    assert "flags" not in plain.body
    assert plain.body["attachments"] == [{"id": "0", "filename": "v.ogg"}]


def test_a_file_has_the_first_piece_as_its_caption():
    photo = Attachment(kind=MediaKind.PHOTO, blob_id="1", mime="image/png", filename="../a.png")
    first, second = drafts(outgoing("word " * 500, attachment=photo), b"png")

    assert first.files[0].name == "a.png"
    assert len(first.body["content"]) <= 2000
    assert not second.files


def test_buttons_alone_have_something_to_stand_under():
    (draft,) = drafts(outgoing(buttons=((Button("A", "a"),),)))

    assert draft.body["content"] == "…"


def test_what_no_longer_fits_an_edit_is_sent_after_it():
    body, more = changes(outgoing("word " * 500, buttons=((Button("A", "a"),),)))

    assert body["components"] == []
    assert labels(more[-1].body["components"]) == [["A"]]


@pytest.mark.parametrize(
    ("count", "shape"), [(1, [1]), (5, [1, 1, 1, 1, 1]), (14, [5, 5, 2, 1, 1])]
)
def test_rows_of_one_are_packed_and_the_way_on_stays(count, shape):
    rows = message_components(single(count))

    assert [len(row) for row in labels(rows)] == shape
    assert labels(rows)[-1] == [str(count - 1)]


def test_too_many_options_become_menus():
    rows = message_components([*single(40), [Button("Cancel", "x")]])
    menus = [row["components"][0] for row in rows[:-1]]

    assert [len(menu["options"]) for menu in menus] == [25, 15]
    assert menus[1]["options"][-1] == {"label": "39", "value": "d39"}
    assert len({menu["custom_id"] for menu in menus}) == 2
    assert labels(rows[-1:]) == [["Cancel"]]


def test_what_menus_cannot_hold_is_a_bug():
    with pytest.raises(ValueError, match="options"):
        message_components(single(200))


def test_contacts_are_not_asked_for_and_links_are_opened():
    rows = message_components(
        [[Button("Share", "s", asks_contact=True)], [Button("Web", url="https://x.org")]]
    )

    assert rows[0]["components"] == [
        {"type": 2, "label": "Web", "style": 5, "url": "https://x.org"}
    ]


def test_labels_and_data_have_their_limits():
    (row,) = message_components([[Button("x" * 200, "d")]])

    assert len(row["components"][0]["label"]) == 80
    with pytest.raises(ValueError, match="data"):
        message_components([[Button("x", "d" * 100)]])


def test_a_form_asks_what_the_flow_asks():
    fields = (
        FormField("name", "What is your full name? Your teachers will see it.", "Ana"),
        FormField("about", "About you", is_required=False, is_long=True),
    )
    shown = modal(Form("Your answers", "f:1:name:m", fields))

    first, second = shown["components"]
    assert shown["custom_id"] == "!f:1:name:m"
    assert first["label"] == "What is your full name?"
    assert first["description"] == "Your teachers will see it."
    assert "description" not in second
    assert first["component"]["value"] == "Ana"
    assert (second["component"]["style"], second["component"]["required"]) == (2, False)


def test_a_long_question_is_asked_once_in_two_places():
    question = "Which of the situations of your life would you like to be ready for by next summer"
    (shown,) = modal(Form("Your answers", "f:1:a:m", (FormField("a", question),)))["components"]

    assert f"{shown['label']} {shown['description']}" == question
    assert len(shown["label"]) <= 45


def test_nonces_are_short_and_tell_parts_apart():
    assert nonce("k", 0) == nonce("k", 0) != nonce("k", 1)
    assert len(nonce("k" * 500, 0)) <= 25
