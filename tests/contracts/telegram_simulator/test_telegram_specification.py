"""Requests are checked against the published description, and so are the simulator's answers."""

import json

import aiohttp
import pytest

from bot.simulators.telegram import Specification, TelegramSimulator, find_spec

SPEC = find_spec()
needs_spec = pytest.mark.skipif(
    SPEC is None, reason="../shared/specs/telegram/api.json is not here: requests go unchecked"
)


async def test_without_a_specification_the_simulator_says_it_checks_nothing():
    simulator = TelegramSimulator()
    assert not simulator.is_checked
    assert simulator.violations == []


@needs_spec
@pytest.mark.parametrize(
    ("method", "params", "violation"),
    [
        ("sendMessage", {"text": "x", "txt": "y"}, "unknown parameter txt"),
        ("sendMessage", {}, "missing parameter text"),
        ("sendMessage", {"text": 5}, "text: not a String"),
        ("sendMessage", {"text": "x", "message_thread_id": "one"}, "message_thread_id: not a Int"),
        ("sendMessage", {"text": "x", "protect_content": "maybe"}, "protect_content: not a Boo"),
        ("sendMessage", {"text": "x", "reply_parameters": {"id": 1}}, "reply_parameters: "),
        ("sendMessage", {"text": "x", "reply_markup": {"rows": []}}, "reply_markup: not a Inl"),
        ("sendMessage", {"text": "x", "reply_to_message_id": 1}, "unknown parameter reply_to"),
        ("sendChatAction", {"action": ["typing"]}, "action: not a String"),
        ("setMessageReaction", {"message_id": 1, "reaction": [{"type": "emoj"}]}, "reaction[0]: "),
        ("setMyCommands", {"commands": [{"command": "a"}]}, "commands[0]: missing member desc"),
    ],
)
async def test_what_the_description_does_not_allow_is_refused_and_noted(
    api, ana, sim, method: str, params: dict[str, object], violation: str
):
    if method != "setMyCommands":
        params = {"chat_id": 1001, **params}
    code, _ = await api.refusal(method, **params)
    assert code == 400
    assert any(noted.startswith(f"{method}: {violation}") for noted in sim.violations)


@needs_spec
async def test_forms_carry_numbers_and_objects_as_text(api, ana, sim, session):
    keyboard = {"inline_keyboard": [[{"text": "Go", "callback_data": "go"}]]}
    form = aiohttp.FormData({
        "chat_id": "1001",
        "text": "123",
        "disable_notification": "true",
        "reply_markup": json.dumps(keyboard),
    })  # fmt: skip
    async with session.post(f"{sim.url}/bot{sim.token}/sendMessage", data=form) as answer:
        assert answer.status == 200
    params = "chat_id=1001&text=hi&disable_notification=true"
    async with session.get(f"{sim.url}/bot{sim.token}/sendMessage?{params}") as answer:
        assert answer.status == 200
    assert [m.text for m in ana.chat.messages[-2:]] == ["123", "hi"]
    assert sim.violations == []


@needs_spec
async def test_a_file_attached_under_another_name_is_no_unknown_parameter(api, ana, sim, ogg):
    answer = await api.upload(
        "sendVoice", "part7", ogg(), "a.ogg", chat_id=1001, voice="attach://part7"
    )
    assert answer["ok"]
    assert sim.violations == []


@needs_spec
async def test_newer_parameters_of_the_additions_are_known(api, ana, sim):
    keyboard = {"inline_keyboard": [[{"text": "Go", "callback_data": "go", "style": "primary"}]]}
    await api.send(reply_markup=keyboard)
    spec = Specification(SPEC)
    assert spec.has_method("editEphemeralMessageText")


@needs_spec
async def test_every_answer_and_update_of_the_simulator_keeps_to_the_description(
    api, sim, ana, ogg, png
):
    await _live_a_day(api, sim, ana, ogg, png)
    spec = Specification(SPEC)
    updates = await api.updates(allowed_updates=[])
    problems = [p for update in updates for p in spec.problems_of_object("Update", update)]
    kinds = {key for update in updates for key in update if key != "update_id"}
    for request in sim.requests:
        for type_name in _RETURNS.get(request.method, ()):
            assert request.status == 200, request
            problems += spec.problems_of_object(type_name, request.result)
    assert problems == []
    assert kinds == {
        "message", "edited_message", "callback_query", "message_reaction", "my_chat_member",
    }  # fmt: skip
    assert _RETURNS.keys() <= {request.method for request in sim.requests}


_RETURNS = {
    "getMe": ["User"],
    "getChat": ["ChatFullInfo"],
    "getFile": ["File"],
    "getWebhookInfo": ["WebhookInfo"],
    "getUserProfilePhotos": ["UserProfilePhotos"],
    "getMyName": ["BotName"],
    "sendMessage": ["Message"],
    "sendVoice": ["Message"],
    "sendPhoto": ["Message"],
    "sendDocument": ["Message"],
    "sendAudio": ["Message"],
    "sendVideoNote": ["Message"],
    "sendSticker": ["Message"],
    "editMessageText": ["Message"],
    "forwardMessage": ["Message"],
    "copyMessage": ["MessageId"],
}


async def _live_a_day(api, sim, ana, ogg, png) -> None:
    """Everything a person and a bot can do, once."""
    sim.flood = False
    await api.updates(allowed_updates=["message", "edited_message", "callback_query",
                                       "message_reaction", "my_chat_member"])  # fmt: skip
    mine = await ana.send_text("/talk to me@example.org")
    await ana.edit_text(mine, "talk")
    await ana.send_voice(ogg(), 1)
    await ana.send_audio(b"ID3", 1)
    await ana.send_video_note(b"mp4", 1)
    await ana.send_photo(png, caption="/look")
    await ana.send_document(b"x", "x.txt")
    await ana.send_contact("+34")
    forum = sim.group(-100500, "Forum", is_forum=True)
    await ana.send_text("/hi", chat=forum, thread_id=forum.open_topic("One"))
    basic = sim.group(-501, "Basic")
    basic.migrate()
    keyboard = {"inline_keyboard": [[{"text": "Go", "callback_data": "go"}]]}
    sent = await api.send("<b>Go</b>", parse_mode="HTML", reply_markup=keyboard,
                          reply_parameters={"message_id": mine}, protect_content=True)  # fmt: skip
    await ana.press(sent, label="Go")
    await ana.react(sent, "👍")
    await api.result("editMessageText", chat_id=1001, message_id=sent, text="Gone")
    for method, part, data in (
        ("sendVoice", "voice", ogg()),
        ("sendPhoto", "photo", png),
        ("sendDocument", "document", b"x"),
        ("sendAudio", "audio", b"ID3"),
        ("sendVideoNote", "video_note", b"mp4"),
        ("sendSticker", "sticker", b"webp"),
    ):
        await api.upload(method, part, data, "file.bin", chat_id=1001)
    for method in ("copyMessage", "forwardMessage"):
        await api.result(method, chat_id=1001, from_chat_id=1001, message_id=mine)
    voice = next(m for m in ana.chat.messages if m.kind == "voice")
    await api.result("getFile", file_id=voice.file_id)
    await api.result("getChat", chat_id=1001)
    await api.result("getUserProfilePhotos", user_id=1001)
    for method in ("getMe", "getWebhookInfo", "getMyName"):
        await api.result(method)
    await ana.block()
    await ana.unblock()
    forum.remove_bot()
