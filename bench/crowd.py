"""A room of a live conversation with many people in it, all of them on Telegram."""

from datetime import datetime, timedelta

from bot.accounts.model import Identity, Role, User, UserStatus
from bot.app import build
from bot.live.model import LiveConversation, Seat, SeatStatus
from bot.live.room_model import LiveRoom, Member
from bot.storage.work import Work
from config.settings import Settings

CROWD = 200
FIRST_MEMBER = 20_000


async def gather(settings: Settings) -> None:
    """Fill an empty database; `settings` name no platform. The door is open, and all are in."""
    async with build(settings) as app:
        now = app.clock.now()

        def unit(work: Work) -> None:
            people = [_person(work, FIRST_MEMBER + number, now) for number in range(CROWD)]
            conversation = work.live.conversations.add(_conversation(people[0], now))
            work.live.rooms.rooms.add(
                LiveRoom(
                    id=conversation.id,
                    leader_id=people[0],
                    opened_at=now,
                    ends_at=conversation.ends_at,
                )
            )
            for place, user_id in enumerate(people):
                _let_in(work, conversation.id, user_id, place, now)

        await app.storage.write(unit)


def _conversation(host_id: str, now: datetime) -> LiveConversation:
    starts_at = now + timedelta(hours=1)
    return LiveConversation(
        host_id=host_id,
        title="A large room",
        language="es",
        starts_at=starts_at,
        ends_at=starts_at + timedelta(hours=1),
        seats=CROWD,
        taken=CROWD,
        currency="EUR",
        wall_time=f"{starts_at:%Y-%m-%dT%H:%M}",
        zone="UTC",
        tz_version="2026a",
        created_at=now,
    )


def _let_in(work: Work, conversation_id: str, user_id: str, place: int, now: datetime) -> None:
    work.live.seats.add(
        Seat(
            conversation_id=conversation_id,
            user_id=user_id,
            status=SeatStatus.CONFIRMED,
            currency="EUR",
            booked_at=now,
        )
    )
    work.live.rooms.members.add(
        Member(
            conversation_id=conversation_id,
            user_id=user_id,
            place=place,
            joined_at=now,
            seen_at=now,
            in_since=now,
        )
    )


def _person(work: Work, number: int, now: datetime) -> str:
    user = work.users.add(
        User(
            created_at=now,
            name="Ana",
            status=UserStatus.ACTIVE,
            roles=frozenset({Role.STUDENT}),
            native_language="es",
        )
    )
    work.identities.add(
        Identity(
            platform="telegram",
            external_id=str(number),
            user_id=user.id,
            room=str(number),
            joined_at=now,
            last_used_at=now,
            is_latest=True,
        )
    )
    return user.id
