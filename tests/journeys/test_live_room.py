"""The room of a live conversation: six people on two platforms, from the open door to the stars."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from bot.app import App
from bot.live.model import ConversationStatus, SeatStatus
from bot.live.room_model import Presence
from bot.storage.work import Work
from tests.discord_stage import DiscordStage, a_discord_app, a_discord_stage
from tests.live_stage import ADMINS, BOTH, a_person, conversations_of, live, look, make
from tests.message_builders import HandClock
from tests.room_stage import PROMPTS, VOCABULARY, RoomStage, a_room
from tests.visitors import user_of

SIX = ("Ana", "Ben", "Carla", "Dan", "Eva", "Finn")


@pytest.fixture
async def stage() -> AsyncIterator[DiscordStage]:
    async with a_discord_stage() as running:
        yield running


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
async def app(stage: DiscordStage, sqlite_url: str, clock: HandClock) -> AsyncIterator[App]:
    async with a_discord_app(stage, sqlite_url, admins=ADMINS, parts=BOTH, clock=clock) as running:
        yield running


async def test_six_people_of_both_platforms_from_the_announcement_to_the_stars(
    stage: DiscordStage, app: App, clock: HandClock
) -> None:
    room = await _announced(stage, app, clock)
    await room.begin()
    order = []
    for number in range(6):
        name = await room.asked()
        order.append(name)
        await room.people[name].reads("your turn")
        stage.brain.will_hear = [f"Hablo yo {number}"]
        await room.speak(name, f"Hablo yo {number}")
    assert sorted(order) == sorted(SIX)
    for name, person in room.people.items():
        heard = "\n".join(person.texts)
        assert all(f"Hablo yo {number}" in heard for number in range(6))
        assert all(f"It is {other}’s turn" in heard for other in SIX if other != name)
        assert all(prompt in heard for prompt in PROMPTS)
    assert {(await room.member(name)).speaking_seconds for name in SIX} == {1.0}
    assert await room.blobs() == 0

    await room.until((await room.conversation()).ends_at)

    assert (await room.conversation()).status is ConversationStatus.COMPLETED
    await room.people["Eva"].reads("Words to review: la sobremesa, el desayuno")
    await room.people["Eva"].press("4 ★", then="What was good?")
    await room.people["Eva"].press("I got to speak", then="What was good?")
    await room.people["Eva"].press("Write a note", then="A few words")
    await room.people["Eva"].say("See you next week", then="Thank you. It helps")
    await room.people["Finn"].press("5 ★", then="What was good?")
    await room.people["Finn"].press("Done", then="Thank you. It helps")
    seat = await room.seat("Eva")
    assert (seat.status, seat.stars, seat.chips) == (SeatStatus.ATTENDED, 4, ("spoke",))
    assert (seat.note, seat.message_count, seat.speaking_seconds) == ("See you next week", 1, 1.0)
    assert seat.present_seconds == 65 * 60  # it was begun as soon as the door was open
    await room.host.press("Look again", then="★ 4.5 from 2 ratings")


async def test_the_co_host_takes_over_while_the_host_is_away(
    stage: DiscordStage, app: App, clock: HandClock
) -> None:
    room = await a_room(stage, app, clock, SIX, co_host="Ben")
    await room.begin()
    assert (await room.room()).leader_id == room.ids["Ana"]

    for number in range(4):
        await room.later(seconds=80)
        await room.type("Ben", f"Still here {number}", "Carla")
        await room.type("Dan", f"Me too {number}", "Carla")
    await room.later(seconds=80)

    assert (await room.room()).leader_id == room.ids["Ben"]
    await room.people["Ben"].reads("The host is away: you lead now")
    await room.people["Carla"].reads("Ben leads from here on")
    await room.people["Ben"].press("Next prompt", then=PROMPTS[1])

    await room.type("Ana", "Back again", "Carla")

    assert (await room.room()).leader_id == room.ids["Ana"]
    await room.people["Ana"].reads("Good to see you: you lead again")
    await room.people["Ben"].press("Next prompt", then="Ana leads at the moment")


async def test_a_turn_that_nobody_takes_passes_on_and_who_lets_two_go_is_not_waited_for(
    stage: DiscordStage, app: App, clock: HandClock
) -> None:
    room = await a_room(stage, app, clock, ("Ana", "Ben"))
    await room.begin()
    first = await room.asked()
    other = next(name for name in room.people if name != first)

    await room.later(seconds=90)
    assert await room.asked() == other
    await room.later(minutes=10)

    assert await room.asked() == ""
    assert (await room.member(first)).missed == 2
    await room.type(first, "I was on the phone", other)
    assert await room.asked() == first


async def test_the_host_mutes_and_removes_and_nothing_of_theirs_is_passed_on(
    stage: DiscordStage, app: App, clock: HandClock
) -> None:
    room = await a_room(stage, app, clock, ("Ana", "Ben", "Carla"))
    await room.begin()
    ben = room.people["Ben"]

    await room.host.press("Mute", then="Whom do you want to mute?")
    await room.host.press("Ben", then="Whom do you want to mute?")
    await ben.reads("The host has muted you")
    await ben.say("Can you hear me", then="this was not passed on")
    await room.host.press("Ben", then="Whom do you want to mute?")
    await ben.reads("You can speak again")
    await room.type("Ben", "Now you can", "Carla")
    await room.host.press("Back to the tools", then="Your tools as host")
    await room.host.press("Remove", then="Whom do you want to remove?")
    await room.host.press("Ben", then="Whom do you want to remove?")
    await ben.reads("has taken you out")
    await ben.press("Come in", then="cannot come in again")

    assert (await room.member("Ben")).presence is Presence.REMOVED
    assert "Can you hear me" not in "\n".join(room.people["Carla"].texts)


async def test_corrections_go_to_their_author_alone_and_only_with_a_yes(
    stage: DiscordStage, app: App, clock: HandClock
) -> None:
    room = await a_room(stage, app, clock, ("Ana", "Ben", "Carla"), language="en")
    await room.begin()
    await room.people["Ben"].press("Correct me in private", then="You get corrections")

    await room.type("Carla", "She go to school every day.", "Ben")
    await room.type("Ben", "Yesterday I goed to the market.", "Carla")

    await room.people["Ben"].reads("Only you see this")
    for name in ("Ana", "Carla"):
        assert "Only you see this" not in "\n".join(room.people[name].texts)
    slips = {each.text: each.slips for each in await room.messages()}
    assert slips["She go to school every day."] == ()
    assert slips["Yesterday I goed to the market."][0].better


async def test_voices_are_kept_only_with_everybodys_yes(
    stage: DiscordStage, app: App, clock: HandClock
) -> None:
    room = await a_room(stage, app, clock, ("Ana", "Ben"))
    await room.begin()
    await room.people["Ana"].press("My voice may be kept", then="are passed on and not kept")
    stage.brain.will_hear = ["Solo paso", "Me quedo"]
    await room.speak("Ana", "Solo paso")
    assert await room.blobs() == 0

    await room.people["Ben"].press("My voice may be kept", then="voice notes are kept")
    await room.people["Ana"].reads("voice notes are kept")
    await room.speak("Ana", "Me quedo")

    assert await room.blobs() == 1
    first, second = await room.messages()
    assert (first.blob_id, second.blob_id is None) == (None, False)
    assert (await room.seat("Ben")).may_record


async def test_whoever_is_forgotten_in_the_middle_leaves_no_words_and_stops_nobody(
    stage: DiscordStage, app: App, clock: HandClock
) -> None:
    room = await a_room(stage, app, clock, ("Ana", "Ben", "Carla"))
    await room.begin()
    await room.later(seconds=90)
    assert await room.asked() == "Ben"
    await room.type("Ben", "My last words", "Carla")
    ben = room.people.pop("Ben")
    await ben.say("/forget", then="Remove everything about you")
    await ben.press("Yes, remove everything", then="has been removed")

    await room.later(seconds=90)

    assert await room.asked() in room.people
    assert "My last words" not in [each.text for each in await room.messages()]


async def test_who_leaves_is_told_nothing_more_and_can_come_back(
    stage: DiscordStage, app: App, clock: HandClock
) -> None:
    room = await a_room(stage, app, clock, ("Ana", "Ben", "Carla"))
    await room.begin()
    await room.people["Ben"].press("Leave", then="You have left the conversation")
    await room.people["Carla"].reads("Ben has left")
    await room.type("Carla", "Only for Ana", "Ana")
    assert "Only for Ana" not in "\n".join(room.people["Ben"].texts)

    await room.later(minutes=10)
    await room.people["Ben"].press("Come in", then="You are in")
    await room.type("Carla", "For all again", "Ben")
    await room.until((await room.conversation()).ends_at)

    seat = await room.seat("Ben")
    assert seat.present_seconds == 55 * 60


async def test_a_room_nobody_starts_begins_by_itself_and_more_time_is_told(
    stage: DiscordStage, app: App, clock: HandClock
) -> None:
    room = await a_room(stage, app, clock, ("Ana", "Ben"))
    await room.open()
    await room.later(minutes=8)
    assert (await room.room()).is_running
    await room.people["Ben"].reads("We begin")

    await room.host.press("15 more minutes", then="We stay 15 minutes longer")
    ends_at = (await room.conversation()).ends_at
    await room.until(ends_at - timedelta(minutes=4))
    await room.people["Ben"].reads("5 minutes left")
    await room.host.press("End for all", then="End the conversation for everybody?")
    await room.host.press("Yes, end it", then="is over")
    assert (await room.conversation()).status is ConversationStatus.COMPLETED


async def test_the_way_in_stands_on_the_card_while_the_door_is_open(
    stage: DiscordStage, app: App, clock: HandClock
) -> None:
    room = await a_room(stage, app, clock, ("Ana", "Ben"))
    ben = room.people["Ben"]
    await room.until((await room.conversation()).starts_at - timedelta(minutes=5))
    await live(ben, "mine", then="📌 Your conversations")
    await ben.press("1. 🇪🇸 Spanish over coffee", then="Led by")
    await ben.press("Come in", then="You are in")
    assert (await room.member("Ben")).is_in


async def test_who_did_not_come_is_not_asked_for_stars(
    stage: DiscordStage, app: App, clock: HandClock
) -> None:
    room = await a_room(stage, app, clock, ("Ana", "Ben", "Carla"))
    carla = room.people.pop("Carla")
    await room.begin()
    await room.until((await room.conversation()).ends_at)

    assert (await room.seat("Carla")).status is SeatStatus.NO_SHOW
    assert "How was it?" not in "\n".join(carla.texts)
    await room.host.reads("Came: 1 (1 for at least 80 % of the time). Did not come: 1")


async def _announced(stage: DiscordStage, app: App, clock: HandClock) -> RoomStage:
    """Made by Ana in her chat, and found and joined by five others in theirs."""
    platforms = ("telegram", "discord")
    people = {
        name: await a_person(stage, app, platforms[number % 2], 2001 + number, name)
        for number, name in enumerate(SIX)
    }
    ana, *others = people.values()
    await make(ana, start="tomorrow 14:00")
    for person in others:
        await look(person)
        await person.press("Take a seat", then="You have a seat in")
    (made,) = await conversations_of(app, ana)

    def give_materials(work: Work) -> None:
        planning = app.product.live.planning
        planning.revise(work, made.id, made.host_id, prompts=PROMPTS, vocabulary=VOCABULARY)

    await app.storage.write(give_materials)
    ids = {name: (await user_of(app, person)).id for name, person in people.items()}
    return RoomStage(app, clock, people, ids, made.id)
