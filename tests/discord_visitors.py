"""People on Discord, told what to do in the words tests use for people anywhere."""

from dataclasses import dataclass

from bot.simulators.discord import Interaction, Message, Pane, Person
from tests.stage import PATIENCE_SECONDS, a_note

_MARKS = str.maketrans("", "", "\\*|`")


@dataclass
class DiscordVisitor:
    """A person in their private chat with the bot; `then` is a part of what they read next."""

    person: Person
    platform = "discord"

    @property
    def external_id(self) -> str:
        return str(self.person.user_id)

    @property
    def pane(self) -> Pane:
        return self.person.dm()

    async def say(self, text: str, then: str) -> Message:
        """Type a line, or run a command."""
        if text[1:] in {command.canonical for command in self.pane.commands}:
            await self.pane.run(text[1:])
        else:
            await self.pane.send(text)
        return await self.reads(then)

    async def speak(self, then: str) -> Message:
        """Send a voice message."""
        await self.pane.send_voice(a_note(), 1.0)
        return await self.reads(then)

    async def press(self, label: str, then: str) -> Message:
        """Press the newest button whose label is this, or has it after its icon."""
        message, shown = self.button(label)
        await self.pane.press(message, label=shown)
        return await self.reads(then)

    async def fill_in(self, *answers: str, then: str) -> Message:
        """Open the newest form and write in its fields, from the top."""
        message, shown = self.button("Fill in")
        asked = await self.pane.press(message, label=shown)
        await self.pane.channel.bell.until(lambda: self.person.modal or None, PATIENCE_SECONDS)
        assert asked.is_answered
        modal = self.person.modal
        assert modal is not None
        names = [field.custom_id for field in modal.fields]
        await self.person.submit(dict(zip(names, answers, strict=True)))
        return await self.reads(then)

    async def reads(self, part: str) -> Message:
        return await self.pane.wait(lambda m: part in plain(m), PATIENCE_SECONDS)

    async def hears(self) -> Message:
        """The next voice message."""
        return await self.pane.wait(lambda m: m.is_voice, PATIENCE_SECONDS)

    async def forge(self, data: str) -> Interaction:
        """Press a button with data of one's own choice."""
        shown = [m for m in self.pane.messages if m.author_id != self.person.user_id]
        return await self.pane.press(shown[-1], custom_id=data, is_forged=True)

    def button(self, label: str) -> tuple[Message, str]:
        """The newest button with this label, and the message it is under."""
        for message in reversed(self.pane.messages):
            for button in message.buttons:
                if button.label == label or button.label.endswith(f" {label}"):
                    return message, button.label
        raise AssertionError(f"no button {label!r}")

    def data(self, label: str) -> str:
        """What the newest button with this label carries."""
        message, shown = self.button(label)
        return next(b.custom_id or "" for b in message.buttons if b.label == shown)

    @property
    def texts(self) -> list[str]:
        """What the bot has said so far."""
        return [plain(m) for m in self.pane.messages if m.author_id != self.person.user_id]


def plain(message: Message) -> str:
    """What a message says, without the marks of its style."""
    return message.content.translate(_MARKS)
