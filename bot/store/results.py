"""What a broadcast led to: who got it, what they did within three days, and what those did who were held out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import distinct, func, select

from bot.store import recipients, tables
from bot.store.recipients import DELETED, ERASED, HELD_OUT, SENT, SKIPPED

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement
    from sqlalchemy.ext.asyncio import AsyncConnection

    from bot.store.broadcasts import Row

WITHIN = 72 * 3_600_000
"""Milliseconds after a message in which a start or a finish counts as its doing."""

_of, _line = tables.recipient, tables.journal


async def results(connection: AsyncConnection, row: Row) -> dict[str, Any]:
    """The report as plain data. `rate` is messages a second; the rates of a guide are in a hundred people."""
    counted = await recipients.counts(connection, row.id)
    states: dict[str, int] = {}
    reasons: dict[str, dict[str, int]] = {}
    for (state, reason), number in sorted(counted.items()):
        states[state] = states.get(state, 0) + number
        if reason:
            reasons.setdefault(state, {})[reason] = number
    guide = row.content.guide
    got = states.get(SENT, 0) + states.get(DELETED, 0)
    held = counted.get((SKIPPED, HELD_OUT), 0)
    report: dict[str, Any] = {
        "recipients": sum(states.values()),
        "states": states,
        "reasons": reasons,
        "rate": 0.0 if row.series else await _rate(connection, row.id),
        "waits": row.waits,
        "taps": await _taps(connection, row.name, "tapped"),
        "opt_outs": await _taps(connection, row.name, "fewer"),
    }
    if guide:
        reached = _of.c.state.in_((SENT, DELETED))
        report["guide"] = guide
        report["sent_to"] = await _did(connection, row.id, guide, reached, got)
        report["held_out"] = await _did(connection, row.id, guide, _of.c.reason == HELD_OUT, held)
    return report


async def _rate(connection: AsyncConnection, id_: int) -> float:
    """Messages a second from the first to the last; of a series, which is sent at many times, it would say nothing."""
    got = (_of.c.broadcast == id_, _of.c.state.in_((SENT, DELETED)), _of.c.chat.not_like(f"{ERASED}%"))
    query = select(func.count(), func.min(_of.c.at), func.max(_of.c.at)).where(*got)
    number, first, last = (await connection.execute(query)).one()
    return round((number - 1) * 1000 / (last - first), 1) if number > 1 and last > first else 0.0


async def _taps(connection: AsyncConnection, name: str, what: str) -> int:
    """Taps on its buttons, as the journal has them."""
    query = select(func.count()).where(_line.c.step == name, _line.c.what == what)
    return int((await connection.execute(query)).scalar_one())


async def _did(
    connection: AsyncConnection, id_: int, guide: str, who: ColumnElement[bool], people: int
) -> dict[str, float]:
    """How many of them started and finished the guide in time, and in a hundred."""
    found: dict[str, float] = {"people": people}
    for name, line in (("started", (_line.c.what == "started",)), ("finished", _FINISHED)):
        query = select(func.count(distinct(_of.c.chat))).where(
            *(_of.c.broadcast == id_, who),
            *(_line.c.chat == _of.c.chat, _line.c.flow == guide, *line),
            *(_line.c.at >= _of.c.at, _line.c.at < _of.c.at + WITHIN),
        )
        found[name] = int((await connection.execute(query)).scalar_one())
        found[f"{name}_rate"] = round(100 * found[name] / people, 1) if people else 0.0
    return found


_FINISHED = (_line.c.what == "ended", _line.c.answer == "done")
