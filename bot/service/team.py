"""Those who help, in the chat: joining a team by a link, what one may do there, inviting, leaving."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from bot.engine.event import local_day
from bot.people.invitation import Outcome
from bot.people.role import Grant, Right, Role, may
from bot.service.help.call import out_of_it, ticket_of
from bot.service.help.present import present
from bot.service.invitations import Refused, accept, invite, leave
from bot.service.tip.words import may_any
from bot.store import roles, teams, tickets

if TYPE_CHECKING:
    from bot.people.team import Team
    from bot.service.errand import Desk
    from bot.service.talk import Reply, Talk

MENU = (
    (Right.SEE_QUEUE, "queue"),
    (Right.SEE_QUEUE, "duty_on"),
    (Right.FORWARD, "forward"),
    (Right.COUNT_HELP, "count"),
)
MORE = (
    (Right.TAKE_TICKET, "beside"),
    (Right.COUNT_HELP, "guest"),
    (Right.SEE_TEAM_COUNTS, "targets"),
    (Right.SEE_COMMUNE_COUNTS, "month"),
    (Right.INVITE_VOLUNTEER, "invite_volunteer"),
    (Right.INVITE_LEAD, "invite_lead"),
    (Right.REVOKE_VOLUNTEER, "members"),
    (Right.REVOKE_CERTIFICATE, "certificates"),
    (Right.WRITE_TIP, "tip"),
    (Right.APPROVE_TIP, "tip"),
)
"""What stands under a team for those who have the right to it, in this order: at once, and behind "more"."""

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
    """The person's team, or one they look after; where they look after several a list, from its `first` on.

    `more`: what is done less often.
    """

    code: str = ""
    more: bool = False
    first: int = 0

    async def run(self, desk: Desk) -> Reply:
        """Look up what they may do there."""
        talk, connection = desk.talk(), desk.connection
        grants = await roles.grants(connection, talk.chat.person)
        found = await _looked_after(desk, grants)
        if self.code:
            found = [team for team in found if team.code == self.code]
        if not found:
            talk.tell("team.none", *(("tip:",) if may_any(grants) else ()), "home")
        elif len(found) == 1:
            team = found[0]
            listed = [f"{answer}:{team.code}" for answer in _allowed(grants, team, MORE if self.more else MENU)]
            if self.more:
                own = any(grant.team == team.code for grant in grants)
                listed += [f"leave_team:{team.code}"] if own else []
                listed.append(f"team:{team.code}")
            else:
                if await tickets.is_on_duty(connection, talk.chat.person):
                    listed = [each.replace("duty_on:", "duty_off:") for each in listed]
                listed += [f"team_more:{team.code}", "home"]
            talk.tell("team.menu", *listed, team=team.name)
        else:
            page = found[self.first : self.first + MOST_TEAMS]
            further = (f"teams:{self.first + MOST_TEAMS}",) if found[self.first + MOST_TEAMS :] else ()
            talk.tell("team.menu", *(f"team:{each.code}|{each.name}" for each in page), *further, "home", team="")
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
        left = await leave(desk.connection, talk.chat.person, self.code, talk.at)
        if left and (ticket := ticket_of(talk.chat)) and (await present(desk, ticket))[0] is None:
            talk.chat = out_of_it(talk.chat)  # whoever they were helping is helped by somebody else
        talk.tell("team.left" if left else "team.none", "home")
        return talk.reply()


def ask_to_leave(talk: Talk, code: str) -> None:
    """A slip of the finger must not end a membership."""
    talk.tell("team.leave_ask", f"leave_sure:{code}", "team")


def _allowed(grants: list[Grant], team: Team, menu: tuple[tuple[Right, str], ...]) -> list[str]:
    """What of a menu these roles may do for a team."""
    able = (answer for right, answer in menu if may(grants, right, place=team.place, team=team.code))
    return list(dict.fromkeys(able))


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
