"""Keys this house signs with: made once, kept with everything else, so that all its processes sign alike."""

from __future__ import annotations

import secrets
import time

from sqlalchemy import bindparam, select

from bot.store import tables
from bot.store.database import insert_new
from bot.store.hot import Connection, fetch, many

BYTES = 32

_FIND = select(tables.key.c.value).where(tables.key.c.name == bindparam("of_name"))


async def signing(connection: Connection, name: str = "sign") -> bytes:
    """The key of that name; it is made when it is asked for first. Two who ask at once get the same."""
    [rows] = await fetch(connection, (_FIND, {"of_name": name}))
    if not rows:
        made = {"name": name, "value": secrets.token_hex(BYTES), "made_at": time.time_ns() // 1_000_000}
        await many(connection, insert_new(connection, tables.key), [made])
        [rows] = await fetch(connection, (_FIND, {"of_name": name}))
    return bytes.fromhex(rows[0][0])
