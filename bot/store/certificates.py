"""Certificates: serial, kind, initials, team, dates. A name is here for a day, for whoever prints it."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

from sqlalchemy import ColumnClause, bindparam, delete, literal_column, or_, select, update

from bot.store import joined, tables
from bot.store.hot import Connection, fetch, many

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy.ext.asyncio import AsyncConnection

_CERTIFICATE, _PAPER = tables.certificate, tables.paper
_ZERO: ColumnClause[int] = literal_column("0")
_NOBODY: ColumnClause[str] = literal_column("''")


@dataclass(frozen=True, slots=True)
class Certificate:
    """One certificate. Of who was forgotten `person` and `initials` are ""."""

    serial: str
    kind: str
    person: str
    initials: str
    team: str
    issued_at: int
    revoked_at: int = 0

    @property
    def is_valid(self) -> bool:
        """Whether it says something about somebody."""
        return self.initials != "" and not self.revoked_at


@dataclass(frozen=True, slots=True)
class Paper:
    """A certificate to be printed: `hash` is of what its link carries."""

    hash: str
    serial: str
    name: str
    language: str
    made_at: int


_NAMES = tuple(f.name for f in fields(Certificate))
_PAPER_NAMES = tuple(f.name for f in fields(Paper))
_ALL = select(*(_CERTIFICATE.c[name] for name in _NAMES))
_SERIAL = _CERTIFICATE.c.serial == bindparam("of_serial")
_OWN = _CERTIFICATE.c.person == bindparam("of_person")
_ADD = _CERTIFICATE.insert().inline().values({name: bindparam(name) for name in _NAMES})
_FIND = _ALL.where(_SERIAL)
_OF_PERSON = _ALL.where(or_(_OWN, _CERTIFICATE.c.person.in_(joined.ALL_OF)))
_OF_TEAM = _ALL.where(_CERTIFICATE.c.team == bindparam("of_team"), _CERTIFICATE.c.revoked_at == _ZERO).order_by(
    _CERTIFICATE.c.issued_at.desc()
)
_RENAME = update(_CERTIFICATE).where(_SERIAL).values(initials=bindparam("new_initials"))
_REVOKE = (
    update(_CERTIFICATE)
    .where(_SERIAL, _CERTIFICATE.c.revoked_at == _ZERO)
    .values(revoked_at=bindparam("now"))
    .returning(_CERTIFICATE.c.serial)
)
_NAMELESS = update(_CERTIFICATE).where(_OWN).values(person=_NOBODY, initials=_NOBODY)
_ADD_PAPER = _PAPER.insert().inline().values({name: bindparam(name) for name in _PAPER_NAMES})
_FIND_PAPER = select(*(_PAPER.c[name] for name in _PAPER_NAMES)).where(_PAPER.c.hash == bindparam("of_hash"))
_DROP_PAPERS = delete(_PAPER).where(_PAPER.c.serial.in_(select(_CERTIFICATE.c.serial).where(_OWN)))
_DROP_PAPERS_OF = delete(_PAPER).where(_PAPER.c.serial == bindparam("of_serial"))


async def add(connection: Connection, certificate: Certificate) -> None:
    """Write a new certificate."""
    await many(connection, _ADD, [{name: getattr(certificate, name) for name in _NAMES}])


async def find(connection: Connection, serial: str) -> Certificate | None:
    """The certificate with that serial, whatever became of it."""
    [rows] = await fetch(connection, (_FIND, {"of_serial": serial}))
    return Certificate(*rows[0]) if rows else None


async def of_person(connection: Connection, person: str) -> dict[str, Certificate]:
    """Those of a person, by kind; of two that they got before they joined their chats the one of this chat."""
    [rows] = await fetch(connection, (_OF_PERSON, {"of_person": person}))
    found = sorted((Certificate(*row) for row in rows), key=lambda each: each.person == person)
    return {each.kind: each for each in found}


async def of_team(connection: Connection, team: str) -> list[Certificate]:
    """Those of a team that are valid, the newest first."""
    [rows] = await fetch(connection, (_OF_TEAM, {"of_team": team}))
    return [Certificate(*row) for row in rows]


async def rename(connection: Connection, serial: str, initials: str) -> None:
    """Other initials: the name was typed wrong."""
    await many(connection, _RENAME, [{"of_serial": serial, "new_initials": initials}])


async def revoke(connection: Connection, serial: str, now: int) -> bool:
    """It is valid no more, and cannot be printed. False: it was revoked before, or there is none."""
    [revoked] = await fetch(connection, (_REVOKE, {"of_serial": serial, "now": now}))
    await many(connection, _DROP_PAPERS_OF, [{"of_serial": serial}])
    return bool(revoked)


async def add_paper(connection: Connection, paper: Paper) -> None:
    """Let a certificate be printed for a day; a link from before is good no more."""
    await many(connection, _DROP_PAPERS_OF, [{"of_serial": paper.serial}])
    await many(connection, _ADD_PAPER, [{name: getattr(paper, name) for name in _PAPER_NAMES}])


async def find_paper(connection: Connection, hash_: str) -> Paper | None:
    """What a link is to print."""
    [rows] = await fetch(connection, (_FIND_PAPER, {"of_hash": hash_}))
    return Paper(*rows[0]) if rows else None


async def forget(connection: AsyncConnection, before: int) -> None:
    """Drop the names that were typed before `before`."""
    await connection.execute(delete(_PAPER).where(_PAPER.c.made_at < before))


async def make_nameless(connection: Connection, persons: Iterable[str]) -> None:
    """Serial, kind, team and dates stay; nobody knows any more whose they are."""
    rows = [{"of_person": person} for person in persons]
    for statement in (_DROP_PAPERS, _NAMELESS):
        await many(connection, statement, rows)


async def listed(connection: AsyncConnection, *, team: str = "", kind: str = "") -> list[Certificate]:
    """All, of a team, of a kind, the newest first."""
    query = _ALL.order_by(_CERTIFICATE.c.issued_at.desc())
    if team:
        query = query.where(_CERTIFICATE.c.team == team)
    if kind:
        query = query.where(_CERTIFICATE.c.kind == kind)
    return [Certificate(*row) for row in await connection.execute(query)]
