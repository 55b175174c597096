"""Who may do what: one table of rights by role. A role is held for a team, for a place, or everywhere."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from bot.people.place import is_under

if TYPE_CHECKING:
    from collections.abc import Iterable


class Role(Enum):
    """What a person is among those who help, from the least to the most."""

    VOLUNTEER = "volunteer"  # helps people, in one team
    LEAD = "lead"  # looks after one team
    EDITOR = "editor"  # writes tips for a place
    SENDER = "sender"  # sends tips to the people of a place
    COMMUNE_ADMIN = "commune_admin"  # looks after the teams of a place
    ADMIN = "admin"  # looks after everything

    @property
    def of_team(self) -> bool:
        """Whether it is held in a team; any other is held for a place, or everywhere."""
        return self in {Role.VOLUNTEER, Role.LEAD}


class Right(Enum):
    """What is asked for before it is done."""

    FORWARD = "forward"  # pass a guide on with the team's code in its link
    SEE_QUEUE = "see_queue"  # the calls for help that wait
    TAKE_TICKET = "take_ticket"
    PASS_ON = "pass_on"  # noqa: S105 (no password; a call for help, to another person or team)
    COUNT_HELP = "count_help"  # help that was given without the bot
    SEE_TEAM_COUNTS = "see_team_counts"
    SEE_COMMUNE_COUNTS = "see_commune_counts"
    INVITE_VOLUNTEER = "invite_volunteer"
    INVITE_LEAD = "invite_lead"
    INVITE_EDITOR = "invite_editor"
    INVITE_SENDER = "invite_sender"
    INVITE_COMMUNE_ADMIN = "invite_commune_admin"
    INVITE_ADMIN = "invite_admin"
    REVOKE_VOLUNTEER = "revoke_volunteer"
    REVOKE_LEAD = "revoke_lead"
    REVOKE_EDITOR = "revoke_editor"
    REVOKE_SENDER = "revoke_sender"
    REVOKE_COMMUNE_ADMIN = "revoke_commune_admin"
    REVOKE_ADMIN = "revoke_admin"  # nobody in the chat: `bot admin revoke`
    MAKE_TEAM = "make_team"  # and change and end it
    WRITE_TIP = "write_tip"
    SEND_TIP = "send_tip"
    APPROVE_TIP = "approve_tip"  # of somebody else
    REVOKE_CERTIFICATE = "revoke_certificate"
    SEE_AUDIT = "see_audit"


def inviting(role: Role) -> Right:
    """The right to give this role."""
    return Right(f"invite_{role.value}")


def revoking(role: Role) -> Right:
    """The right to take this role away."""
    return Right(f"revoke_{role.value}")


class Scope(Enum):
    """Where a right holds."""

    NOWHERE = "-"
    TEAM = "team"  # in the team the role is held in
    PLACE = "place"  # in the place the role is held for, and all in it
    EVERYWHERE = "all"


@dataclass(frozen=True, slots=True)
class Grant:
    """A role somebody holds: in a team, or for a place ("thanh-hoa", "thanh-hoa/ngoc-lac"); both are "" for an admin.

    `place` of a role in a team is the team's.
    """

    role: Role
    team: str = ""
    place: str = ""


_COLUMNS = (Role.VOLUNTEER, Role.LEAD, Role.EDITOR, Role.SENDER, Role.COMMUNE_ADMIN, Role.ADMIN)
_ROWS = """
                      volunteer  lead  editor  sender  commune_admin  admin
forward               team       team  -       -       -              -
see_queue             team       team  -       -       place          -
take_ticket           team       team  -       -       place          -
pass_on               team       team  -       -       place          -
count_help            team       team  -       -       -              -
see_team_counts       team       team  -       -       place          all
see_commune_counts    -          -     -       -       place          all
invite_volunteer      -          team  -       -       place          all
invite_lead           -          -     -       -       place          all
invite_editor         -          -     -       -       -              all
invite_sender         -          -     -       -       -              all
invite_commune_admin  -          -     -       -       -              all
invite_admin          -          -     -       -       -              all
revoke_volunteer      -          team  -       -       place          all
revoke_lead           -          -     -       -       place          all
revoke_editor         -          -     -       -       -              all
revoke_sender         -          -     -       -       -              all
revoke_commune_admin  -          -     -       -       -              all
revoke_admin          -          -     -       -       -              -
make_team             -          -     -       -       place          all
write_tip             -          -     place   -       -              all
send_tip              -          -     -       place   -              all
approve_tip           -          -     -       place   place          all
revoke_certificate    -          team  -       -       place          all
see_audit             -          team  -       -       place          all
"""
"""Calls for help are seen by those who may have to answer them, and by nobody else, whatever they look after."""

TABLE: dict[Right, dict[Role, Scope]] = {
    Right(name): {role: Scope(word) for role, word in zip(_COLUMNS, scopes, strict=True)}
    for name, *scopes in (line.split() for line in _ROWS.strip().splitlines()[1:])
}
"""Where each role has each right."""


def may(grants: Iterable[Grant], right: Right, *, place: str = "", team: str = "") -> bool:
    """Whether somebody with these roles has the right over a team and the place it belongs to, or over a place alone.

    Place and team must belong together: `bot.service.rights` asks the database for the team's place. A team or place
    that is not known ("") is nobody's own.
    """
    return any(_reaches(TABLE[right][grant.role], grant, place, team) for grant in grants)


def _reaches(scope: Scope, grant: Grant, place: str, team: str) -> bool:
    if scope is Scope.TEAM:
        return team != "" and grant.team == team
    if scope is Scope.PLACE:
        return is_under(place, grant.place)
    return scope is Scope.EVERYWHERE
