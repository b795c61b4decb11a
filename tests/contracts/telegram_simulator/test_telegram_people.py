"""What people do reaches the bot as Telegram says it, and what the bot does reaches them."""

import asyncio
import json

import pytest

from bot.simulators.telegram import Button, TelegramSimulator


async def _messages(api):
    return [update["message"] for update in await api.updates()]


async def test_a_command_is_marked_and_a_link_is_a_start_with_its_payload(api, ana):
    await ana.send_text("/talk at the café")
    await ana.open_link("invite_4f")
    talk, start = await _messages(api)
    assert talk["entities"] == [{"type": "bot_command", "offset": 0, "length": 5}]
    assert start["text"] == "/start invite_4f"
    assert talk["from"] == {
        "id": 1001,
        "is_bot": False,
        "first_name": "Ana",
        "language_code": "es",
    }
    assert talk["chat"] == {"id": 1001, "type": "private", "first_name": "Ana"}


@pytest.mark.parametrize("payload", ["", "x" * 65, "with space", "ñ"])
async def test_a_link_carries_1_to_64_plain_characters(ana, payload: str):
    with pytest.raises(ValueError, match="payload"):
        await ana.open_link(payload)


async def test_a_long_text_is_split_by_the_client_between_characters(api, ana):
    await ana.send_text("x" * 4095 + "👩" + "y")
    first, second = await _messages(api)
    assert (first["text"], second["text"]) == ("x" * 4095, "👩y")


async def test_a_voice_note_can_be_fetched_for_an_hour(api, ana, ogg, time):
    data = ogg(2.4)
    await ana.send_voice(data, 2.4)
    (message,) = await _messages(api)
    voice = message["voice"]
    assert (voice["duration"], voice["mime_type"], voice["file_size"]) == (
        2,
        "audio/ogg",
        len(data),
    )
    path = (await api.result("getFile", file_id=voice["file_id"]))["file_path"]
    assert await api.download(path) == (200, data)
    time.passed += 3600
    assert (await api.download(path))[0] == 404


async def test_files_need_the_token_and_a_link(api, ana, ogg, session, sim):
    await ana.send_voice(ogg(), 1)
    (message,) = await _messages(api)
    path = (await api.result("getFile", file_id=message["voice"]["file_id"]))["file_path"]
    async with session.get(f"{sim.url}/file/bot1:wrong/{path}") as answer:
        assert answer.status == 401
    assert (await api.download("voice/other.oga"))[0] == 404


async def test_every_kind_of_file_and_a_contact_arrive(api, ana, png):
    await ana.send_audio(b"ID3" + bytes(40), 3, filename="song.mp3", caption="listen")
    await ana.send_video_note(b"mp4", 5)
    await ana.send_photo(png, caption="look")
    await ana.send_document(b"%PDF", "cv.pdf")
    await ana.send_contact("+34600000000")
    audio, note, photo, document, contact = await _messages(api)
    assert (audio["audio"]["file_name"], audio["caption"]) == ("song.mp3", "listen")
    assert note["video_note"]["duration"] == 5
    assert (photo["photo"][0]["width"], photo["photo"][0]["height"]) == (320, 200)
    assert document["document"]["mime_type"] == "application/pdf"
    assert contact["contact"]["phone_number"] == "+34600000000"
    assert contact["contact"]["user_id"] == 1001


async def test_an_edit_and_a_reply_name_their_message(api, ana):
    mine = await ana.send_text("helo")
    await ana.edit_text(mine, "hello")
    await ana.send_text("that one", reply_to=mine)
    _, edited, reply = await api.updates()
    assert edited["edited_message"]["message_id"] == mine
    assert edited["edited_message"]["text"] == "hello"
    assert reply["message"]["reply_to_message"]["message_id"] == mine


async def test_a_press_carries_the_data_and_the_message(api, ana):
    rows = [[{"text": "Yes", "callback_data": "v1:yes"}, {"text": "Pay", "url": "https://a.b"}]]
    sent = await api.send("Sure?", reply_markup={"inline_keyboard": rows})
    message = await ana.wait()
    assert message.buttons == ((Button("Yes", "v1:yes"), Button("Pay", url="https://a.b")),)
    callback_id = await ana.press(sent, label="Yes")
    (update,) = await api.updates()
    query = update["callback_query"]
    assert (query["id"], query["data"]) == (callback_id, "v1:yes")
    assert query["message"]["message_id"] == sent
    assert query["from"]["id"] == 1001


async def test_only_buttons_that_are_there_can_be_pressed_except_by_a_forger(api, ana):
    rows = [[{"text": "Yes", "callback_data": "yes"}]]
    sent = await api.send("Sure?", reply_markup={"inline_keyboard": rows})
    with pytest.raises(ValueError, match="no such button"):
        await ana.press(sent, data="no")
    await ana.press(sent, data="no", is_forged=True)
    (update,) = await api.updates()
    assert update["callback_query"]["data"] == "no"


async def test_a_reply_keyboard_sends_its_label_or_the_number_it_asks_for(api, ana):
    rows = [["Later"], [{"text": "My number", "request_contact": True}]]
    await api.send("Number?", reply_markup={"keyboard": rows})
    await ana.tap("Later")
    await ana.tap("My number")
    later, number = await _messages(api)
    assert later["text"] == "Later"
    assert number["contact"]["user_id"] == 1001


async def test_a_voice_from_the_bot_keeps_bytes_and_length(api, ana, sim, ogg):
    data = ogg(1.5)
    answer = await api.upload(
        "sendVoice", "voice", data, "a.ogg", chat_id=1001, caption="<b>hi</b>", parse_mode="HTML"
    )
    voice = answer["result"]["voice"]
    message = await ana.wait(lambda m: m.kind == "voice")
    assert (message.seconds, message.text, message.html) == (1.5, "hi", "<b>hi</b>")
    assert sim.file(message.file_id) == data
    again = await api.result("sendVoice", chat_id=1001, voice=voice["file_id"])
    assert again["voice"]["file_id"] == voice["file_id"]


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"RIFF\0\0\0\0WAVEfmt ", "audio"),
        (b"\x00\x01\x02\x03 not audio at all", "document"),
        (b"ID3\x04" + bytes(20), "voice"),
        (b"\x00\x00\x00\x20ftypM4A " + bytes(20), "voice"),
        (b"OggS" + bytes(24) + b"\x01vorbis" + bytes(20), "audio"),
    ],
)
async def test_a_voice_in_another_format_arrives_as_what_it_is(api, ana, data: bytes, kind: str):
    answer = await api.upload("sendVoice", "voice", data, "a.ogg", chat_id=1001)
    assert kind in answer["result"]
    assert (await ana.wait()).kind == kind


async def test_stereo_opus_is_audio(api, ana, ogg):
    await api.upload("sendVoice", "voice", ogg(channels=2), "a.ogg", chat_id=1001)
    assert (await ana.wait()).kind == "audio"


async def test_signs_of_life_drafts_reactions_and_deletions_are_seen(api, ana, time):
    mine = await ana.send_text("hello")
    await api.result("sendChatAction", chat_id=1001, action="record_voice")
    await api.result("sendMessageDraft", chat_id=1001, draft_id=1, text="Thin")
    reaction = [{"type": "emoji", "emoji": "👀"}]
    await api.result("setMessageReaction", chat_id=1001, message_id=mine, reaction=reaction)
    assert [(a.action, a.at) for a in ana.chat.actions] == [("record_voice", time.now())]
    assert ana.chat.drafts == ["Thin"]
    assert ana.chat.messages[-1].reactions == ("👀",)
    await api.result("deleteMessage", chat_id=1001, message_id=mine)
    assert mine not in [m.message_id for m in ana.chat.messages]


async def test_copies_are_the_bots_own_and_forwards_name_the_writer(api, ana, sim):
    bo = sim.person(1002, "Bo")
    await bo.send_text("/start")
    mine = await ana.send_text("hello")
    copied = await api.result("copyMessage", chat_id=1002, from_chat_id=1001, message_id=mine)
    forward = await api.result("forwardMessage", chat_id=1002, from_chat_id=1001, message_id=mine)
    assert bo.chat.find(copied["message_id"]).forwarded_from is None
    assert forward["forward_origin"]["sender_user"]["id"] == 1001


async def test_protected_messages_are_not_forwarded(api, ana):
    sent = await api.send(protect_content=True)
    assert ana.chat.messages[-1].protect_content
    code, _ = await api.refusal("forwardMessage", chat_id=1001, from_chat_id=1001, message_id=sent)
    assert code == 400


async def test_in_a_group_the_bot_sees_what_is_meant_for_it(api, sim, ana):
    group = sim.group(-100900, "Room")
    await ana.send_text("just chatting", chat=group)
    await ana.send_text("/live", chat=group)
    sent = await api.send("Who comes?", chat_id=-100900)
    await ana.send_text("me", chat=group, reply_to=sent)
    await ana.send_text("hey @linguaflex_bot", chat=group)
    assert [m["text"] for m in await _messages(api)] == ["/live", "me", "hey @linguaflex_bot"]
    assert (await ana.wait(chat=group)).text == "Who comes?"


async def test_waiting_finds_what_is_there_what_comes_and_what_changes(api, ana):
    sent = await api.send("one")
    assert (await ana.wait()).text == "one"
    waiting = asyncio.create_task(ana.wait())
    await api.send("two")
    assert (await waiting).text == "two"
    await api.result("editMessageText", chat_id=1001, message_id=sent, text="one!")
    assert (await ana.wait()).text == "one!"
    assert (await ana.wait(after=sent)).text == "two"
    assert (await ana.wait(lambda m: m.edited, after=0)).text == "one!"


async def test_waiting_in_vain_says_what_there_is(api, ana):
    await api.send("something else")
    with pytest.raises(TimeoutError, match="something else"):
        await ana.wait(lambda m: m.text == "hello", timeout=0)


async def test_the_menu_is_the_narrowest_one_in_the_persons_language(api, sim, ana):
    def menu(word: str) -> list[dict[str, str]]:
        return [{"command": word, "description": word}]

    private, hers = {"type": "all_private_chats"}, {"type": "chat", "chat_id": 1001}
    await api.result("setMyCommands", commands=menu("default"))
    assert sim.commands_for(1001) == menu("default")
    await api.result("setMyCommands", commands=menu("private"), scope=private)
    await api.result("setMyCommands", commands=menu("privado"), scope=private, language_code="es")
    assert sim.commands_for(1001) == menu("privado")
    assert sim.commands_for(1001, "en-GB") == menu("private")
    await api.result("setMyCommands", commands=menu("hers"), scope=hers)
    assert sim.commands_for(1001) == menu("hers")
    await api.result("deleteMyCommands", scope=hers)
    assert sim.commands_for(1001) == menu("privado")
    assert await api.result("getMyCommands", scope=private) == menu("private")


async def test_the_bot_describes_itself_per_language(api):
    await api.result("setMyDescription", description="Practise", language_code="")
    await api.result("setMyDescription", description="Practica", language_code="es")
    for language, text in (("es", "Practica"), ("fr", "Practise")):
        answer = await api.result("getMyDescription", language_code=language)
        assert answer == {"description": text}
    assert (await api.refusal("setMyShortDescription", short_description="x" * 121))[0] == 400


async def test_a_page_hears_every_change_as_plain_data(api, sim: TelegramSimulator, ana):
    queue: asyncio.Queue = asyncio.Queue()
    sim.subscribe(queue)
    mine = await ana.send_text("hello")
    sent = await api.send("<b>hi</b>", parse_mode="HTML")
    await api.result("sendChatAction", chat_id=1001, action="typing")
    await api.result("editMessageText", chat_id=1001, message_id=sent, text="bye")
    await api.result("deleteMessage", chat_id=1001, message_id=sent)
    await api.result("setMyCommands", commands=[{"command": "talk", "description": "Talk"}])
    sim.unsubscribe(queue)
    await ana.send_text("unheard")
    events = [queue.get_nowait() for _ in range(queue.qsize())]
    kinds = ["message", "message", "action", "edit", "delete", "commands"]
    assert [event["type"] for event in events] == kinds
    assert events[0]["message"]["message_id"] == mine
    assert events[1]["message"]["html"] == "<b>hi</b>"
    assert events[1]["message"]["from_bot"]
    assert events[4]["message_id"] == sent


async def test_events_can_be_iterated(sim: TelegramSimulator, ana):
    events = sim.events()
    following = asyncio.ensure_future(anext(events))
    await asyncio.sleep(0)
    await ana.send_contact("+34600000000")
    event = await following
    assert event["message"]["contact"] == "+34600000000"
    await events.aclose()
    json.dumps(event)


@pytest.mark.parametrize(("is_admin", "updates"), [(False, 0), (True, 1)])
async def test_reactions_in_a_group_reach_only_an_admin(api, sim, ana, is_admin, updates):
    await api.updates(allowed_updates=["message_reaction"])
    group = sim.group(-100901, "Room", sees_all=is_admin)
    await ana.react(await api.send(chat_id=-100901), "👍", chat=group)
    assert len(await api.updates()) == updates
