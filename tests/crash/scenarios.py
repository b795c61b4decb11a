"""What people do while the program is killed."""

from sqlalchemy import select

from bot.chat.mirror import Mirror
from bot.chat.policy import Limits
from bot.chat.service import Relay
from bot.simulators.telegram import Person
from bot.storage.accounts import identities, users
from bot.storage.engine import SqlStorage
from bot.storage.vault import person_keys
from tests.crash.databases import fetch
from tests.crash.sweep import Act, Scenario
from tests.message_builders import NOW
from tests.relay_stage import acquaint
from tests.stage import PATIENCE_SECONDS, Stage, a_note, button, labels
from tests.visitors import Visitor, code_from, register, register_with_mail

_ADDRESS = "ana@example.org"


async def _typed_line(stage: Stage, person: Person) -> Act:
    await stage.meet(person)
    return lambda: person.send_text("I would like some tea")


async def _voice_note(stage: Stage, person: Person) -> Act:
    await stage.meet(person)
    return lambda: person.send_voice(a_note(), 1.0)


async def _start(stage: Stage, person: Person) -> Act:
    return lambda: person.send_text("/start")


async def _door(stage: Stage, person: Person) -> Act:
    await person.send_text("/start")
    doors = await person.wait(lambda m: bool(m.buttons), PATIENCE_SECONDS)
    return lambda: person.press(doors.message_id, data="c:talk", is_forged=True)


async def _language(stage: Stage, person: Person) -> Act:
    await person.send_text("/start")
    doors = await person.wait(lambda m: bool(m.buttons), PATIENCE_SECONDS)
    await person.press(doors.message_id, data="c:talk")
    languages = await person.wait(lambda m: "English" in labels(m), PATIENCE_SECONDS)
    english = next(b for row in languages.buttons for b in row if b.label == "English")
    return lambda: person.press(languages.message_id, data=english.data, is_forged=True)


async def _end(stage: Stage, person: Person) -> Act:
    await stage.meet(person)
    await person.send_text("I would like some tea")
    await person.wait(lambda m: "You said" in m.text, PATIENCE_SECONDS)
    return lambda: person.send_text("/end")


async def _slower(stage: Stage, person: Person) -> Act:
    opening = await stage.meet(person)
    data = button(opening, ":slow")
    return lambda: person.press(opening.message_id, data=data, is_forged=True)


async def _asked_what_was_said(stage: Stage, person: Person) -> None:
    await stage.meet(person)
    note = await person.send_voice(a_note(), 1.0)
    heard = await person.wait(lambda m: m.kind == "text", PATIENCE_SECONDS, after=note)
    await person.wait(lambda m: m.kind == "voice", PATIENCE_SECONDS, after=note)
    await person.press(heard.message_id, data=button(heard, ":fix"))
    await person.wait(lambda m: m.message_id > note + 2 or m.edited, PATIENCE_SECONDS, after=note)


async def _corrected_by_text(stage: Stage, person: Person) -> Act:
    await _asked_what_was_said(stage, person)
    return lambda: person.send_text("I went to the market")


async def _corrected_by_voice(stage: Stage, person: Person) -> Act:
    await _asked_what_was_said(stage, person)
    return lambda: person.send_voice(a_note(), 1.0)


async def _shown_code(stage: Stage) -> str:
    """A code that joins another app, from somebody who registered."""
    ana = Visitor(stage.telegram.person(user_id=2002, name="Ana", language="en"))
    await register(ana)
    await ana.say("/link", then="Your connected apps")
    shown = await ana.press("Code for another app", then="/link ")
    return next(line for line in shown.text.splitlines() if line.startswith("/link "))


async def _code_from_another_app(stage: Stage, person: Person) -> Act:
    await stage.meet(person)
    code = await _shown_code(stage)
    return lambda: person.send_text(code)


async def _deep_link(stage: Stage, person: Person) -> Act:
    await stage.meet(person)
    token = (await _shown_code(stage)).removeprefix("/link ")
    return lambda: person.send_text(f"/start link_{token}")


async def _asked_by_address(stage: Stage, person: Person, command: str) -> str:
    """The code that came by mail for somebody who named the address of an account."""
    assert stage.mailbox is not None
    await stage.meet(person)
    ana = Visitor(stage.telegram.person(user_id=2002, name="Ana", language="en"))
    await register_with_mail(ana, stage.mailbox, _ADDRESS)
    visitor = Visitor(person)
    await visitor.say(command, then="Which e-mail address")
    await visitor.say(_ADDRESS, then="If an account has confirmed this address")
    return await code_from(stage.mailbox)


async def _emailed_code(stage: Stage, person: Person) -> Act:
    code = await _asked_by_address(stage, person, "/link")
    return lambda: person.send_text(code)


async def _joining_by_address(stage: Stage, person: Person) -> Act:
    return await _proved(stage, person, "/link")


async def _recovering(stage: Stage, person: Person) -> Act:
    return await _proved(stage, person, "/recover")


async def _proved(stage: Stage, person: Person, command: str) -> Act:
    await person.send_text(await _asked_by_address(stage, person, command))
    return await _about_to_join(person)


async def _about_to_join(person: Person) -> Act:
    sure = await person.wait(lambda m: "The account of" in m.text, PATIENCE_SECONDS)
    join = next(b for row in sure.buttons for b in row if b.label.endswith("Join"))
    return lambda: person.press(sure.message_id, data=join.data, is_forged=True)


async def _are_one(url: str) -> list[str]:
    """Both accounts are one: one person, one key, and their last chat is the one that joined."""
    people = await fetch(url, select(users.c.id))
    here = await fetch(url, select(identities.c.external_id).where(identities.c.is_latest))
    keys = await fetch(url, select(person_keys.c.user_id))
    found = [len(people), len(keys), [row.external_id for row in here]]
    return [] if found == [1, 1, ["1001"]] else [f"people, keys, chats: {found}"]


async def _joining_two_accounts(stage: Stage, person: Person) -> Act:
    await stage.meet(person)
    await person.send_text(await _shown_code(stage))
    return await _about_to_join(person)


RELAY = Relay(Limits(), Mirror(can_translate=False))


async def _partner(stage: Stage, person: Person) -> Person:
    """Somebody else who writes to the bot; they and the person become student and teacher."""
    ana = stage.telegram.person(user_id=3003, name="Eva", language="en")
    for each in (person, ana):
        await each.send_text("/start")
        await each.wait(lambda m: bool(m.buttons), PATIENCE_SECONDS)
    return ana


async def _relayed_text(stage: Stage, person: Person) -> Act:
    partner = await _partner(stage, person)
    return lambda: partner.send_text("Shall we meet at five?")


async def _relayed_note(stage: Stage, person: Person) -> Act:
    partner = await _partner(stage, person)
    return lambda: partner.send_voice(a_note(), 1.0)


async def _acquainted(storage: SqlStorage) -> None:
    people = ("telegram", "3003"), ("telegram", "1001")
    await storage.write(lambda work: acquaint(work, RELAY, *people, NOW))


SCENARIOS = [
    Scenario("typed line", _typed_line),
    Scenario("voice note", _voice_note),
    Scenario("start", _start),
    Scenario("first door", _door),
    Scenario("language", _language),
    Scenario("end", _end),
    Scenario("slower", _slower),
    Scenario("corrected by text", _corrected_by_text),
    Scenario("corrected by voice", _corrected_by_voice),
    Scenario("code from another app", _code_from_another_app),
    Scenario("joining two accounts", _joining_two_accounts, check=_are_one),
    Scenario("deep link", _deep_link),
    Scenario("e-mailed code", _emailed_code),
    Scenario("joining by address", _joining_by_address, check=_are_one),
    Scenario("recovering", _recovering, check=_are_one),
    Scenario("relayed text", _relayed_text, arrange=_acquainted),
    Scenario("relayed note", _relayed_note, arrange=_acquainted),
]
