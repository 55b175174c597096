"""Certificates in the chat: asked for by whoever has earned one, printed by a link, looked up, revoked.

The name that is typed stands on the paper and nowhere else: its initials are kept, the name itself for a day, so that
the link can print it (docs/learning.md says why so).
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING

from bot.engine.event import local_day
from bot.people.certificate import (
    GROUP,
    GROUPS,
    LETTERS,
    NameFault,
    are_alike,
    initials,
    read_name,
    read_serial,
    spelled,
)
from bot.people.role import Right
from bot.service import rights
from bot.store import audit, certificates, marks, roles, teams
from bot.store.certificates import Certificate, Paper

if TYPE_CHECKING:
    from bot.people.skill import Kind
    from bot.service.errand import Desk
    from bot.service.talk import Reply, Talk
    from bot.store.hot import Connection

LEAVE = "no_certificate"
"""The answer under the question for the name, with the kind: as long as it stands there, typed words are the name."""

DAY = 24 * 3_600_000
"""Milliseconds for which a link prints, and for which a name that was typed wrong can be typed anew."""

MOST_LISTED = 8
"""Certificates of a team in one list."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where somebody stands with a kind of certificate. `team` is the one they help in, or ""."""

    kind: Kind
    missing: tuple[str, ...]
    team: str
    had: Certificate | None

    @property
    def may_have(self) -> bool:
        """Whether it is issued when they ask, or printed again."""
        if self.had is not None:
            return not self.had.revoked_at
        return not self.missing and (bool(self.team) or not self.kind.team)


async def standing(connection: Connection, person: str, kind: Kind) -> Standing:
    """Look it up."""
    learnt = await marks.of_person(connection, person)
    missing = tuple(guide for guide in kind.passed if guide not in learnt or not learnt[guide].passed_at)
    held = await roles.grants(connection, person) if kind.team else []
    team = next((grant.team for grant in held if grant.team), "")
    return Standing(kind, missing, team, (await certificates.of_person(connection, person)).get(kind.key))


def button(talk: Talk, kind: Kind) -> str:
    """The answer by which somebody asks for one, with its label."""
    label = talk.house.speaker(talk.chat).label(None, "", f"certificate:{kind.key}")
    return f"certificate:{kind.key}|{label}: {kind.name(talk.chat.language)}"


@dataclass(frozen=True, slots=True)
class Ask:
    """Somebody wants a certificate."""

    kind: str

    async def run(self, desk: Desk) -> Reply:
        """Ask for the name, if they may have it."""
        talk = desk.talk()
        kind = talk.house.skills.kind(self.kind)
        found = await standing(desk.connection, talk.chat.person, kind) if kind else None
        if found is None or not found.may_have:
            _refuse(talk, found)
        else:
            talk.tell("certificate.ask_name", f"{LEAVE}:{self.kind}")
        return talk.reply()


def named(talk: Talk, text: str) -> bool:
    """Whether what was typed is the name to be printed: that is what the newest message asks for."""
    asked = next((answer for answer in talk.chat.offers if answer.startswith(f"{LEAVE}:")), "")
    if asked:
        name = read_name(text)
        if isinstance(name, NameFault):
            talk.tell(f"certificate.name_{name.value}", asked)
        else:
            talk.errands.append(Print(asked.partition(":")[2], name))
    return bool(asked)


@dataclass(frozen=True, slots=True)
class Print:
    """The name was typed: the certificate is issued, or printed again under its serial."""

    kind: str
    name: str

    async def run(self, desk: Desk) -> Reply:
        """The links to the file and the picture."""
        talk, connection = desk.talk(), desk.connection
        person, at = talk.chat.person, talk.at
        kind = talk.house.skills.kind(self.kind)
        found = await standing(connection, person, kind) if kind else None
        if found is None or not found.may_have:
            _refuse(talk, found)
            return talk.reply()
        made = found.had
        own = initials(self.name)
        if made is None:
            made = Certificate(_serial(), self.kind, person, own, found.team if found.kind.team else "", at)
            await certificates.add(connection, made)
            await audit.add(connection, [audit.Entry(at, person, "certificate", made.team, "", self.kind)])
        elif made.initials != own:
            if at - made.issued_at > DAY and not are_alike(made.initials, own):
                talk.tell("certificate.other_name", "home", initials=made.initials)
                return talk.reply()
            await certificates.rename(connection, made.serial, own)
        token = secrets.token_urlsafe(18)
        paper = Paper(hashed(token), made.serial, self.name, talk.chat.language, at)
        await certificates.add_paper(connection, paper)
        talk.tell("certificate.made", "skills", "home", token=token, serial=made.serial)
        return talk.reply()


@dataclass(frozen=True, slots=True)
class OfTeam:
    """The valid certificates of a team, for whoever may revoke them."""

    team: str

    async def run(self, desk: Desk) -> Reply:
        """The newest ones."""
        talk, connection = desk.talk(), desk.connection
        right = Right.REVOKE_CERTIFICATE
        if not await rights.use(connection, talk.chat.person, right, talk.at, team=self.team, what="list"):
            talk.tell("team.not_allowed", "home")
            return talk.reply()
        found = [each for each in await certificates.of_team(connection, self.team) if each.is_valid]
        offers = [f"certificate_look:{each.serial}|{each.initials} · {_day(each.issued_at)}" for each in found]
        talk.tell("certificate.of_team", *offers[:MOST_LISTED], "team", "home", count=str(len(found) or ""))
        return talk.reply()


@dataclass(frozen=True, slots=True)
class Look:
    """What is known of a certificate: the same as on its page. Who may revoke it has a button for that."""

    serial: str

    async def run(self, desk: Desk) -> Reply:
        """Whoever knows the serial has seen the paper."""
        talk, connection = desk.talk(), desk.connection
        found = await certificates.find(connection, self.serial)
        if found is None:
            talk.tell("certificate.unknown", "stay" if talk.flow else "home")
            return talk.reply()
        may = not found.revoked_at and await rights.has(
            connection, talk.chat.person, Right.REVOKE_CERTIFICATE, team=found.team
        )
        values = await facts(connection, found)
        kind = talk.house.skills.kind(found.kind)
        title = kind.name(talk.chat.language) if kind else ""
        revoke = (f"certificate_revoke:{self.serial}",) if may else ()
        talk.tell("certificate.look", *revoke, "stay" if talk.flow else "home", **{**values, "kind": title})
        return talk.reply()


@dataclass(frozen=True, slots=True)
class Revoke:
    """Somebody takes a certificate back."""

    serial: str

    async def run(self, desk: Desk) -> Reply:
        """If they may; it is good no more at that moment."""
        talk = desk.talk()
        done = await revoke(desk.connection, talk.chat.person, self.serial, talk.at)
        talk.tell("certificate.revoked" if done else "team.not_allowed", "team", "home")
        return talk.reply()


def ask_to_revoke(talk: Talk, serial: str) -> None:
    """A slip of the finger must not take a certificate away."""
    talk.tell("certificate.revoke_ask", f"certificate_sure:{serial}", "stay" if talk.flow else "home")


async def revoke(connection: Connection, by: str, serial: str, now: int) -> bool:
    """Take it back, written down. False: `by` may not, it was revoked before, or there is none.

    Over a team's the lead may, and who looks after its place; over a learner's, which is of no place, an admin alone.
    """
    found = await certificates.find(connection, serial)
    if found is None:
        return False
    if by == audit.OPERATOR:
        line = audit.Entry(now, by, Right.REVOKE_CERTIFICATE.value, found.team, "", serial)
        await audit.add(connection, [line])
    elif not await rights.use(connection, by, Right.REVOKE_CERTIFICATE, now, team=found.team, what=serial):
        return False
    return await certificates.revoke(connection, serial, now)


async def facts(connection: Connection, found: Certificate) -> dict[str, str]:
    """What may be said of a certificate to whoever knows its serial."""
    team = await teams.find(connection, found.team) if found.team else None
    return {
        "serial": found.serial,
        "initials": found.initials,
        "team": team.name if team else "",
        "day": _day(found.issued_at),
        "revoked": _day(found.revoked_at) if found.revoked_at else "",
    }


async def checked(connection: Connection, typed: str) -> tuple[Certificate | None, dict[str, str]]:
    """The certificate with the serial that somebody has typed or scanned, and what may be said of it."""
    serial = read_serial(typed)
    found = await certificates.find(connection, serial) if serial else None
    return found, await facts(connection, found) if found else {}


def hashed(token: str) -> str:
    """What is kept of a link: who reads the database cannot use it."""
    return blake2b(token.encode(), digest_size=16).hexdigest()


def _serial() -> str:
    return spelled("".join(secrets.choice(LETTERS) for _ in range(GROUP * GROUPS)))


def _day(at: int) -> str:
    return local_day(at).strftime("%d/%m/%Y")


def _refuse(talk: Talk, found: Standing | None) -> None:
    """Why there is none."""
    beside = "stay" if talk.flow else "home"
    if found is None:
        talk.tell("certificate.no_such", "skills", beside)
    elif found.had is not None:
        talk.tell("certificate.was_revoked", beside)
    elif found.missing:
        talk.tell("certificate.learn_first", *(f"open:{guide}" for guide in found.missing[:3]), beside)
    else:
        talk.tell("certificate.no_team", "team", beside)
