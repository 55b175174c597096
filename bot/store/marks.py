"""What a person has learnt, guide by guide: it stays when the guide is begun again."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, delete, or_, select

from bot.store import joined, tables
from bot.store.database import upsert
from bot.store.hot import Connection, fetch, many

if TYPE_CHECKING:
    from collections.abc import Iterable

_MARK = tables.mark


@dataclass(frozen=True, slots=True)
class Mark:
    """One guide of one person. Times are milliseconds, 0: not yet; `right` of `asked`: the quiz when it was passed."""

    person: str
    guide: str
    done_at: int = 0
    passed_at: int = 0
    right: int = 0
    asked: int = 0

    def joined(self, later: Mark) -> Mark:
        """Both in one: what was reached first counts."""
        passed = self if self.passed_at else later
        done_at = self.done_at or later.done_at
        return Mark(self.person, self.guide, done_at, passed.passed_at, passed.right, passed.asked)


_NAMES = tuple(f.name for f in fields(Mark))
_ALL = select(*(_MARK.c[name] for name in _NAMES))
_OWN = _MARK.c.person == bindparam("of_person")
_OF_PERSON = _ALL.where(or_(_OWN, _MARK.c.person.in_(joined.ALL_OF)))
_OF_CHAT = _ALL.where(_OWN, _MARK.c.guide == bindparam("of_guide"))
_DROP = delete(_MARK).where(_OWN)


async def of_person(connection: Connection, person: str) -> dict[str, Mark]:
    """What somebody has learnt, by guide: here, or in a chat that they have joined with this one."""
    [rows] = await fetch(connection, (_OF_PERSON, {"of_person": person}))
    found: dict[str, Mark] = {}
    for mark in sorted((Mark(*row) for row in rows), key=lambda mark: mark.passed_at or mark.done_at):
        found[mark.guide] = found[mark.guide].joined(mark) if mark.guide in found else mark
    return found


async def keep(connection: Connection, mark: Mark) -> bool:
    """Write down what somebody has just reached; nothing from before is lost. Whether it is passed only now."""
    [rows] = await fetch(connection, (_OF_CHAT, {"of_person": mark.person, "of_guide": mark.guide}))
    before = Mark(*rows[0]) if rows else None
    after = before.joined(mark) if before else mark
    if after != before:
        await many(connection, upsert(connection, _MARK), [{name: getattr(after, name) for name in _NAMES}])
    return mark.passed_at > 0 and after.passed_at == mark.passed_at


async def drop(connection: Connection, persons: Iterable[str]) -> None:
    """Nothing is known any more of what these persons have learnt."""
    await many(connection, _DROP, [{"of_person": person} for person in persons])
