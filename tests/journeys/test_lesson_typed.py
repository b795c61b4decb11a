"""Whatever people type or press about lessons, they read an answer and never a technical error."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from bot.accounts.model import Role
from bot.flows.billing_news import DISPUTE_PREFIX, MONEY_PREFIX
from bot.flows.gig_card import BOOK_PREFIX
from bot.flows.lesson_meetings import DOOR_PREFIX
from bot.flows.lesson_words import LESSON_PREFIX
from bot.i18n.catalog import texts_in
from bot.messaging.instance import Instance
from bot.messaging.model import Outgoing
from bot.scheduling.schedule import Schedule
from bot.storage.engine import open_storage
from bot.storage.vault import Keyring
from bot.storage.work import Work
from tests.booking_stage import EVERY_DAY, a_gig, booked
from tests.paying_stage import PayingStage, buttons
from tests.relay_stage import a_profile

_TECHNICAL = {texts_in(language)("error.unexpected") for language in ("en", "es")}
_PREFIXES = (BOOK_PREFIX, LESSON_PREFIX, MONEY_PREFIX, DISPUTE_PREFIX, DOOR_PREFIX)
_PEOPLE = st.sampled_from(["tea", "ana", "new"])
_NAMES = ["availability", "book", "agenda", "history", "card", "receipts", "earnings", "cancel"]
_COMMANDS = st.sampled_from(_NAMES)
_WORDS = st.sampled_from(
    [
        *("mon-fri", "sáb", "off", "only", "never", "import", "calendly", "clear", "24 dec"),
        *("18:00-21:00", "25:99", "9-8", "-", "2 jan", "feb 30", "London", "Atlantis", "UTC"),
        *("https://[::1", "https://x.example/a.ics", "60", "-1", "9" * 40, "²", "\x00", "\u202e"),
    ]
)
_TYPED = st.one_of(st.text(max_size=40), st.lists(_WORDS, max_size=6).map(" ".join))
_MADE_UP = st.tuples(
    st.sampled_from(_PREFIXES),
    st.lists(
        st.one_of(
            st.sampled_from(["gig", "len", "day", "slot", "yes", "move", "ok", "pay", "in", "0"]),
            st.sampled_from(["99999999", "20261332", "-1", "AAAAAAAAAAAAAAAAAAAAAA", "", "²"]),
            st.text(max_size=8),
        ),
        max_size=5,
    ),
).map(lambda made: f"{made[0]}:{':'.join(made[1])}")
_ACTION = st.one_of(
    st.tuples(_PEOPLE, st.just("command"), st.tuples(_COMMANDS, _TYPED).map(" ".join)),
    st.tuples(_PEOPLE, st.just("type"), _TYPED),
    st.tuples(_PEOPLE, st.just("press"), st.integers(0, 1_000)),
    st.tuples(_PEOPLE, st.just("press"), st.integers(0, 30)),
    st.tuples(_PEOPLE, st.just("forge"), _MADE_UP),
)


@pytest.fixture
async def stage(sqlite_url: str, keyring: Keyring) -> AsyncIterator[PayingStage]:
    """A teacher with hours and an offer, a student with a lesson, and somebody without either."""
    storage = open_storage(sqlite_url, keyring, Instance())
    await storage.open()
    built = PayingStage(storage)
    await built.join("tea", Role.TEACHER)
    await built.join("ana", Role.STUDENT)
    await built.join("new", Role.STUDENT)

    def unit(work: Work) -> None:
        for name, language in (("ana", "es"), ("tea", "en")):
            work.users.save(
                replace(work.users.get(name), time_zone="Europe/Madrid", ui_language=language)
            )
        work.teachers.add(a_profile("tea"))
        work.schedules.add(Schedule(teacher_id="tea", zone="Europe/Madrid", rules=EVERY_DAY))
        work.gigs.add(a_gig("tea"))
        booked(work, "ana")

    await storage.write(unit)
    yield built
    await storage.aclose()


def _is_ours(data: str) -> bool:
    """Of lessons, not of the tutor, who is somebody else's story."""
    return bool(data) and (not data.startswith("c:") or data.removeprefix("c:") in _NAMES)


async def _do(stage: PayingStage, who: str, how: str, what: object) -> Sequence[Outgoing]:
    if how == "command":
        return await stage.says(who, f"/{what}")
    if how == "type":
        is_asked = await stage.storage.read(lambda work: work.flow_states.find_of_user(who))
        return await stage.says(who, str(what) if is_asked else f"/availability {what}")
    if how == "press":
        shown = buttons(stage.told, who)
        pressable = [each.data for each in shown if _is_ours(each.data)]
        if not pressable:
            return await stage.says(who, "/agenda")
        return await stage.presses(who, pressable[-1 - int(str(what)) % len(pressable)])
    return await stage.presses(who, str(what))


async def _is_answered(stage: PayingStage, actions: Sequence[tuple[str, str, object]]) -> None:
    for who, how, what in actions:
        told = await _do(stage, who, how, what)
        assert told, (who, how, what)
        for message in told:
            assert message.text not in _TECHNICAL, (who, how, what)


_ANYHOW = settings(
    max_examples=30,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@_ANYHOW
@given(actions=st.lists(_ACTION, min_size=3, max_size=15))
async def test_everything_is_answered_in_words(
    stage: PayingStage, actions: Sequence[tuple[str, str, object]]
) -> None:
    await _is_answered(stage, actions)


@pytest.mark.soak
@settings(_ANYHOW, max_examples=2_000, derandomize=False)
@given(actions=st.lists(_ACTION, min_size=3, max_size=40))
async def test_everything_is_answered_in_words_for_long(
    stage: PayingStage, actions: Sequence[tuple[str, str, object]]
) -> None:
    await _is_answered(stage, actions)
