"""Whatever somebody in a room writes, says, calls themselves or plans arrives as plain words."""

import re
from dataclasses import replace
from datetime import timedelta

from bot.accounts.model import Identity
from bot.chat.policy import Limits
from bot.flows.live.room_door import RoomDoor, welcome
from bot.flows.live.room_lead import RoomLead
from bot.flows.live.room_mirror import RoomMirror
from bot.flows.live.room_talk import RoomParts, RoomTalk
from bot.flows.live.room_turns import RoomTurns
from bot.flows.live.room_unit import RoomUnit, find_room
from bot.handlers.discord.render import drafts
from bot.handlers.telegram.render import render_outgoing
from bot.i18n.catalog import texts_in
from bot.live.room_model import Member, RoomMessageKind, Slip
from bot.messaging.instance import Instance
from bot.messaging.model import Change, Outgoing
from bot.simulators.telegram.markup import find_entities, parse_html
from bot.storage.engine import open_storage
from bot.storage.vault import Keyring
from bot.storage.work import Work
from tests.message_builders import NOW
from tests.relay.test_injection import HOSTILE, NAMES
from tests.storage.test_live_room_rows import (
    ANA,
    BEN,
    CARLA,
    POLICY,
    a_running_room,
    typed,
)

_PLAIN = {"url", "email"}  # what a client makes tappable although it is plainly to be read
_OURS = {"bold", "blockquote", "expandable_blockquote"}  # names, headings and quotes


async def test_no_client_makes_anything_of_what_people_in_a_room_say(
    sqlite_url: str, keyring: Keyring
) -> None:
    storage = open_storage(sqlite_url, keyring, Instance())
    await storage.open()
    room_id = await a_running_room(storage)
    await storage.write(_on_both_platforms)

    await storage.write(lambda work: _say_it_all(work, room_id))

    rows = await storage.write(
        lambda work: [
            row
            for platform in ("telegram", "discord")
            for row in work.outbox.adopt(platform, [], NOW)
        ]
    )
    await storage.aclose()
    assert len(rows) > 8 * len(HOSTILE)
    for row in rows:
        if row.change is Change.SEND:
            (_tappable if row.to.platform == "telegram" else _marked)(row)


def _on_both_platforms(work: Work) -> None:
    """Ben reads on Telegram, Carla on Discord."""
    for user_id, platform in ((BEN, "telegram"), (CARLA, "discord")):
        work.identities.add(
            Identity(
                platform=platform,
                external_id=user_id,
                user_id=user_id,
                room="77",
                last_used_at=NOW,
                is_latest=True,
            )
        )


def _say_it_all(work: Work, room_id: str) -> None:
    """Typed, said, corrected, translated, as a name, and as what a host plans."""
    mirror, turns, lead = RoomMirror(can_translate=True), RoomTurns(POLICY), RoomLead(POLICY)
    talk = RoomTalk(
        RoomParts(mirror, turns, lead, Limits(per_minute=1_000), timedelta(days=1)),
        None,  # type: ignore[arg-type] # no files here
    )
    for number, text in enumerate(HOSTILE):
        ana = work.users.get(ANA)
        name = NAMES[number % len(NAMES)]
        author = work.users.save(replace(ana, name=name, native_language="fr"))
        conversation = work.live.conversations.get(room_id)
        planned = replace(
            conversation,
            title=text,
            topic=text,
            cultural_notes=text,
            vocabulary=(text,),
            grammar_points=(text,),
            prompts=(text,) * (number + 2),
        )
        work.live.conversations.save(planned)
        room = find_room(work, room_id, NOW + timedelta(minutes=number))
        assert room is not None
        talk.say(room, author, replace(typed(ANA, number), text=text), RoomMessageKind.TEXT)
        _said_about(room, mirror, text)
        turns.next_prompt(room)
        for reader in (BEN, CARLA):
            member = room.member(reader)
            assert member is not None
            _welcomed(room, member, number)
        RoomDoor(POLICY, turns, lead).invite(work, planned, BEN, room.now)


def _welcomed(room: RoomUnit, member: Member, number: int) -> None:
    body = welcome(room, member, texts_in("en"))
    room.say(member.user_id, f"welcome{number}", lambda _: body)


def _said_about(room: RoomUnit, mirror: RoomMirror, text: str) -> None:
    """A transcript, corrections and a translation of the newest message, all with this text."""
    work = room.work
    message = work.live.rooms.messages.of_room(room.room.id)[-1]
    spoken = replace(message, transcript=text, language="fr")
    mirror.show_transcript(work, room.conversation, spoken, room.inside, room.now)
    for reader in (BEN, CARLA):
        mirror.show_translation(work, spoken, text, reader, room.now)
        slip = Slip(said=text, better=text, why={"en": "because"})
        mirror.show_slips(work, replace(spoken, sender_id=reader), [slip], room.now)


def _tappable(row: Outgoing) -> None:
    for call in render_outgoing(row):
        shown, entities = parse_html(str(call.params["text"]))
        found = {each["type"] for each in find_entities(shown, entities)}
        assert found <= _PLAIN | _OURS, (shown, found)


def _marked(row: Outgoing) -> None:
    for draft in drafts(row):
        content = str(draft.body["content"])
        assert draft.body["allowed_mentions"]["parse"] == []
        assert "@everyone" not in content
        assert "@here" not in content
        unescaped = re.sub(r"\\.", "x", content)
        assert not re.search(r"<[@#:/]|\[[^\]]*\]\(|\|\||~~|`", unescaped), content
