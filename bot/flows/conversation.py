"""Everything people can do, put together: commands, flows, buttons, and what messages mean."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from bot.accounts.api_tokens import ApiTokens
from bot.accounts.codes import Codes
from bot.accounts.tokens import Tokens
from bot.flows.api_access import ApiAccess
from bot.flows.api_records import API_RECORDS
from bot.flows.availability import Availability
from bot.flows.availability_records import AVAILABILITY_RECORDS
from bot.flows.billing_records import BILLING_RECORDS
from bot.flows.commands import Command, CommandTable
from bot.flows.dispatch import Conversation, Press
from bot.flows.hall_records import HALL_RECORDS
from bot.flows.introductions import RelayIntroductions
from bot.flows.lesson_ports import Payments
from bot.flows.lessons import Lessons
from bot.flows.live.core import LiveCore
from bot.flows.live.hall_parts import HallParts
from bot.flows.live.parts import LiveParts, assemble_live
from bot.flows.live.room_parts import LiveRooms
from bot.flows.live.room_records import ROOM_RECORDS
from bot.flows.live_records import live_records
from bot.flows.meeting_link import MeetingDesk, MeetingLinks
from bot.flows.meeting_records import MEETING_RECORDS
from bot.flows.model import Flow
from bot.flows.own_records import PEOPLE_RECORDS, Records, practice_records
from bot.flows.pay_desk import PayingParts
from bot.flows.paying import Paying
from bot.flows.people import People, in_private
from bot.flows.plans import PlanDesk
from bot.flows.ports import FlowWork
from bot.flows.practice import Practice
from bot.flows.relay_parts import RelayParts, assemble_relay
from bot.flows.relay_records import RELAY_RECORDS
from bot.flows.runner import Runner, menu_rows
from bot.flows.scene import Later, Scene
from bot.flows.teacher_records import TEACHER_RECORDS
from bot.flows.teaching import Teaching
from bot.flows.tier_records import TIER_RECORDS
from bot.flows.turn_buttons import TurnButtons
from bot.flows.turn_messages import PREFIX as TURN_PREFIX
from bot.flows.voice_turn import Parts, VoiceTurns
from bot.flows.zone_asking import ZoneAsking
from bot.jobs.model import Job
from bot.live.room_ports import SlipFinder
from bot.tiers.orders import OrderParts

CONTEXT_PREFIX = "x"


class Area(Protocol):
    """What belongs together, and is asked what it brings."""

    def commands(self) -> Sequence[Command]: ...
    def presses(self) -> Mapping[str, Press]: ...


class Asking(Protocol):
    """What has flows."""

    def flows(self) -> Sequence[Flow]: ...


@dataclass(frozen=True, slots=True)
class Product:
    """The conversation, and the parts of it that jobs use too."""

    conversation: Conversation
    practice: Practice
    commands: CommandTable
    relay: RelayParts
    teaching: Teaching
    lessons: Lessons
    paying: Paying
    plans: PlanDesk
    records: Records
    meeting_jobs: Mapping[str, Callable[[FlowWork, Job], None]]
    gatherings: LiveParts

    @property
    def live(self) -> LiveCore:
        return self.gatherings.core

    @property
    def rooms(self) -> LiveRooms:
        return self.gatherings.rooms

    @property
    def halls(self) -> HallParts:
        return self.gatherings.halls


def assemble(
    parts: Parts,
    codes: Codes,
    tokens: Tokens,
    *,
    money: PayingParts | None = None,
    meetings: MeetingDesk | None = None,
    find_slips: SlipFinder = lambda *_: (),
    orders: OrderParts | None = None,
) -> Product:
    """Put the product together; without money lessons cost nothing."""
    runner = Runner()
    turns = VoiceTurns(parts)
    practice = Practice(parts.service, turns, parts.chain, runner)
    relay = assemble_relay(parts)
    buttons = TurnButtons(parts, turns, practice, runner)
    zones = ZoneAsking(runner)
    paying = Paying(runner, parts, money)
    lessons, links = _lessons(runner, parts, zones, paying, meetings)
    live = assemble_live(runner, parts, zones, paying, relay.rooms, money, meetings, find_slips)
    records = _records(parts, lessons, live.core)
    teaching = Teaching(runner, parts, RelayIntroductions(relay.relay), is_paid=money is not None)
    people = People(runner, practice, parts, records, codes, tokens, teaching)
    people.links = (teaching.accept, live.faces.accept)
    hours = Availability(runner, zones, tokens)
    plan_desk = PlanDesk(parts, paying.desk, orders)
    api = ApiAccess(runner, ApiTokens(parts.scenes.clock))
    asking: Sequence[Asking] = (people, teaching, hours, paying, api, live.faces, *links)
    runner.add(buttons.fix_flow(), zones.flow(), *(f for each in asking for f in each.flows()))
    areas: Sequence[Area] = (
        *(relay.talk, people, teaching, hours, lessons, paying, api),
        *(live.faces, live.rooms, live.halls.setup, plan_desk),
        *links,
    )
    table = _table(areas, runner, practice, relay, live.rooms)
    people.table = table
    return Product(
        conversation=_conversation(table, areas, runner, practice, buttons, turns, relay, live),
        practice=practice,
        commands=table,
        relay=relay,
        teaching=teaching,
        lessons=lessons,
        paying=paying,
        plans=plan_desk,
        records=records,
        meeting_jobs={**live.faces.jobs(), **_jobs(links)},
        gatherings=live,
    )


def _jobs(links: Sequence[MeetingLinks]) -> Mapping[str, Callable[[FlowWork, Job], None]]:
    return {kind: job for each in links for kind, job in each.jobs().items()}


def _table(
    areas: Sequence[Area],
    runner: Runner,
    practice: Practice,
    relay: RelayParts,
    rooms: LiveRooms,
) -> CommandTable:
    return CommandTable(
        [
            *_practice_commands(practice, relay, rooms),
            *(command for area in areas for command in area.commands()),
            _cancel(runner, practice),
        ]
    )


def _conversation(
    table: CommandTable,
    areas: Sequence[Area],
    runner: Runner,
    practice: Practice,
    buttons: TurnButtons,
    turns: VoiceTurns,
    relay: RelayParts,
    live: LiveParts,
) -> Conversation:
    """What is done with what people send."""
    return Conversation(
        commands=table,
        runner=runner,
        presses={
            TURN_PREFIX: buttons.press,
            CONTEXT_PREFIX: practice.press_context,
            **{prefix: press for area in areas for prefix, press in area.presses().items()},
        },
        on_speech=practice.on_speech,
        on_text=practice.on_text,
        on_file=practice.on_file,
        carry=lambda scene: live.rooms.carry(scene) or relay.talk.carry(scene),
        on_change=relay.talk.changed,
        on_presence=live.halls.heard,
        resume=turns.resume,
        overtaking_presses=(f"{TURN_PREFIX}:*:end", "c:end", "c:cancel"),
    )


def _lessons(
    runner: Runner,
    parts: Parts,
    zones: ZoneAsking,
    payments: Payments,
    meetings: MeetingDesk | None,
) -> tuple[Lessons, Sequence[MeetingLinks]]:
    """Booking, and the ways into lessons where there are meetings."""
    rules, clock = parts.scenes.rules, parts.scenes.clock
    lessons = Lessons(
        zones,
        rules.lessons,
        clock,
        sends_mail=rules.has_mail,
        payments=payments,
        meetings=None if meetings is None else meetings.lessons,
    )
    if meetings is None:
        return lessons, ()
    return lessons, (MeetingLinks(runner, parts, meetings, lessons.course),)


def _records(parts: Parts, lessons: Lessons, core: LiveCore) -> Records:
    """What each area keeps of people; lessons are called off before their teacher's card goes."""
    return (
        practice_records(parts.service),
        lessons.records,
        live_records(core),
        MEETING_RECORDS,
        TEACHER_RECORDS,
        AVAILABILITY_RECORDS,
        BILLING_RECORDS,
        TIER_RECORDS,
        API_RECORDS,
        RELAY_RECORDS,
        ROOM_RECORDS,
        HALL_RECORDS,
        PEOPLE_RECORDS,
    )


def _practice_commands(
    practice: Practice, relay: RelayParts, rooms: LiveRooms
) -> Sequence[Command]:
    return [
        Command(
            name="talk",
            action=rooms.leaving(relay.talk.leaving(practice.talk)),
            takes="situation",
            suggest=practice.situations,
        ),
        Command(name="end", action=practice.end, overtakes=True),
        Command(name="report", action=in_private(practice.reports)),
    ]


def _cancel(runner: Runner, practice: Practice) -> Command:
    def cancel(scene: Scene, _: str) -> Later | None:
        state = runner.find(scene)
        if state is not None:
            runner.cancel(scene, state)
        elif practice.has_just_stopped(scene):
            scene.say(scene.text("cancel.stopped"))
        else:
            scene.say(scene.text("cancel.nothing"), buttons=menu_rows(scene))
        return None

    return Command(name="cancel", action=cancel, overtakes=True)
