"""Students in Telegram and teachers in Discord who know each other: whoever writes, is relayed."""

from datetime import datetime

from bench.fake_discord import room_of
from bot.accounts.model import Identity, Role, User, UserStatus
from bot.accounts.teachers import Review, TeacherProfile
from bot.app import build
from bot.storage.work import Work
from config.settings import Settings

PAIRS = 300
FIRST_STUDENT, FIRST_TEACHER = 1_000, 5_000


async def acquaint(settings: Settings) -> None:
    """Fill an empty database; `settings` name no platform.

    Students write to their teachers and teachers to their students, until they choose another.
    """
    async with build(settings) as app:
        now, relay = app.clock.now(), app.product.relay.relay

        def unit(work: Work) -> None:
            for number in range(PAIRS):
                student = _student(work, FIRST_STUDENT + number, now)
                teacher = _teacher(work, FIRST_TEACHER + number, now)
                thread = relay.open(work, student, teacher, now)
                relay.focus(work, student, thread)
                relay.focus(work, teacher, thread)

        await app.storage.write(unit)


def _student(work: Work, user_id: int, now: datetime) -> str:
    return _person(work, "telegram", user_id, now, room=str(user_id))


def _teacher(work: Work, user_id: int, now: datetime) -> str:
    found = _person(work, "discord", user_id, now, room=room_of(user_id))
    work.teachers.add(
        TeacherProfile(
            user_id=found,
            qualification="MA",
            experience_years=3,
            rate_minor=2_000,
            rate_currency="EUR",
            is_verified=True,
            review=Review.APPROVED,
        )
    )
    return found


def _person(work: Work, platform: str, user_id: int, now: datetime, *, room: str) -> str:
    is_teacher = platform == "discord"
    user = work.users.add(
        User(
            created_at=now,
            name="Tom" if is_teacher else "Ana",
            status=UserStatus.ACTIVE,
            roles=frozenset({Role.TEACHER if is_teacher else Role.STUDENT}),
            native_language="en" if is_teacher else "es",
        )
    )
    work.identities.add(
        Identity(
            platform=platform,
            external_id=str(user_id),
            user_id=user.id,
            room=room,
            joined_at=now,
            last_used_at=now,
            is_latest=True,
        )
    )
    return user.id
