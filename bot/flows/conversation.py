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
from bot.flows.live.area import LiveFaces
from bot.flows.live.core import LiveCore, live_core
from bot.flows.live.hall_parts import HallParts, assemble_halls
from bot.flows.live.room_parts import LiveRooms, assemble_rooms
from bot.flows.live.room_records import ROOM_RECORDS
from bot.flows.live_records import live_records
from bot.flows.meeting_link import MeetingDesk, MeetingLinks
from bot.flows.meeting_records import MEETING_RECORDS
from bot.flows.own_records import PEOPLE_RECORDS, Records, practice_records
from bot.flows.pay_desk import PayingParts
from bot.flows.paying import Paying
from bot.flows.people import People, in_private
from bot.flows.plan_pay import PlanSeatPay
from bot.flows.plan_seats import PlanSeats
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
from bot.tiers.service import Plans

CONTEXT_PREFIX = "x"
_CURRENCY = "EUR"  # where nobody collects money, and all is free


class Area(Protocol):
    """What belongs together, and is asked what it brings."""

    def commands(self) -> Sequence[Command]: ...
    def presses(self) -> Mapping[str, Press]: ...


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
    live: LiveCore
    rooms: LiveRooms
    halls: HallParts


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
    rooms = assemble_rooms(runner, parts, find_slips, meetings)
    halls = assemble_halls(parts, relay.rooms, None if meetings is None else meetings.service)
    core = live_core(
        parts.scenes.clock,
        parts.scenes.rules.live,
        takes_money=money is not None,
        plans=PlanSeats(Plans(parts.scenes.rules.tiers)),
        stays=rooms.stays,
    )
    records = _records(parts, lessons, core)
    teaching = Teaching(runner, parts, RelayIntroductions(relay.relay), is_paid=money is not None)
    people = People(runner, practice, parts, records, codes, tokens, teaching)
    live = LiveFaces(
        runner,
        zones,
        core,
        parts.start_link,
        currency=_CURRENCY if money is None else money.currency,
        payments=paying.sell_seats(core.seats),
    )
    rooms.follow(core)
    halls.follow(core)
    if money is not None:
        core.add_listener(seats=PlanSeatPay(money.rules, parts.scenes.clock))
    people.links = (teaching.accept, live.accept)
    hours = Availability(runner, zones, tokens)
    plan_desk = PlanDesk(parts, paying.desk, orders)
    api = ApiAccess(runner, ApiTokens(parts.scenes.clock))
    runner.add(buttons.fix_flow(), zones.flow(), *people.flows(), *teaching.flows())
    runner.add(
        *hours.flows(),
        *paying.flows(),
        *api.flows(),
        *live.flows(),
        *(f for each in links for f in each.flows()),
    )
    areas: Sequence[Area] = (
        *(relay.talk, people, teaching, hours, lessons, paying, api, live, rooms, halls.setup),
        plan_desk,
        *links,
    )
    table = CommandTable(
        [
            *_practice_commands(practice, relay, rooms),
            *(command for area in areas for command in area.commands()),
            _cancel(runner, practice),
        ]
    )
    people.table = table
    conversation = Conversation(
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
        carry=lambda scene: rooms.carry(scene) or relay.talk.carry(scene),
        on_change=relay.talk.changed,
        on_presence=halls.heard,
        resume=turns.resume,
        overtaking_presses=(f"{TURN_PREFIX}:*:end", "c:end", "c:cancel"),
    )
    jobs = {**live.jobs(), **{kind: job for each in links for kind, job in each.jobs().items()}}
    return Product(
        conversation=conversation,
        practice=practice,
        commands=table,
        relay=relay,
        teaching=teaching,
        lessons=lessons,
        paying=paying,
        plans=plan_desk,
        records=records,
        meeting_jobs=jobs,
        live=core,
        rooms=rooms,
        halls=halls,
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
