"""Live conversations found, made, joined and led, on both platforms with the same words."""

from collections.abc import AsyncIterator

import pytest

from bot.app import App
from bot.flows.live.words import headline
from bot.live.model import ConversationStatus, Kind, RoomKind, SeatStatus
from bot.storage.work import Work
from tests.discord_stage import DiscordStage, a_discord_app, a_discord_stage
from tests.discord_visitors import DiscordVisitor
from tests.live_stage import (
    ADMINS,
    BOTH,
    OTHER,
    a_person,
    a_stranger,
    conversations_of,
    data_of,
    later,
    live,
    look,
    make,
    planned,
    seat_of,
    times_read,
)
from tests.message_builders import HandClock
from tests.rights.cast import let_teach
from tests.visitors import Anybody, user_of

ON_MONDAY = {"telegram": "Mon, Nov 23, ", "discord": "<t:1795453200:F>"}


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


@pytest.fixture(params=sorted(BOTH))
async def pair(
    request: pytest.FixtureRequest, stage: DiscordStage, app: App
) -> tuple[Anybody, Anybody]:
    """A host on one platform, and somebody on the other."""
    hosts = str(request.param)
    ana = await a_person(stage, app, hosts, 1001, "Ana")
    return ana, await a_person(stage, app, OTHER[hosts], 1002, "Bob")


async def test_what_is_made_on_one_platform_is_joined_from_the_other_with_one_tap(
    app: App, pair: tuple[Anybody, Anybody]
) -> None:
    ana, bob = pair
    await make(ana)
    (made,) = await conversations_of(app, ana)
    assert made.starts_at.isoformat() == "2026-11-23T17:00:00+00:00"
    await look(bob)
    assert times_read(bob, f"🗓 {ON_MONDAY[bob.platform]}") == 1
    await bob.press("Take a seat", then="1 of 8 seats taken")
    await bob.reads("✅ You have a seat in “Spanish over coffee”")
    assert (await seat_of(app, bob, made)).status is SeatStatus.CONFIRMED
    await live(bob, "mine", then="✅ booked")
    await live(ana, "mine", then="👑 yours")
    assert times_read(bob, "✅ You have a seat in") == 1


async def test_who_leaves_is_asked_first_and_the_host_hears_of_it(
    app: App, pair: tuple[Anybody, Anybody]
) -> None:
    ana, bob = pair
    await make(ana)
    (made,) = await conversations_of(app, ana)
    await look(bob)
    await bob.press("Take a seat", then="✅ You have a seat in")
    await bob.press("Details", then="✅ You have a seat.")
    await bob.press("Give the seat back", then="Give back your seat in")
    await bob.press("Yes, give it back", then="There is a seat for you.")
    await ana.reads("Bob gave a seat in “Spanish over coffee” back.")
    assert (await seat_of(app, bob, made)).status is SeatStatus.CANCELLED


async def test_the_wait_list_moves_up_by_itself_and_asks_for_a_yes(
    stage: DiscordStage, app: App, pair: tuple[Anybody, Anybody], clock: HandClock
) -> None:
    ana, bob = pair
    cleo = await a_person(stage, app, ana.platform, 1003, "Cleo")
    dan = await a_person(stage, app, bob.platform, 1004, "Dan")
    await make(ana, seats="1")
    (made,) = await conversations_of(app, ana)
    for person in (bob, cleo, dan):
        await look(person)
    await bob.press("Take a seat", then="✅ You have a seat in")
    for place, person in enumerate((cleo, dan), 1):
        await look(person)
        await person.press("Join the wait-list", then=f"You are number {place} on the wait-list.")
    await bob.press("Details", then="✅ You have a seat.")
    await bob.press("Give the seat back", then="Give back your seat in")
    await bob.press("Yes, give it back", then="All seats are taken.")
    await cleo.reads("🎉 A seat came free for you in “Spanish over coffee”")
    await later(app, clock, minutes=31)
    await cleo.reads("There was no answer, so the seat")
    await dan.reads("🎉 A seat came free for you in “Spanish over coffee”")
    await dan.press("Yes, I take it", then="✅ You have a seat in")
    assert (await seat_of(app, dan, made)).status is SeatStatus.CONFIRMED
    assert (await seat_of(app, cleo, made)).status is SeatStatus.CANCELLED
    assert times_read(cleo, "A seat came free for you") == 1


async def test_everybody_who_comes_is_reminded_once_for_each_of_three_times(
    app: App, pair: tuple[Anybody, Anybody], clock: HandClock
) -> None:
    ana, bob = pair
    await make(ana)
    await look(bob)
    await bob.press("Take a seat", then="✅ You have a seat in")
    await later(app, clock, hours=5)
    await bob.reads("⏰ Tomorrow: “Spanish over coffee”")
    await ana.reads("⏰ Tomorrow you lead “Spanish over coffee”")
    await bob.press("Coming", then="Good, see you there.")
    await later(app, clock, hours=23)
    await bob.reads("⏰ In an hour: “Spanish over coffee”")
    await bob.press("10 minutes late", then="I have told the host")
    await ana.reads("🕙 Bob comes ten minutes later")
    await later(app, clock, minutes=50)
    await bob.reads("⏰ In ten minutes: “Spanish over coffee”")
    await app.worker.run_due()
    assert times_read(ana, "⏰") == 3
    assert times_read(bob, "⏰") == 1  # what was answered gave way to the answer


async def test_who_cannot_come_frees_the_seat_for_the_next(
    stage: DiscordStage, app: App, pair: tuple[Anybody, Anybody], clock: HandClock
) -> None:
    ana, bob = pair
    cleo = await a_person(stage, app, ana.platform, 1003, "Cleo")
    await make(ana, seats="1")
    await look(bob)
    await bob.press("Take a seat", then="✅ You have a seat in")
    await look(cleo)
    await cleo.press("Join the wait-list", then="You are number 1 on the wait-list.")
    await later(app, clock, hours=5)
    await bob.reads("⏰ Tomorrow: “Spanish over coffee”")
    await bob.press("Cannot", then="Give back your seat in")
    await bob.press("Yes, give it back", then="All seats are taken.")
    await cleo.reads("🎉 A seat came free for you")
    await cleo.press("Yes, I take it", then="✅ You have a seat in")


async def test_a_move_is_told_to_everybody_and_old_reminders_stay_away(
    app: App, pair: tuple[Anybody, Anybody], clock: HandClock
) -> None:
    ana, bob = pair
    await make(ana)
    await look(bob)
    await bob.press("Take a seat", then="✅ You have a seat in")
    await ana.press("Manage", then="What would you like to do?")
    await ana.press("Move", then="To when shall it move?")
    await ana.say("24 nov 19:30", then="“Spanish over coffee” takes place")
    await bob.reads("🔁 “Spanish over coffee” has changed.")
    (made,) = await conversations_of(app, ana)
    assert made.starts_at.isoformat() == "2026-11-24T18:30:00+00:00"
    await bob.press("That suits me", then="Good, see you there.")
    await later(app, clock, hours=28)
    assert times_read(bob, "⏰") == 0
    await later(app, clock, hours=3)
    assert times_read(bob, "⏰ Tomorrow") == 1


async def test_calling_it_off_asks_first_and_tells_everybody_once(
    app: App, pair: tuple[Anybody, Anybody]
) -> None:
    ana, bob = pair
    await make(ana)
    await look(bob)
    await bob.press("Take a seat", then="✅ You have a seat in")
    await ana.press("Manage", then="What would you like to do?")
    await ana.press("Call off", then="Everybody with a seat is told")
    await ana.press("Yes, call it off", then="“Spanish over coffee” is called off")
    await bob.reads("❌ “Spanish over coffee”")
    (made,) = await conversations_of(app, ana)
    assert made.status is ConversationStatus.CANCELLED
    assert times_read(bob, "does not take place") == 1
    await bob.say("/live", then="Nothing is planned that fits")


async def test_a_weekly_series_is_told_and_called_off_as_a_whole(
    app: App, pair: tuple[Anybody, Anybody]
) -> None:
    ana, bob = pair
    await make(ana)
    await look(bob)
    await bob.press("Take a seat", then="✅ You have a seat in")
    await ana.press("Manage", then="What would you like to do?")
    await ana.press("Repeat weekly", then="How many more weeks")
    await ana.press("3 more", then="3 more are planned:")
    await bob.reads("comes again 3 times")
    series = await conversations_of(app, ana)
    assert [each.starts_at.day for each in series] == [23, 30, 7, 14]
    await bob.press("Mon, Nov 30", then="There is a seat for you.")
    await live(ana, "mine", then="📌 Your conversations")
    await ana.press("1. 🇪🇸 Spanish over coffee", then="👑 You lead this conversation.")
    await ana.press("Manage", then="What would you like to do?")
    await ana.press("Call off", then="Everybody with a seat is told")
    await ana.press("This one and all later weeks", then="(4 conversations)")
    gone = await conversations_of(app, ana)
    assert {each.status for each in gone} == {ConversationStatus.CANCELLED}


async def test_a_co_host_is_chosen_of_those_who_come_and_told(
    app: App, pair: tuple[Anybody, Anybody]
) -> None:
    ana, bob = pair
    await make(ana)
    await ana.press("Manage", then="What would you like to do?")
    await ana.press("Co-host", then="Whoever leads with you needs a seat first.")
    await look(bob)
    await bob.press("Take a seat", then="✅ You have a seat in")
    await ana.press("Manage", then="What would you like to do?")
    await ana.press("Who comes", then="✅ Bob")
    await ana.press("Manage", then="What would you like to do?")
    await ana.press("Co-host", then="Who shall lead it with you?")
    await ana.press("Bob", then="Bob leads with you and was told.")
    await bob.reads("🤝 Ana asks you to lead “Spanish over coffee” with them")
    await live(bob, "mine", then="📌 Your conversations")
    await bob.press("1. 🇪🇸 Spanish over coffee", then="Led by Ana and Bob")
    await bob.press("Manage", then="What would you like to do?")


async def test_a_private_one_opens_by_its_code_alone(
    app: App, pair: tuple[Anybody, Anybody]
) -> None:
    ana, bob = pair
    await make(ana, access="Only with my invitation code")
    (made,) = await conversations_of(app, ana)
    assert made.invite_code is not None
    assert times_read(ana, f"Code: {made.invite_code}") == 1
    await bob.say("/live", then="Nothing is planned that fits")
    await live(bob, "ABCDEFGH", then="Nothing is planned that fits")
    await live(bob, made.invite_code.lower(), then="🔒 Only with its code")
    await bob.press("Take a seat", then="✅ You have a seat in")
    await bob.press("Details", then="✅ You have a seat.")


async def test_a_link_opens_one_conversation_and_a_guest_registers_first(
    stage: DiscordStage, app: App, pair: tuple[Anybody, Anybody]
) -> None:
    ana, _ = pair
    await make(ana)
    link = next(text for text in ana.texts if "start=l_" in text)
    payload = link.partition("start=")[2].split()[0]
    guest = a_stranger(stage, "telegram", 1009, "Guest")
    await guest.say(f"/start {payload}", then="Led by Ana")
    await guest.press("Take a seat", then="registered")
    await guest.say("/start l_AAAAAAAAAAAAAAAAAAAAAA", then="not there any more")


async def test_filters_and_words_narrow_the_list_and_are_taken_back(
    app: App, pair: tuple[Anybody, Anybody]
) -> None:
    ana, bob = pair
    await planned(app, ana)
    await planned(app, ana, title="Jazz and tapas", hours=32)
    await bob.say("/live", then="2 conversations")
    await live(bob, "jazz", then="“jazz” · 1 conversation")
    await bob.press("No filters", then="Everything that is coming up · 2 conversations")
    await bob.press("Level", then="Which level?")
    await bob.press("🟢 A1", then="🟢 A1 · 0 conversations")
    await bob.press("Level", then="Which level?")
    await bob.press("🔵 B1", then="🔵 B1 · 2 conversations")
    await bob.press("Language", then="Which language?")
    await bob.press("🇺🇸 English", then="0 conversations")
    await bob.press("Language", then="Which language?")
    await bob.press("Any", then="🔵 B1 · 2 conversations")
    await bob.press("Price", then="Free or paid?")
    await bob.press("Paid", then="paid · 0 conversations")
    await bob.press("No filters", then="Everything that is coming up · 2 conversations")
    await bob.press("Search", then="What are you looking for?")
    await bob.say("tapas", then="“tapas” · 1 conversation")
    assert all(len(data.encode()) <= 64 for data in data_of(bob))


async def test_a_private_conversation_is_a_lesson_and_a_past_time_is_asked_again(
    app: App, pair: tuple[Anybody, Anybody]
) -> None:
    _, bob = pair
    await live(bob, "new", then="What shall the conversation be called?")
    await bob.say("Spanish over coffee", then="What kind of conversation")
    await bob.press("👤 Private, one to one", then="held by verified teachers")
    await bob.press("👥 Group conversation", then="In which language?")
    await bob.say("spanish", then="For which level")
    await bob.press("⚪ any level", then="When does it begin?")
    await bob.say("today 9:00", then="That is over already.")
    await bob.say("tomorrow", then="At what time?")
    await bob.say("tomorrow at 6 pm", then="How long does it last?")
    await bob.say("19:30", then="How many people")
    await bob.say("500", then="Where do you meet?")
    await bob.press("🎥 A video meeting", then="Who can join?")
    await bob.press("Everybody can find it", then="in a few sentences")
    await bob.press("Skip", then="which materials")
    await bob.press("I write my own", then="What is the topic?")
    await bob.press("Skip", then="something about the culture")
    await bob.press("Skip", then="Useful words")
    await bob.say("café, leche; azúcar", then="Grammar to practise")
    await bob.press("Skip", then="Questions to talk about")
    await bob.say("¿Qué tomas?\n¿Dónde, y con quién?", then="Is everything right?")
    await bob.press("Confirm", then="seats")
    assert await conversations_of(app, bob) == []
    await bob.press("Edit: Seats", then="How many people")
    await bob.press("12", then="Is everything right?")
    await bob.press("Confirm", then="Made!")
    (made,) = await conversations_of(app, bob)
    assert (made.seats, made.level, made.kind) == (12, "any", Kind.GROUP)
    assert made.room is RoomKind.ZOOM
    assert made.length.total_seconds() == 90 * 60
    assert made.vocabulary == ("café", "leche", "azúcar")
    assert made.prompts == ("¿Qué tomas?", "¿Dónde, y con quién?")


async def test_a_verified_teacher_may_take_money_and_materials_are_ready(
    app: App, pair: tuple[Anybody, Anybody]
) -> None:
    ana, _ = pair
    teacher = await user_of(app, ana)

    def unit(work: Work) -> None:
        let_teach(work, work.users.get(teacher.id))

    await app.storage.write(unit)
    await live(ana, "new", then="Question 1 of 12")
    await ana.say("Spanish for travellers", then="What kind of conversation")
    await ana.press("👤 Private, one to one", then="A private conversation is a lesson")
    await ana.press("🎭 Cultural exchange", then="In which language?")
    await ana.press("🇪🇸 Spanish", then="For which level")
    await ana.press("🔵 B1", then="When does it begin?")
    await ana.say("tomorrow 18:00", then="How long does it last?")
    await ana.press("60 minutes", then="How many people")
    await ana.press("8", then="Where do you meet?")
    await ana.press("🎥 A video meeting", then="Who can join?")
    await ana.press("Everybody can find it", then="What does a seat cost")
    await ana.press("Free", then="in a few sentences")
    await ana.press("Skip", then="which materials")
    await ana.press("📚 Viajes que salieron mal", then="Materials: Viajes que salieron mal")
    await ana.press("Confirm", then="Made!")
    (made,) = await conversations_of(app, ana)
    assert made.is_free
    assert made.topic
    assert made.vocabulary
    assert made.prompts


async def test_what_hosts_write_is_no_mention_and_no_command_for_others(
    app: App, pair: tuple[Anybody, Anybody]
) -> None:
    ana, bob = pair
    made = await planned(app, ana, title="@everyone /forget", description="@Cleo /forget")
    await bob.say("/live", then="1 conversation")
    await bob.press(f"1. {headline(made)}", then="Led by Ana")
    assert [text for text in bob.texts if "@everyone" in text or " /forget" in text] == []


async def test_titles_are_suggested_while_somebody_types(stage: DiscordStage, app: App) -> None:
    ana = await a_person(stage, app, "telegram", 1001, "Ana")
    bob = await a_person(stage, app, "discord", 1002, "Bob")
    assert isinstance(bob, DiscordVisitor)
    await planned(app, ana, title="Jazz and tapas")
    await planned(app, ana, title="Spanish over coffee", hours=32)
    choices = await bob.pane.complete("live", "what", "jaz")
    assert [choice["name"] for choice in choices] == ["Jazz and tapas"]
    assert len(await bob.pane.complete("live", "what", "")) == 5


async def test_what_it_is_and_is_not_is_told_to_anybody(stage: DiscordStage, app: App) -> None:
    guest = a_stranger(stage, "telegram", 1009, "Guest")
    await guest.say("/live about", then="nobody is recorded without everybody's yes")
    await guest.press("Make one", then="Register first")
