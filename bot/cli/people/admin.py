"""`bot admin`: the operator gives and takes roles, and reads who used which right."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import orjson
import typer

from bot.channel.base import SendFailed
from bot.cli.database import at_database
from bot.cli.people.places import place_of
from bot.cli.report import OK, SETUP, USAGE, complain
from bot.cli.settings import settings
from bot.engine.event import local_time
from bot.people.invitation import MOST_DAYS, is_invitation
from bot.people.role import Grant, Role
from bot.service import invitations as desk
from bot.service.invitations import Made, Refused
from bot.store import audit, invitations, roles
from bot.store.audit import OPERATOR

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

    from bot.config import Config
    from bot.people.invitation import Invitation
    from bot.store.audit import Entry
    from bot.store.roles import Held

TITLES = {role.value: role for role in Role}


@dataclass(frozen=True, slots=True)
class _Which:
    """Which roles are meant, as the options say; "" leaves it open."""

    role: str
    team: str
    place: str

    def has(self, grant: Grant) -> bool:
        """Whether a role is among them: of a place also what lies in it."""
        role = self.role in {"", grant.role.value}
        place = not self.place or f"{grant.place}/".startswith(f"{self.place}/")
        return role and place and self.team in {"", grant.team}


def invite(role: str, *, team: str, place: str, days: int, as_json: bool) -> int:
    """Make an invitation and print its links, one for each channel that has any."""
    config = settings()
    if config is None:
        return SETUP
    grant = _grant(config, role, team, place)
    if grant is None or not 1 <= days <= MOST_DAYS:
        if grant is not None:
            complain(f"An invitation is good for 1 to {MOST_DAYS} days.")
        return USAGE

    async def make(connection: AsyncConnection) -> Made | Refused:
        return await desk.invite(connection, OPERATOR, grant, _now(), days=days)

    made = at_database(make)
    if made is None:
        return SETUP
    if not isinstance(made, Made):
        complain(f"There is no team '{team}', or it has ended.")
        return USAGE
    links = _links(config, made.token)
    if as_json:
        told = {"role": role, "team": team, "place": grant.place, "expires": _moment(made.expires_at)}
        typer.echo(orjson.dumps({**told, "links": links}, option=orjson.OPT_INDENT_2))
        return OK
    for link in links.values():
        typer.echo(link)
    complain(f"Good for one person, once, until {_moment(made.expires_at)}. Whoever opens it first becomes {role}.")
    return OK


def list_(role: str, *, team: str, place: str, as_json: bool) -> int:
    """Roles and open invitations."""
    config = settings()
    if config is None:
        return SETUP
    found = place_of(config.root, place) if place else None
    if (role and role not in TITLES) or (place and found is None):
        if role and role not in TITLES:
            complain(f"There is no role '{role}'; there are {', '.join(TITLES)}.")
        return USAGE
    which = _Which(role, team, found.key if found else "")

    async def look(connection: AsyncConnection) -> tuple[list[Held], list[Invitation]]:
        return await roles.listed(connection), await invitations.listed(connection, _now())

    rows = at_database(look, writes=False)
    if rows is None:
        return SETUP
    held = [each for each in rows[0] if which.has(each.grant)]
    invited = [each for each in rows[1] if which.has(each.grant)]
    if as_json:
        told = {
            "roles": [
                {"person": h.person, **_scope(h.grant), "since": _moment(h.since), "given_by": h.given_by or OPERATOR}
                for h in held
            ],
            "invitations": [
                {**_scope(i.grant), "given_by": i.by or OPERATOR, "expires": _moment(i.expires_at)} for i in invited
            ],
        }
        typer.echo(orjson.dumps(told, option=orjson.OPT_INDENT_2))
        return OK
    for each in held:
        typer.echo(f"{each.person:28} {each.grant.role.value:14} {_where(each.grant):32} since {_moment(each.since)}")
    for one in invited:
        typer.echo(f"{'(invited)':28} {one.grant.role.value:14} {_where(one.grant):32} until {_moment(one.expires_at)}")
    if not held and not invited:
        complain("Nobody. The first admin: bot admin invite")
    return OK


def revoke(who: str, role: str) -> int:
    """Take roles away, or an invitation back."""
    if role and role not in TITLES:
        complain(f"There is no role '{role}'; there are {', '.join(TITLES)}.")
        return USAGE

    async def take(connection: AsyncConnection) -> list[Grant] | bool:
        if is_invitation(who):
            return await desk.withdraw(connection, who, OPERATOR, _now())
        held = [grant for grant in await roles.grants(connection, who) if role in {"", grant.role.value}]
        return [grant for grant in held if await desk.revoke(connection, OPERATOR, who, grant, _now())]

    taken = at_database(take)
    if taken is None:
        return SETUP
    if not taken:
        complain("No invitation of this token is open." if is_invitation(who) else f"{who} holds no such role.")
        return USAGE
    for grant in taken if isinstance(taken, list) else ():
        typer.echo(f"{grant.role.value} {_where(grant)}".strip())
    return OK


def show_audit(who: str, *, team: str, place: str, most: int, as_json: bool) -> int:
    """The newest lines of the audit log."""
    config = settings()
    if config is None:
        return SETUP
    found = place_of(config.root, place) if place else None
    if place and found is None:
        return USAGE

    async def look(connection: AsyncConnection) -> list[Entry]:
        key = found.key if found else ""
        return await audit.listed(connection, who=who, team=team, place=key, most=most)

    entries = at_database(look, writes=False)
    if entries is None:
        return SETUP
    if as_json:
        told = [
            {"at": _moment(e.at), "who": e.who, "right": e.right, "team": e.team, "place": e.place,
             "what": e.what, "allowed": e.allowed}
            for e in entries
        ]  # fmt: skip
        typer.echo(orjson.dumps(told, option=orjson.OPT_INDENT_2))
        return OK
    for entry in entries:
        scope = " ".join(part for part in (entry.team, entry.place, entry.what) if part)
        said = "" if entry.allowed else "  REFUSED"
        typer.echo(f"{_moment(entry.at)}  {entry.who or '(forgotten)':28} {entry.right:20} {scope}{said}")
    return OK


def _grant(config: Config, role: str, team: str, place: str) -> Grant | None:
    """The role that is meant; None after a complaint."""
    if role not in TITLES:
        complain(f"There is no role '{role}'; there are {', '.join(TITLES)}.")
        return None
    wanted = TITLES[role]
    needs = "team" if wanted.of_team else "" if wanted is Role.ADMIN else "place"
    for name, given in (("team", team), ("place", place)):
        if bool(given) != (name == needs):
            complain(f"A role '{role}' needs --{needs} and nothing else." if needs else "An admin is so everywhere.")
            return None
    if needs != "place":
        return Grant(wanted, team)
    found = place_of(config.root, place)
    return Grant(wanted, place=found.key) if found else None


def _links(config: Config, token: str) -> dict[str, str]:
    """Where it can be opened: at our own door, which leads to the phone's channel; typed in any chat; on Telegram."""
    links = {"door": f"{config.door}/go/{token}", "typed": f"/start {token}"}
    if config.telegram_token:
        try:
            name = asyncio.run(_telegram_name(config))
        except SendFailed as failed:
            complain(f"No link for Telegram: {failed.reason}")
        else:
            links["telegram"] = f"https://t.me/{name}?start={token}"
    return links


async def _telegram_name(config: Config) -> str:
    """What the bot is called on Telegram. Raises SendFailed."""
    from bot.channel.telegram_api import Api

    api = Api(config.telegram_token, config.telegram_api, proxy=config.telegram_proxy)
    try:
        me = await api.call("getMe", {})
    finally:
        await api.renew()
    return str(me["username"])


def _scope(grant: Grant) -> dict[str, str]:
    return {"role": grant.role.value, "team": grant.team, "place": grant.place}


def _where(grant: Grant) -> str:
    return " ".join(part for part in (grant.team, grant.place) if part)


def _moment(at: int) -> str:
    return local_time(at).strftime("%Y-%m-%d %H:%M")


def _now() -> int:
    return time.time_ns() // 1_000_000
