"""Discord: REST, gateway and attachments for the bot, and people to talk to it.

The bot's side is one server on loopback. discord.py is pointed at it from outside:

    async with DiscordSimulator(limits=False, spec=find_spec()) as sim:
        discord.http.Route.BASE = sim.api_url
        DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(sim.gateway_url)  # after INVALID_SESSION
        client = discord.Client(intents=..., guild_ready_timeout=0.1)
        ... client.login(sim.token), client.connect() ...
        assert sim.violations == []

The people's side is Python:

    tom = sim.person(2001, "Tom", locale="es-ES")
    pane = tom.dm()                          # or tom.at(channel): the channel as Tom sees it
    said = await pane.send("hello", reply_to=...)
    note = await pane.send_voice(ogg, seconds)          await pane.send_file(png, "a.png")
    await pane.edit(said, "hi")    await pane.delete(said)    await pane.react(said, "🔥")
    asked = await pane.run("lesson book", teacher=ana)  # .is_answered, .has_failed, .answer
    await pane.use("Report", said)           # the menu under a message
    choices = await pane.complete("find", "language", "spa")
    answer = await pane.wait(lambda message: "Hola" in message.content)
    await pane.press(answer, label="Go")     await pane.choose(answer, "b1", custom_id="level")
    await tom.submit({"Your name": "Tom"})   # the form in tom.modal
    pane.messages, pane.is_thinking, pane.commands, tom.toasts, tom.threads
    tom.close_dms()   tom.block()            # 50007

    school = sim.guild("School", owner=ana)  # GuildManager; the bot is invited
    school.add(tom)      lobby = school.add_channel("lobby", ChannelKind.FORUM)
    school.overwrite(lobby, None, deny=Permission.VIEW_CHANNEL)      # None: the bot
    school.allow_bot(rights)   school.archive(thread)   school.kick_bot()
    sim.archive_idle_threads()               # after the clock was moved
    room = school.add_channel("talk", ChannelKind.VOICE)
    tom.join_voice(room)   tom.mute(room)   tom.leave_voice(room)    # another room: he moves
    school.inside(room)    school.events     # ScheduledEvent: the calendar as it stands

Moving `clock` lets attachment addresses (24 hours) and interaction tokens (15 minutes) expire.
`sim.patience` is real time: how long the bot has for its first answer to an interaction. A client
that overrides `before_identify_hook` is spared discord.py's five seconds before a new IDENTIFY.

`sim.sharding` says how many connections Discord wants of the bot (`advised`, by GET /gateway/bot),
how many servers it tells one connection of, and how fast sessions may begin; the latter is kept
where `limits` are. `sim.shards` are the sessions there are.

Faults (`sim.faults.add(Fault(...))`) strike operations named as in the OpenAPI document
("create_message", "update_original_webhook_message"), "download", "gateway:CONNECT",
"gateway:RESUME", "gateway:HEARTBEAT" and "event:" with the name of a gateway event, so that
Fault("drop_before", match="event:*", skip=100) cuts the gateway after a hundred. Besides:
`await sim.drop_gateway()`, `sim.invalidate_next_resume()`, `await sim.go_away()` and
`sim.come_back()`. A "rate_limit" waits for `seconds` where given, else for `retry_after`.
"""

from bot.simulators.discord.components import Button
from bot.simulators.discord.forms import Field, Modal
from bot.simulators.discord.gatherings import Entity, ScheduledEvent, Status
from bot.simulators.discord.intents import PRIVILEGED, Intent
from bot.simulators.discord.interaction import Callback, Interaction
from bot.simulators.discord.manager import GuildManager
from bot.simulators.discord.menu import Shown
from bot.simulators.discord.model import (
    Attachment,
    Channel,
    ChannelKind,
    Member,
    Message,
    MessageFlag,
    Role,
)
from bot.simulators.discord.pane import Pane
from bot.simulators.discord.people import Person
from bot.simulators.discord.permissions import EVERYONE, NOTHING, Permission
from bot.simulators.discord.server import Request
from bot.simulators.discord.simulator import DiscordSimulator
from bot.simulators.discord.specification import Specification, find_spec

__all__ = [
    "EVERYONE",
    "NOTHING",
    "PRIVILEGED",
    "Attachment",
    "Button",
    "Callback",
    "Channel",
    "ChannelKind",
    "DiscordSimulator",
    "Entity",
    "Field",
    "GuildManager",
    "Intent",
    "Interaction",
    "Member",
    "Message",
    "MessageFlag",
    "Modal",
    "Pane",
    "Permission",
    "Person",
    "Request",
    "Role",
    "ScheduledEvent",
    "Shown",
    "Specification",
    "Status",
    "find_spec",
]
