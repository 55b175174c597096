"""Chats in partitions: what several processes share among themselves is a partition, with everything of its chats."""

from __future__ import annotations

from functools import lru_cache
from hashlib import sha256
from typing import TYPE_CHECKING

from sqlalchemy import ARRAY, BigInteger, Integer, Text, any_, bindparam, func, literal_column, true

from bot.engine.chat import ASIDE

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy import ColumnElement
    from sqlalchemy.ext.asyncio import AsyncConnection

PARTITIONS = 64
"""How many there are. Processes of all versions that serve together have to agree on it: it never changes."""

NUMBERS = ARRAY(BigInteger)
"""The type of a list of partitions, on PostgreSQL."""


@lru_cache(maxsize=16_384)
def part_of(key: str) -> int:
    """The partition of a chat's key; people who share a phone are in the same one."""
    return sha256(key.partition(ASIDE)[0].encode()).digest()[0] % PARTITIONS


def part(key: ColumnElement[str]) -> ColumnElement[int]:
    """The same in PostgreSQL."""
    phone = func.split_part(key, literal_column(f"'{ASIDE}'", Text), literal_column("1", Integer))
    first = func.get_byte(func.sha256(func.convert_to(phone, literal_column("'UTF8'", Text))), literal_column("0"))
    return first % literal_column(str(PARTITIONS), Integer)


def part_at(connection: AsyncConnection, key: ColumnElement[str]) -> ColumnElement[int]:
    """The same at either database; on SQLite, where nothing is shared, all is in partition 0."""
    return (
        part(key) if connection.dialect.name == "postgresql" else literal_column("(0 + 0)", Integer)
    )  # a bare 0 would be a column's place


def among_parts(key: ColumnElement[str], parts: Collection[int] | None) -> ColumnElement[bool]:
    """Whether a chat is in one of these partitions; None: in any, and nothing is asked of the database."""
    if parts is None:
        return true()
    return part(key) == any_(bindparam(None, list(parts), type_=NUMBERS, unique=True))
