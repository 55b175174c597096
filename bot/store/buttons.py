"""What every button that was ever shown means. Written when a guide comes into service, never deleted."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from bot.engine.button import ButtonMeaning
from bot.store import tables
from bot.store.database import insert_new
from bot.store.hot import Connection, among, fetch, many, places, size_for

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from sqlalchemy import Select


@cache
def _find(size: int) -> Select[Any]:
    table = tables.button
    return select(table.c.id, table.c.flow, table.c.digest, table.c.step, table.c.answer).where(
        among(table.c.id, "id", size)
    )


async def add(connection: Connection, meanings: Mapping[str, ButtonMeaning]) -> None:
    """Remember these for ever. Those that are known stay as they are: 30,000 of them take about a tenth of a second."""
    rows = [
        {"id": id_, "flow": m.flow, "digest": m.digest, "step": m.step, "answer": m.answer}
        for id_, m in meanings.items()
    ]
    await many(connection, insert_new(connection, tables.button), rows)


async def find(connection: Connection, ids: Collection[str]) -> dict[str, ButtonMeaning]:
    """The meanings of those of these ids (1 to 256) that were ever shown."""
    size = size_for(len(ids))
    [rows] = await fetch(connection, (_find(size), places("id", list(ids), size)))
    return {id_: ButtonMeaning(flow, digest, step, answer) for id_, flow, digest, step, answer in rows}
