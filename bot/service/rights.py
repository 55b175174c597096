"""A right is asked for here and nowhere else: what the roles say, and a line in the audit log, in one transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.people.role import may
from bot.store import audit, roles, teams

if TYPE_CHECKING:
    from bot.people.role import Right
    from bot.store.hot import Connection


async def use(
    connection: Connection, person: str, right: Right, now: int, *, team: str = "", place: str = "", what: str = ""
) -> bool:
    """Whether this person may do it at this moment, over a team or over a place; the attempt is written down.

    The place of a team is its own row's, whatever the caller says; over a team that has ended nobody has a right.
    `what` says in a word what is done ("ticket 17"), without names or anybody's words. Nothing is remembered from
    earlier, and the roles stay as they are until the transaction ends: once a role has been taken away, whichever
    process did so, nothing is done by it any more.
    """
    allowed, where = await _judge(connection, person, right, team, place, kept=True)
    await audit.add(connection, [audit.Entry(now, person, right.value, team, where, what, allowed)])
    return allowed


async def has(connection: Connection, person: str, right: Right, *, team: str = "", place: str = "") -> bool:
    """The same without using it: whether a button is shown."""
    return (await _judge(connection, person, right, team, place))[0]


async def _judge(
    connection: Connection, person: str, right: Right, team: str, place: str, *, kept: bool = False
) -> tuple[bool, str]:
    """Whether they may, and the place it is about."""
    if team:
        found = await teams.find(connection, team)
        if found is None or found.ended_at:
            return False, found.place if found else ""
        place = found.place
    grants = await roles.grants(connection, person, kept=kept)
    return may(grants, right, place=place, team=team), place
