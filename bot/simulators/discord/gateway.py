"""The gateway: sessions of the bot over WebSocket, resumed, sharded and limited as documented."""

import json
import secrets
from collections.abc import Callable

from aiohttp import WSMsgType, web

from bot.simulators.discord.connection import Connection, GatewayClosed
from bot.simulators.discord.intents import KNOWN_BITS, PRIVILEGED, Intent
from bot.simulators.discord.model import Guild, Json
from bot.simulators.discord.session import Session
from bot.simulators.discord.snowflake import parse_id
from bot.simulators.discord.wire import guild_create_json, member_json, user_json
from bot.simulators.discord.world import Event, World
from bot.simulators.faults import Faults

_LONGEST_PAYLOAD = 4096  # bytes
_KEPT_SESSIONS = 16  # that are not connected


class Gateway:
    """Takes connections at `/gateway`, and tells sessions what happens.

    Faults strike operations named "event:" and an event ("event:MESSAGE_CREATE"): "drop_before"
    and "drop_after" cut the connection, "duplicate" tells twice, "reorder" after the next event,
    "delay" waits. "status" on "gateway:RESUME" invalidates the session, "drop_before" on
    "gateway:HEARTBEAT" leaves a heartbeat without its ACK, on "gateway:CONNECT" refuses.

    Args:
        allowed: privileged intents the application was granted.
        kept: events a session can catch up with by resuming.
        heartbeat: seconds between the client's heartbeats.
        may_begin: whether the session of this shard may begin now; if not, it is invalid.
    """

    def __init__(
        self,
        world: World,
        token: str,
        faults: Faults,
        *,
        allowed: Intent,
        kept: int,
        heartbeat: float,
        may_begin: Callable[[int], bool],
    ) -> None:
        self.allowed = allowed
        self.sessions: dict[str, Session] = {}
        self.identified = 0
        self.resumed = 0
        self.refused_resumes = 0
        self._world = world
        self._token = token
        self._faults = faults
        self._kept = kept
        self._heartbeat = heartbeat
        self._may_begin = may_begin
        self._held_back: list[Event] = []
        self._sockets: set[Connection] = set()
        world.listener = self.tell

    def tell(self, event: Event) -> None:
        """Let every session hear of it that is to."""
        if self._faults.take(f"event:{event.name}", "reorder"):
            self._held_back.append(event)
            return
        is_doubled = self._faults.take(f"event:{event.name}", "duplicate") is not None
        held_back, self._held_back = self._held_back, []
        for each in (event, *([event] if is_doubled else []), *held_back):
            for session in self.sessions.values():
                if session.hears(each):
                    session.tell(each)

    async def connect(self, request: web.Request) -> web.StreamResponse:
        """One connection, until either side ends it."""
        socket = web.WebSocketResponse(max_msg_size=1 << 20, timeout=0.1)
        await socket.prepare(request)
        if request.query.get("encoding", "json") != "json":
            await socket.close(code=4002, message=b"Only JSON is spoken here")
            return socket
        connection = Connection(request, socket, request.query.get("compress") == "zlib-stream")
        self._sockets.add(connection)
        try:
            await self._serve(connection)
        except GatewayClosed as closed:
            await connection.end(closed.code, closed.reason)
        except (ConnectionError, RuntimeError):
            pass  # the client went away while we wrote
        finally:
            self._sockets.discard(connection)
            connection.leave()
            if connection.was_closed_by_client and connection.session:
                self.sessions.pop(connection.session.session_id, None)
            self._world.bell.ring()
        return socket

    async def drop(self, code: int | None = None, shard: int | None = None) -> None:
        """End connections: with this close code, or (None) as if a cable was pulled.

        Args:
            shard: the only one whose connection ends; None: all.
        """
        for connection in list(self._sockets):
            session = connection.session
            if shard is None or (session is not None and session.shard[0] == shard):
                await connection.end(code)

    async def ask_to_reconnect(self) -> None:
        """Send opcode 7, as Discord does before it restarts a server."""
        for connection in list(self._sockets):
            await connection.send({"op": 7, "d": None})

    def forget_sessions(self) -> None:
        """No session can be resumed any more."""
        self.sessions.clear()

    async def _serve(self, connection: Connection) -> None:
        await connection.send({
            "op": 10,
            "d": {"heartbeat_interval": int(self._heartbeat * 1000), "_trace": []},
        })  # fmt: skip
        async for message in connection.socket:
            if message.type not in (WSMsgType.TEXT, WSMsgType.BINARY):
                continue
            connection.count()
            if len(message.data) > _LONGEST_PAYLOAD:
                raise GatewayClosed(4002, "Payload too large")
            try:
                payload = json.loads(message.data)
                opcode, data = payload["op"], payload.get("d")
            except (ValueError, KeyError, TypeError):
                raise GatewayClosed(4002, "Error while decoding payload") from None
            await self._take(connection, opcode, data)

    async def _take(self, connection: Connection, opcode: int, data: Json) -> None:
        match opcode:
            case 1:
                if not self._faults.take("gateway:HEARTBEAT", "drop_before"):
                    await connection.send({"op": 11})
            case 2:
                await self._identify(connection, data)
            case 6:
                await self._resume(connection, data)
            case 8:
                self._members(connection, data)
            case 3 | 4:
                if connection.session is None:
                    raise GatewayClosed(4003, "Not authenticated.")
            case _:
                raise GatewayClosed(4001, "Unknown opcode.")

    async def _identify(self, connection: Connection, data: Json) -> None:
        if connection.session is not None:
            raise GatewayClosed(4005, "Already authenticated.")
        self._authorize(data)
        session = Session(
            session_id=secrets.token_hex(16),
            intents=self._intents(data),
            shard=_shard(data),
            kept=self._kept,
        )
        guilds = [guild for guild in self._world.guilds.values() if self._is_home(session, guild)]
        if len(guilds) > self._world.sharding.most_guilds:
            raise GatewayClosed(4011, "Sharding required.")
        if not self._may_begin(session.shard[0]):
            await connection.send({"op": 9, "d": False})
            return
        self.identified += 1
        self._forget_old()
        self.sessions[session.session_id] = session
        connection.start(session, self._faults)
        session.dispatch("READY", self._ready(session, [guild.guild_id for guild in guilds]))
        for guild in guilds if Intent.GUILDS in session.intents else ():
            known = guild_create_json(self._world, guild) | {"unavailable": False}
            session.dispatch("GUILD_CREATE", known)  # "unavailable" is not there at an invitation
        self._world.bell.ring()

    def _forget_old(self) -> None:
        """Sessions nobody came back for; Discord keeps them for minutes."""
        left = [each for each in self.sessions.values() if not each.is_connected]
        for session in left[:-_KEPT_SESSIONS]:
            del self.sessions[session.session_id]

    def _is_home(self, session: Session, guild: Guild) -> bool:
        number, count = session.shard
        is_in = self._world.bot.user_id in guild.members
        return is_in and (guild.guild_id >> 22) % count == number

    def _ready(self, session: Session, guild_ids: list[int]) -> Json:
        bot = self._world.bot
        return {
            "v": 10,
            "user": user_json(bot) | {"verified": True, "mfa_enabled": True, "email": None},
            "guilds": [{"id": str(guild_id), "unavailable": True} for guild_id in guild_ids],
            "session_id": session.session_id,
            "resume_gateway_url": f"ws://{self._world.address}/gateway",
            "shard": list(session.shard),
            "application": {"id": str(bot.user_id), "flags": self._application_flags()},
            "session_type": "normal",
            "private_channels": [],
            "user_settings": {},
            "_trace": [],
        }

    def _application_flags(self) -> int:
        return 1 << 18 if Intent.MESSAGE_CONTENT in self.allowed else 0

    async def _resume(self, connection: Connection, data: Json) -> None:
        self._authorize(data)
        session = self.sessions.get(str(data.get("session_id")))
        sequence = data.get("seq")
        is_struck = self._faults.take("gateway:RESUME", "status") is not None
        if session and isinstance(sequence, int) and session.can_resume(sequence) and not is_struck:
            self.resumed += 1
            missed = session.missed(sequence)
            connection.start(session, self._faults, missed)
            session.dispatch("RESUMED", {"_trace": []})
            self._world.bell.ring()
            return
        self.refused_resumes += 1
        if session:
            del self.sessions[session.session_id]
        await connection.send({"op": 9, "d": False})

    def _authorize(self, data: Json) -> None:
        if not isinstance(data, dict) or data.get("token") not in (
            self._token,
            f"Bot {self._token}",
        ):
            raise GatewayClosed(4004, "Authentication failed.")

    def _intents(self, data: Json) -> Intent:
        asked = data.get("intents")
        if not isinstance(asked, int) or asked < 0 or asked & ~KNOWN_BITS:
            raise GatewayClosed(4013, "Invalid intent(s).")
        if asked & PRIVILEGED & ~self.allowed:
            raise GatewayClosed(4014, "Disallowed intent(s).")
        return Intent(asked)

    def _members(self, connection: Connection, data: Json) -> None:
        """Request Guild Members: some by their ids, or with the intent all of them."""
        if connection.session is None:
            raise GatewayClosed(4003, "Not authenticated.")
        guild = self._world.guilds.get(parse_id(data.get("guild_id")) or 0)
        members = guild.members if guild else {}
        named = data.get("user_ids")
        if named is not None:
            asked = [
                parse_id(each) or 0 for each in (named if isinstance(named, list) else [named])
            ]
        else:
            asked = list(members) if Intent.GUILD_MEMBERS in connection.session.intents else []
        content: Json = {
            "guild_id": str(data.get("guild_id")),
            "members": [
                member_json(self._world, members[each]) for each in asked if each in members
            ],
            "not_found": [str(each) for each in asked if each not in members],
            "chunk_index": 0,
            "chunk_count": 1,
            "nonce": data.get("nonce"),
        }
        connection.session.dispatch("GUILD_MEMBERS_CHUNK", content)


def _shard(data: Json) -> tuple[int, int]:
    shard = data.get("shard", [0, 1])
    if (
        not isinstance(shard, list)
        or len(shard) != 2
        or not all(isinstance(each, int) for each in shard)
        or not 0 <= shard[0] < shard[1]
    ):
        raise GatewayClosed(4010, "Invalid shard.")
    return shard[0], shard[1]
