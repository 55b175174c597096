"""Who belongs to a team, for whoever looks after it, and taking a role away from one of them, at once.

Nobody's name is known here: people are told apart by role, form of address, channel and the day they came.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bot.engine.event import local_day
from bot.people.role import Right, revoking
from bot.service import rights
from bot.service.errand import Notice
from bot.service.help.watch import chat_of
from bot.service.invitations import revoke
from bot.store import chats, roles, teams

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.service.errand import Desk
    from bot.service.talk import Reply, Talk
    from bot.store.roles import Held

WORDS = "_bot/team"

MOST_LISTED = 20
"""People in one list, the newest first: somebody who should not be there is new."""


@dataclass(frozen=True, slots=True)
class Members:
    """Who is in a team, as far as they may be sent away by who asks."""

    team: str

    async def run(self, desk: Desk) -> Reply:
        """A button for each."""
        talk, connection, person = desk.talk(), desk.connection, desk.talk().chat.person
        right = Right.REVOKE_VOLUNTEER
        if not await rights.use(connection, person, right, talk.at, team=self.team, what="list"):
            talk.tell("team.not_allowed", "home")
            return talk.reply()
        held = [each for each in await roles.of_team(connection, self.team) if await _may(desk, each)]
        newest = sorted(held, key=lambda each: -each.since)[:MOST_LISTED]
        offers = [f"member:{each.id}|{await _called(desk, each)}" for each in newest]
        talk.tell("team.members", *offers, f"team:{self.team}", count=str(len(held) or ""))
        return talk.reply()


@dataclass(frozen=True, slots=True)
class Member:
    """One of them; `sure`: their role is to be taken away."""

    role: int
    sure: bool = False

    async def run(self, desk: Desk) -> Reply:
        """Asked first; then it is gone at once, and they hear so."""
        talk, connection = desk.talk(), desk.connection
        held = await roles.find(connection, self.role)
        if held is None or not held.grant.team or not await _may(desk, held):
            if held is not None:
                right = revoking(held.grant.role)
                await rights.use(connection, talk.chat.person, right, talk.at, team=held.grant.team, what="member")
            talk.tell("team.not_allowed" if held else "team.member_gone", "team")
        elif not self.sure:
            talk.tell("team.revoke_ask", f"member_sure:{held.id}", "team", who=await _called(desk, held))
        elif await revoke(connection, talk.chat.person, held.person, held.grant, talk.at):
            team = await teams.find(connection, held.grant.team)
            says = {"team": team.name if team else ""}
            desk.work.post(Notice(chat_of(held.person), held.person, "team.revoked", says))
            talk.tell("team.revoked", f"members:{held.grant.team}", "team")
        return talk.reply()


def revoked(talk: Talk, says: Mapping[str, Any]) -> None:
    """In the chat of who has the role no more."""
    talk.tell("team.was_revoked", "stay" if talk.flow else "home", team=says["team"])


async def _may(desk: Desk, held: Held) -> bool:
    """Whether who asks may take this role away; one's own is laid down by leaving."""
    person = desk.talk().chat.person
    right = revoking(held.grant.role)
    return held.person != person and await rights.has(desk.connection, person, right, team=held.grant.team)


async def _called(desk: Desk, held: Held) -> str:
    """Somebody in one line."""
    talk = desk.talk()
    key = chat_of(held.person)
    found = (await chats.load(desk.connection, [key]))[0].get(key)
    language = talk.house.library.language(talk.chat.language)
    address = found.address if found is not None and found.person == held.person else ""
    called = language.address(address).label if address else ""
    day = local_day(held.since).strftime("%d/%m/%Y")
    said = {"role": held.grant.role.value, "called": called, "channel": key.partition(":")[0], "day": day}
    return talk.house.library.piece(talk.chat.language, WORDS, "member", said)
