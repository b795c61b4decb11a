"""Random events between two people, restarts and outages included: both mirrors equal the model."""

import asyncio
import re
import shutil
import tempfile
from collections.abc import Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, TypeVar

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule
from hypothesis.stateful import run_state_machine_as_test as run_machine

from bot.chat.model import TRANSCRIPT_POSITION, Copy, place_key
from bot.chat.policy import Limits, harmless
from bot.messaging.model import Address
from bot.storage.vault import Keyring, generate_key, parse_keys
from bot.storage.work import Work
from tests.relay_world import ANA, BEN, NAMES, RelayWorld, fresh_world

T = TypeVar("T")
Who = tuple[str, str]
PARTNER = {ANA: BEN, BEN: ANA}
PEOPLE = st.sampled_from([ANA, BEN])
EMOJI = st.sampled_from(["👍", "❤", "🎉", None])
WORDS = st.text(st.characters(exclude_categories=["Cs", "Nd"]), max_size=80).map(lambda t: f"m{t}")
LONG = st.integers(300, 1_900).map(lambda n: "*word* " * n)
TEXTS = st.one_of(WORDS, WORDS, WORDS, LONG)
WHICH = st.integers(0, 1_000_000)


@dataclass
class Line:
    """What somebody wrote, and what has to be seen of it.

    `sign` stands under it where it was written; one of ours that a crash found on its way may be
    missing (`may_lack_sign`), never wrong.
    """

    author: Who
    own: str
    text: str
    data: bytes | None = None
    answers: "Line | None" = None
    is_held: bool = False
    sign: str = "👌"
    may_lack_sign: bool = False
    own_sign: str = ""


@dataclass
class Model:
    lines: list[Line] = field(default_factory=list)
    blocked: set[Who] = field(default_factory=set)
    muted: set[Who] = field(default_factory=set)


class RelayMachine(RuleBasedStateMachine):
    """One example is one database, one pair of people, and what happens between them."""

    template: ClassVar[Path]

    @initialize()
    def begin(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="relay-"))
        self.loop = asyncio.new_event_loop()
        shutil.copy(self.template, self.folder / "relay.db")
        limits = Limits(per_minute=1_000_000, per_day=1_000_000, characters=20_000)
        keyring = Keyring(parse_keys(generate_key()))
        url = f"sqlite+aiosqlite:///{self.folder / 'relay.db'}"
        self.world: RelayWorld = fresh_world(url, keyring, relay=limits)
        self.model = Model()
        self.do(self.world.start())
        self.thread_id = self.do(self.world.introduce())

    def do(self, work: Coroutine[Any, Any, T]) -> T:
        return self.loop.run_until_complete(work)

    @rule(who=PEOPLE, text=TEXTS)
    def send(self, who: Who, text: str) -> None:
        own = self.do(self.world.says(who, text))
        self.note(Line(who, own, text))

    @rule(who=PEOPLE, which=WHICH, text=WORDS)
    def reply(self, who: Who, which: int, text: str) -> None:
        line = self.some(which)
        if line is None:
            return
        ref = self.seen_by(who, line)
        own = self.do(self.world.says(who, text, reply_to=ref))
        self.note(Line(who, own, text, answers=None if ref is None else line))

    @rule(who=PEOPLE, seed=st.binary(min_size=1, max_size=8))
    def speak(self, who: Who, seed: bytes) -> None:
        data = b"OggS" + seed
        own = self.do(self.world.speaks(who, data))
        self.note(Line(who, own, "", data))

    @rule(which=WHICH, text=st.one_of(WORDS, LONG))
    def edit(self, which: int, text: str) -> None:
        line = self.some(which)
        if line is None or line.data is not None:
            return
        self.do(self.world.edits(line.author, line.own, text))
        if not self.model.blocked:
            line.text = text

    @rule(which=WHICH)
    def delete(self, which: int) -> None:
        line = self.some(which)
        if line is not None:
            self.do(self.world.deletes(line.author, line.own))
            self.model.lines.remove(line)

    @rule(which=WHICH, emoji=EMOJI)
    def react_to_partner(self, which: int, emoji: str | None) -> None:
        line = self.some(which)
        if line is None:
            return
        reader = PARTNER[line.author]
        ref = self.seen_by(reader, line)
        if ref is not None:
            self.do(self.world.reacts(reader, ref, emoji))
            if not self.model.blocked:
                line.sign, line.may_lack_sign = emoji or "👌", False

    @rule(which=WHICH, emoji=EMOJI)
    def react_to_own(self, which: int, emoji: str | None) -> None:
        line = self.some(which)
        if line is not None:
            self.do(self.world.reacts(line.author, line.own, emoji))
            if not self.model.blocked and not line.is_held:
                line.own_sign = emoji or ""

    @rule(who=PEOPLE)
    def block_or_unblock(self, who: Who) -> None:
        self.model.blocked ^= {who}
        is_blocked = who in self.model.blocked

        def unit(work: Work) -> None:
            thread, relay = work.chat.threads.get(self.thread_id), self.world.product.relay.relay
            relay.block(work, thread, user_id(work, who), is_blocked=is_blocked)

        self.do(self.world.storage.write(unit))

    @rule(who=PEOPLE)
    def mute_or_unmute(self, who: Who) -> None:
        self.model.muted ^= {who}
        is_muted = who in self.model.muted

        def unit(work: Work) -> None:
            thread, relay = work.chat.threads.get(self.thread_id), self.world.product.relay.relay
            relay.mute(work, thread, user_id(work, who), self.world.clock.now(), is_muted=is_muted)

        self.do(self.world.storage.write(unit))
        for line in self.model.lines:
            if line.author == PARTNER[who] and not is_muted:
                line.is_held = False

    @rule(who=PEOPLE)
    def go_away(self, who: Who) -> None:
        self.world.platforms[who].is_away = True

    @rule(who=PEOPLE)
    def come_back(self, who: Who) -> None:
        self.world.platforms[who].is_away = False

    @rule()
    def restart(self) -> None:
        for line in self.model.lines:
            shown = self.world.platforms[line.author].signs.get(line.own)
            line.may_lack_sign |= shown is None and line.sign == "👌"
        self.do(self.world.stop())
        self.do(self.world.start())

    @precondition(lambda self: len(self.model.lines) % 7 == 3)
    @rule()
    def look(self) -> None:
        self.check()

    def teardown(self) -> None:
        if hasattr(self, "world"):
            self.check()
            self.do(self.world.stop())
            self.loop.close()
            shutil.rmtree(self.folder)

    def note(self, line: Line) -> None:
        if not self.model.blocked:
            line.is_held = PARTNER[line.author] in self.model.muted
            self.model.lines.append(line)

    def some(self, which: int) -> Line | None:
        lines = self.model.lines
        return lines[which % len(lines)] if lines else None

    def seen_by(self, who: Who, line: Line) -> str | None:
        """What a person's own client calls a message; None while it is not there."""
        if line.author == who:
            return line.own
        copies = self.do(self.world.storage.read(lambda work: copies_of(work, line)))
        return copies[0].ref if copies else None

    def check(self) -> None:
        """All is quiet: what each sees is what the other wrote."""
        for platform in self.world.platforms.values():
            platform.is_away = False
        self.do(self.world.settled())
        for author in (ANA, BEN):
            self.check_side(author)

    def check_side(self, author: Who) -> None:
        reader = self.world.platforms[PARTNER[author]]
        expected = [line for line in self.model.lines if line.author == author and not line.is_held]
        seen: list[str] = []
        firsts: list[int] = []
        for line in expected:
            copies = self.do(self.world.storage.read(lambda work, x=line: copies_of(work, x)))
            refs = [copy.ref or "" for copy in copies]
            text = "".join(reader.shown[ref].text for ref in refs)
            assert bare(text) == bare(harmless(line.text))
            sounds = [reader.shown[ref].data for ref in refs if reader.shown[ref].data is not None]
            assert sounds == ([] if line.data is None else [line.data])
            self.check_reply(line, reader.shown[refs[0]].reply_to)
            sign = self.world.platforms[author].signs.get(line.own)
            assert sign == line.sign or (line.may_lack_sign and sign is None)
            assert reader.signs.get(refs[0], "") == line.own_sign
            seen += refs
            firsts.append(int(refs[0]))
        others = {NAMES[author], ""}  # a sound without words is somebody's too
        mine = [ref for ref, shown in reader.shown.items() if shown.author in others]
        assert sorted(mine) == sorted(seen)
        assert firsts == sorted(firsts)

    def check_reply(self, line: Line, reply_to: str | None) -> None:
        """A reply keeps its mark as long as what it answers is there."""
        if line.answers is None:
            assert reply_to is None
        elif line.answers in self.model.lines:
            assert reply_to == self.seen_by(PARTNER[line.author], line.answers)


def user_id(work: Work, who: Who) -> str:
    identity = work.identities.find(*who)
    assert identity is not None
    return identity.user_id


def copies_of(work: Work, line: Line) -> list[Copy]:
    message = work.chat.messages.of_source(place_key(Address(*line.author)), line.own)[0]
    copies = work.chat.copies.of_message(message.id)
    return [copy for copy in copies if copy.position < TRANSCRIPT_POSITION]


def bare(text: str) -> str:
    """Without the white space that is lost where a text is cut."""
    return re.sub(r"\s", "", text)


def run(template: Path, examples: int, steps: int) -> None:
    RelayMachine.template = template
    run_machine(
        RelayMachine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            derandomize=True,
            phases=[Phase.generate],  # a second an example: shrinking would outlast every patience
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_random_events_leave_both_mirrors_equal_to_the_model(sqlite_template: Path) -> None:
    run(sqlite_template, examples=10, steps=50)


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_ten_thousand_random_events_leave_both_mirrors_equal_to_the_model(
    sqlite_template: Path,
) -> None:
    run(sqlite_template, examples=100, steps=100)
