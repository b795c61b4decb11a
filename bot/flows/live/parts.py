"""Live conversations whole: what people see of them, their rooms, and where they are announced."""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.chat.ports import Rooms
from bot.flows.live.area import LiveFaces
from bot.flows.live.core import LiveCore, live_core
from bot.flows.live.hall_parts import HallParts, assemble_halls
from bot.flows.live.room_parts import LiveRooms, assemble_rooms
from bot.flows.meeting_link import MeetingDesk
from bot.flows.pay_desk import PayingParts
from bot.flows.paying import Paying
from bot.flows.plan_pay import PlanSeatPay
from bot.flows.plan_seats import PlanSeats
from bot.flows.runner import Runner
from bot.flows.voice_turn import Parts
from bot.flows.zone_asking import ZoneAsking
from bot.live.room_ports import SlipFinder
from bot.tiers.service import Plans

_CURRENCY = "EUR"  # where nobody collects money, and all is free


@dataclass(frozen=True, slots=True)
class LiveParts:
    """All of it on one set of services."""

    core: LiveCore
    faces: LiveFaces
    rooms: LiveRooms
    halls: HallParts


def assemble_live(
    runner: Runner,
    parts: Parts,
    zones: ZoneAsking,
    paying: Paying,
    places: Mapping[str, Rooms],
    money: PayingParts | None,
    meetings: MeetingDesk | None,
    find_slips: SlipFinder,
) -> LiveParts:
    """Put them together; each hears of changes in the order in which it is added.

    Args:
        places: by platform, who knows who manages a channel.
        money: None: all seats are free.
        meetings: None: people meet by their voice notes alone.
    """
    clock, rules = parts.scenes.clock, parts.scenes.rules
    rooms = assemble_rooms(runner, parts, find_slips, meetings)
    halls = assemble_halls(parts, places, None if meetings is None else meetings.service)
    core = live_core(
        clock,
        rules.live,
        takes_money=money is not None,
        plans=PlanSeats(Plans(rules.tiers)),
        stays=rooms.stays,
    )
    faces = LiveFaces(
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
        core.add_listener(seats=PlanSeatPay(money.rules, clock))
    return LiveParts(core, faces, rooms, halls)
