"""Giving a role by a link, taking one, and giving it back. Each in the caller's transaction, each in the audit log."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from bot.people import invitation as links
from bot.people.invitation import Invitation, Outcome
from bot.people.role import Grant, Right, Role, inviting, may, revoking
from bot.service import rights
from bot.store import audit, invitations, keys, roles, teams, tickets

if TYPE_CHECKING:
    from bot.store.hot import Connection

DAY = 24 * 3_600_000

MOST_STANDING = 50
"""Invitations of one person that can be used at a time: a mistake or a stolen phone makes no crowd."""


class Refused(Enum):
    """Why no invitation is made."""

    NOT_ALLOWED = "not_allowed"
    TEAM_ENDED = "team_ended"  # or there never was one
    TOO_MANY = "too_many"


@dataclass(frozen=True, slots=True)
class Made:
    """A new invitation: what its link carries, and until when it is good (milliseconds)."""

    token: str
    expires_at: int


async def invite(connection: Connection, by: str, grant: Grant, now: int, *, days: int = links.DAYS) -> Made | Refused:
    """An invitation for one person to a role. `by` is who gives it; OPERATOR may give any, to as many as needed.

    Raises ValueError for a place that is too long for a link.
    """
    if grant.role.of_team:
        team = await teams.find(connection, grant.team)
        if team is None or team.ended_at:
            return Refused.TEAM_ENDED
    if not await _may(connection, by, inviting(grant.role), grant, now, what="invite"):
        return Refused.NOT_ALLOWED
    if by != audit.OPERATOR and await invitations.standing(connection, by, now) >= MOST_STANDING:
        return Refused.TOO_MANY
    token = links.token(await keys.signing(connection), grant, secrets.token_bytes(links.RANDOM))
    made = Made(token, now + days * DAY)
    giver = "" if by == audit.OPERATOR else by
    await invitations.add(connection, Invitation(links.hashed(token), grant, giver, made.expires_at))
    return made


async def accept(connection: Connection, token: str, person: str, now: int) -> tuple[Outcome, Grant | None]:
    """Somebody opens an invitation: what becomes of it, and the role it is about where that is known.

    Only ACCEPTED changes anything. Opening it a second time is ALREADY for who took it, USED for anybody else.
    """
    outcome, grant = await _look(connection, token, person, now)
    if outcome is Outcome.ACCEPTED and grant is not None:
        if await invitations.use(connection, links.hashed(token), person, now):
            found = await invitations.find(connection, links.hashed(token))
            await roles.give(connection, person, grant, now, found.by if found else "")
        else:
            outcome = Outcome.USED
    team, place = (grant.team, grant.place) if grant else ("", "")
    what = f"{grant.role.value} {outcome.value}" if grant else outcome.value
    is_in = outcome is Outcome.ACCEPTED
    if outcome not in {Outcome.ALREADY, Outcome.FORGED}:  # anybody can type what looks like a link, all day
        await audit.add(connection, [audit.Entry(now, person, "accept", team, place, what, is_in)])
    return outcome, grant


async def _look(connection: Connection, token: str, person: str, now: int) -> tuple[Outcome, Grant | None]:
    """What would become of it."""
    grant = links.read(await keys.signing(connection), token)
    if grant is None:
        return Outcome.FORGED, None
    found = await invitations.find(connection, links.hashed(token))
    if found is None:
        return Outcome.UNKNOWN, grant
    if grant.role.of_team:
        team = await teams.find(connection, grant.team)
        if team is None or team.ended_at:
            return Outcome.TEAM_ENDED, grant
        grant = Grant(grant.role, team.code, team.place)
    held = await roles.grants(connection, person)
    if any(_covers(each, grant) for each in held):
        return Outcome.ALREADY, grant
    outcome = found.outcome(now)
    if outcome is not Outcome.ACCEPTED:
        return outcome, grant
    if found.by:
        giver = await roles.grants(connection, found.by)
        if not may(giver, inviting(grant.role), place=grant.place, team=grant.team):
            return Outcome.WITHDRAWN, grant
    if grant.role.of_team and any(each.team not in {"", grant.team} for each in held):
        return Outcome.FOREIGN_TEAM, grant
    return Outcome.ACCEPTED, grant


async def withdraw(connection: Connection, token: str, by: str, now: int) -> bool:
    """Whoever may give the role takes an invitation back. False: they may not, or it is not good any more."""
    grant = links.read(await keys.signing(connection), token)
    if grant is None:
        return False
    if not await _may(connection, by, inviting(grant.role), grant, now, what="withdraw"):
        return False
    return await invitations.withdraw(connection, links.hashed(token), now)


async def revoke(connection: Connection, by: str, person: str, grant: Grant, now: int) -> bool:
    """Take a role away from somebody, at once. False: `by` may not, or they do not hold it."""
    if not await _may(connection, by, revoking(grant.role), grant, now, what="revoke"):
        return False
    ended = await roles.end(connection, person, grant, now)
    if ended:
        await tickets.go_off_duty(connection, person)
    return ended


async def leave(connection: Connection, person: str, team: str, now: int) -> list[Role]:
    """Somebody leaves a team, which nobody can refuse: which roles they held in it. What they did is counted on."""
    left = await roles.leave(connection, person, team, now)
    if left:
        await tickets.go_off_duty(connection, person)
    await audit.add(connection, [audit.Entry(now, person, "leave", team, "", role.value) for role in left])
    return left


async def _may(connection: Connection, by: str, right: Right, grant: Grant, now: int, *, what: str) -> bool:
    """Whether `by` may do it, written down. The operator may: at the machine one could write the rows oneself."""
    if by != audit.OPERATOR:
        return await rights.use(connection, by, right, now, team=grant.team, place=grant.place, what=what)
    await audit.add(connection, [audit.Entry(now, by, right.value, grant.team, grant.place, what)])
    return True


def _covers(held: Grant, wanted: Grant) -> bool:
    """Whether somebody who holds the one needs the other no more: the same role, or lead for volunteer, in one team."""
    if wanted.role.of_team:
        return held.team == wanted.team and (held.role is wanted.role or held.role is Role.LEAD)
    return held.role is wanted.role and held.place == wanted.place
