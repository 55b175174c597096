"""Counts: help that was given, and what people did in guides. What each number means: docs/counting.md.

What somebody did is counted from the journal, where a person is one chat: once per guide and day. Before its lines
become nameless, what they count for is written to `event_count`, so that no total changes when a person is forgotten.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    ColumnClause,
    Integer,
    and_,
    bindparam,
    case,
    cast,
    delete,
    exists,
    func,
    literal_column,
    or_,
    select,
    union_all,
    update,
)

from bot.engine.event import VIETNAM
from bot.store import tables
from bot.store.hot import Connection, fetch, many

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

    from sqlalchemy import ColumnElement, FromClause, Select
    from sqlalchemy.ext.asyncio import AsyncConnection

STARTED, STUCK, ENDED = "started", "stuck", "ended"
"""What is counted of a guide: it was opened (also in the middle), a step was hard, an end was reached."""

_HELP, _EVENT, _LINE, _CHAT, _TICKET = tables.help_count, tables.event_count, tables.journal, tables.chat, tables.ticket
_EAST = int(VIETNAM.utcoffset(None).total_seconds() * 1000)
_DAY_LENGTH = 86_400_000
_EPOCH = 719_163
"""`date.toordinal` of 1970-01-01."""

_NOTHING: ColumnClause[str] = literal_column("''")


def day_of(day: date) -> int:
    """A day as it stands in the rows: days since 1970-01-01."""
    return day.toordinal() - _EPOCH


def day_at(at: int) -> int:
    """The day of a moment (milliseconds) in Viet Nam."""
    return (at + _EAST) // _DAY_LENGTH


def beginning(at: int) -> int:
    """When the day of a moment begins in Viet Nam."""
    return day_at(at) * _DAY_LENGTH - _EAST


def _day(at: str) -> ColumnElement[int]:
    return cast(literal_column(f"({at} + {_EAST}) / {_DAY_LENGTH}"), Integer)


# --- help that a helper counts


@dataclass(frozen=True, slots=True)
class Help:
    """An entry: so many people were helped with a guide on a day. `person` counted it."""

    day: int
    team: str
    place: str
    person: str
    guide: str
    result: str
    age: str
    how: str
    number: int
    id: int = field(default=0, compare=False)


_NAMES = tuple(f.name for f in fields(Help) if f.name != "id")
_OWN = [*(_HELP.c[name] for name in _NAMES), _HELP.c.id]
_ADD = _HELP.insert().values({name: bindparam(f"its_{name}") for name in _NAMES}).returning(_HELP.c.id)
_MINE = (_HELP.c.person == bindparam("of_person"), _HELP.c.day == bindparam("of_day"))
_FIND = select(*_OWN).where(_HELP.c.id == bindparam("of_id"), *_MINE)
_TODAY = select(*_OWN).where(*_MINE).order_by(_HELP.c.id.desc())
_SET = update(_HELP).where(_HELP.c.id == bindparam("of_id"), *_MINE).values(number=bindparam("new_number"))
_SET_AGE = update(_HELP).where(_HELP.c.id == bindparam("of_id"), *_MINE).values(age=bindparam("new_age"))
_TAKE_BACK = delete(_HELP).where(_HELP.c.id == bindparam("of_id"), *_MINE)
_NAMELESS = update(_HELP).where(_HELP.c.person == bindparam("of_person")).values(person=_NOTHING)
_OFTEN = (
    select(_HELP.c.guide, func.sum(_HELP.c.number).label("often"))
    .where(_HELP.c.team == bindparam("of_team"), _HELP.c.day > bindparam("since"))
    .group_by(_HELP.c.guide)
    .order_by(func.sum(_HELP.c.number).desc(), _HELP.c.guide)
)


async def add(connection: Connection, entry: Help) -> int:
    """Write an entry; its number."""
    [[(id_,)]] = await fetch(connection, (_ADD, {f"its_{name}": getattr(entry, name) for name in _NAMES}))
    return int(id_)


async def find(connection: Connection, id_: int, person: str, day: int) -> Help | None:
    """The entry of that number, if this person made it on that day."""
    [rows] = await fetch(connection, (_FIND, {"of_id": id_, "of_person": person, "of_day": day}))
    return Help(*rows[0]) if rows else None


async def of_day(connection: Connection, person: str, day: int) -> list[Help]:
    """What a person has counted on a day, newest first."""
    [rows] = await fetch(connection, (_TODAY, {"of_person": person, "of_day": day}))
    return [Help(*row) for row in rows]


async def change(connection: Connection, entry: Help, number: int) -> None:
    """An entry is of another number of people; of nobody, it is taken back."""
    values = {"of_id": entry.id, "of_person": entry.person, "of_day": entry.day}
    if number > 0:
        await many(connection, _SET, [values | {"new_number": number}])
    else:
        await many(connection, _TAKE_BACK, [values])


async def say_age(connection: Connection, entry: Help, age: str) -> None:
    """An entry is of people of this age."""
    values = {"of_id": entry.id, "of_person": entry.person, "of_day": entry.day}
    await many(connection, _SET_AGE, [values | {"new_age": age}])


async def often(connection: Connection, team: str, since: int) -> list[str]:
    """The guides that a team has helped with since a day, the most often first."""
    [rows] = await fetch(connection, (_OFTEN, {"of_team": team, "since": since}))
    return [guide for guide, _ in rows]


async def drop(connection: Connection, persons: Iterable[str]) -> None:
    """Nobody knows any more that these persons counted; what they counted stays."""
    await many(connection, _NAMELESS, [{"of_person": person} for person in persons])


async def forget(connection: AsyncConnection, before: int) -> None:
    """The same for all entries of days before `before`: they cannot be taken back any more."""
    await connection.execute(update(_HELP).where(_HELP.c.day < before, _HELP.c.person != "").values(person=""))


# --- what people did

_JOINED = tables.joined
_PLACE = func.coalesce(_CHAT.c.place, _NOTHING)
_TEAM = func.coalesce(_CHAT.c.team, _NOTHING)


def _what(line: FromClause) -> ColumnElement[str]:
    return case((line.c.what == literal_column("'opened'"), literal_column("'started'")), else_=line.c.what)


def _step(line: FromClause) -> ColumnElement[str]:
    return case((line.c.what == literal_column("'stuck'"), line.c.step), else_=_NOTHING)


_WHAT, _STEP, _AT = _what(_LINE), _step(_LINE), _day("journal.at")
_COUNTED = _LINE.c.what.in_(
    [literal_column("'started'"), literal_column("'opened'"), literal_column("'stuck'"), literal_column("'ended'")]
)


def _people(*which: ColumnElement[bool]) -> Select[Any]:
    """One row for each person, guide, day and (of what was hard) step. Of several ends of a day the last one counts."""
    ended = _LINE.c.what == literal_column("'ended'")
    newest = func.max(case((ended, _LINE.c.id), else_=None)).label("newest")
    one = func.max(_LINE.c.chat).label("chat")  # of several chats that the person has joined
    person = func.coalesce(_JOINED.c.group, _LINE.c.chat)
    found = (
        select(one, _LINE.c.flow, _AT.label("day"), _WHAT.label("what"), _STEP.label("step"), newest)
        .select_from(_LINE.outerjoin(_JOINED, _JOINED.c.chat == _LINE.c.chat))
        .where(_COUNTED, _LINE.c.flow != _NOTHING, _LINE.c.chat != _NOTHING, *which)
        .group_by(person, _LINE.c.flow, _AT, _WHAT, _STEP)
        .subquery("found")
    )
    last = _LINE.alias("last")
    answer = func.coalesce(last.c.answer, _NOTHING).label("answer")
    both = found.outerjoin(last, last.c.id == found.c.newest).outerjoin(_CHAT, _CHAT.c.key == found.c.chat)
    columns = (found.c.day, found.c.flow.label("guide"), found.c.what, found.c.step, answer)
    return select(*columns, _PLACE.label("place"), _TEAM.label("team")).select_from(both)


_ROW = ("day", "guide", "what", "step", "answer", "place", "team")
_ONE: ColumnClause[int] = literal_column("1")


def _keeping(*which: ColumnElement[bool]) -> Any:
    """What nameless lines will have counted for."""
    counted = _people(*which).subquery("counted")
    columns = [counted.c[name] for name in _ROW]
    return (
        _EVENT.insert().inline().from_select((*_ROW, "number"), select(*columns, func.count(_ONE)).group_by(*columns))
    )


_KEEP = _keeping(_LINE.c.chat == bindparam("of_chat"))
_OTHER, _MATE = _LINE.alias("other"), _JOINED.alias("mate")
_TWICE = exists(
    select(_ONE)
    .select_from(_OTHER.join(_MATE, _MATE.c.chat == _OTHER.c.chat))
    .where(
        _MATE.c.group == select(_JOINED.c.group).where(_JOINED.c.chat == bindparam("of_chat")).scalar_subquery(),
        _OTHER.c.chat != bindparam("of_chat"),
        _OTHER.c.flow == _LINE.c.flow,
        _what(_OTHER) == _WHAT,
        _step(_OTHER) == _STEP,
        _day("other.at") == _AT,
    )
)
_WHOLE_DAY = _LINE.c.at - _LINE.c.at % literal_column(str(_DAY_LENGTH))
_LET_GO = (
    update(_LINE)
    .where(_LINE.c.chat == bindparam("of_chat"), _COUNTED, _TWICE)
    .values(chat=_NOTHING, answer=_NOTHING, at=_WHOLE_DAY)
)


async def let_go(connection: Connection, chats: Iterable[str]) -> None:
    """Before chats that are joined with others are erased: what counts there as well does not count once more.

    Of two ends on one day the one counts that stays.
    """
    await many(connection, _LET_GO, [{"of_chat": chat} for chat in chats])


async def keep(connection: Connection, chats: Iterable[str]) -> None:
    """Before the lines of these chats become nameless: what they count for stays."""
    await many(connection, _KEEP, [{"of_chat": chat} for chat in chats])


async def keep_old(connection: AsyncConnection, before: int) -> None:
    """The same for all lines older than `before`."""
    await connection.execute(_keeping(_LINE.c.at < before))


@dataclass(frozen=True, slots=True)
class Event:
    """So many people: opened a guide, were stuck at a step, reached an end."""

    day: int
    guide: str
    what: str
    step: str
    answer: str
    place: str
    team: str
    number: int


async def events(connection: AsyncConnection, first: int, last: int) -> list[Event]:
    """What people did from the first to the last day, a row for each day, guide, place and team."""
    since, until = first * _DAY_LENGTH - _EAST, (last + 1) * _DAY_LENGTH - _EAST
    there = _people(_LINE.c.at >= since, _LINE.c.at < until).subquery("there")
    forgotten = (_EVENT.c.day >= first, _EVENT.c.day <= last)
    every = union_all(
        select(*(there.c[name] for name in _ROW), _ONE.label("number")),
        select(*(_EVENT.c[name] for name in _ROW), _EVENT.c.number).where(*forgotten),
    ).subquery("every")
    columns = [every.c[name] for name in _ROW]
    number = cast(func.sum(every.c.number), Integer).label("number")
    rows = await connection.execute(select(*columns, number).group_by(*columns))
    return [Event(**row) for row in rows.mappings()]


async def helped(connection: AsyncConnection, first: int, last: int) -> list[Help]:
    """What was counted from the first to the last day, added up; nobody is named."""
    columns = [_HELP.c[name] for name in _NAMES if name not in {"person", "number"}]
    total = cast(func.sum(_HELP.c.number), Integer)
    query: Select[Any] = select(*columns, total).where(_HELP.c.day >= first, _HELP.c.day <= last).group_by(*columns)
    return [
        Help(day, team, place, "", guide, result, age, how, number)
        for day, team, place, guide, result, age, how, number in await connection.execute(query)
    ]


async def solved(connection: AsyncConnection, first: int, last: int) -> list[tuple[int, str, str, str, int]]:
    """Calls for help that were answered: (day, team, place, guide, how many). Who called may be forgotten by now."""
    since, until = first * _DAY_LENGTH - _EAST, (last + 1) * _DAY_LENGTH - _EAST
    columns = [_day("ticket.closed_at"), _TICKET.c.team, _TICKET.c.place, _TICKET.c.guide]
    answered = and_(_TICKET.c.claimed_at > 0, or_(_TICKET.c.how == "solved", _TICKET.c.how == "thanks"))
    when = (_TICKET.c.closed_at >= since, _TICKET.c.closed_at < until)
    query: Select[Any] = select(*columns, func.count()).where(answered, *when)
    rows = await connection.execute(query.group_by(*columns))
    return [(day, team, place, guide, number) for day, team, place, guide, number in rows]


def total(numbers: Sequence[Event | Help]) -> int:
    """People in all."""
    return sum(each.number for each in numbers)
