"""Giving a role by a link: one person takes it once; every way it can go wrong has its own outcome."""

from __future__ import annotations

import asyncio

import pytest

from bot.people.invitation import DAYS, Outcome, token
from bot.people.role import Grant, Role
from bot.people.team import Team
from bot.service import invitations as desk
from bot.service.invitations import DAY, MOST_STANDING, Made, Refused
from bot.store import audit, chats, invitations, keys, roles, tables, teams
from bot.store.audit import OPERATOR
from bot.store.database import open_database
from tests.store.test_people import _chat

COMMUNE, NOW = "thanh-hoa/ngoc-lac", 1_800_000_000_000
LEAD, VOLUNTEER = Grant(Role.LEAD, "a1", COMMUNE), Grant(Role.VOLUNTEER, "a1", COMMUNE)


@pytest.fixture
async def database(database_url):
    """A database of either kind, with two teams, and one lead."""
    made = await open_database(database_url)
    async with made.batch() as batch:
        await teams.save(batch, [Team(code, code.upper(), "youth", COMMUNE, 1) for code in ("a1", "a2")])
        await roles.give(batch, "lead", LEAD, 1)
    yield made
    await made.close()


async def _invited(batch, by="lead", grant=VOLUNTEER, now=NOW, **more):
    made = await desk.invite(batch, by, grant, now, **more)
    assert isinstance(made, Made)
    return made.token


async def _log(database):
    async with database.read() as connection:
        return [(entry.who, entry.right, entry.what, entry.allowed) for entry in await audit.listed(connection)]


async def test_an_invitation_gives_its_role_once(database):
    """Whoever opens it first has the role; for them it stays a good link, for anybody else it is used."""
    async with database.batch() as batch:
        link = await _invited(batch)
        assert await desk.accept(batch, link, "p", NOW + 1) == (Outcome.ACCEPTED, VOLUNTEER)
        assert await roles.grants(batch, "p") == [VOLUNTEER]
        assert await desk.accept(batch, link, "p", NOW + 2) == (Outcome.ALREADY, VOLUNTEER)
        assert await desk.accept(batch, link, "q", NOW + 2) == (Outcome.USED, VOLUNTEER)
        assert await roles.grants(batch, "q") == []
        assert [held.given_by for held in await roles.of_team(batch, "a1") if held.person == "p"] == ["lead"]
    assert await _log(database) == [
        ("q", "accept", "volunteer used", False),
        ("p", "accept", "volunteer accepted", True),
        ("lead", "invite_volunteer", "invite", True),
    ]


async def test_the_token_is_kept_nowhere(database):
    """Whoever reads the database has no link in hand."""
    async with database.batch() as batch:
        link = await _invited(batch)
    async with database.read() as connection:
        rows = [row for table in tables.metadata.sorted_tables for row in await connection.execute(table.select())]
    assert all(link not in str(value) for row in rows for value in row)


async def test_a_forged_link_is_told_from_one_that_is_not_known(database):
    """A changed letter, another house's key; and a link of ours whose row is no more. Only the latter is written down."""
    async with database.batch() as batch:
        link = await _invited(batch)
        for forged in (link.replace("a1", "a2"), token(b"j" * 32, LEAD, bytes(9)), "i", "", link[:-1], "xin chào"):
            assert await desk.accept(batch, forged, "p", NOW) == (Outcome.FORGED, None)
        ours = token(await keys.signing(batch), LEAD, bytes(9))
        assert (await desk.accept(batch, ours, "p", NOW))[0] is Outcome.UNKNOWN
        assert await roles.grants(batch, "p") == []
    assert [what for who, _, what, _ in await _log(database) if who == "p"] == ["lead unknown"]


async def test_an_invitation_expires(database):
    """After its days, and not before; what expired long ago is dropped."""
    async with database.batch() as batch:
        link, short = await _invited(batch), await _invited(batch, days=1)
        assert (await desk.accept(batch, short, "p", NOW + DAY))[0] is Outcome.EXPIRED
        assert (await desk.accept(batch, link, "p", NOW + DAYS * DAY - 1))[0] is Outcome.ACCEPTED
    async with database.write() as connection:
        assert await invitations.listed(connection, NOW + DAY) == []
        await invitations.forget(connection, NOW + DAY + 1)
        assert (await desk.accept(connection, short, "q", NOW + DAY))[0] is Outcome.UNKNOWN


async def test_an_invitation_is_taken_back(database):
    """By whoever may give it, not by anybody else, and not when it is used."""
    async with database.batch() as batch:
        link = await _invited(batch)
        assert not await desk.withdraw(batch, link, "stranger", NOW)
        assert not await desk.withdraw(batch, "i", "lead", NOW)
        assert await desk.withdraw(batch, link, "lead", NOW)
        assert not await desk.withdraw(batch, link, "lead", NOW)
        assert (await desk.accept(batch, link, "p", NOW))[0] is Outcome.WITHDRAWN
        used = await _invited(batch)
        await desk.accept(batch, used, "p", NOW)
        assert not await desk.withdraw(batch, used, "lead", NOW)
        assert await roles.grants(batch, "p") == [VOLUNTEER]


async def test_a_link_of_somebody_who_lost_the_right_is_withdrawn(database):
    """Revoked, gone from the team, or erased: what they gave away before gives nothing any more."""
    async with database.batch() as batch:
        link = await _invited(batch)
        assert await desk.revoke(batch, OPERATOR, "lead", LEAD, NOW)
        assert not await desk.revoke(batch, OPERATOR, "lead", LEAD, NOW)
        assert (await desk.accept(batch, link, "p", NOW))[0] is Outcome.WITHDRAWN
        assert await desk.invite(batch, "lead", VOLUNTEER, NOW) is Refused.NOT_ALLOWED
        chat = _chat()
        await chats.save(batch, [chat])
        await roles.give(batch, chat.person, LEAD, NOW)
        link = await _invited(batch, chat.person)
        await chats.erase(batch, chat)
        assert (await desk.accept(batch, link, "p", NOW))[0] is Outcome.UNKNOWN
        assert await roles.grants(batch, "p") == []


async def test_a_team_that_ended_takes_nobody(database):
    """Neither by an older link nor by a new one; nor does a team that never was."""
    async with database.batch() as batch:
        link = await _invited(batch)
        await teams.end(batch, "a1", NOW)
        assert (await desk.accept(batch, link, "p", NOW))[0] is Outcome.TEAM_ENDED
        assert await desk.invite(batch, OPERATOR, VOLUNTEER, NOW) is Refused.TEAM_ENDED
        assert await desk.invite(batch, OPERATOR, Grant(Role.LEAD, "none"), NOW) is Refused.TEAM_ENDED


async def test_somebody_helps_in_one_team_at_a_time(database):
    """A link of another team says so and stays good, so that it can be taken after leaving the first."""
    async with database.batch() as batch:
        await desk.accept(batch, await _invited(batch), "p", NOW)
        other = Grant(Role.VOLUNTEER, "a2", COMMUNE)
        link = await _invited(batch, OPERATOR, other)
        assert await desk.accept(batch, link, "p", NOW) == (Outcome.FOREIGN_TEAM, other)
        assert await desk.leave(batch, "p", "a1", NOW) == [Role.VOLUNTEER]
        assert await desk.leave(batch, "p", "a1", NOW) == []
        assert await desk.accept(batch, link, "p", NOW) == (Outcome.ACCEPTED, other)
        assert await roles.grants(batch, "p") == [other]
    assert ("p", "leave", "volunteer", True) in await _log(database)


async def test_a_volunteer_becomes_lead_and_a_lead_no_volunteer(database):
    """The higher role is taken, the lower one is theirs already; roles of a place stand beside those of a team."""
    async with database.batch() as batch:
        await desk.accept(batch, await _invited(batch), "p", NOW)
        assert (await desk.accept(batch, await _invited(batch, OPERATOR, LEAD), "p", NOW))[0] is Outcome.ACCEPTED
        link = await _invited(batch)
        assert (await desk.accept(batch, link, "p", NOW))[0] is Outcome.ALREADY
        assert (await desk.accept(batch, link, "q", NOW))[0] is Outcome.ACCEPTED
        for grant in (Grant(Role.COMMUNE_ADMIN, place=COMMUNE), Grant(Role.ADMIN)):
            link = await _invited(batch, OPERATOR, grant)
            assert await desk.accept(batch, link, "p", NOW) == (Outcome.ACCEPTED, grant)


@pytest.mark.parametrize(
    ("by", "grant"),
    [
        ("volunteer", VOLUNTEER),
        ("lead", LEAD),
        ("lead", Grant(Role.VOLUNTEER, "a2")),
        ("lead", Grant(Role.VOLUNTEER, "a2", COMMUNE)),
        ("lead", Grant(Role.ADMIN)),
        ("commune", Grant(Role.COMMUNE_ADMIN, place=COMMUNE)),
        ("commune", Grant(Role.LEAD, "far", COMMUNE)),
        ("stranger", VOLUNTEER),
        ("", VOLUNTEER),
    ],
)
async def test_nobody_gives_what_they_may_not_give(database, by, grant):
    """Above their role, in a team or place that is not theirs, whatever place they claim; and nobody takes it either."""
    async with database.batch() as batch:
        await teams.save(batch, [Team("far", "F", "youth", "thanh-hoa/hac-thanh", 1)])
        await roles.give(batch, "volunteer", VOLUNTEER, 1)
        await roles.give(batch, "commune", Grant(Role.COMMUNE_ADMIN, place=COMMUNE), 1)
        await roles.give(batch, "holder", grant, 1)
        assert await desk.invite(batch, by, grant, NOW) is Refused.NOT_ALLOWED
        assert not await desk.revoke(batch, by, "holder", grant, NOW)
        assert len(await roles.grants(batch, "holder")) == 1
    assert all(not allowed for _, _, _, allowed in await _log(database))


async def test_a_revoked_role_gives_no_right_from_that_moment(database):
    """A lead takes a volunteer's role: the next thing they try is refused."""
    async with database.batch() as batch:
        await desk.accept(batch, await _invited(batch), "p", NOW)
        assert await desk.revoke(batch, "lead", "p", VOLUNTEER, NOW)
        assert not await desk.revoke(batch, "lead", "p", VOLUNTEER, NOW)
        assert await desk.invite(batch, "p", VOLUNTEER, NOW) is Refused.NOT_ALLOWED


async def test_nobody_can_give_a_crowd_of_links(database):
    """So many can be open at a time; what is used makes room; the operator may give as many as there are teams."""
    async with database.batch() as batch:
        links = [await _invited(batch) for _ in range(MOST_STANDING)]
        assert await desk.invite(batch, "lead", VOLUNTEER, NOW) is Refused.TOO_MANY
        await desk.accept(batch, links[0], "p", NOW)
        await _invited(batch)
        for _ in range(MOST_STANDING + 1):
            await _invited(batch, OPERATOR)


async def test_of_many_who_open_a_link_at_once_one_has_the_role(database, database_url):
    """Each in a process of its own, as far as the database can tell."""
    async with database.batch() as batch:
        link = await _invited(batch)
    others = [await open_database(database_url) for _ in range(4)]

    async def take(made, person):
        async with made.batch() as batch:
            return (await desk.accept(batch, link, person, NOW))[0]

    people = [f"p{number}" for number in range(12)]
    outcomes = await asyncio.gather(*(take(others[n % 4], person) for n, person in enumerate(people)))
    for made in others:
        await made.close()
    assert sorted(outcome.value for outcome in outcomes) == ["accepted", *["used"] * 11]
    async with database.batch() as batch:
        assert len(await roles.of_team(batch, "a1")) == 2
