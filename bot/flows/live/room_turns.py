"""Turns of voice notes: dealt, taken, passed on, and the prompt they are about."""

from collections.abc import Sequence
from dataclasses import replace

from bot.chat.policy import harmless
from bot.flows.lesson_words import Reader
from bot.flows.live.room_post import member_name, room_button
from bot.flows.live.room_unit import RoomUnit, listening
from bot.flows.scene import Rows
from bot.i18n.formats import exact_minutes
from bot.jobs.model import Job
from bot.live.exercise import first_round, is_round_over, next_speaker
from bot.live.room_model import Member
from bot.live.room_rules import RoomPolicy, speakers
from bot.messaging.model import Paragraph, Style

TURN_JOB = "live.turn"


class RoomTurns:
    """Every method belongs to the caller's unit."""

    def __init__(self, policy: RoomPolicy) -> None:
        self._policy = policy

    def deal(self, unit: RoomUnit) -> None:
        """Ask the next one to speak; a round that is over goes on with the next prompt."""
        people = speakers(unit.members, listening(unit.conversation))
        before = unit.room.prompt_index
        prompt = self._prompt_after(unit) if before < 0 or is_round_over(people) else before
        chosen = next_speaker(people, unit.room.turn_of)
        unit.change(
            turn_of=None if chosen is None else chosen.user_id,
            turn_number=unit.room.turn_number + 1,
            turn_since=unit.now,
            prompt_index=prompt,
        )
        if chosen is not None:
            self._promise(unit)
            self._announce(unit, is_new_prompt=prompt != before)

    def next_prompt(self, unit: RoomUnit) -> bool:
        """Go on with the host's next prompt; False: that was the last one."""
        following = self._prompt_after(unit)
        if following == unit.room.prompt_index:
            return False
        unit.change(prompt_index=following, turn_number=unit.room.turn_number + 1)
        if unit.room.turn_of is None:
            self.deal(unit)
        else:
            unit.change(turn_since=unit.now)
            self._promise(unit)
            self._announce(unit, is_new_prompt=True)
        return True

    def had_turn(self, unit: RoomUnit, member: Member, *, is_missed: bool = False) -> None:
        """Their turn is over: taken, passed, skipped, or gone by without a word of theirs."""
        missed = member.missed + 1 if is_missed else 0
        unit.keep(replace(member, dealt=member.dealt + 1, missed=missed))
        self.deal(unit)

    def without(self, unit: RoomUnit, user_id: str) -> None:
        """Somebody cannot be asked any more; if it was their turn, it is another's."""
        if unit.room.is_running and unit.room.turn_of == user_id:
            self.deal(unit)

    def awake(self, unit: RoomUnit, member: Member) -> Member:
        """They did something: nobody thinks them away, and a room without a turn has one again."""
        is_back = member.missed > 0
        dealt = max(member.dealt, self.round_of(unit)) if is_back else member.dealt
        kept = unit.keep(replace(member, seen_at=unit.now, missed=0, dealt=dealt))
        if unit.room.is_running and unit.room.turn_of is None:
            self.deal(unit)
        return unit.member(kept.user_id) or kept

    def round_of(self, unit: RoomUnit) -> int:
        """What somebody who comes late has had: as much as those who wait for this round."""
        return first_round(speakers(unit.members, listening(unit.conversation)))

    def missed(self, unit: RoomUnit, number: int) -> None:
        """Handles the promise of turn `number`: nobody spoke in time."""
        room = unit.room
        if not room.is_running or room.turn_number != number or room.turn_of is None:
            return
        member = unit.member(room.turn_of)
        if member is None:  # they have left us for good
            self.deal(unit)
        else:
            self.had_turn(unit, member, is_missed=True)

    def _prompt_after(self, unit: RoomUnit) -> int:
        return min(unit.room.prompt_index + 1, len(unit.conversation.prompts) - 1)

    def _promise(self, unit: RoomUnit) -> None:
        number = unit.room.turn_number
        unit.work.jobs.put(
            Job(
                kind=TURN_JOB,
                key=f"{unit.room.id}:{number}",
                due_at=unit.now + self._policy.turn_takes,
                payload={"conversation": unit.room.id, "turn": str(number)},
            )
        )

    def _announce(self, unit: RoomUnit, *, is_new_prompt: bool) -> None:
        """Whose turn it is: to them with the prompt and a way past it, to the others in a line."""
        speaker = unit.room.turn_of or ""
        key = f"turn{unit.room.turn_number}"
        prompt = prompt_of(unit)

        def yours(reader: Reader) -> Sequence[Paragraph]:
            texts = reader.texts
            limit = exact_minutes(self._policy.turn_takes, texts.language)
            head = texts("grouproom.turn.yours", name=member_name(unit.work, speaker, texts))
            how = texts("grouproom.turn.how", length=limit)
            return [Paragraph(head, Style.STRONG), *_quoted(prompt), Paragraph(how)]

        def pass_rows(reader: Reader) -> Rows:
            return [[room_button(reader.texts, "pass", unit.room.id, unit.room.turn_number)]]

        def theirs(reader: Reader) -> Sequence[Paragraph]:
            name = member_name(unit.work, speaker, reader.texts)
            head = Paragraph(reader.texts("grouproom.turn.theirs", name=name), Style.STRONG)
            return [head, *(_quoted(prompt) if is_new_prompt else ())]

        unit.say(speaker, key, yours, pass_rows)
        unit.say_all(key, theirs, but={speaker})


def prompt_of(unit: RoomUnit) -> str:
    """What is talked about; "" where the host gave nothing."""
    prompts, index = unit.conversation.prompts, unit.room.prompt_index
    return harmless(prompts[index]) if 0 <= index < len(prompts) else ""


def _quoted(prompt: str) -> Sequence[Paragraph]:
    return (Paragraph(f"💬 {prompt}", Style.QUOTE),) if prompt else ()
