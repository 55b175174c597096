"""How long it is known who helped: until they delete it in the chat, or as long as the settings say."""

from __future__ import annotations

import json

from bot.channel.base import Document
from bot.people.role import Grant, Right, Role
from bot.people.team import Team
from bot.service import invitations as desk
from bot.service import rights
from bot.store import audit, roles, tables, teams
from bot.store.journal import DAY
from tests.kit.shell import a_bot, make_root

ME = "paper:1/1"
LEAD = Grant(Role.LEAD, "a1", "thanh-hoa")


async def _as_lead(bot):
    """The person of chat 1 leads a team, has used a right and given a link."""
    await bot.says("1", "/start tea")
    async with bot.app.database.batch() as batch:
        await teams.save(batch, [Team("a1", "Đội một", "youth", "thanh-hoa", 1)])
        await roles.give(batch, ME, LEAD, bot.now)
        await rights.use(batch, ME, Right.FORWARD, bot.now, team="a1")
        await desk.invite(batch, ME, Grant(Role.VOLUNTEER, "a1"), bot.now)


async def test_who_deletes_their_data_has_no_role_any_more(tmp_path, both_databases):
    """Seen before in the file of what is kept; afterwards no row names them, and what they did still stands."""
    async with a_bot(make_root(tmp_path)) as bot:
        await _as_lead(bot)
        await bot.says("1", "dữ liệu của tôi")
        file = next(said for said in bot.channel.to("1") if isinstance(said, Document))
        kept = json.loads(file.text)
        assert [row["role"] for row in kept["role"]] == ["lead"]
        assert [row["right"] for row in kept["audit"]] == ["forward", "invite_volunteer"]
        await bot.says("1", "xóa dữ liệu")
        await bot.taps("1", "🗑 Xóa hết về bạn")
        assert await bot.rows(tables.role) == []
        assert await bot.rows(tables.invitation) == []
        assert [(row["who"], row["right"]) for row in await bot.rows(tables.audit)] == [
            ("", "forward"),
            ("", "invite_volunteer"),
        ]
        assert [row["code"] for row in await bot.rows(tables.team)] == ["a1"]


async def test_the_clock_forgets_who_used_a_right_and_links_that_expired(tmp_path, both_databases):
    """A role lasts as long as its person is heard of; an old line of the audit log stays without a name."""
    async with a_bot(make_root(tmp_path), keep_people_days=100, keep_messages_days=10) as bot:
        await _as_lead(bot)
        start = bot.now
        await bot.app.clock.sweep(start + 16 * DAY)
        assert len(await bot.rows(tables.invitation)) == 1
        await bot.app.clock.sweep(start + 18 * DAY)
        assert await bot.rows(tables.invitation) == []
        bot.later(50 * 86_400)
        await bot.says("1", "/start tea")
        await bot.app.clock.sweep(start + 101 * DAY)
        assert {row["who"] for row in await bot.rows(tables.audit)} == {""}
        assert [row["person"] for row in await bot.rows(tables.role)] == [ME]
        await bot.app.clock.sweep(start + 151 * DAY)
        assert await bot.rows(tables.role) == []
        async with bot.app.database.read() as connection:
            assert len(await audit.listed(connection)) == 2
