"""What the bot may do where; what managers and people take away."""

import discord
import pytest

from bot.simulators.discord import EVERYONE, NOTHING, ChannelKind, Permission


@pytest.fixture
def school(sim, tom):
    made = sim.guild("School", bot_rights=NOTHING)
    made.add(tom)
    made.add_channel("lobby")
    return made


@pytest.fixture
def lobby(school):
    return school.channel("lobby")


@pytest.mark.parametrize(
    ("taken", "method", "path", "body", "code"),
    [
        (Permission.VIEW_CHANNEL, "GET", "", None, 50001),
        (Permission.VIEW_CHANNEL, "POST", "/messages", {"content": "x"}, 50001),
        (Permission.SEND_MESSAGES, "POST", "/messages", {"content": "x"}, 50013),
        (Permission.SEND_MESSAGES, "POST", "/typing", None, 50013),
        (
            Permission.ADD_REACTIONS,
            "PUT",
            "/messages/{said}/reactions/%F0%9F%94%A5/@me",
            None,
            50013,
        ),
        (Permission.READ_MESSAGE_HISTORY, "GET", "/messages/{said}", None, 50013),
        (
            Permission.READ_MESSAGE_HISTORY,
            "POST",
            "/messages",
            {"content": "x", "message_reference": {"message_id": "{said}"}},
            160002,
        ),
        (Permission.CREATE_PRIVATE_THREADS, "POST", "/threads", {"name": "x", "type": 12}, 50013),
        (Permission.CREATE_PUBLIC_THREADS, "POST", "/threads", {"name": "x", "type": 11}, 50013),
        (
            Permission.CREATE_PUBLIC_THREADS,
            "POST",
            "/messages/{said}/threads",
            {"name": "x"},
            50013,
        ),
        (NOTHING, "DELETE", "/messages/{said}", None, 50013),
        (NOTHING, "PATCH", "/messages/{said}", {"content": "x"}, 50005),
        (NOTHING, "PATCH", "", {"name": "x"}, 50013),
        (NOTHING, "GET", "/threads/archived/private", None, 50013),
        (NOTHING, "PUT", "/permissions/1", {"type": 0, "allow": "0", "deny": "0"}, 50013),
    ],
)
async def test_what_is_not_permitted_is_refused(
    sim, rest, school, lobby, tom, taken, method, path, body, code
):
    said = str((await tom.at(lobby).send("hi")).message_id)
    school.overwrite(lobby, None, deny=taken)
    if body and "message_reference" in body:
        body = body | {"message_reference": {"message_id": said}}
    place = f"/channels/{lobby.channel_id}{path.replace('{said}', said)}"
    assert (await rest.call(method, place, body)).code == code


async def test_history_is_empty_to_those_who_may_not_read_it(rest, school, lobby, tom):
    await tom.at(lobby).send("hi")
    school.overwrite(lobby, None, deny=Permission.READ_MESSAGE_HISTORY)
    assert (await rest.call("GET", f"/channels/{lobby.channel_id}/messages")).body == []


async def test_the_bot_hears_nothing_from_where_it_cannot_look(bot, school, lobby, tom):
    school.overwrite(lobby, None, deny=Permission.VIEW_CHANNEL)
    await tom.at(lobby).send("secret")
    school.overwrite(lobby, None)
    await tom.at(lobby).send("open")
    await bot.until(lambda: bot.heard)
    assert len(bot.heard) == 1


async def test_the_overwrite_of_a_member_wins_over_roles_and_everyone(sim, school, lobby, tom):
    teacher = school.add_role("Teacher")
    school.give_role(tom, teacher)
    everyone = school.guild.roles[school.guild_id]
    may_write = []
    for target, changes in (
        (everyone, {"deny": Permission.SEND_MESSAGES}),
        (teacher, {"allow": Permission.SEND_MESSAGES}),
        (tom, {"deny": Permission.SEND_MESSAGES}),
    ):
        school.overwrite(lobby, target, **changes)
        try:
            await tom.at(lobby).send("hi")
            may_write.append(True)
        except PermissionError:
            may_write.append(False)
    assert may_write == [False, True, False]


async def test_threads_have_the_rights_of_their_channel(bot, rest, school, lobby, tom):
    thread = await tom.at(lobby).start_thread("Talk")
    school.overwrite(lobby, None, deny=Permission.SEND_MESSAGES)
    assert (await rest.send(thread.channel_id)).status == 200
    school.overwrite(lobby, None, deny=Permission.SEND_MESSAGES_IN_THREADS)
    assert (await rest.send(thread.channel_id)).code == 50013


async def test_an_administrator_may_do_everything(rest, school, lobby, tom):
    school.overwrite(lobby, None, deny=EVERYONE)
    school.allow_bot(Permission.ADMINISTRATOR)
    said = await tom.at(lobby).send("hi")
    place = f"/channels/{lobby.channel_id}"
    assert (await rest.call("DELETE", f"{place}/messages/{said.message_id}")).status == 204
    assert (await rest.call("PATCH", place, {"name": "hall"})).body["name"] == "hall"
    made = await rest.call(
        "POST", f"/guilds/{school.guild_id}/channels", {"name": "new", "type": 15}
    )
    assert made.body["type"] == ChannelKind.FORUM
    assert (await rest.call("DELETE", f"/channels/{made.body['id']}")).status == 200
    deny = {"type": 1, "deny": str(int(Permission.VIEW_CHANNEL))}
    assert (await rest.call("PUT", f"{place}/permissions/{tom.user_id}", deny)).status == 204
    assert tom.at(lobby).messages == []
    assert (await rest.call("DELETE", f"{place}/permissions/{tom.user_id}")).status == 204
    assert (await rest.call("DELETE", f"{place}/permissions/{tom.user_id}")).code == 10009


async def test_people_close_their_messages_to_the_bot(sim, rest, tom):
    opened = await rest.call("POST", "/users/@me/channels", {"recipient_id": str(tom.user_id)})
    channel = int(opened.body["id"])
    for close, again in ((tom.close_dms, tom.open_dms), (tom.block, tom.unblock)):
        close()
        assert (await rest.send(channel)).code == 50007
        again()
        assert (await rest.send(channel)).status == 200


async def test_a_bot_that_was_thrown_out_knows_nothing_of_the_guild(bot, rest, school):
    await bot.until(lambda: bot.get_guild(school.guild_id))
    school.kick_bot()
    await bot.until(lambda: bot.named("guild_remove"))
    assert (await rest.call("GET", f"/guilds/{school.guild_id}")).code == 10004
    school.invite_bot(NOTHING)
    await bot.until(lambda: len(bot.named("guild_join")) == 2)


async def test_members_are_asked_for_one_by_one(bot, sim, school, tom):
    await bot.until(lambda: bot.get_guild(school.guild_id))
    guild = bot.get_guild(school.guild_id)
    assert (await guild.fetch_member(tom.user_id)).display_name == "Tom"
    with pytest.raises(discord.NotFound):
        await guild.fetch_member(4711)
    assert [role.name for role in await guild.fetch_roles()] == ["@everyone", "LinguaFlex"]
    assert [channel.name for channel in await guild.fetch_channels()] == ["lobby"]
    assert (await bot.fetch_user(tom.user_id)).name == "tom"
    assert [each.name async for each in bot.fetch_guilds()] == ["School"]
    assert (await bot.fetch_guild(school.guild_id)).approximate_member_count == 3
