"""A live conversation on Zoom: everybody's own link, attendance from there, thanks afterwards."""

from datetime import timedelta

from bot.live.draft import Draft
from bot.live.model import ConversationStatus, LiveConversation, RoomKind, Seat, SeatStatus
from bot.storage.work import Work
from tests.discord_stage import a_discord_stage
from tests.lesson_stage import School, a_school, link_under
from tests.visitors import Anybody, user_of


async def test_seats_get_links_of_their_own_and_zoom_tells_who_came(sqlite_url: str) -> None:
    async with a_discord_stage() as stage, a_school(stage, sqlite_url) as school:
        made = await _planned(school)
        await school.student.reads("has its room")
        await school.admin.reads("has its room")
        await school.teacher.press("Open as host", then="signs you in as the host")

        await school.until(made.starts_at)
        links = []
        for person in (school.student, school.admin):
            await person.press("Join", then="This link is yours alone")
            links.append(link_under(person, "Enter the room"))
        assert len(set(links)) == 2
        seats = [school.zoom.enter(link) for link in links]
        await school.settle()
        assert (await _stored(school, made)).status is ConversationStatus.LIVE
        await school.until(made.starts_at + timedelta(minutes=30))
        school.zoom.leave(seats[1])
        await school.until(made.ends_at)
        school.zoom.leave(seats[0])
        await school.until(made.ends_at + timedelta(minutes=70))

        assert (await _stored(school, made)).status is ConversationStatus.COMPLETED
        for person, minutes in ((school.student, 60), (school.admin, 30)):
            seat = await _seat(school, made, person)
            assert seat.status is SeatStatus.ATTENDED
            assert seat.present_seconds == minutes * 60
        await school.student.press("5 ★", then="What was good?")
        await school.teacher.reads("Came: 2 (1 for at least 80 % of the time)")


async def test_without_zoom_the_host_gives_a_link_and_asking_for_it_counts_as_coming(
    sqlite_url: str,
) -> None:
    async with (
        a_discord_stage() as stage,
        a_school(stage, sqlite_url, has_zoom=False) as school,
    ):
        made = await _planned(school)
        await school.teacher.press("Give a link", then="Paste the link")
        await school.teacher.say("https://meet.example.org/abc", then="has its room")
        await school.student.reads("has its room")
        await school.until(made.starts_at)
        for person in (school.student, school.admin):
            await person.press("Join", then="This link is yours alone")
            assert link_under(person, "Enter the room") == "https://meet.example.org/abc"
        await school.until(made.ends_at + timedelta(minutes=70))

        assert (await _stored(school, made)).status is ConversationStatus.COMPLETED
        assert (await _seat(school, made, school.student)).status is SeatStatus.ATTENDED


async def _planned(school: School) -> LiveConversation:
    """By the teacher, with seats of the student and of the administrator."""
    host, *guests = [
        await user_of(school.app, each) for each in (school.teacher, school.student, school.admin)
    ]
    starts_at = school.clock.now() + timedelta(hours=2)

    def unit(work: Work) -> LiveConversation:
        core = school.app.product.live
        draft = Draft(
            title="Spanish on Zoom",
            language="es",
            starts_at=starts_at,
            ends_at=starts_at + timedelta(hours=1),
            zone="Europe/London",
            room=RoomKind.ZOOM,
        )
        made = core.planning.create(work, draft, work.users.get(host.id))
        for guest in guests:
            core.seats.book(work, made.id, guest.id)
        return made

    await school.change(school.admin, status=host.status, name="Olga")
    made = await school.app.storage.write(unit)
    await school.settle()
    return made


async def _stored(school: School, made: LiveConversation) -> LiveConversation:
    return await school.app.storage.read(lambda work: work.live.conversations.get(made.id))


async def _seat(school: School, made: LiveConversation, person: Anybody) -> Seat:
    user = await user_of(school.app, person)

    def find(work: Work) -> Seat:
        seat = work.live.seats.find_of(made.id, user.id)
        assert seat is not None
        return seat

    return await school.app.storage.read(find)
