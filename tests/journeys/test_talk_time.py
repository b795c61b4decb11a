"""Time with the tutor by plan: told before it ends, never cut, and what helps at the end."""

from datetime import timedelta

from sqlalchemy import select

from bot.accounts.model import Purpose
from bot.app import App
from bot.i18n.catalog import texts_in
from bot.simulators.telegram import ChatMessage
from bot.storage.files import blobs
from bot.storage.work import Work
from bot.tiers.model import Plan, Subscription, SubscriptionStatus, Use
from bot.tiers.service import Plans
from bot.wiring.tiers import tiers_of
from tests.crash.databases import fetch
from tests.hostile_audio import opus_note
from tests.message_builders import HandClock
from tests.stage import PATIENCE_SECONDS, a_note
from tests.visitors import Visitor, talk_once, user_of


async def left_of(app: App, ana: Visitor) -> int:
    user, now = await user_of(app, ana), app.clock.now()
    plans = Plans(tiers_of(app.settings))
    verdict = await app.storage.read(lambda work: plans.may(work, user.id, Use.AI_SECONDS, 1, now))
    assert verdict.left is not None
    return verdict.left


async def leave(app: App, ana: Visitor, seconds: int) -> None:
    """She talked with the tutor elsewhere, and so much is left of the day."""
    user, now, left = await user_of(app, ana), app.clock.now(), await left_of(app, ana)
    plans, key = Plans(tiers_of(app.settings)), f"elsewhere:{seconds}"
    spent = left - seconds
    await app.storage.write(
        lambda work: plans.spend(work, user.id, Use.AI_SECONDS, spent, now, key)
    )


async def is_answered(ana: Visitor, after: int) -> ChatMessage:
    return await ana.person.wait(
        lambda m: m.from_bot and m.kind == "voice", PATIENCE_SECONDS, after=after
    )


async def test_what_was_said_on_both_sides_counts_once_it_was_answered(
    app: App, ana: Visitor
) -> None:
    assert await left_of(app, ana) == 20 * 60
    await talk_once(ana.person)
    left = await left_of(app, ana)
    assert 20 * 60 - 60 < left < 20 * 60 - 2


async def test_the_end_is_told_before_it_comes_the_last_note_is_answered_and_writing_goes_on(
    app: App, ana: Visitor, clock: HandClock
) -> None:
    await talk_once(ana.person)
    await leave(app, ana, 121)
    await ana.speak(then="time for talking with the tutor: about 1 minute")
    await leave(app, ana, 1)
    last = await ana.person.send_voice(a_note(), 1)
    await is_answered(ana, last)
    refused = await ana.speak(then="today's 20 minutes are used up")
    assert "There is more from Mon, Nov 23" in refused.text
    assert "just type" in refused.text
    assert not refused.buttons
    await ana.say("I like tea", then="tea")
    clock.move(days=1)
    fresh = await ana.person.send_voice(a_note(), 1)
    await is_answered(ana, fresh)


async def test_a_note_in_which_nothing_was_heard_costs_nothing(app: App, ana: Visitor) -> None:
    await talk_once(ana.person)
    before = await left_of(app, ana)
    await ana.person.send_voice(opus_note(bytes(2 * 16_000)), 1)
    await ana.reads(texts_in("en")("voice.nothing_heard"))
    assert await left_of(app, ana) == before


async def test_without_time_the_first_line_is_written(app: App, ana: Visitor) -> None:
    await leave(app, ana, 0)
    await ana.person.send_text("/talk")
    await ana.person.wait(lambda m: m.from_bot and "End" in str(m.buttons), PATIENCE_SECONDS)
    assert all(message.kind != "voice" for message in ana.person.chat.messages)


async def test_recordings_stay_as_long_as_the_plan_says(
    app: App, ana: Visitor, clock: HandClock
) -> None:
    user, now = await user_of(app, ana), clock.now()

    def subscribe(work: Work) -> None:
        work.tiers.subscriptions.add(
            Subscription(
                user_id=user.id,
                gateway_id="sub",
                customer_id="cus",
                item_id="si",
                plan=Plan.PRO,
                status=SubscriptionStatus.ACTIVE,
                began_at=now,
                paid_until=now + timedelta(days=30),
            )
        )

    await app.storage.write(subscribe)
    card = await ana.say("/privacy", then="Your privacy")
    assert "90 days" in card.text
    await ana.press("Keep my recordings", then="Your privacy")
    assert await app.storage.read(lambda work: work.consents.has(user.id, Purpose.RECORDING))
    await talk_once(ana.person)
    kept = await fetch(app.settings.database_url, select(blobs.c.expires_at))
    assert {row.expires_at for row in kept} == {now + timedelta(days=90)}
