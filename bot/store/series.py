"""Parts of a series: whose turn one is, who has just lost it, and who may have it another time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import and_, delete, exists, func, literal_column, not_, select, update

from bot.broadcast.reason import Reason
from bot.engine.event import local_day
from bot.store import audience, tables
from bot.store.audience import DAY, Meant, beginning
from bot.store.recipients import CLAIMED, PLANNED, SKIPPED, fixed

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement
    from sqlalchemy.ext.asyncio import AsyncConnection

    from bot.broadcast.audience import Node
    from bot.broadcast.model import Broadcast
    from bot.store.audience import Terms
    from bot.store.broadcasts import Row

LATE = 2
"""Days by which a part may come later than it should: the bot was off, or somebody had enough that day."""

PASSING = (Reason.NO_LONGER, Reason.HAD_ENOUGH, Reason.IN_A_GUIDE, Reason.SET_ASIDE)
"""Reasons for which somebody who was skipped may have the part another time."""

_of, _chat, _session, _broadcast = tables.recipient, tables.chat, tables.session, tables.broadcast


def meant(row: Row, node: Node, terms: Terms, now: int) -> Meant:
    """Who gets the part now: of the audience, whose turn it is, who has not got it; nobody else is written down."""
    got = exists(literal_column("1")).where(_of.c.chat == _chat.c.key, _of.c.broadcast == row.id).correlate(_chat)
    turn = and_(due(row.content, node, row.start_at), not_(got))
    return Meant(turn, audience.reason(terms, now, turn, in_pieces=True), only=True)


def due(content: Broadcast, node: Node, at: int) -> ColumnElement[bool]:
    """The chats of the audience whose turn a part is at the time `at`."""
    series = content.series
    assert series is not None, "a part of a series"
    who = audience.condition(node, at)
    if series.finished:
        days = series.days[content.part - 1]
        until = beginning(local_day(at)) - (days - 1) * DAY
        at_that_time = _session.c.updated_at.between(until - (LATE + 1) * DAY, until - 1)
        done = (_session.c.flow == series.finished, _session.c.finished.is_(True), at_that_time)
        return and_(who, _chat.c.key.in_(select(_session.c.chat).where(*done)))
    if content.part == 1:
        return who
    name = f"{content.name.rpartition('/')[0]}/{content.part - 1}"
    before = select(_broadcast.c.id).where(_broadcast.c.name == name).scalar_subquery()
    had = exists(literal_column("1")).where(
        *(_of.c.chat == _chat.c.key, _of.c.broadcast == before, _of.c.at < at),
        _of.c.state.not_in((PLANNED, CLAIMED)),
    )
    return and_(who, had.correlate(_chat))


async def thin(connection: AsyncConnection, row: Row, node: Node, channel: str, *, most: int, now: int) -> None:
    """Of the next `most` who are planned on a channel, skip those for whom the part is no longer true."""
    await audience.plan(connection)
    planned = (_of.c.broadcast == row.id, _of.c.channel == channel, _of.c.state == fixed(PLANNED))
    next_ = select(_of.c.n).where(*planned).order_by(_of.c.n).limit(most)
    still = exists(literal_column("1")).where(_chat.c.key == _of.c.chat, due(row.content, node, now))
    gone = update(_of).where(_of.c.broadcast == row.id, _of.c.n.in_(next_), not_(still.correlate(_of)))
    await connection.execute(gone.values(state=SKIPPED, reason=Reason.NO_LONGER.value, at=now))


async def let_again(connection: AsyncConnection, id_: int) -> None:
    """Who was skipped for a reason that passes may get the part this time."""
    skipped = (_of.c.broadcast == id_, _of.c.state == SKIPPED, _of.c.reason.in_([reason.value for reason in PASSING]))
    await connection.execute(delete(_of).where(*skipped))


async def count(connection: AsyncConnection, content: Broadcast, node: Node, terms: Terms, now: int) -> int:
    """How many would get a part now, if the series began."""
    await audience.plan(connection)
    turn = due(content, node, now)
    query = select(func.count()).select_from(_chat).where(turn, audience.reason(terms, now, turn) == "")
    return int((await connection.execute(query)).scalar_one())
