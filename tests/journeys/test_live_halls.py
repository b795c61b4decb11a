"""Live conversations in servers and groups: announced, kept up to date, met in, and gone."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from bot.app import App
from bot.flows.live.words import payload_of
from bot.live.draft import Draft
from bot.live.model import RoomKind, SeatStatus
from bot.meetings.model import Source
from bot.simulators.discord import (
    EVERYONE,
    Entity,
    Permission,
    Status,
)
from bot.simulators.faults import Fault
from bot.storage.work import Work
from tests.discord_stage import DiscordStage, a_discord_app, a_discord_stage
from tests.discord_visitors import plain
from tests.halls_stage import RIGHTS, STOP, School, labelled
from tests.live_stage import BOTH, a_person, later
from tests.message_builders import HandClock
from tests.rights.cast import answered
from tests.stage import PATIENCE_SECONDS
from tests.visitors import user_of


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
async def stage(clock: HandClock) -> AsyncIterator[DiscordStage]:
    async with a_discord_stage(clock=clock.now) as running:
        yield running


@pytest.fixture
async def app(stage: DiscordStage, sqlite_url: str, clock: HandClock) -> AsyncIterator[App]:
    async with a_discord_app(stage, sqlite_url, parts=BOTH, clock=clock) as running:
        yield running


@pytest.fixture
async def school(stage: DiscordStage, app: App, clock: HandClock) -> School:
    ana = await a_person(stage, app, "discord", 1001, "Ana")
    ben = await a_person(stage, app, "discord", 1002, "Ben")
    server = stage.discord.guild("School", owner=ana.person, bot_rights=RIGHTS)
    server.add(ben.person)
    return School(app, stage, clock, server, server.add_channel("news"), ana, ben)


async def test_a_conversation_is_announced_in_the_channel_and_in_the_calendar(
    school: School,
) -> None:
    await school.set_up()
    conversation = await school.plan()
    post = await school.posted("Coffee and verbs")
    before = plain(post)
    await school.book(conversation, school.ben)
    (event,) = school.server.events
    after = school.news.find(post.message_id)

    assert event.name == "Coffee and verbs"
    assert event.starts_at == conversation.starts_at
    assert after is not None
    assert plain(after) != before


async def test_many_changes_at_once_are_one_edit(school: School) -> None:
    await school.set_up()
    conversation = await school.plan(seats=8)
    post = await school.posted("Coffee and verbs")
    user, seats = await user_of(school.app, school.ben), school.app.product.live.seats

    def back_and_forth(work: Work) -> None:
        for _ in range(5):
            seats.book(work, conversation.id, user.id)
            seats.leave(work, conversation.id, user.id)
        seats.book(work, conversation.id, user.id)

    await school.app.storage.write(back_and_forth)
    await school.pass_by(seconds=6)
    changed = school.news.find(post.message_id)

    assert changed is not None
    assert changed.revision == post.revision + 1


async def test_what_is_called_off_is_called_off_there_too(school: School) -> None:
    await school.set_up()
    conversation = await school.plan()
    post = await school.posted("Coffee and verbs")
    planning, host = school.app.product.live.planning, await user_of(school.app, school.ana)
    await school.app.storage.write(lambda work: planning.cancel(work, conversation.id, host.id))
    await school.pass_by(seconds=6)
    changed = school.news.find(post.message_id)

    assert changed is not None
    assert changed.buttons == ()
    assert [event.status for event in school.server.events] == [Status.CANCELED]


async def test_people_meet_in_a_room_made_for_them_and_are_seen(school: School) -> None:
    conversation, room = await school.meeting()
    ben, stranger = school.ben, school.stage.discord.person(1009, "Stranger")
    school.server.add(stranger)
    with pytest.raises(PermissionError):
        stranger.join_voice(room)
    school.server.give_role(stranger, school.server.add_role("moderator", Permission.ADMINISTRATOR))
    ben.person.join_voice(room)
    stranger.join_voice(room)
    await school.told()
    await school.pass_by(minutes=10)
    ben.person.mute(room)
    ben.person.leave_voice(room)
    await school.told()
    await school.pass_by(minutes=5)
    stranger.leave_voice(room)
    await school.told()
    seen, known = await school.seen(conversation), await user_of(school.app, ben)

    (stay,) = seen.intervals
    assert (stay.user_id, stay.source) == (known.id, Source.VOICE_STATE)
    assert stay.left_at == stay.joined_at + timedelta(minutes=10)
    assert seen.strangers == timedelta(minutes=15)
    assert (
        await school.app.storage.read(
            lambda work: work.identities.find("discord", str(stranger.user_id))
        )
        is None
    )


async def test_who_takes_a_seat_when_the_room_is_open_is_let_in_and_shown_the_way(
    school: School,
) -> None:
    await school.set_up()
    conversation = await school.plan()
    await school.pass_by(minutes=6)
    room = school.server.channel(f"Coffee and verbs · {conversation.id[-6:]}")
    with pytest.raises(PermissionError):
        school.ben.person.join_voice(room)
    await school.book(conversation, school.ben)
    await school.ben.press("Join", then="This link is yours alone")
    (link,) = [button.url for button in school.ben.pane.messages[-1].buttons]
    school.ben.person.join_voice(room)

    assert link == f"https://discord.com/channels/{school.server.guild_id}/{room.channel_id}"


async def test_who_came_and_went_while_nothing_was_heard_is_found_out(school: School) -> None:
    conversation, room = await school.meeting()
    ana, ben, discord = school.ana, school.ben, school.stage.discord
    ben.person.join_voice(room)
    await school.told()
    await discord.go_away()
    ben.person.leave_voice(room)
    ana.person.join_voice(room)
    await school.pass_by(minutes=3)
    discord.come_back()
    await discord.until(lambda: discord.is_connected, 30)
    await school.told()
    seen = await school.seen(conversation)
    stays = {each.user_id: each.left_at for each in seen.intervals}

    assert stays[(await user_of(school.app, ana)).id] is None
    assert stays[(await user_of(school.app, ben)).id] == school.clock.now()


async def test_the_room_goes_with_the_conversation_and_the_event_ends(school: School) -> None:
    conversation, room = await school.meeting()
    school.ben.person.join_voice(room)
    await school.told()
    course, host = school.app.product.live.course, await user_of(school.app, school.ana)
    await school.app.storage.write(lambda work: course.start(work, conversation.id, host.id))
    await school.pass_by(seconds=6)
    (running,) = school.server.events
    await school.pass_by(minutes=30)
    await school.app.storage.write(lambda work: course.complete(work, conversation.id, host.id))
    await school.pass_by(minutes=2)
    await school.pass_by(seconds=6)
    await school.stage.discord.until(lambda: _ended(school), PATIENCE_SECONDS)
    (over,) = school.server.events
    seen, ben = await school.seen(conversation), await user_of(school.app, school.ben)
    seat = await school.app.storage.read(
        lambda work: work.live.seats.find_of(conversation.id, ben.id)
    )

    assert (running.status, over.status) == (Status.ACTIVE, Status.COMPLETED)
    assert room.channel_id not in school.server.guild.channel_ids
    assert not seen.is_open
    assert seat is not None
    assert (seat.status, seat.present_seconds) == (SeatStatus.ATTENDED, 30 * 60 + 6)


async def test_in_the_room_the_bot_opens_prompts_aloud_and_says_how_long_there_is(
    school: School,
) -> None:
    conversation, room = await school.meeting(prompts=("¿Té o café?", "¿Y por qué?"))
    course, host = school.app.product.live.course, await user_of(school.app, school.ana)
    await school.app.storage.write(lambda work: course.start(work, conversation.id, host.id))
    await school.pass_by(minutes=3)
    await school.app.storage.write(lambda work: course.extend(work, conversation.id, host.id, 15))
    for _ in range(5):
        await school.pass_by(minutes=14)
    await school.app.storage.write(lambda work: course.complete(work, conversation.id, host.id))
    await school.pass_by(seconds=1)
    said = [plain(message) or "a voice" for message in room.messages]

    assert [text.partition("\n")[0] for text in said] == [
        "¡Os damos la bienvenida a Coffee and verbs!",
        "a voice",
        "💬 Propuesta 1 de 2",
        "a voice",
        "💬 Propuesta 2 de 2",
        "⏳ Quedan cinco minutos. ¿Quién ha hablado poco todavía?",
        "Se acabó el tiempo. ¡Gracias a todos! Esta sala se cierra en un minuto.",
    ]
    assert [message.is_voice for message in room.messages].count(True) == 2
    assert "¿Té o café?" in said[2]


@pytest.mark.parametrize("operation", ["create_guild_scheduled_event", "create_guild_channel"])
async def test_what_was_made_and_not_heard_of_is_not_made_again(
    school: School, operation: str
) -> None:
    school.stage.discord.faults.add(Fault("drop_after", match=operation))
    await school.set_up()
    await school.plan()
    for _ in range(3):
        await school.pass_by(minutes=4)

    assert school.stage.discord.faults.fired
    assert len(school.server.events) == 1
    assert len(school.server.guild.channel_ids) == 2


async def test_what_a_server_does_not_allow_is_said_once_and_the_rest_goes_on(
    school: School,
) -> None:
    school.server.allow_bot(EVERYONE)
    await school.set_up()
    await school.plan()
    await school.plan(120, title="Tea and nouns", room=RoomKind.NOTES)
    await school.posted("Tea and nouns")
    await school.pass_by(minutes=6)
    await school.pass_by(seconds=6)

    said = [plain(message) for message in school.ana.pane.messages]
    for part, times in {"not allowed to create events": 1, "make or remove voice rooms": 1}.items():
        assert sum(part in text for text in said) == times
    assert sum("could not open a voice room" in text for text in said) == 1


async def test_with_the_permission_given_and_setup_sent_again_what_was_refused_is_made(
    school: School,
) -> None:
    school.server.allow_bot(EVERYONE)
    await school.set_up()
    conversation = await school.plan()
    await school.posted("Coffee and verbs")
    await school.pass_by(minutes=6)
    school.server.allow_bot(RIGHTS)
    await school.set_up()
    for _ in range(2):
        await school.pass_by(seconds=6)

    assert [event.entity for event in school.server.events] == [Entity.VOICE]
    assert school.server.channel(f"Coffee and verbs · {conversation.id[-6:]}")
    assert len([each for each in school.news.messages if "Coffee and" in plain(each)]) == 1


async def test_where_the_channel_is_gone_its_manager_is_told_and_nothing_more_is_tried(
    school: School,
) -> None:
    await school.set_up()
    school.server.delete_channel(school.news)
    await school.plan(room=RoomKind.NOTES)
    await school.ana.reads("I can no longer write in the channel")
    before = len(school.stage.discord.requests)
    await school.plan(120, title="Tea and nouns", room=RoomKind.NOTES)
    asked = list(school.stage.discord.requests)[before:]

    assert await school.app.storage.read(lambda work: work.halls.boards.all()) == []
    assert [each for each in asked if str(school.server.guild_id) in each.path.values()] == []


async def test_another_channel_takes_the_place_of_the_first_and_none_ends_it(
    school: School,
) -> None:
    await school.set_up()
    await school.plan(room=RoomKind.NOTES)
    await school.posted("Coffee and verbs")
    school.news = school.server.add_channel("more news")
    await school.set_up()
    await school.posted("Coffee and verbs")
    pane = school.ana.person.at(school.news)
    stop = next(message for message in pane.messages if labelled(message, STOP))
    await pane.press(stop, label=STOP)
    await pane.wait(lambda m: "Nothing more is announced" in plain(m), PATIENCE_SECONDS)

    assert await school.app.storage.read(lambda work: work.halls.boards.all()) == []


async def test_in_a_telegram_group_its_managers_choose_and_a_link_leads_to_the_chat(
    stage: DiscordStage, app: App, clock: HandClock
) -> None:
    ana = await a_person(stage, app, "telegram", 1001, "Ana")
    ben = await a_person(stage, app, "telegram", 1002, "Ben")
    group = stage.telegram.group(-1001, "Friends", sees_all=True)
    group.promote(1001)
    await ana.person.send_text("/setup", chat=group)
    offer = await ana.person.wait(lambda m: "announce live" in m.text, PATIENCE_SECONDS, chat=group)
    data = next(b.data for row in offer.buttons for b in row if b.data == "lb:here")
    await ben.person.press(offer.message_id, data=data, chat=group)
    await app.worker.run_due()
    assert await app.storage.read(lambda work: work.halls.boards.all()) == []
    await ana.person.press(offer.message_id, data=data, chat=group)
    await ana.person.wait(lambda m: "are announced" in m.text, PATIENCE_SECONDS, chat=group)
    starts_at = clock.now() + timedelta(hours=1)
    draft = Draft(
        title="Coffee and verbs",
        language="es",
        starts_at=starts_at,
        ends_at=starts_at + timedelta(hours=1),
        zone="Europe/Madrid",
    )
    host, core = await user_of(app, ana), app.product.live
    made = await app.storage.write(lambda work: core.planning.create(work, draft, host))
    post = await ana.person.wait(lambda m: "verbs" in m.text, PATIENCE_SECONDS, chat=group)
    guest, before = await user_of(app, ben), post.text
    await app.storage.write(lambda work: core.seats.book(work, made.id, guest.id))
    await later(app, clock, seconds=6)
    await answered(app)
    (link,) = [button.url for row in post.buttons for button in row]
    changed = group.chat.find(post.message_id)

    assert link == f"https://t.me/{app.telegram.bot.username}?start={payload_of(made)}"
    assert changed is not None
    assert changed.text != before


def _ended(school: School) -> bool:
    return all(event.status is not Status.ACTIVE for event in school.server.events)
