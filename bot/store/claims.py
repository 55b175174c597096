"""The statements of each message of a broadcast: claim, look up, acknowledge; find again what is to be changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson
from sqlalchemy import BigInteger, Integer, Text, and_, bindparam, case, literal_column, or_, select, update

from bot.engine.chat import ASIDE
from bot.store import audience, tables
from bot.store.audience import REACHED, WEEK
from bot.store.hot import Connection, among, fetch, many, places
from bot.store.recipients import CLAIMED, ERASED, PLANNED, SENT, fixed

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from sqlalchemy import Select

_table = tables.recipient


@dataclass(frozen=True, slots=True)
class Claimed:
    """One recipient whose turn it is."""

    n: int
    chat: str
    attempts: int


@dataclass(frozen=True, slots=True)
class Person:
    """What has to be known of a chat to write to it."""

    key: str
    channel: str
    external: str
    language: str
    address: str
    flow: str
    reachable: bool
    seen_at: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a recipient."""

    broadcast: int
    n: int
    state: str
    reason: str = ""
    attempts: int = 0
    message: str = ""
    version: int = 0
    at: int = 0


@dataclass(frozen=True, slots=True)
class Delivered:
    """A message that was sent, to be corrected or deleted."""

    n: int
    chat: str
    message: str

    @property
    def external(self) -> str:
        """The platform's id of the phone it went to, whoever has that now."""
        return self.chat.partition(":")[2].partition(ASIDE)[0]


_PICKED = (
    select(_table.c.n)
    .where(
        _table.c.broadcast == bindparam("of"),
        _table.c.channel == bindparam("of_channel"),
        _table.c.state == fixed(PLANNED),
        _table.c.n > bindparam("after"),
        _table.c.n <= bindparam("until"),
    )
    .order_by(_table.c.n)
    .limit(bindparam("most", type_=Integer))
    .offset(literal_column("0"))  # or SQLAlchemy binds a zero of its own
    .with_for_update(skip_locked=True)
    .cte("picked")
)
"""Apart, so that it is picked once; on PostgreSQL past what others are about to claim."""

_CLAIM = (
    update(_table)
    .where(_table.c.broadcast == bindparam("of"), _table.c.n.in_(select(_PICKED.c.n)))
    .values(state=fixed(CLAIMED), at=bindparam("now", type_=BigInteger), owner=bindparam("by", type_=Integer))
    .returning(_table.c.n, _table.c.chat, _table.c.attempts)
)


async def claim(
    connection: Connection, id_: int, channel: str, *, after: int, until: int, most: int, now: int, owner: int = 0
) -> list[Claimed]:
    """The next of those who are planned, in order: theirs is the turn now, and nobody's but the owner's to give."""
    values = {"of": id_, "of_channel": channel, "after": after, "until": until, "most": most, "now": now, "by": owner}
    [rows] = await fetch(connection, (_CLAIM, values))
    return sorted((Claimed(*row) for row in rows), key=lambda claimed: claimed.n)


def _people(size: int) -> Select[Any]:
    chat = tables.chat
    columns = ("key", "channel", "external", "language", "flow", "reachable", "seen_at", "state_json")
    return select(*(chat.c[name] for name in columns)).where(among(chat.c.key, "key", size))


def _refused(size: int) -> Select[Any]:
    table = tables.optout
    return select(table.c.chat).where(
        among(table.c.chat, "key", size), table.c.topic.in_([fixed(""), bindparam("topic")])
    )


def _had(size: int) -> Select[Any]:
    counts = select(tables.broadcast.c.id).where(tables.broadcast.c.kind.in_([fixed(k) for k in audience.CAPPED]))
    return select(_table.c.chat, _table.c.at).where(
        among(_table.c.chat, "key", size),
        _table.c.at > bindparam("since", type_=BigInteger),
        _table.c.state.in_([fixed(state) for state in REACHED]),
        _table.c.broadcast != bindparam("of"),
        _table.c.broadcast.in_(counts),
    )


def _elsewhere(size: int) -> Select[Any]:
    """What the other chats of the same persons had."""
    joined, other = tables.joined, tables.joined.alias("other")
    counts = select(tables.broadcast.c.id).where(tables.broadcast.c.kind.in_([fixed(k) for k in audience.CAPPED]))
    pairs = joined.join(other, and_(other.c.group == joined.c.group, other.c.chat != joined.c.chat))
    it = _table.c.broadcast == bindparam("of")
    return (
        select(joined.c.chat, _table.c.at, case((it, _table.c.state), else_=fixed("")).label("state"))
        .select_from(pairs.join(_table, _table.c.chat == other.c.chat))
        .where(
            among(joined.c.chat, "key", size),
            _table.c.at > bindparam("since", type_=BigInteger),
            _table.c.state.in_([fixed(state) for state in REACHED]),
            or_(it, _table.c.broadcast.in_(counts)),
        )
    )


_SIZE = 128
_ABOUT = (_people(_SIZE), _refused(_SIZE), _had(_SIZE), _elsewhere(_SIZE))
MOST = _SIZE
"""Recipients that can be looked up at once."""


async def look_up(
    connection: Connection, id_: int, keys: Collection[str], topic: str, now: int
) -> tuple[dict[str, Person], set[str], dict[str, list[int]], set[str]]:
    """Of these chats (at most MOST): who they are, who wants no more of this topic, when each had what counts.

    And which of them are a person's who has this one in another chat already.
    """
    among_these = places("key", list(keys), _SIZE)
    people, refused, had, elsewhere = await fetch(
        connection,
        (_ABOUT[0], among_these),
        (_ABOUT[1], {**among_these, "topic": topic}),
        (_ABOUT[2], {**among_these, "since": now - WEEK, "of": id_}),
        (_ABOUT[3], {**among_these, "since": now - WEEK, "of": id_}),
    )
    times: dict[str, list[int]] = {}
    for key, at in (*had, *((key, at) for key, at, state in elsewhere if not state)):
        times.setdefault(key, []).append(at)
    got = {key for key, _, state in elsewhere if state not in {"", CLAIMED}}  # two that are claimed at once go both
    return {row[0]: _person(row) for row in people}, {key for (key,) in refused}, times, got


def _person(row: tuple[Any, ...]) -> Person:
    key, channel, external, language, flow, reachable, seen_at, state = row
    address = orjson.loads(state).get("address", "")
    return Person(key, channel, external, language, address, flow, bool(reachable), seen_at)


_ACKNOWLEDGE = (
    update(_table)
    .where(_table.c.broadcast == bindparam("of"), _table.c.n == bindparam("of_n"), _table.c.owner == bindparam("by"))
    .values(
        state=bindparam("new_state"),
        reason=bindparam("new_reason"),
        attempts=bindparam("new_attempts"),
        version=bindparam("new_version"),
        at=bindparam("new_at"),
        message=case((_table.c.chat.like(fixed(f"{ERASED}%")), fixed("")), else_=bindparam("new_message", type_=Text)),
    )
)


async def acknowledge(connection: Connection, outcomes: Iterable[Outcome], owner: int = 0) -> None:
    """Write down what became of recipients whom this process has claimed, as long as nobody else has since."""
    rows = [
        {
            "by": owner,
            "of": o.broadcast,
            "of_n": o.n,
            "new_state": o.state,
            "new_reason": o.reason,
            "new_attempts": o.attempts,
            "new_message": o.message,
            "new_version": o.version,
            "new_at": o.at,
        }
        for o in outcomes
    ]
    await many(connection, _ACKNOWLEDGE, rows)


_DELIVERED = (
    select(_table.c.n, _table.c.chat, _table.c.message)
    .where(
        _table.c.broadcast == bindparam("of"),
        _table.c.channel == bindparam("of_channel"),
        _table.c.n > bindparam("after"),
        _table.c.version < bindparam("of_version"),
        _table.c.state == fixed(SENT),
        _table.c.message != fixed(""),
    )
    .order_by(_table.c.n)
    .limit(bindparam("most", type_=Integer))
    .offset(literal_column("0"))
)


async def delivered(
    connection: Connection, id_: int, channel: str, *, version: int, after: int, most: int
) -> list[Delivered]:
    """The next messages with words older than `version`."""
    values = {"of": id_, "of_channel": channel, "of_version": version, "after": after, "most": most}
    [rows] = await fetch(connection, (_DELIVERED, values))
    return [Delivered(*row) for row in rows]


_CHANGED = (
    update(_table)
    .where(_table.c.broadcast == bindparam("of"), _table.c.n == bindparam("of_n"))
    .values(state=bindparam("new_state"), reason=bindparam("new_reason"), version=bindparam("new_version"))
)


async def changed(connection: Connection, rows: Iterable[tuple[int, int, int, str, str]]) -> None:
    """These (broadcast, version, n, state, reason) have been corrected, deleted, or cannot be."""
    names = ("of", "new_version", "of_n", "new_state", "new_reason")
    await many(connection, _CHANGED, [dict(zip(names, row, strict=True)) for row in rows])
