"""Who leads a room: the host, a co-host while the host is away, and the host again."""

from collections.abc import Sequence

from bot.flows.lesson_words import Reader
from bot.flows.live.room_post import line, member_name, room_button
from bot.flows.live.room_unit import RoomUnit, hosts_of
from bot.flows.scene import Rows
from bot.live.room_rules import RoomPolicy, leader_among
from bot.messaging.model import Paragraph, Style


class RoomLead:
    """Hands the tools over and back; everybody is told."""

    def __init__(self, policy: RoomPolicy) -> None:
        self._policy = policy

    def look(self, unit: RoomUnit) -> None:
        """Somebody came, went or did something, or a turn went by: who leads from here on?"""
        hosts = hosts_of(unit.conversation)
        leader = leader_among(hosts, unit.members, unit.now, self._policy.host_away_after)
        if leader is None or leader == unit.room.leader_id or _is_early(unit, leader):
            return
        unit.change(leader_id=leader)
        key = f"lead{unit.room.version}"
        is_host = leader == unit.conversation.host_id
        how = "grouproom.lead.back" if is_host else "grouproom.lead.you"

        def yours(reader: Reader) -> Sequence[Paragraph]:
            return [*line(reader, how), *tools_body(reader)]

        def theirs(reader: Reader) -> Sequence[Paragraph]:
            name = member_name(unit.work, leader, reader.texts)
            return line(reader, "grouproom.lead.other", name=name)

        unit.say(leader, key, yours, lambda reader: tool_rows(unit, reader))
        unit.say_all(key, theirs, but={leader})

    def show_tools(self, unit: RoomUnit) -> None:
        """The leader's panel."""
        key = f"tools{unit.room.version}"
        unit.say(unit.room.leader_id, key, tools_body, lambda reader: tool_rows(unit, reader))


def _is_early(unit: RoomUnit, leader: str) -> bool:
    """Before it runs the host is waited for; from the planned start on a co-host may begin it."""
    if unit.room.is_running:
        return False
    is_host = leader in hosts_of(unit.conversation)
    return unit.now < unit.conversation.starts_at or not is_host


def tools_body(reader: Reader) -> Sequence[Paragraph]:
    """Above the leader's buttons."""
    return [Paragraph(reader.texts("grouproom.tools"), Style.STRONG)]


def tool_rows(unit: RoomUnit, reader: Reader) -> Rows:
    """What the leader can do at the moment."""
    texts, room = reader.texts, unit.room
    if room.is_over:
        return ()
    if not room.is_running:
        rows = [[room_button(texts, "start", room.id)]]
    else:
        rows = [
            [room_button(texts, "next", room.id), room_button(texts, "skip", room.id)],
        ]
    return [
        *rows,
        [room_button(texts, "mute", room.id), room_button(texts, "remove", room.id)],
        [room_button(texts, "more", room.id), room_button(texts, "end", room.id)],
    ]
