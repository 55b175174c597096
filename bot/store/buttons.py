"""What every button that was ever shown means. Written when a guide comes into service, never deleted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import bindparam, select

from bot.engine.button import ButtonMeaning
from bot.store import tables
from bot.store.database import insert_new

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from sqlalchemy.ext.asyncio import AsyncConnection

_FIND = select(tables.button).where(tables.button.c.id.in_(bindparam("ids", expanding=True)))


async def add(connection: AsyncConnection, meanings: Mapping[str, ButtonMeaning]) -> None:
    """Remember these for ever."""
    rows = [
        {"id": id_, "flow": m.flow, "digest": m.digest, "step": m.step, "answer": m.answer}
        for id_, m in meanings.items()
    ]
    if rows:
        await connection.execute(insert_new(connection, tables.button), rows)


async def find(connection: AsyncConnection, ids: Collection[str]) -> dict[str, ButtonMeaning]:
    """The meanings of those ids that were ever shown."""
    rows = await connection.execute(_FIND, {"ids": list(ids)})
    return {r.id: ButtonMeaning(r.flow, r.digest, r.step, r.answer) for r in rows}
