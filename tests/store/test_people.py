"""Teams, roles, the signing key and the audit log as rows, on both databases."""

from __future__ import annotations

import asyncio

import pytest

from bot.engine.chat import Chat, Profile
from bot.people.invitation import Invitation
from bot.people.role import Grant, Role
from bot.people.team import Team
from bot.store import audit, chats, families, invitations, keys, pairs, people, profiles, roles, tables, teams
from bot.store.database import open_database
from bot.store.families import Relative

COMMUNE, PROVINCE = "thanh-hoa/ngoc-lac", "thanh-hoa"
LEAD, VOLUNTEER = Grant(Role.LEAD, "a1", COMMUNE), Grant(Role.VOLUNTEER, "a1", COMMUNE)


@pytest.fixture
async def database(database_url):
    """A database of either kind, with three teams."""
    made = await open_database(database_url)
    async with made.batch() as batch:
        places = {"a1": COMMUNE, "a2": COMMUNE, "p1": PROVINCE}
        await teams.save(batch, [Team(code, code.upper(), "youth", place, 1) for code, place in places.items()])
    yield made
    await made.close()


async def test_a_role_holds_until_it_ends(database):
    """Given twice it is held once; ended, it is gone at once and its row says from when to when."""
    async with database.batch() as batch:
        await roles.give(batch, "p", LEAD, 5, "boss")
        await roles.give(batch, "p", LEAD, 6)
        await roles.give(batch, "p", VOLUNTEER, 7)
        assert await roles.grants(batch, "p") == [LEAD, VOLUNTEER]
        assert await roles.end(batch, "p", LEAD, 9)
        assert not await roles.end(batch, "p", LEAD, 9)
        assert await roles.grants(batch, "p") == [VOLUNTEER]
        await roles.give(batch, "p", LEAD, 11)
        assert await roles.grants(batch, "p") == [VOLUNTEER, LEAD]
    async with database.read() as connection:
        rows = (await connection.execute(tables.role.select().order_by(tables.role.c.id))).all()
    assert [(row.role, row.since, row.until, row.given_by) for row in rows] == [
        ("lead", 5, 9, "boss"),
        ("volunteer", 7, 0, ""),
        ("lead", 11, 0, ""),
    ]


async def test_roles_of_a_place_and_of_a_team_are_found(database):
    """Those who are asked when a team does not answer."""
    async with database.batch() as batch:
        await roles.give(batch, "v", VOLUNTEER, 1)
        await roles.give(batch, "c", Grant(Role.COMMUNE_ADMIN, place=COMMUNE), 2)
        await roles.give(batch, "b", Grant(Role.ADMIN), 3)
        assert [held.person for held in await roles.of_team(batch, "a1")] == ["v"]
        assert [held.person for held in await roles.of_place(batch, Role.COMMUNE_ADMIN, COMMUNE)] == ["c"]
        assert [held.person for held in await roles.of_place(batch, Role.ADMIN, "")] == ["b"]
        assert await roles.of_place(batch, Role.COMMUNE_ADMIN, PROVINCE) == []
    async with database.read() as connection:
        assert [held.person for held in await roles.listed(connection)] == ["v", "c", "b"]


async def test_who_leaves_a_team_holds_nothing_in_it(database):
    """All roles in it end, those elsewhere stay; leaving again changes nothing."""
    elsewhere = Grant(Role.EDITOR, place=COMMUNE)
    async with database.batch() as batch:
        for grant in (LEAD, VOLUNTEER, elsewhere):
            await roles.give(batch, "p", grant, 1)
        assert await roles.leave(batch, "p", "a1", 2) == [Role.VOLUNTEER, Role.LEAD]
        assert await roles.leave(batch, "p", "a1", 3) == []
        assert await roles.grants(batch, "p") == [elsewhere]


async def test_an_ended_team_has_no_people_and_keeps_its_name(database):
    """Its roles end with it, it serves nobody, and it can end only once."""
    async with database.batch() as batch:
        await roles.give(batch, "p", VOLUNTEER, 1)
        assert await teams.end(batch, "a1", 5)
        assert not await teams.end(batch, "a1", 6)
        assert not await teams.end(batch, "none", 6)
        assert await roles.grants(batch, "p") == []
        await roles.give(batch, "q", VOLUNTEER, 7)
        assert await roles.grants(batch, "q") == []
        assert await roles.of_team(batch, "a1") == []
        found = await teams.find(batch, "a1")
        assert found == Team("a1", "A1", "youth", COMMUNE, 1, 5)
        assert await teams.find(batch, "none") is None
    async with database.read() as connection:
        assert [row.team.code for row in await teams.listed(connection, COMMUNE)] == ["a2"]
        assert [row.team.code for row in await teams.listed(connection, COMMUNE, ended=True)] == ["a1", "a2"]


async def test_a_team_that_moves_takes_its_people_along(database):
    """The place of a role in a team is the team's, at any moment."""
    async with database.batch() as batch:
        await roles.give(batch, "p", VOLUNTEER, 1)
        await teams.save(batch, [Team("a1", "A1", "youth", "thanh-hoa/hac-thanh", 1)])
        assert await roles.grants(batch, "p") == [Grant(Role.VOLUNTEER, "a1", "thanh-hoa/hac-thanh")]


async def test_who_serves_a_place(database):
    """Its own teams that have people; without one, the province's; an unknown place has none."""
    async with database.batch() as batch:
        assert await teams.serving(batch, COMMUNE) == []
        await roles.give(batch, "p", Grant(Role.VOLUNTEER, "p1"), 1)
        assert [team.code for team in await teams.serving(batch, COMMUNE)] == ["p1"]
        assert [team.code for team in await teams.serving(batch, "thanh-hoa/hac-thanh")] == ["p1"]
        await roles.give(batch, "q", VOLUNTEER, 1)
        assert [team.code for team in await teams.serving(batch, COMMUNE)] == ["a1"]
        assert [team.code for team in await teams.serving(batch, PROVINCE)] == ["p1"]
        assert await teams.serving(batch, "") == []
        assert await teams.serving(batch, "nghe-an/vinh-phu") == []
        await roles.leave(batch, "q", "a1", 2)
        assert [team.code for team in await teams.serving(batch, COMMUNE)] == ["p1"]


async def test_teams_are_listed_with_how_many_belong_to_them(database):
    """Of a place and all in it; leads and volunteers apart."""
    async with database.write() as connection:
        await roles.give(connection, "p", LEAD, 1)
        for person in "qrs":
            await roles.give(connection, person, VOLUNTEER, 1)
        await roles.leave(connection, "s", "a1", 2)
        found = await teams.listed(connection, PROVINCE)
        assert [(row.team.code, row.leads, row.volunteers) for row in found] == [
            ("p1", 0, 0),
            ("a1", 1, 2),
            ("a2", 0, 0),
        ]
        assert await teams.listed(connection, "thanh") == []
        assert len(await teams.listed(connection)) == 3


async def test_all_processes_sign_with_one_key(database_url):
    """Asked for at once, from a transaction of either kind, it is made once."""
    databases = [await open_database(database_url) for _ in range(3)]

    async def batched(made):
        async with made.batch() as batch:
            return await keys.signing(batch)

    async def written(made):
        async with made.write() as connection:
            return await keys.signing(connection)

    found = await asyncio.gather(*(ask(made) for made in databases for ask in (batched, written)))
    assert len(set(found)) == 1
    assert len(found[0]) == keys.BYTES
    async with databases[0].batch() as batch:
        assert await keys.signing(batch, "other") != found[0]
    for made in databases:
        await made.close()


async def test_the_audit_log_is_searched_and_forgets_names(database):
    """By person, team, place and time; the lines stay when the person is forgotten or the line is old."""
    entries = [
        audit.Entry(1, "p", "forward", "a1", COMMUNE),
        audit.Entry(2, "q", "make_team", "", PROVINCE, "a3"),
        audit.Entry(3, "p", "see_audit", "a1", COMMUNE, "", allowed=False),
    ]
    async with database.write() as connection:
        await audit.add(connection, entries)
        newest = entries[::-1]
        assert await audit.listed(connection) == newest
        assert await audit.listed(connection, who="p") == [newest[0], newest[2]]
        assert await audit.listed(connection, team="a1", most=1) == [newest[0]]
        assert await audit.listed(connection, place=PROVINCE, since=2) == newest[:2]
        assert await audit.listed(connection, place=COMMUNE) == [newest[0], newest[2]]
        await audit.make_nameless(connection, ["p"])
        assert [entry.who for entry in await audit.listed(connection)] == ["", "q", ""]
        await audit.forget(connection, 3)
        assert [entry.who for entry in await audit.listed(connection)] == ["", "", ""]


def _chat(number=1, others=()):
    return Chat("web:x", "web", "x", "vi", 1, 1, number=number, others=others)


async def _everywhere(database, person):
    """How many values of any table are this person."""
    async with database.read() as connection:
        rows = [row for table in tables.metadata.sorted_tables for row in await connection.execute(table.select())]
    return sum(value == person for row in rows for value in row)


async def test_erasing_a_person_takes_their_roles_and_leaves_their_deeds_nameless(database):
    """Nothing names them any more; teams, counts and what they gave to others stay."""
    async with database.batch() as batch:
        chat = _chat()
        me = chat.person
        await chats.save(batch, [chat])
        await roles.give(batch, me, LEAD, 1)
        await roles.give(batch, "other", VOLUNTEER, 1, me)
        await audit.add(batch, [audit.Entry(1, me, "forward", "a1", COMMUNE)])
    async with database.write() as connection:
        kept = await chats.everything(connection, chat)
        assert [row["role"] for row in kept["role"]] == ["lead"]
        assert [row["right"] for row in kept["audit"]] == ["forward"]
    async with database.batch() as batch:
        await chats.erase(batch, chat)
        assert await roles.grants(batch, me) == []
        assert await roles.grants(batch, "other") == [VOLUNTEER]
    assert await _everywhere(database, me) == 0
    async with database.read() as connection:
        assert [(entry.who, entry.right) for entry in await audit.listed(connection)] == [("", "forward")]


async def test_a_role_is_the_persons_not_the_phones(database):
    """Who shares the phone has none of it, whoever has it; erasing one leaves the other's."""
    first = _chat(1, (Profile(2, "ba"),))
    second = _chat(2)
    async with database.batch() as batch:
        await roles.give(batch, first.person, LEAD, 1)
        await roles.give(batch, second.person, VOLUNTEER, 1)
        await chats.save(batch, [first, second.aside(2)])
        await profiles.switch(batch, first, 2, leaves=True)
        assert await roles.grants(batch, first.person) == [LEAD]
        assert await roles.grants(batch, second.person) == [VOLUNTEER]
        await chats.erase(batch, first.aside(1))
        assert await roles.grants(batch, first.person) == []
        assert await roles.grants(batch, second.person) == [VOLUNTEER]


async def test_a_number_that_is_free_again_brings_no_role(database):
    """Somebody who has left no trace hands the phone over: who comes later under their number begins with nothing."""
    newcomer = _chat(2, (Profile(1, "ba"),))
    async with database.batch() as batch:
        await chats.save(batch, [newcomer, _chat(1).aside(1)])
        await roles.give(batch, newcomer.person, VOLUNTEER, 1)
        await profiles.switch(batch, newcomer, 1, leaves=False)
        assert await roles.grants(batch, newcomer.person) == []


async def test_forgetting_people_takes_back_what_they_had_not_given_yet(database):
    """An open invitation goes with who gave it; one that was used stays without names."""
    row = {"role": "volunteer", "team": "a1", "place": "", "by": "p", "expires_at": 99, "withdrawn_at": 0}
    async with database.write() as connection:
        used = {"hash": "used", "used_by": "q", "used_at": 5}
        await connection.execute(
            tables.invitation.insert(), [row | used, row | {"hash": "open", "used_by": "", "used_at": 0}]
        )
        await people.forget(connection, ["p"])
        assert await invitations.find(connection, "open") is None
        found = await invitations.find(connection, "used")
        assert found is not None
        assert (found.by, found.used_by) == ("", "q")
        await people.forget(connection, ["q"])
    assert await _everywhere(database, "p") == await _everywhere(database, "q") == 0


async def test_every_table_that_names_somebody_is_in_the_file(database):
    """A new table cannot be forgotten; nobody's file holds the key of somebody else, or opens anything."""
    names = {"person", "chat", "who", "head", "helper", "writer", "by"}
    naming = {table.name for table in tables.metadata.sorted_tables if names & set(table.c.keys())}
    chat, other = _chat(), "telegram:555/1"
    me = chat.person
    async with database.batch() as batch:
        await chats.save(batch, [chat])
        await roles.give(batch, me, VOLUNTEER, 1, other)
        await families.join(batch, Relative(me, other, "bac", shows=False, since=1))
        await pairs.add(batch, "1234", other, "telegram:555", 1)
        await invitations.add(batch, Invitation("hash", VOLUNTEER, other, 9))
    async with database.write() as connection:
        await connection.execute(tables.pair.update().values(helper=me))
        await connection.execute(tables.invitation.update().values(used_by=me))
        kept = await chats.everything(connection, chat)
    assert naming - set(kept) == {"relay"}  # milliseconds on the way from one process to another
    for name in ("role", "relative", "pair", "invitation"):
        assert len(kept[name]) == 1
        assert other not in str(kept[name])
        assert not {"hash", "code"} & set(kept[name][0])


async def test_nothing_that_names_somebody_outlives_them(database):
    """A row of theirs in every table that could name them: the file has it, and when they are erased nothing does."""
    chat = _chat()
    mine = dict.fromkeys(("person", "who", "head", "helper", "writer", "sender", "by", "used_by"), chat.person)
    mine |= {"chat": chat.key, "helper_chat": chat.key, "sender_chat": chat.key, "state_json": "{}", "about_json": "{}"}
    naming = [t for t in tables.metadata.sorted_tables if {"person", "chat", "who", "head"} & set(t.c.keys())]
    naming.remove(tables.relay)  # what another process takes within milliseconds
    async with database.batch() as batch:
        await chats.save(batch, [chat])
    async with database.write() as connection:
        for table in naming:
            here = {"chat": chat.external, "channel": chat.channel} if table.name in {"outbox", "reach"} else {}
            row = {c.name: 1 if c.type.python_type in {int, bool} else "" for c in table.c}
            await connection.execute(
                table.insert().values(row | {k: v for k, v in (mine | here).items() if k in table.c})
            )
        kept = await chats.everything(connection, chat)
    assert [table.name for table in naming if not kept[table.name]] == []
    async with database.batch() as batch:
        await chats.erase(batch, chat)
    assert await _everywhere(database, chat.person) == 0
    assert await _everywhere(database, chat.key) == 0
