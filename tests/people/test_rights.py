"""Every right of every role over what is theirs and what is not, written out by hand."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bot.people.role import TABLE, Grant, Right, Role, inviting, may, revoking
from bot.people.team import Team
from bot.service import rights
from bot.store import audit, roles, teams
from bot.store.database import open_database

HERE, NEAR, FAR = "thanh-hoa/ngoc-lac", "thanh-hoa/kien-tho", "nghe-an/vinh-phu"

TARGETS = {
    "T": ("own", HERE),  # their own team
    "t": ("other", HERE),  # another team of their commune
    "c": ("", HERE),  # their commune, no team
    "n": ("near", NEAR),  # a team of another commune of the province
    "p": ("", "thanh-hoa"),  # the province
    "f": ("far", FAR),  # a team of another province
    "u": ("", ""),  # a place nobody knows
}

HOLDERS = {
    "volunteer": Grant(Role.VOLUNTEER, "own", HERE),
    "lead": Grant(Role.LEAD, "own", HERE),
    "editor": Grant(Role.EDITOR, place=HERE),
    "sender": Grant(Role.SENDER, place=HERE),
    "commune": Grant(Role.COMMUNE_ADMIN, place=HERE),
    "province": Grant(Role.COMMUNE_ADMIN, place="thanh-hoa"),
    "admin": Grant(Role.ADMIN),
}

EXPECTED = """
                      volunteer  lead  editor  sender  commune  province  admin
forward               T          T     -       -       -        -         -
see_queue             T          T     -       -       Ttc      Ttcnp     -
take_ticket           T          T     -       -       Ttc      Ttcnp     -
pass_on               T          T     -       -       Ttc      Ttcnp     -
count_help            T          T     -       -       -        -         -
see_team_counts       T          T     -       -       Ttc      Ttcnp     Ttcnpfu
see_commune_counts    -          -     -       -       Ttc      Ttcnp     Ttcnpfu
invite_volunteer      -          T     -       -       Ttc      Ttcnp     Ttcnpfu
invite_lead           -          -     -       -       Ttc      Ttcnp     Ttcnpfu
invite_editor         -          -     -       -       -        -         Ttcnpfu
invite_sender         -          -     -       -       -        -         Ttcnpfu
invite_commune_admin  -          -     -       -       -        -         Ttcnpfu
invite_admin          -          -     -       -       -        -         Ttcnpfu
revoke_volunteer      -          T     -       -       Ttc      Ttcnp     Ttcnpfu
revoke_lead           -          -     -       -       Ttc      Ttcnp     Ttcnpfu
revoke_editor         -          -     -       -       -        -         Ttcnpfu
revoke_sender         -          -     -       -       -        -         Ttcnpfu
revoke_commune_admin  -          -     -       -       -        -         Ttcnpfu
revoke_admin          -          -     -       -       -        -         -
make_team             -          -     -       -       Ttc      Ttcnp     Ttcnpfu
write_tip             -          -     Ttc     -       -        -         Ttcnpfu
send_tip              -          -     -       Ttc     -        -         Ttcnpfu
approve_tip           -          -     -       Ttc     Ttc      Ttcnp     Ttcnpfu
revoke_certificate    -          T     -       -       Ttc      Ttcnp     Ttcnpfu
see_audit             -          T     -       -       Ttc      Ttcnp     Ttcnpfu
"""

ROWS = {
    name: dict(zip(HOLDERS, cells, strict=True))
    for name, *cells in (line.split() for line in EXPECTED.strip().splitlines()[1:])
}


def test_every_right_and_every_role_is_written_out():
    """A new right or role needs a row or a column here, and in the table of the rights."""
    assert set(ROWS) == {right.value for right in Right} == {right.value for right in TABLE}
    assert {grant.role for grant in HOLDERS.values()} == set(Role)
    assert all(set(TABLE[right]) == set(Role) for right in Right)


@pytest.mark.parametrize("name", ROWS)
def test_a_right_reaches_exactly_as_far_as_it_should(name):
    """Over what is one's own, and over nothing else, for each role alone."""
    for holder, grant in HOLDERS.items():
        allowed = {mark for mark, (team, place) in TARGETS.items() if may([grant], Right(name), place=place, team=team)}
        assert allowed == set(ROWS[name][holder]) - {"-"}, holder


def test_nobody_without_a_role_has_a_right():
    """Nor has a role in a team or place that is not known."""
    for right in Right:
        for team, place in TARGETS.values():
            assert not may([], right, place=place, team=team)
            for role in set(Role) - {Role.ADMIN}:
                assert not may([Grant(role)], right, place=place, team=team)


def test_a_place_with_a_like_beginning_is_another_place():
    """A commune is told by its whole key: what only begins like it is somewhere else."""
    for place in ("thanh-hoa/ngoc", "thanh", "thanh-hoa/ngoc-lac-2"):
        assert not may([Grant(Role.COMMUNE_ADMIN, place=place)], Right.MAKE_TEAM, place=HERE)


def test_who_may_give_a_role_may_take_it_and_nobody_gives_one_above_their_own():
    """Except that only the operator takes the admin's."""
    order = [Role.VOLUNTEER, Role.LEAD, Role.COMMUNE_ADMIN, Role.ADMIN]
    for own in Role:
        for other in Role:
            gives, takes = TABLE[inviting(other)][own], TABLE[revoking(other)][own]
            assert gives is takes or other is own is Role.ADMIN
            if gives.value != "-" and own in order and other in order:
                assert order.index(other) < order.index(own) or other is own is Role.ADMIN


async def test_the_same_table_holds_at_the_database(database_url):
    """With rows for roles and teams, whatever place is claimed for a team; every attempt is in the audit log."""
    database = await open_database(database_url)
    async with database.batch() as batch:
        placed = {team: place for team, place in TARGETS.values() if team}
        await teams.save(batch, [Team(code, code, "other", place) for code, place in placed.items()])
        for holder, grant in HOLDERS.items():
            await roles.give(batch, holder, grant, 1)
        tried = 0
        for name, row in ROWS.items():
            for holder in HOLDERS:
                for mark, (team, place) in TARGETS.items():
                    claimed = HERE if team else place
                    allowed = await rights.use(batch, holder, Right(name), tried, team=team, place=claimed)
                    assert allowed == (mark in row[holder]), (name, holder, mark)
                    tried += 1
    async with database.read() as connection:
        entries = await audit.listed(connection, most=10_000)
        assert len(entries) == tried == len(Right) * len(HOLDERS) * len(TARGETS)
        assert sum(entry.allowed for entry in entries) == sum(
            len(c.strip("-")) for r in ROWS.values() for c in r.values()
        )
    await database.close()


def test_the_documented_table_is_the_one_that_holds():
    """docs/teams.md says of every right where each role has it."""
    page = (Path(__file__).parents[2] / "docs" / "teams.md").read_text(encoding="utf-8")
    header = re.search(r"^\| right \| (.+) \|$", page, re.MULTILINE)[1].split(" | ")
    rows = re.findall(
        r"^\| `(\w+)`[^|]* \| ((?:(?:–|team|place|all) \| )*(?:–|team|place|all)) \|$", page, re.MULTILINE
    )
    told = {name: dict(zip(header, cells.replace("–", "-").split(" | "), strict=True)) for name, cells in rows}
    assert told == {
        right.value: {role.value: scope.value for role, scope in scopes.items()} for right, scopes in TABLE.items()
    }
