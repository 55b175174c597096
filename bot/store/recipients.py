"""Who gets a broadcast: one row each, from the plan to the platform's receipt. Nobody twice, nobody forgotten.

planned -> claimed -> sent | failed (the class) | skipped (why) | unknown. What was claimed by a run that died may have
been sent: it becomes unknown and is never sent again by itself. A sent row may become deleted.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    BigInteger,
    Integer,
    Text,
    bindparam,
    case,
    cast,
    delete,
    func,
    insert,
    literal,
    literal_column,
    select,
    text,
    update,
)

from bot.broadcast.reason import Reason
from bot.store import tables
from bot.store.audience import in_piece, plan
from bot.store.hot import Connection, many

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from sqlalchemy import ColumnElement, Select
    from sqlalchemy.ext.asyncio import AsyncConnection
    from sqlalchemy.sql.dml import Insert

    from bot.store.audience import Meant

PLANNED, CLAIMED, SENT, FAILED = "planned", "claimed", "sent", "failed"
SKIPPED, UNKNOWN, DELETED = "skipped", "unknown", "deleted"

STATES = (PLANNED, CLAIMED, SENT, FAILED, SKIPPED, UNKNOWN, DELETED)

ERASED = "#"
"""The key of a chat that is erased begins so: the row counts on, and belongs to nobody."""

HELD_OUT = Reason.HOLDOUT.value
"""Why somebody is skipped by whom the others are judged."""

_STEP, _SHIFT, _ROUND = 7919, 6185, 10_007
"""(n * _STEP + id * _SHIFT) % _ROUND is spread evenly over any run of recipients; other broadcasts pick others."""

_DAY = 24 * 3_600_000

_table = tables.recipient


def fixed(word: str) -> ColumnElement[str]:
    """A word in the statement itself: with a bound one SQLite would not use the index of what is planned."""
    return literal_column(f"'{word}'", Text)


@dataclass(frozen=True, slots=True)
class Piece:
    """The statements of one piece: up to which chat it goes, with the number of people meant; writing them down."""

    upto: Select[Any, int]
    rows: Insert


def piece(id_: int, meant: Meant, *, now: int, holdout: float, most: int) -> Piece:
    """The next `most` people behind a chat, in the order of their keys.

    Made once and run for each piece by `gather`: to make it takes as long as a thousand people.
    """
    chat = tables.chat
    after = bindparam("after", type_=Text)
    keys = select(chat.c.key).where(meant.who, chat.c.key > after).order_by(chat.c.key).limit(most).subquery()
    upto = select(func.max(keys.c.key), func.count(keys.c.key))
    some = select(chat.c.key, chat.c.channel, meant.why.label("why")).where(meant.who, in_piece(chat.c.key)).subquery()
    n = (bindparam("begin", type_=BigInteger) + func.row_number().over(order_by=some.c.key)).label("n")
    get = [some.c.why == ""] if meant.only else []
    next_ = select(some.c.key, some.c.channel, n, some.c.why).where(*get).subquery()
    picked = (next_.c.n * _STEP + id_ * _SHIFT) % _ROUND < int(holdout * _ROUND / 100)
    reason = case((next_.c.why != "", next_.c.why), (picked, literal(HELD_OUT)), else_=literal(""))
    rows = select(
        literal(id_, BigInteger),
        next_.c.n,
        next_.c.key,
        next_.c.channel,
        case((reason == "", literal(PLANNED)), else_=literal(SKIPPED)),
        reason,
        literal(0, Integer),
        literal(""),
        literal(0, Integer),
        literal(now, BigInteger),
    )
    names = ["broadcast", "n", "chat", "channel", "state", "reason", "attempts", "message", "version", "at"]
    return Piece(upto, insert(_table).from_select(names, rows))


async def gather(connection: AsyncConnection, id_: int, piece: Piece, after: str) -> tuple[int, str]:
    """Write down the people behind the chat `after`; how many of them are meant, and the last of these.

    On PostgreSQL the disk is not waited for: what a crash of the server takes back is gathered again.
    """
    await plan(connection, waits=False)
    upto, found = (await connection.execute(piece.upto, {"after": after})).one()
    if not found:
        return 0, after
    newest = select(_table.c.n).where(_table.c.broadcast == id_).order_by(_table.c.n.desc()).limit(1)
    begin = await connection.scalar(newest) or 0
    await connection.execute(piece.rows, {"after": after, "upto": upto, "begin": begin})
    return found, upto


async def add(connection: AsyncConnection, id_: int, chats: Collection[tuple[str, str]], now: int) -> None:
    """Plan these chats, as (key, channel): a test goes to people by name."""
    rows = [
        {"broadcast": id_, "n": n, "chat": key, "channel": channel, "state": PLANNED, "reason": "", "attempts": 0}
        | {"message": "", "version": 0, "at": now}
        for n, (key, channel) in enumerate(chats, 1)
    ]
    await many(connection, insert(_table), rows)


async def recover(connection: AsyncConnection, alive: Collection[int] = ()) -> int:
    """What a process that died had claimed may have been sent; how many those are. `alive`: whose claims stand."""
    table = tables.broadcast
    open_ = select(table.c.id).where(table.c.ended_at == 0)
    lost = update(_table).where(_table.c.broadcast.in_(open_), _table.c.state == CLAIMED)
    lost = lost.where(_table.c.owner.not_in(list(alive))).values(state=UNKNOWN, reason="crash")
    return (await connection.execute(lost)).rowcount


async def counts(connection: AsyncConnection, id_: int) -> dict[tuple[str, str], int]:
    """Recipients by (state, reason)."""
    rows = await connection.execute(
        select(_table.c.state, _table.c.reason, func.count())
        .where(_table.c.broadcast == id_)
        .group_by(_table.c.state, _table.c.reason)
    )
    return {(state, reason): number for state, reason, number in rows}


async def sent_since(connection: AsyncConnection, id_: int, at: int) -> int:
    """How many of its messages were sent from that time on."""
    sent = (_table.c.broadcast == id_, _table.c.state == SENT, _table.c.at >= at)
    return (await connection.execute(select(func.count()).where(*sent))).scalar() or 0


async def some_left(connection: AsyncConnection, id_: int, until: int = 0) -> bool:
    """Whether anybody is still planned (up to recipient `until`)."""
    where = [_table.c.broadcast == id_, _table.c.state == fixed(PLANNED)]
    where += [_table.c.n <= until] if until else []
    return (await connection.execute(select(_table.c.n).where(*where).limit(1))).first() is not None


async def nth_planned(connection: AsyncConnection, id_: int, nth: int) -> int:
    """The number of the nth of those who are planned; 0 if there are not so many."""
    where = (_table.c.broadcast == id_, _table.c.state == fixed(PLANNED))
    found = select(_table.c.n).where(*where).order_by(_table.c.n).offset(nth - 1).limit(1)
    return (await connection.execute(found)).scalar() or 0


async def analyze(connection: AsyncConnection) -> None:
    """Tell PostgreSQL that the table has grown by many: its first plans were made for an empty one."""
    if connection.dialect.name == "postgresql":
        await connection.execute(text("ANALYZE recipient"))


async def call_off(connection: AsyncConnection, id_: int, most: int) -> int:
    """Skip the next `most` of those who are planned; how many that were."""
    some = select(_table.c.n).where(_table.c.broadcast == id_, _table.c.state == fixed(PLANNED)).limit(most)
    off = update(_table).where(_table.c.broadcast == id_, _table.c.n.in_(some))
    return (await connection.execute(off.values(state=SKIPPED, reason=Reason.STOPPED.value))).rowcount


async def retry(connection: AsyncConnection, id_: int, *, unknown: bool) -> int:
    """Plan again who was not reached for a reason that may pass; `unknown`: also who may have got it."""
    failed = (_table.c.state == FAILED) & (_table.c.reason != "gone")
    which = failed | (_table.c.state == UNKNOWN) if unknown else failed
    again = update(_table).where(_table.c.broadcast == id_, which, _table.c.chat.not_like(f"{ERASED}%"))
    return (await connection.execute(again.values(state=PLANNED, reason="", attempts=0, owner=0))).rowcount


async def retriable(connection: AsyncConnection, id_: int) -> tuple[int, int]:
    """How many `retry` would plan again: failed, unknown."""
    found = await counts(connection, id_)
    failed = sum(number for (state, reason), number in found.items() if state == FAILED and reason != "gone")
    return failed, sum(number for (state, _), number in found.items() if state == UNKNOWN)


_NAMELESS = (
    update(_table)
    .where(_table.c.chat == bindparam("key"))
    .values(
        chat=fixed(ERASED) + cast(_table.c.n, Text),
        message=fixed(""),
        at=_table.c.at - _table.c.at % literal_column(str(_DAY)),
        state=case((_table.c.state == fixed(PLANNED), fixed(SKIPPED)), else_=_table.c.state),
        reason=case((_table.c.state == fixed(PLANNED), fixed(Reason.ERASED)), else_=_table.c.reason),
    )
)


async def make_nameless(connection: Connection, chats: Iterable[str]) -> None:
    """Rows of these chats count on, but belong to nobody; who was planned gets nothing."""
    await many(connection, _NAMELESS, [{"key": key} for key in chats])


async def forget(connection: AsyncConnection, id_: int, most: int) -> int:
    """Drop `most` recipients of a broadcast; how many that were."""
    some = select(_table.c.n).where(_table.c.broadcast == id_).order_by(_table.c.n).limit(most)
    old = delete(_table).where(_table.c.broadcast == id_, _table.c.n.in_(some))
    return (await connection.execute(old)).rowcount
