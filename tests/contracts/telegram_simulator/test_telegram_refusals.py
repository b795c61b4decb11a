"""The simulator refuses what Telegram would refuse."""

from typing import Any

import pytest

from bot.simulators.telegram import Person, TelegramSimulator

NOBODY = 4040


async def test_a_wrong_token_is_unauthorized_and_no_token_is_not_found(sim, session):
    async def status(path: str) -> int:
        async with session.get(f"{sim.url}/{path}") as answer:
            return int(answer.status)

    assert await status("bot1:other/getMe") == 401
    assert await status("botnonsense/getMe") == 404


async def test_an_unknown_method_is_not_found(api):
    assert (await api.refusal("sendPigeon"))[0] == 404


async def test_a_chat_nobody_knows_is_not_found(api):
    assert await api.refusal("sendMessage", chat_id=NOBODY, text="hi") == (
        400,
        "Bad Request: chat not found",
    )


async def test_a_bot_cannot_write_to_somebody_who_never_wrote_to_it(api, sim):
    sim.person(2002, "Bo")
    assert await api.refusal("sendMessage", chat_id=2002, text="hi") == (
        403,
        "Forbidden: bot can't initiate conversation with a user",
    )


async def test_a_person_who_blocked_the_bot_hears_nothing_until_they_unblock_it(api, ana):
    await ana.block()
    assert await api.refusal("sendMessage", chat_id=1001, text="hi") == (
        403,
        "Forbidden: bot was blocked by the user",
    )
    await ana.unblock()
    assert await api.send("hi again")
    kinds = [u["my_chat_member"]["new_chat_member"]["status"] for u in await api.updates()]
    assert kinds == ["kicked", "member"]


@pytest.mark.parametrize(
    ("text", "description"),
    [
        ("", "message text is empty"),
        ("  \n ", "message text is empty"),
        ("x" * 4097, "message is too long"),
        ("👩‍🏫" * 900, "message is too long"),  # 5 UTF-16 units each
    ],
)
async def test_a_text_has_1_to_4096_utf16_units(api, ana, text: str, description: str):
    code, said = await api.refusal("sendMessage", chat_id=1001, text=text)
    assert (code, said) in [
        (400, f"Bad Request: {description}"),
        (400, "Bad Request: missing parameter text"),
    ]


async def test_the_limit_of_4096_holds_after_the_markup_is_parsed_away(api, ana):
    await api.send(f"<b>{'x' * 4096}</b>", parse_mode="HTML")
    assert len(ana.chat.messages[-1].text) == 4096


async def test_a_caption_has_at_most_1024_units(api, ana, ogg):
    answer = await api.upload(
        "sendVoice", "voice", ogg(), "a.ogg", chat_id=1001, caption="x" * 1025
    )
    assert answer["description"] == "Bad Request: message caption is too long"


@pytest.mark.parametrize("data", ["", "x" * 65, "é" * 33])
async def test_callback_data_has_1_to_64_bytes(api, ana, data: str):
    keyboard = {"inline_keyboard": [[{"text": "Go", "callback_data": data}]]}
    assert await api.refusal("sendMessage", chat_id=1001, text="x", reply_markup=keyboard) == (
        400,
        "Bad Request: BUTTON_DATA_INVALID",
    )


@pytest.mark.parametrize(
    "rows",
    [
        [[{"text": "no action"}]],
        [[{"text": "", "callback_data": "a"}]],
        [[{"text": "both", "callback_data": "a", "url": "https://example.org"}]],
        [[{"text": "nowhere", "url": "http://localhost/pay"}]],
        [[{"text": str(n), "callback_data": "a"} for n in range(9)]],
        [[{"text": str(n), "callback_data": "a"}] for n in range(101)],
    ],
)
async def test_keyboards_that_no_client_could_show_are_refused(api, ana, rows: list[Any]):
    keyboard = {"inline_keyboard": rows}
    code, _ = await api.refusal("sendMessage", chat_id=1001, text="x", reply_markup=keyboard)
    assert code == 400


async def test_a_reply_needs_the_message_it_replies_to(api, ana):
    reply = {"message_id": 999}
    refused = await api.refusal("sendMessage", chat_id=1001, text="x", reply_parameters=reply)
    assert refused == (400, "Bad Request: message to be replied not found")
    await api.send(reply_parameters=reply | {"allow_sending_without_reply": True})


async def test_an_edit_must_change_something_of_the_bots_own_text(api, ana):
    mine = await api.send("same")
    theirs = await ana.send_text("mine")

    async def refusal(message_id: int, text: str = "other") -> str:
        _, said = await api.refusal(
            "editMessageText", chat_id=1001, message_id=message_id, text=text
        )
        return said.removeprefix("Bad Request: ").split(":")[0]

    assert await refusal(mine, "same") == "message is not modified"
    assert await refusal(theirs) == "message can't be edited"
    assert await refusal(999) == "message to edit not found"


async def test_the_same_text_with_another_keyboard_is_a_change(api, ana):
    keyboard = {"inline_keyboard": [[{"text": "Go", "callback_data": "go"}]]}
    sent = await api.send("same", reply_markup=keyboard)
    await api.result("editMessageText", chat_id=1001, message_id=sent, text="same")
    assert ana.chat.messages[-1].buttons == ()


async def test_a_press_is_answered_once_and_in_time(api, ana, time):
    keyboard = {"inline_keyboard": [[{"text": "Go", "callback_data": "go"}]]}
    sent = await api.send(reply_markup=keyboard)
    first, late = await ana.press(sent, label="Go"), await ana.press(sent, data="go")
    too_old = (
        400,
        "Bad Request: query is too old and response timeout expired or query ID is invalid",
    )

    await api.result("answerCallbackQuery", callback_query_id=first, text="ok")
    assert await api.refusal("answerCallbackQuery", callback_query_id=first) == too_old
    assert await api.refusal("answerCallbackQuery", callback_query_id="1") == too_old
    time.passed += 61
    assert await api.refusal("answerCallbackQuery", callback_query_id=late) == too_old
    assert [answer.text for answer in ana.chat.callback_answers] == ["ok"]


async def test_the_notice_after_a_press_has_at_most_200_characters(api, ana):
    sent = await api.send(
        reply_markup={"inline_keyboard": [[{"text": "Go", "callback_data": "go"}]]}
    )
    press = await ana.press(sent, label="Go")
    code, _ = await api.refusal("answerCallbackQuery", callback_query_id=press, text="x" * 201)
    assert code == 400
    await api.result("answerCallbackQuery", callback_query_id=press, text="x" * 200)


async def test_somebody_who_forbids_voice_gets_audio_but_no_voice(api, ana, ogg):
    ana.forbid_voice()
    voice = await api.upload("sendVoice", "voice", ogg(), "a.ogg", chat_id=1001)
    audio = await api.upload("sendAudio", "audio", b"ID3" + bytes(99), "a.mp3", chat_id=1001)
    assert voice["description"] == "Bad Request: VOICE_MESSAGES_FORBIDDEN"
    assert audio["ok"]


async def test_a_group_that_became_a_supergroup_names_its_new_id(api, sim):
    group = sim.group(-500, "Spanish on Mondays")
    new_id = group.migrate()
    envelope = await api.call("sendMessage", chat_id=-500, text="hi")
    assert envelope["error_code"] == 400
    assert envelope["parameters"] == {"migrate_to_chat_id": new_id}
    assert await api.send(chat_id=new_id)
    moves = [update["message"] for update in await api.updates()]
    assert [move.get("migrate_to_chat_id") for move in moves] == [new_id, None]
    assert sim.group(-500, "") is sim.group(new_id, "") is group


async def test_a_closed_topic_takes_nothing_and_the_others_do(api, sim):
    forum = sim.group(-1001234, "Students", is_forum=True)
    maria, jon = forum.open_topic("María"), forum.open_topic("Jon")
    forum.close_topic(maria)
    closed = await api.refusal("sendMessage", chat_id=-1001234, text="x", message_thread_id=maria)
    missing = await api.refusal("sendMessage", chat_id=-1001234, text="x", message_thread_id=77)
    assert closed == (400, "Bad Request: TOPIC_CLOSED")
    assert missing == (400, "Bad Request: message thread not found")
    assert await api.send(chat_id=-1001234, message_thread_id=jon)


async def test_files_over_50_megabytes_are_too_large_to_send(api, ana):
    answer = await api.upload(
        "sendDocument", "document", bytes(50 * 1024 * 1024 + 1), "big.bin", chat_id=1001
    )
    assert answer["error_code"] == 413


async def test_files_over_20_megabytes_cannot_be_downloaded(api, ana, ogg):
    await ana.send_voice(ogg(), 3600, size=20 * 1024 * 1024 + 1)
    (update,) = await api.updates()
    voice = update["message"]["voice"]
    assert voice["file_size"] == 20 * 1024 * 1024 + 1
    assert await api.refusal("getFile", file_id=voice["file_id"]) == (
        400,
        "Bad Request: file is too big",
    )


@pytest.mark.parametrize(
    ("method", "params"),
    [
        ("sendVoice", {}),
        ("sendVoice", {"voice": "no-such-file"}),
        ("sendPhoto", {"photo": "http://example.org/a.png"}),
        ("sendChatAction", {"action": "sleeping"}),
        ("setMessageReaction", {"message_id": 1, "reaction": [{"type": "emoji", "emoji": "🧀"}]}),
        ("setMessageReaction", {"message_id": 99, "reaction": []}),
        ("deleteMessage", {"message_id": 99}),
        ("copyMessage", {"from_chat_id": 1001, "message_id": 99}),
        ("sendMessageDraft", {"draft_id": 0, "text": "x"}),
        ("sendMessage", {"text": "x", "parse_mode": "Sparkles"}),
        ("sendMessage", {"text": "x", "entities": [{"type": "bold"}]}),
        ("sendMessage", {"text": "x", "reply_markup": {"keys": []}}),
    ],
)
async def test_calls_that_make_no_sense_are_bad_requests(
    api, ana: Person, sim: TelegramSimulator, method: str, params: dict[str, Any]
):
    before = len(ana.chat.messages)
    code, _ = await api.refusal(method, chat_id=1001, **params)
    assert code == 400
    assert len(ana.chat.messages) == before


@pytest.mark.parametrize(
    "command",
    [
        {"command": "Talk", "description": "x"},
        {"command": "talk", "description": ""},
        {"command": "a" * 33, "description": "x"},
        {"command": "talk", "description": "x" * 257},
    ],
)
async def test_commands_have_small_names_and_short_descriptions(api, command: dict[str, str]):
    assert (await api.refusal("setMyCommands", commands=[command]))[0] == 400


async def test_messages_older_than_two_days_stay(api, ana, time):
    sent = await api.send()
    time.passed += 48 * 3600 + 1
    assert await api.refusal("deleteMessage", chat_id=1001, message_id=sent) == (
        400,
        "Bad Request: message can't be deleted",
    )


async def test_a_message_with_a_reply_keyboard_cannot_be_edited(api, ana):
    sent = await api.send(reply_markup={"keyboard": [["Later"]]})
    refused = await api.refusal("editMessageText", chat_id=1001, message_id=sent, text="other")
    assert refused == (400, "Bad Request: message can't be edited")


async def test_a_file_cannot_be_sent_as_another_kind(api, ana, ogg):
    answer = await api.upload("sendVoice", "voice", ogg(), "a.ogg", chat_id=1001)
    voice = answer["result"]["voice"]["file_id"]
    assert (await api.refusal("sendPhoto", chat_id=1001, photo=voice))[0] == 400
