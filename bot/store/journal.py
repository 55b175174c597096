"""What happened, step by step, without words a person typed: the source of every count."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

from sqlalchemy import bindparam

from bot.store import tables
from bot.store.hot import Connection, many

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that happened in one chat. `answer` is empty where it might be personal."""

    chat: str
    flow: str
    step: str
    what: str
    answer: str
    at: int


_COLUMNS = tuple(f.name for f in fields(Line))
_ADD = tables.journal.insert().inline().values({name: bindparam(name) for name in _COLUMNS})


async def add(connection: Connection, lines: Iterable[Line]) -> None:
    """Write lines."""
    await many(connection, _ADD, [{name: getattr(line, name) for name in _COLUMNS} for line in lines])
