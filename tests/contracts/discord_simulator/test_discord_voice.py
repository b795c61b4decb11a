"""Voice messages: heard natively, sent by discord.py as its users do it, and their rules."""

import base64
import io

import discord
import pytest
from discord.http import handle_message_parameters

from bot.simulators.discord import EVERYONE, Permission

OGG = b"OggS" + bytes(60)
WAVEFORM = base64.b64encode(bytes(range(64))).decode()


class VoiceFile(discord.File):
    """What discord.py has no argument for."""

    def __init__(self, data: bytes, *, mime: str = "audio/ogg", **metadata: object) -> None:
        super().__init__(io.BytesIO(data), "voice-message.ogg")
        self.mime = mime
        self.metadata = metadata

    def to_dict(self, index: int) -> dict[str, object]:
        return super().to_dict(index) | self.metadata


async def send_voice(bot, channel_id: int, *files: VoiceFile, content: str | None = None):
    flags = discord.MessageFlags(voice=True)
    with handle_message_parameters(content, files=files, flags=flags) as parameters:
        for part, file in zip(parameters.multipart[1:], files, strict=True):
            part["content_type"] = file.mime
        return await bot.http.send_message(channel_id, params=parameters)


async def test_a_voice_message_is_heard(bot, sim, tom):
    await tom.dm().send_voice(OGG, 2.5, bytes(range(64)))
    await bot.until(lambda: bot.heard)
    (voice,) = bot.heard[0].attachments
    assert (voice.is_voice_message(), bot.heard[0].flags.voice) == (True, True)
    assert (voice.duration, voice.waveform, voice.content_type) == (
        2.5,
        bytes(range(64)),
        "audio/ogg",
    )
    assert await voice.read() == OGG


async def test_a_voice_message_is_sent_and_cannot_be_edited(bot, sim, tom):
    channel = await bot.create_dm(discord.Object(tom.user_id))
    await send_voice(bot, channel.id, VoiceFile(OGG, duration_secs=1.5, waveform=WAVEFORM))
    voice = await tom.dm().wait()
    assert (voice.is_voice, voice.attachments[0].seconds) == (True, 1.5)
    assert sim.file(voice.attachments[0]) == OGG
    with pytest.raises(discord.HTTPException) as refused:
        await channel.get_partial_message(voice.message_id).edit(content="words")
    assert refused.value.code == 50035


@pytest.mark.parametrize(
    ("files", "content", "code"),
    [
        ([{}], None, 50161),
        ([{"duration_secs": 1.0}], None, 50161),
        ([{"duration_secs": 1.0, "waveform": WAVEFORM, "mime": "application/octet"}], None, 50160),
        ([{"duration_secs": 1.0, "waveform": WAVEFORM}] * 2, None, 50160),
        ([{"duration_secs": 1.0, "waveform": WAVEFORM}], "words", 50035),
        ([{"duration_secs": 1.0, "waveform": "A" * 360}], None, 50035),
    ],
)
async def test_the_rules_of_voice_messages(bot, sim, tom, files, content, code):
    channel = await bot.create_dm(discord.Object(tom.user_id))
    given = [VoiceFile(OGG, **file) for file in files]
    with pytest.raises(discord.HTTPException) as refused:
        await send_voice(bot, channel.id, *given, content=content)
    assert refused.value.code == code
    assert tom.dm().messages == []


async def test_where_voice_messages_are_not_allowed(bot, sim, tom):
    school = sim.guild()
    lobby = school.add_channel("lobby")
    school.allow_everyone(EVERYONE & ~Permission.SEND_VOICE_MESSAGES)
    school.allow_bot(EVERYONE & ~Permission.SEND_VOICE_MESSAGES)
    voice = VoiceFile(OGG, duration_secs=1.0, waveform=WAVEFORM)
    with pytest.raises(discord.Forbidden) as refused:
        await send_voice(bot, lobby.channel_id, voice)
    assert refused.value.code == 50173
