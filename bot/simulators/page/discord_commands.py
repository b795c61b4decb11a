"""What the page may do in Discord, in the name of one of the demo's members."""

from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Callable, Mapping
from typing import Any

from bot.simulators.discord import Channel, Pane, Person
from bot.simulators.page.assets import Sample
from bot.simulators.page.refusal import Refused
from bot.simulators.page.tabs import Tab
from bot.simulators.world import DemoWorld, Json

_LONGEST_WAVEFORM = 256
_INTEGER, _BOOLEAN, _USER, _CHANNEL, _NUMBER = 4, 5, 6, 7, 10
_PLAIN: Mapping[int, Callable[[str], Any]] = {
    _INTEGER: int,
    _BOOLEAN: lambda text: text.lower() == "true",
    _NUMBER: float,
}


class DiscordCommands:
    """Carries out what a member does: `member` says who, `channel` where."""

    def __init__(self, world: DemoWorld, samples: Mapping[str, Sample]) -> None:
        self._discord = world.discord
        self._members = world.members
        self._samples = samples

    async def run(self, command: Json, tab: Tab) -> None:
        """Do what the command says; what was asked for comes to the tab.

        Raises:
            Refused: it is no command, or no choices came.
            ValueError, KeyError, PermissionError: what it is about is not there.
        """
        member = self._members[command["member"]]
        match command:
            case {"do": "submit", "values": dict(values)}:
                await member.submit(values)
            case {"do": "close_modal"}:
                member.close_modal()
            case {"channel": str(channel)}:
                pane = pane_of(self._discord.channel(int(channel)), member)
                if not await self._by_hand(command, pane):
                    await self._ask_bot(command, pane, tab)
            case _:
                raise Refused("gone")

    async def _by_hand(self, command: Json, pane: Pane) -> bool:
        """What a person does to messages; False when it is something else."""
        match command:
            case {"do": "text", "text": str(text)}:
                await pane.send(text, reply_to=_number(command.get("reply_to")))
            case {"do": "edit", "message": str(message), "text": str(text)}:
                await pane.edit(int(message), text)
            case {"do": "delete", "message": str(message)}:
                await pane.delete(int(message))
            case {"do": "react", "message": str(message), "emoji": str(emoji)}:
                await pane.react(int(message), emoji[:64])
            case {"do": "unreact", "message": str(message), "emoji": str(emoji)}:
                await pane.unreact(int(message), emoji[:64])
            case {"do": "sample", "id": str(sample_id)}:
                sample = self._samples[sample_id]
                waveform = read_waveform(str(command.get("waveform", "")))
                await pane.send_voice(sample.ogg, sample.seconds, waveform)
            case _:
                return False
        return True

    async def _ask_bot(self, command: Json, pane: Pane, tab: Tab) -> None:
        match command:
            case {"do": "press", "message": str(message), "custom_id": str(custom_id)}:
                await pane.press(int(message), custom_id=custom_id)
            case {
                "do": "choose",
                "message": str(message),
                "custom_id": str(custom_id),
                "values": list(values),
            }:
                await pane.choose(int(message), *values, custom_id=custom_id)
            case {"do": "run", "command": str(name), "options": dict(options)}:
                await pane.run(name, **self._filled(pane, name, options))
            case {"do": "complete", "command": str(name), "option": str(option), "typed": str()}:
                tab.queue.put_nowait(await self._choices(pane, name, option, command["typed"]))
            case _:
                raise Refused("gone")

    async def _choices(self, pane: Pane, name: str, option: str, typed: str) -> Json:
        try:
            choices = await pane.complete(name, option, typed)
        except TimeoutError as error:
            raise Refused("choices") from error
        return {"type": "discord.choices", "option": option, "typed": typed, "choices": choices}

    def _filled(self, pane: Pane, name: str, typed: Mapping[str, str]) -> dict[str, Any]:
        """What was typed into the options, as values of their types; empty ones are left out."""
        known = {each.canonical: each.options for each in pane.commands}
        kinds = {option["name"]: option["type"] for option in known[name]}
        return {each: self._value(kinds[each], str(text)) for each, text in typed.items() if text}

    def _value(self, kind: int, text: str) -> Any:
        if kind == _USER:
            return {str(each.user_id): each for each in self._members.values()}[text]
        if kind == _CHANNEL:
            return self._discord.channel(int(text))
        return _PLAIN.get(kind, str)(text)


def pane_of(channel: Channel, member: Person) -> Pane:
    """The channel as the member sees it. Raises PermissionError where they see nothing."""
    if not member.desk.sees(channel):
        raise PermissionError(channel.name)
    return member.at(channel)


def read_waveform(text: str) -> bytes:
    """What a client claims a voice message looks like; flat where it is none. Base64."""
    try:
        waveform = b64decode(text, validate=True)[:_LONGEST_WAVEFORM]
    except (NotBase64, ValueError):
        waveform = b""
    return waveform or bytes(64)


def _number(message: object) -> int | None:
    return None if message is None else int(str(message))
