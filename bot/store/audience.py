"""An audience as SQL: who is meant, who of them does not get it and why, and a few of them to look at."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time
from typing import TYPE_CHECKING, Any

from sqlalchemy import Text, and_, bindparam, case, func, literal, literal_column, not_, or_, select, true

from bot.broadcast.audience import Everyone, InGuide, Is, Joined, Node, Under, Wants, When
from bot.broadcast.reason import Reason
from bot.engine.chat import ASIDE
from bot.engine.event import VIETNAM
from bot.store.tables import broadcast, chat, joined, optout, reach, recipient, session

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from sqlalchemy import ColumnElement, Select
    from sqlalchemy.ext.asyncio import AsyncConnection

DAY = 24 * 3_600_000
WEEK = 7 * DAY

IN_A_GUIDE = 30 * 60_000
"""Milliseconds since a person's last word in which an open guide counts as being walked through right now."""

CAPPED = ("tip", "notice")
"""Classes that count for the frequency cap, and are held back by it."""

TO_ALL = ("emergency", "test")
"""Classes that go to every chat of a person: better twice than not at all."""

REACHED = ("claimed", "sent", "unknown", "deleted")
"""States of somebody who has got a broadcast, or may have."""

_AFTER_SLASH = chr(ord("/") + 1)

_TIMES = {"last_seen": chat.c.seen_at, "created": chat.c.created_at}


@dataclass(frozen=True, slots=True)
class Terms:
    """What keeps people from getting a broadcast: its topic and class, the channels in service, the caps (0: none).

    `windows`: channels where a person must have done something lately, with the milliseconds.
    """

    topic: str
    kind: str
    channels: tuple[str, ...]
    a_day: int
    a_week: int
    windows: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Meant:
    """The chats a broadcast is for, and why each of them does not get it ("" if it does).

    `why` is for one piece of the chats, between two keys: what it looks up in other tables is no more than that.
    `only`: who does not get it is not written down.
    """

    who: ColumnElement[bool]
    why: ColumnElement[str]
    only: bool = False


@dataclass(frozen=True, slots=True)
class Example:
    """One of the audience. `reason` says why they do not get it; "" if they do."""

    chat: str
    language: str
    place: str
    seen_at: int
    where: str  # the open guide and its step
    reason: str


def in_piece(key: ColumnElement[str]) -> ColumnElement[bool]:
    """Whether a chat's key is behind "after", up to "upto"."""
    return and_(key > bindparam("after", type_=Text), key <= bindparam("upto", type_=Text))


def beginning(day: date) -> int:
    """When a day begins in Viet Nam, in milliseconds."""
    return int(datetime.combine(day, time(), VIETNAM).timestamp() * 1000)


def condition(node: Node, now: int) -> ColumnElement[bool]:
    """The chats that are meant. Who is set aside on a shared phone is nobody's audience.

    By the key alone, so that of everybody no row need be read to find the end of a piece.
    """
    return and_(chat.c.key.not_like(f"%{ASIDE}%"), _of(node, now))


def _of(node: Node, now: int) -> ColumnElement[bool]:
    match node:
        case Everyone():
            return true()
        case Is(name, values, _, negated):
            among = chat.c[name].in_(values) if len(values) > 1 else chat.c[name] == values[0]
            return not_(among) if negated else among
        case Under(place):
            within = and_(chat.c.place >= f"{place}/", chat.c.place < f"{place}{_AFTER_SLASH}")
            return or_(chat.c.place == place, within)  # a span of the index
        case When(name, side, days, day):
            at = beginning(day) if day else now - days * DAY
            return _TIMES[name] < at if side == "before" else _TIMES[name] >= at
        case InGuide(state, guide, step, _):
            found = [session.c.flow == guide]
            if state != "started":
                found.append(session.c.finished.is_(state == "finished"))
            if step:
                found.append(session.c.step == step)
            return chat.c.key.in_(select(session.c.chat).where(*found))
        case Wants(topic):
            return not_(_opted_out(topic))
        case Joined(word, parts):
            inside = [_of(part, now) for part in parts]
            return not_(inside[0]) if word == "not" else (and_ if word == "and" else or_)(*inside)


def meant(node: Node, terms: Terms, now: int) -> Meant:
    """Everybody of an audience, with the reasons that stay."""
    who = condition(node, now)
    return Meant(who, reason(terms, now, who, in_pieces=True))


def reason(
    terms: Terms, now: int, among: ColumnElement[bool] | None = None, *, in_pieces: bool = False
) -> ColumnElement[str]:
    """Why a chat does not get it, for reasons that stay; "" if it does.

    `among`: those who are meant; of the chats of one person among them only one gets it. `in_pieces`: the chat is
    one of a piece (`in_piece`).
    """
    ways: list[tuple[ColumnElement[bool], Reason]] = [
        (not_(chat.c.reachable), Reason.UNREACHABLE),
        (chat.c.channel.not_in(terms.channels), Reason.CHANNEL_OFF),
        (_opted_out(terms.topic, in_pieces=in_pieces), Reason.OPTED_OUT),
    ]
    if terms.kind in CAPPED and (terms.a_day or terms.a_week):
        ways += [(_had_enough(terms, now), Reason.HAD_ENOUGH), (_had_enough_elsewhere(terms, now), Reason.HAD_ENOUGH)]
    if among is not None and terms.kind not in TO_ALL:
        ways.append((_gets_it_elsewhere(among, reason(terms, now), in_pieces=in_pieces), Reason.SAME_PERSON))
    return case(*((way, literal(why.value)) for way, why in ways), else_=literal(""))


def reason_now(terms: Terms, now: int, among: ColumnElement[bool] | None = None) -> ColumnElement[str]:
    """The same, and who may not be written to or walks through a guide at this moment."""
    stays = reason(terms, now, among)
    if terms.windows:
        stays = case((stays != "", stays), (_shut(terms, now), literal(Reason.WINDOW.value)), else_=literal(""))
    walking = and_(chat.c.flow != "", chat.c.seen_at > now - IN_A_GUIDE)
    if terms.kind == "emergency":
        return stays
    return case((stays != "", stays), (walking, literal(Reason.IN_A_GUIDE.value)), else_=literal(""))


_PLAN = select(func.set_config("plan_cache_mode", "force_custom_plan", True), func.set_config("jit", "off", True))
_QUICK = _PLAN.add_columns(func.set_config("synchronous_commit", "off", True))


async def plan(connection: AsyncConnection, *, waits: bool = True) -> None:
    """Have PostgreSQL plan for these very values until the end of the transaction.

    After the fifth time it would plan for any, ten times slower; and it would compile for longer than it runs.
    `waits` False: nor does the commit wait for the disk.
    """
    if connection.dialect.name == "postgresql":
        await connection.execute(_PLAN if waits else _QUICK)


async def count(connection: AsyncConnection, node: Node, terms: Terms, now: int) -> dict[str, int]:
    """How many are meant, by reason; "" counts those who would get it now."""
    await plan(connection)
    who = condition(node, now)
    why = select(reason_now(terms, now, who).label("why")).where(who).subquery()
    rows = await connection.execute(select(why.c.why, func.count()).group_by(why.c.why))
    return {reason: number for reason, number in rows}  # noqa: C416 (rows are no tuples)


async def sample(connection: AsyncConnection, node: Node, terms: Terms, now: int, most: int = 5) -> list[Example]:
    """Some of those who are meant: who was seen last, whether they get it or not."""
    step = select(session.c.step).where(session.c.chat == chat.c.key, session.c.flow == chat.c.flow)
    columns = (chat.c.key, chat.c.language, chat.c.place, chat.c.seen_at, chat.c.flow)
    who = condition(node, now)
    query = select(*columns, step.scalar_subquery(), reason_now(terms, now, who)).where(who)
    rows = await connection.execute(query.order_by(chat.c.seen_at.desc()).limit(most))
    return [
        Example(key, language, place, seen_at, f"{flow}/{at}" if flow and at else flow, why)
        for key, language, place, seen_at, flow, at, why in rows
    ]


def _opted_out(topic: str, *, in_pieces: bool = False) -> ColumnElement[bool]:
    topics: Sequence[Any] = ("", topic)
    of = (optout.c.chat == chat.c.key, optout.c.topic.in_(topics), *([in_piece(optout.c.chat)] if in_pieces else []))
    return select(literal_column("1")).where(*of).correlate(chat).exists()


def _shut(terms: Terms, now: int) -> ColumnElement[bool]:
    """The platform takes nothing for them until they do something."""
    ways = []
    for name, milliseconds in terms.windows:
        row = (reach.c.channel == chat.c.channel, reach.c.chat == chat.c.external)
        since = reach.c.opened_at > now - milliseconds
        opened: Select[Any] = select(literal_column("1")).where(*row, since).correlate(chat)
        ways.append(and_(chat.c.channel == name, not_(opened.exists())))
    return or_(*ways)


def _gets_it_elsewhere(among: ColumnElement[bool], why: ColumnElement[str], *, in_pieces: bool) -> ColumnElement[bool]:
    """Whether another chat of the same person gets it: the one that was used last."""
    newest_first = func.row_number().over(partition_by=joined.c.group, order_by=(chat.c.seen_at.desc(), chat.c.key))
    gets = select(chat.c.key, newest_first.label("place")).join_from(joined, chat, chat.c.key == joined.c.chat)
    near = joined.alias("near")
    persons = [joined.c.group.in_(select(near.c.group).where(in_piece(near.c.chat)))] if in_pieces else []
    ranked = gets.where(among, why == "", *persons).subquery()
    return chat.c.key.in_(select(ranked.c.key).where(ranked.c.place > 1))


def _had_enough(terms: Terms, now: int) -> ColumnElement[bool]:
    """Whether a chat has got as many broadcasts that count as it should within a day or a week."""
    enough, counts = _enough(terms, now)
    had = select(enough).where(recipient.c.chat == chat.c.key, *counts)
    return had.correlate(chat).scalar_subquery()


def _had_enough_elsewhere(terms: Terms, now: int) -> ColumnElement[bool]:
    """Whether all chats of the same person together have."""
    enough, counts = _enough(terms, now)
    other = joined.alias("other")
    pairs = joined.join(other, other.c.group == joined.c.group).join(recipient, recipient.c.chat == other.c.chat)
    return chat.c.key.in_(
        select(joined.c.chat).select_from(pairs).where(*counts).group_by(joined.c.chat).having(enough)
    )


def _enough(terms: Terms, now: int) -> tuple[ColumnElement[bool], tuple[ColumnElement[bool], ...]]:
    """Whether some recipients are too many, and which of them count."""
    counts = select(broadcast.c.id).where(broadcast.c.kind.in_(CAPPED))
    most = {DAY: terms.a_day, WEEK: terms.a_week}
    since = {span: now - span for span, number in most.items() if number}
    enough = or_(*(func.count(case((recipient.c.at > at, 1))) >= most[span] for span, at in since.items()))
    lately = recipient.c.at > min(since.values())
    return enough, (lately, recipient.c.state.in_(REACHED), recipient.c.broadcast.in_(counts))
