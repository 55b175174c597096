"""How fast everybody together may be sent to: a row for each channel, shared by all who send (GCRA).

`next_at` is when the next message may go out. Whoever sends takes the next few moments and moves it on, so that
messages go out evenly. When the platform says "too fast", the row is held, and with it everybody.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, select

from bot.store import tables
from bot.store.database import upsert
from bot.store.hot import Connection, Question, Rows, among, many, places, size_for

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from sqlalchemy import Select

SECOND = 1_000_000
"""Microseconds."""

SLACK = SECOND // 50
"""By how much a sender that was held up may catch up: more would make a second too full."""

FAR = 10 * SECOND
"""A next moment further ahead than anybody takes: the clock has been set back, and it counts for nothing."""


@dataclass(frozen=True, slots=True)
class Moment:
    """A row: microseconds, and for holding milliseconds."""

    next_at: int = 0
    held_at: int = 0
    held_until: int = 0

    def is_held(self, now: int) -> bool:
        """Whether nobody may be sent anything at `now` (milliseconds). A hold from the future is a clock set back."""
        return self.held_at <= now < self.held_until

    def slots(self, now: int, each: float, window: int, most: int) -> tuple[int, int]:
        """When the next message may go out (microseconds), and how many may begin before `now` + `window`.

        `now` and `window` in milliseconds, `each` is microseconds from one to the next (0: as many as there are).
        """
        here = now * 1000
        first = max(self.next_at, here - SLACK) if self.next_at < here + FAR + each else here
        if not each:
            return here, most
        free = here + window * 1000 - first
        return first, max(0, min(most, int(free // each) + 1)) if free >= 0 else 0


@cache
def _find(size: int) -> Select[Any]:
    table = tables.pace
    return select(table).where(among(table.c.key, "key", size)).with_for_update()


def stored(keys: Collection[str]) -> Question:
    """The rows of these keys, held for the transaction; `read` says what they are."""
    size = size_for(len(keys))
    return _find(size), places("key", sorted(keys), size)


def read(rows: Rows, keys: Collection[str]) -> dict[str, Moment]:
    """A moment for each key."""
    found = {key: Moment(*rest) for key, *rest in rows}
    return {key: found.get(key, Moment()) for key in keys}


async def save(connection: Connection, moments: Mapping[str, Moment]) -> None:
    """Write rows."""
    rows = [
        {"key": key, "next_at": m.next_at, "held_at": m.held_at, "held_until": m.held_until}
        for key, m in moments.items()
    ]
    await many(connection, upsert(connection, tables.pace), rows)


_DROP = tables.pace.delete().where(tables.pace.c.key == bindparam("of_key"))


async def drop(connection: Connection, key: str) -> None:
    """A row nobody needs any more."""
    await many(connection, _DROP, [{"of_key": key}])
