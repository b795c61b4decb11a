"""Threads and forum posts: made, joined, archived, woken, listed; and who sees them."""

import discord
import pytest

from bot.simulators.discord import NOTHING, ChannelKind, Permission


@pytest.fixture
def school(sim, tom):
    made = sim.guild("School", bot_rights=Permission.CREATE_PRIVATE_THREADS)
    made.add(tom)
    made.add_channel("lobby")
    made.add_channel("students", ChannelKind.FORUM)
    return made


async def test_a_private_thread_is_for_its_members(bot, sim, school, tom):
    lobby = await bot.channel(school.channel("lobby").channel_id)
    thread = await lobby.create_thread(name="Ana", type=discord.ChannelType.private_thread)
    ours = school.channel("Ana")
    assert (tom.threads, tom.at(ours).messages) == ([], [])
    await thread.add_user(discord.Object(tom.user_id))
    assert tom.threads == [ours]
    await thread.send("hello Tom")
    assert tom.at(ours).messages[-1].content == "hello Tom"
    said = await tom.at(ours).send("hello bot")
    await bot.until(lambda: bot.heard)
    assert (bot.heard[0].id, bot.heard[0].channel.id) == (said.message_id, thread.id)
    assert [member.id for member in await thread.fetch_members()] == [bot.user.id, tom.user_id]
    await thread.remove_user(discord.Object(tom.user_id))
    assert tom.threads == []


async def test_a_forum_post_starts_with_its_message(bot, sim, school, tom):
    forum = await bot.channel(school.channel("students").channel_id)
    thread, first = await forum.create_thread(name="Ana", content="Ana learns Spanish")
    assert thread.id == first.id
    with pytest.raises(discord.HTTPException) as refused:
        await bot.http.send_message(forum.id, params=discord.http.handle_message_parameters("x"))
    assert refused.value.code == 40058
    post = await tom.at(school.channel("students")).start_post("Bo", "Bo learns German")
    await bot.until(lambda: bot.heard)
    assert post.channel_id == bot.heard[0].id
    active = await bot.get_guild(school.guild_id).active_threads()
    assert {each.name for each in active} == {"Ana", "Bo"}


async def test_a_thread_under_a_message_has_its_id_and_there_is_one(bot, school, tom):
    said = await tom.at(school.channel("lobby")).send("why?")
    lobby = await bot.channel(school.channel("lobby").channel_id)
    message = await lobby.fetch_message(said.message_id)
    thread = await message.create_thread(name="Because")
    assert thread.id == said.message_id
    assert (await lobby.fetch_message(said.message_id)).thread.id == thread.id
    with pytest.raises(discord.HTTPException) as refused:
        await message.create_thread(name="Again")
    assert refused.value.code == 160004


async def test_an_archived_thread_is_listed_and_woken(bot, sim, school, tom):
    lobby = await bot.channel(school.channel("lobby").channel_id)
    thread = await lobby.create_thread(name="Old", type=discord.ChannelType.private_thread)
    message = await thread.send("first")
    school.archive(school.channel("Old"))
    listed = [each async for each in lobby.archived_threads(private=True, joined=True)]
    assert [each.name for each in listed] == ["Old"]
    with pytest.raises(discord.HTTPException) as refused:
        await message.edit(content="changed")
    assert refused.value.code == 50083
    with pytest.raises(discord.HTTPException) as renamed:
        await thread.edit(name="New")
    assert renamed.value.code == 50083
    await thread.edit(archived=False)
    await message.edit(content="changed")
    school.archive(school.channel("Old"))
    await thread.send("wakes it")
    assert not school.channel("Old").thread.is_archived
    school.archive(school.channel("Old"), is_locked=True)
    school.allow_bot(NOTHING)
    with pytest.raises(discord.Forbidden) as locked:
        await thread.send("no")
    assert locked.value.code == 160005


async def test_idle_threads_are_put_away(bot, sim, school, tom, time):
    pane = tom.at(school.channel("lobby"))
    busy, idle = await pane.start_thread("Busy"), await pane.start_thread("Idle")
    time.passed += 2 * 24 * 3600
    await tom.at(busy).send("still here")
    time.passed += 24 * 3600
    sim.archive_idle_threads()
    assert (busy.thread.is_archived, idle.thread.is_archived) == (False, True)


async def test_discord_writes_into_threads_by_itself(bot, sim, school, tom):
    ana = sim.person(2002, "Ana")
    school.add(ana)
    thread = await tom.at(school.channel("lobby")).start_thread("Talk")
    await tom.at(thread).bring_in(ana.user_id)
    await tom.at(thread).rename("Talks")
    await bot.until(lambda: len(bot.heard) == 3)
    assert [message.type for message in bot.heard] == [
        discord.MessageType.thread_created,
        discord.MessageType.recipient_add,
        discord.MessageType.channel_name_change,
    ]
    assert all(message.is_system() for message in bot.heard)
    assert ana.threads == [thread]
    with pytest.raises(PermissionError):
        await ana.at(thread).rename("Mine")
    await ana.at(thread).leave()
    assert ana.threads == []


async def test_public_threads_come_and_go_as_events(bot, sim, school, tom):
    pane = tom.at(school.channel("lobby"))
    thread = await pane.start_thread("Open")
    await bot.until(lambda: bot.named("thread_create"))
    await bot.get_channel(thread.channel_id).join()
    assert bot.user.id in thread.thread.members
    await bot.get_channel(thread.channel_id).leave()
    await pane.start_thread("Secret", is_private=True)
    school.archive(thread)
    await bot.until(lambda: bot.named("raw_thread_update"))
    school.delete_channel(thread)
    await bot.until(lambda: bot.named("raw_thread_delete"))
    assert [each.name for each in bot.named("thread_create")] == ["Open"]


async def test_the_bot_hears_of_a_private_thread_when_it_is_brought_in(bot, sim, school, tom):
    thread = await tom.at(school.channel("lobby")).start_thread("Secret", is_private=True)
    with pytest.raises(discord.Forbidden):
        await bot.fetch_channel(thread.channel_id)
    await tom.at(thread).bring_in(bot.user.id)
    await bot.until(lambda: bot.named("thread_join"))
    await bot.get_channel(thread.channel_id).send("thank you")
    assert (await tom.at(thread).wait()).content == "thank you"
