"""The whole movement as rows: 1.6 million people in 166 communes and 423 teams, the same for the same seed."""

import asyncio
import random
import sqlite3
import time
from collections.abc import Iterator
from itertools import islice
from typing import Any

import asyncpg
import orjson
from sqlalchemy import Table
from sqlalchemy.engine import make_url

from bot.engine.chat import Chat
from bot.engine.session import Session
from bot.store import tables
from bot.store.database import open_database

PEOPLE, COMMUNES, TEAMS = 1_600_000, 166, 423
"""The size of the movement in Thanh Hoa: people to be reached, communes and wards since July 2025, teams."""

GUIDES, STEPS = 27, 8
PROVINCE = "thanh-hoa"
DAY = 24 * 3_600_000
PIECE = 20_000


def place(number: int) -> str:
    """A commune."""
    return f"{PROVINCE}/commune-{number:03}"


def guide(number: int) -> str:
    """A guide; the first is the one two in five have opened."""
    return f"guide-{number:02}"


def step(number: int) -> str:
    """A step of any guide."""
    return f"step-{number}"


def _rows(people: int, seed: int, now: int) -> Iterator[tuple[tuple[Any, ...], list[tuple[Any, ...]]]]:
    """A chat and its sessions, person by person."""
    dice = random.Random(seed)
    weights = [0.4] + [0.6 / (GUIDES - 1)] * (GUIDES - 1)
    picks = iter(dice.choices(range(GUIDES), weights, k=2 * people))
    whole = orjson.dumps(Chat("", "", "", "vi", 0, 0, address="bac", welcomed=True).state_to_json()).decode()
    for number in range(people):
        key, external = f"telegram:{1_000_000_000 + 3 * number}", str(1_000_000_000 + 3 * number)
        seen = now - int(dice.random() ** 3 * 300 * DAY) - 3_600_000
        opened = {next(picks)} | ({next(picks)} if number % 4 == 0 else set())
        sessions = []
        for each in opened:
            at, finished = dice.randrange(STEPS), dice.random() < 0.6
            made = Session(guide(each), "0123456789abcdef", step(at), seen, finished=finished)
            sessions.append((key, made.flow, made.step, finished, seen, orjson.dumps(made.to_json()).decode()))
        lives, helped = place(dice.randrange(COMMUNES)), f"team-{dice.randrange(TEAMS):03}"
        reachable = dice.random() > 0.03
        about = (seen - 30 * DAY, seen, whole, lives, helped)
        yield (key, "telegram", external, "vi", sessions[0][1], reachable, *about), sessions


async def build(url: str, *, people: int, seed: int) -> float:
    """Fill an empty database; how many seconds it took."""
    begun = time.perf_counter()
    await (await open_database(url)).close()
    rows = _rows(people, seed, time.time_ns() // 1_000_000)
    address = make_url(url)
    if address.get_backend_name() == "sqlite":
        await asyncio.to_thread(_into_sqlite, str(address.database), rows)
    else:
        await _into_postgres(address.set(drivername="postgresql").render_as_string(hide_password=False), rows)
    return time.perf_counter() - begun


def _pieces(rows: Iterator[Any]) -> Iterator[dict[Table, list[tuple[Any, ...]]]]:
    while piece := list(islice(rows, PIECE)):
        chats, sessions = zip(*piece, strict=True)
        out = [(chat[0], "scams", 1) for index, chat in enumerate(chats) if index % 50 == 0]
        yield {
            tables.chat: list(chats),
            tables.session: [one for each in sessions for one in each],
            tables.optout: out,
        }


def _columns(table: Table) -> list[str]:
    """The columns that are filled here: what other parts of the bot add has a value of its own."""
    names = [column.name for column in table.columns]
    return names if table is not tables.chat else names[: names.index("team") + 1]


def _into_sqlite(path: str, rows: Iterator[Any]) -> None:
    connection = sqlite3.connect(path)
    for piece in _pieces(rows):
        for table, found in piece.items():
            names = _columns(table)
            places = ", ".join("?" * len(names))
            connection.executemany(f"INSERT INTO {table.name} ({', '.join(names)}) VALUES ({places})", found)
        connection.commit()
    connection.close()


async def _into_postgres(dsn: str, rows: Iterator[Any]) -> None:
    connection = await asyncpg.connect(dsn)
    for piece in _pieces(rows):
        for table, found in piece.items():
            names = _columns(table)
            await connection.copy_records_to_table(table.name, records=found, columns=names)
    await connection.execute("VACUUM ANALYZE")  # as the server does by itself, a little later
    await connection.close()
