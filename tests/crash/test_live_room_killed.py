"""kill -9 in the middle of a group conversation: nothing said is lost or counted twice."""

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from bot.accounts.model import User, UserStatus
from bot.core.clock import SystemClock
from bot.live.model import ConversationStatus, LiveConversation, Seat, SeatStatus
from bot.live.room_model import LiveRoom, Member, RoomStatus
from bot.storage.work import Work
from tests.crash.instances import needs_fork, some_instances
from tests.discord_stage import DiscordStage, a_discord_stage
from tests.discord_visitors import DiscordVisitor
from tests.stage import PATIENCE_SECONDS, a_note
from tests.visitors import Visitor

pytestmark = needs_fork

_PARTS = "telegram,discord,worker"
_PEOPLE = (("telegram", "1"), ("discord", "2001"), ("telegram", "3"))


async def test_a_process_killed_while_somebody_speaks_goes_on_with_the_turns(
    sqlite_url: str, tmp_path: Path
) -> None:
    async with a_discord_stage() as stage, some_instances(tmp_path) as instances:
        environment = stage.environment(sqlite_url)
        ana = Visitor(stage.telegram.person(1, "Ana"))
        ben = DiscordVisitor(stage.discord.person(2001, "Ben"))
        carla = Visitor(stage.telegram.person(3, "Carla"))
        first = await instances.start(environment, only=_PARTS)
        await stage.discord.until(lambda: stage.discord.is_connected, PATIENCE_SECONDS)
        for person in (ana, carla):
            await person.say("/start", then="You can try")
        await ben.pane.send("hello")
        await ben.pane.wait(lambda m: m.author_id != ben.person.user_id, PATIENCE_SECONDS)
        await first.terminate()
        room_id = await _in_a_room(stage, sqlite_url)

        second = await instances.start(environment, only=_PARTS)
        await carla.person.send_text("I listen")
        await ben.reads("I listen")
        await ana.person.send_voice(a_note(), 1)
        await second.kill()
        await ben.pane.send("While you were away")
        third = await instances.start(environment, only=_PARTS)
        await ben.reads("Hello there.")
        await carla.reads("Hello there.")
        await ana.reads("While you were away")
        await carla.reads("While you were away")
        await carla.reads("It is Ben’s turn")
        await third.terminate()

        room, members = await _stored(stage, sqlite_url, room_id)
        assert room.turn_number == 2
        assert [each.speaking_seconds for each in members] == [1.0, 0.0, 0.0]
        assert [each.message_count for each in members] == [1, 1, 1]
        assert [each.dealt for each in members] == [1, 0, 0]
        assert sum(m.is_voice for m in ben.pane.messages) == 1
        assert sum("your turn" in text for text in ben.texts) == 1


async def _in_a_room(stage: DiscordStage, url: str) -> str:
    """All three are in a room that runs, and it is Ana's turn."""
    now = SystemClock().now()

    def unit(work: Work) -> str:
        users = [_named(work, *who) for who in _PEOPLE]
        conversation = work.live.conversations.add(_conversation(users[0].id, now))
        room = LiveRoom(
            id=conversation.id,
            leader_id=users[0].id,
            opened_at=now,
            ends_at=conversation.ends_at,
            status=RoomStatus.RUNNING,
            began_at=now,
            turn_number=1,
            turn_of=users[0].id,
        )
        work.live.rooms.rooms.add(room)
        for place, user in enumerate(users):
            _let_in(work, room.id, user.id, place, now)
        return room.id

    storage = stage.look_at(url)
    await storage.open()
    room_id = await storage.write(unit)
    await storage.aclose()
    return room_id


def _conversation(host_id: str, now: datetime) -> LiveConversation:
    return LiveConversation(
        host_id=host_id,
        title="Spanish",
        language="es",
        starts_at=now - timedelta(minutes=5),
        ends_at=now + timedelta(hours=1),
        currency="EUR",
        status=ConversationStatus.LIVE,
        wall_time="2026-11-22T13:00",
        zone="UTC",
        tz_version="2026a",
        created_at=now,
    )


def _let_in(work: Work, room_id: str, user_id: str, place: int, now: datetime) -> None:
    work.live.seats.add(
        Seat(
            conversation_id=room_id,
            user_id=user_id,
            status=SeatStatus.CONFIRMED,
            currency="EUR",
            booked_at=now,
        )
    )
    work.live.rooms.members.add(
        Member(
            conversation_id=room_id,
            user_id=user_id,
            place=place,
            joined_at=now,
            seen_at=now,
            in_since=now,
        )
    )


def _named(work: Work, platform: str, external_id: str) -> User:
    identity = work.identities.find(platform, external_id)
    assert identity is not None
    user = work.users.get(identity.user_id)
    return work.users.save(replace(user, status=UserStatus.ACTIVE, native_language="es"))


async def _stored(stage: DiscordStage, url: str, room_id: str) -> tuple[LiveRoom, list[Member]]:
    storage = stage.look_at(url)
    await storage.open()

    def read(work: Work) -> tuple[LiveRoom, list[Member]]:
        rooms = work.live.rooms
        return rooms.rooms.get(room_id), list(rooms.members.of_room(room_id))

    found = await storage.read(read)
    await storage.aclose()
    return found
