"""What is kept of a person, who may touch it, taking it along, and having it removed."""

import io
import json
import zipfile
from pathlib import Path

from sqlalchemy.engine import make_url

from bot.accounts.model import Purpose, UserStatus
from bot.app import App
from tests.message_builders import HandClock
from tests.stage import PATIENCE_SECONDS, Stage, a_note, an_app
from tests.visitors import (
    JPEG,
    Visitor,
    checkpointed_counts,
    register,
    stored_of,
    talk_once,
    user_of,
)

SECRET = "zebra-in-the-garden"  # nothing but Ana ever says this


async def test_nothing_of_a_voice_is_kept_without_a_consent_and_nothing_after_taking_it_back(
    stage: Stage, app: App, ana: Visitor
) -> None:
    stage.brain.prosody = {"calmness": 0.8}
    await talk_once(ana.person)
    before = await stored_of(app, ana)
    assert before.files == []
    assert all(turn.prosody is None for turn in before.records["turns"])
    await ana.say("/end", then="Your practice")
    await ana.say("/privacy", then="Your privacy")
    await ana.press("Keep my recordings", then="Your privacy")
    await ana.press("Keep how I sound", then="Your privacy")
    await talk_once(ana.person)
    kept = await stored_of(app, ana)
    assert [file.data for file in kept.files if file.name.endswith("-you")] == [a_note()]
    assert sum(file.name.endswith("-tutor") for file in kept.files) == 2  # opening and reply
    assert kept.records["turns"][-1].prosody is not None
    await ana.say("/privacy", then="Your privacy")
    await ana.press("My recordings are kept: stop", then="Your privacy")
    await ana.press("How I sound is kept: stop", then="Your privacy")
    kept = await stored_of(app, ana)
    assert kept.files == []
    assert all(turn.prosody is None for turn in kept.records["turns"])
    consents = kept.records["consents"]
    assert [(c.wording, c.revoked_at is not None) for c in consents] == [
        ("recording-1", True),
        ("emotion-1", True),
    ]


async def test_the_export_holds_everything_of_the_person_and_nothing_of_others(
    stage: Stage, app: App, ana: Visitor
) -> None:
    bob = Visitor(stage.telegram.person(user_id=1002, name="Bob", language="en"))
    await stage.meet(bob.person)
    stage.brain.hears = SECRET
    await ana.say("/privacy", then="Your privacy")
    await ana.press("Keep my recordings", then="Your privacy")
    await talk_once(ana.person)
    await ana.person.send_text("/export")
    sent = await ana.person.wait(lambda m: m.kind == "document", PATIENCE_SECONDS)
    assert sent.file is not None
    with zipfile.ZipFile(io.BytesIO(sent.file.data)) as archive:
        document = json.loads(archive.read("linguaflex.json"))
        audio = [name for name in archive.namelist() if name.endswith(".ogg")]
        assert [archive.read(name) for name in audio if "-you" in name] == [a_note()]
        assert sum("-tutor" in name for name in audio) == 2
    user = await user_of(app, ana)
    assert document["person"]["id"] == user.id
    assert document["person"]["name"] == "Ana García"
    assert [each["external_id"] for each in document["identities"]] == ["770011223344"]
    assert [each["language"] for each in document["languages"]] == ["en"]
    assert document["turns"][-1]["transcript"] == SECRET
    assert "Bob" not in json.dumps(document)


async def test_after_forget_no_byte_of_the_person_is_left_in_the_database(
    stage: Stage, sqlite_url: str
) -> None:
    async with an_app(stage, sqlite_url) as app:
        stage.brain.hears = SECRET
        ana = Visitor(stage.telegram.person(user_id=770011223344, name="Xiomara Quetzal"))
        await register(ana)
        await ana.say("/profile", then="Your profile")
        await ana.press("E-mail", then="e-mail")
        await ana.say("xiomara@quetzal.example", then="Saved: E-mail")
        await ana.reads("Your profile")
        await ana.press("Picture", then="Send a picture")
        await ana.person.send_photo(JPEG)
        await ana.reads("Your profile")
        await ana.say("/privacy", then="Your privacy")
        await ana.press("Keep my recordings", then="Your privacy")
        await talk_once(ana.person)
        await ana.say(SECRET, then=SECRET)
        await ana.say("/end", then="Your practice")
        await ana.say("/forget", then="Remove everything about you")
        await ana.say("never mind", then="nothing was removed")
        await ana.press("Yes, remove everything", then="Everything about you has been removed")
        for sender in app.senders.values():
            await sender.all_sent()
    counts = checkpointed_counts(sqlite_url)
    people = ("users", "identities", "learner_languages", "consents", "one_time_codes", "blobs")
    practice = ("voice_sessions", "turns", "reports", "flow_states", "person_keys")
    assert {name: counts[name] for name in (*people, *practice)} == dict.fromkeys(
        (*people, *practice), 0
    )
    assert counts["unfinished"] == 0
    canaries = (b"770011223344", b"Xiomara", b"Quetzal", b"quetzal.example", SECRET.encode())
    folder = Path(str(make_url(sqlite_url).database)).parent
    content = b"".join(file.read_bytes() for file in folder.iterdir() if file.is_file())
    hits = {needle for needle in (*canaries, JPEG, a_note()[:64]) if needle in content}
    assert hits == set()


async def test_somebody_forgotten_who_writes_again_is_a_stranger(app: App, ana: Visitor) -> None:
    before = await user_of(app, ana)
    await ana.say("/forget", then="Remove everything about you")
    await ana.say("delete", then="Everything about you has been removed")
    await ana.say("/start", then="try talking right now")
    after = await user_of(app, ana)
    assert (after.id != before.id, after.status) == (True, UserStatus.GUEST)


async def test_no_button_of_one_person_does_anything_to_her_when_another_presses_it(
    stage: Stage, app: App, ana: Visitor
) -> None:
    bob = Visitor(stage.telegram.person(user_id=1002, name="Bob", language="en"))
    await bob.say("/start", then="try talking right now")
    await talk_once(ana.person)
    seen = set(ana.data)
    for command, answer in (
        ("/profile", "Your profile"),
        ("/settings", "Your settings"),
        ("/privacy", "Your privacy"),
        ("/forget", "Remove everything about you"),
    ):
        await ana.say(command, then=answer)
        seen |= ana.data
    await ana.press("Cancel", then="Stopped")
    await ana.say("/profile", then="Your profile")
    await ana.press("City", then="which city")
    seen |= ana.data
    before = await stored_of(app, ana)
    assert {data.partition(":")[0] for data in seen} >= {"c", "f", "l", "p", "s", "t", "v"}
    for data in sorted(seen):
        await bob.forge(data)
    for sender in app.senders.values():
        await sender.all_sent()
    assert await stored_of(app, ana) == before


async def test_what_is_a_person_s_own_is_not_shown_in_a_group(
    stage: Stage, app: App, ana: Visitor
) -> None:
    group = stage.telegram.group(-1009, "Friends")
    await ana.person.send_text("/profile", chat=group)
    answer = await ana.person.wait(lambda m: m.from_bot, PATIENCE_SECONDS, chat=group)
    assert "between the two of us" in answer.text


async def test_a_minor_who_comes_of_age_can_give_consent(stage: Stage, sqlite_url: str) -> None:
    clock = HandClock()
    async with an_app(stage, sqlite_url, clock=clock) as app:
        ana = Visitor(stage.telegram.person(user_id=1, name="Ana"))
        await register(ana)
        await ana.say("/profile", then="Your profile")
        await ana.press("Date of birth", then="When were you born")
        await ana.say("2008-11-23", then="Since you are under 18")
        clock.move(days=1)
        await ana.say("/privacy", then="Your privacy")
        await ana.press("Keep my recordings", then="Your privacy")
        user = await user_of(app, ana)
        assert await app.storage.read(lambda work: work.consents.has(user.id, Purpose.RECORDING))
