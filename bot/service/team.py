"""Those who help, in the chat: joining a team by a link, what one may do there, inviting, leaving."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from bot.engine.event import local_day
from bot.people.invitation import Outcome
from bot.people.role import Grant, Right, Role, may
from bot.service.invitations import Refused, accept, invite, leave
from bot.store import roles, teams

if TYPE_CHECKING:
    from bot.people.team import Team
    from bot.service.errand import Desk
    from bot.service.talk import Reply, Talk

MENU = (
    (Right.SEE_QUEUE, "queue"),
    (Right.SEE_QUEUE, "duty_on"),
    (Right.FORWARD, "forward"),
    (Right.TAKE_TICKET, "beside"),
    (Right.COUNT_HELP, "count"),
    (Right.COUNT_HELP, "guest"),
    (Right.SEE_TEAM_COUNTS, "targets"),
    (Right.INVITE_VOLUNTEER, "invite_volunteer"),
    (Right.INVITE_LEAD, "invite_lead"),
    (Right.REVOKE_CERTIFICATE, "certificates"),
)
"""What stands under a team for those who have the right to it, in this order."""

MOST_TEAMS = 8
"""Teams in one list."""

_SAID = {
    Outcome.ALREADY: "already",
    Outcome.FORGED: "link_unknown",
    Outcome.UNKNOWN: "link_unknown",
    Outcome.EXPIRED: "link_old",
    Outcome.WITHDRAWN: "link_old",
    Outcome.USED: "link_used",
    Outcome.TEAM_ENDED: "team_ended",
    Outcome.FOREIGN_TEAM: "other_team",
}
"""Sentences of _bot/team.j2."""


@dataclass(frozen=True, slots=True)
class Join:
    """Somebody has opened an invitation."""

    token: str

    async def run(self, desk: Desk) -> Reply:
        """Take it, and say what became of it."""
        talk = desk.talk()
        outcome, grant = await accept(desk.connection, self.token, talk.chat.person, talk.at)
        if outcome is not Outcome.ACCEPTED or grant is None:
            talk.tell(f"team.{_SAID[outcome]}", "home")
            return talk.reply()
        talk.chat = replace(talk.chat, helps=True)
        team = await teams.find(desk.connection, grant.team) if grant.team else None
        guide = ("open:volunteer-first-day",) if grant.role.of_team else ()
        talk.tell("team.joined", *guide, "team", role=grant.role.value, team=team.name if team else "")
        return talk.reply()


@dataclass(frozen=True, slots=True)
class Show:
    """The person's team, or one they look after; a list where they look after several."""

    code: str = ""

    async def run(self, desk: Desk) -> Reply:
        """Look up what they may do there."""
        talk, connection = desk.talk(), desk.connection
        grants = await roles.grants(connection, talk.chat.person)
        found = await _looked_after(desk, grants)
        if self.code:
            found = [team for team in found if team.code == self.code]
        if not found:
            talk.tell("team.none", "home")
        elif len(found) == 1:
            _menu(talk, grants, found[0])
        else:
            talk.tell("team.menu", *(f"team:{each.code}|{each.name}" for each in found[:MOST_TEAMS]), "home", team="")
        return talk.reply()


@dataclass(frozen=True, slots=True)
class Invite:
    """A link for one new volunteer or lead of a team."""

    role: Role
    code: str

    async def run(self, desk: Desk) -> Reply:
        """Make it, if they may."""
        talk = desk.talk()
        made = await invite(desk.connection, talk.chat.person, Grant(self.role, self.code), talk.at)
        if isinstance(made, Refused):
            said = {Refused.NOT_ALLOWED: "not_allowed", Refused.TEAM_ENDED: "team_ended", Refused.TOO_MANY: "too_many"}
            talk.tell(f"team.{said[made]}", "team", "home")
        else:
            day = local_day(made.expires_at).strftime("%d/%m/%Y")
            talk.tell("team.invited", "team", "home", role=self.role.value, token=made.token, until=day)
        return talk.reply()


@dataclass(frozen=True, slots=True)
class Leave:
    """Somebody leaves a team."""

    code: str

    async def run(self, desk: Desk) -> Reply:
        """What they did is counted on."""
        talk = desk.talk()
        await leave(desk.connection, talk.chat.person, self.code, talk.at)
        talk.tell("team.left", "home")
        return talk.reply()


def ask_to_leave(talk: Talk, code: str) -> None:
    """A slip of the finger must not end a membership."""
    talk.tell("team.leave_ask", f"leave_sure:{code}", "team")


def _menu(talk: Talk, grants: list[Grant], team: Team) -> None:
    offers = [f"{answer}:{team.code}" for right, answer in MENU if may(grants, right, place=team.place, team=team.code)]
    own = [f"leave_team:{team.code}"] if any(grant.team == team.code for grant in grants) else []
    talk.tell("team.menu", *offers, *own, "home", team=team.name)


async def _looked_after(desk: Desk, grants: list[Grant]) -> list[Team]:
    """The teams somebody belongs to, and those of the places they look after."""
    found = {}
    for code in dict.fromkeys(grant.team for grant in grants if grant.team):
        team = await teams.find(desk.connection, code)
        if team is not None and not team.ended_at:
            found[code] = team
    for grant in grants:
        if not grant.team and grant.role in {Role.COMMUNE_ADMIN, Role.ADMIN}:
            found |= {team.code: team for team in await teams.within(desk.connection, grant.place)}
    return list(found.values())
