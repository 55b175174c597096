"""Moving house: every row arrives in the other kind of database as it was, or none does."""

from __future__ import annotations

import tracemalloc

import pytest
from sqlalchemy import Boolean, Integer, Text, func, select, text

from bot.store import journal, tables
from bot.store.copy import AT_ONCE, NotCopied, copy
from bot.store.database import open_database

LINE = journal.Line("a:1", "tea", "s", "answered", "", 1)


@pytest.fixture(params=["to-postgresql", "to-sqlite"])
async def houses(request, server, tmp_path):
    """Where it comes from and where it goes to, both empty."""
    file, url = f"sqlite+aiosqlite:///{tmp_path / 'bot.db'}", server.ready()
    opened = [await open_database(each) for each in ((file, url) if request.param == "to-postgresql" else (url, file))]
    yield opened
    for each in opened:
        await each.close()
    server.drop(url)


def _value(column, number):
    """Something a column can hold, different in every row, with what is hard to carry over."""
    if isinstance(column.type, Boolean):
        return bool(number % 2)
    if isinstance(column.type, Integer):  # of any size
        return number if column.type.__class__ is Integer and column.name != "id" else (1 << 62) + number
    assert isinstance(column.type, Text)
    return f"{number} Bà Tư “ngoặc” \t\\N \\. \n 🍵 '; --" if number % 3 else f"{number}"


async def _fill(database, count):
    async with database.write() as connection:
        for table in tables.metadata.sorted_tables:
            rows = [{column.name: _value(column, number) for column in table.columns} for number in range(count)]
            await connection.execute(table.insert(), rows)


async def _rows(database, table):
    async with database.read() as connection:
        found = await connection.execute(select(table).order_by(*table.primary_key))
        return sorted((dict(row) for row in found.mappings()), key=str)


async def test_every_row_of_every_table_arrives_as_it_was(houses):
    """More than one part of each table, odd letters, truth and large numbers; the counts are told."""
    old, new = houses
    await _fill(old, AT_ONCE + 7)
    told = {}
    await copy(old, new, told.__setitem__)
    assert told == dict.fromkeys(tables.metadata.tables, AT_ONCE + 7)
    for table in tables.metadata.sorted_tables:
        assert await _rows(new, table) == await _rows(old, table), table.name


async def test_ids_go_on_above_the_copied_ones(houses):
    """What is written after the move does not meet what came with it."""
    old, new = houses
    async with old.write() as connection:
        await journal.add(connection, [LINE] * 3)
    await copy(old, new, lambda *_: None)
    async with new.batch() as batch:
        await journal.add(batch, [LINE])
    assert len({row["id"] for row in await _rows(new, tables.journal)}) == 4


async def test_an_empty_house_is_moved_too(houses):
    """Nothing to carry is no fault."""
    old, new = houses
    told = {}
    await copy(old, new, told.__setitem__)
    assert set(told.values()) == {0}
    async with new.batch() as batch:
        await journal.add(batch, [LINE])


async def test_a_target_with_a_single_row_is_refused_and_stays_as_it_was(houses):
    """Two installations are never mixed."""
    old, new = houses
    await _fill(old, 3)
    async with new.write() as connection:
        await journal.add(connection, [LINE])
    with pytest.raises(NotCopied, match="not empty, there are rows in: journal"):
        await copy(old, new, lambda *_: None)
    assert len(await _rows(new, tables.journal)) == 1
    assert await _rows(new, tables.chat) == []


async def test_a_move_that_fails_on_the_way_leaves_nothing(houses):
    """The last table holds what the target does not take: none of the others arrives, and the next try works."""
    old, new = houses
    await _fill(old, 5)
    last = tables.metadata.sorted_tables[-1]
    async with new.write() as connection:
        kind = connection.dialect.name
        if kind == "sqlite":
            what = f"CREATE TRIGGER no BEFORE INSERT ON {last.name} BEGIN SELECT RAISE(ABORT, 'not this'); END"
            mend = "DROP TRIGGER no"
        else:
            column = next(c.name for c in last.columns if isinstance(c.type, Text))
            what = f"ALTER TABLE {last.name} ADD CONSTRAINT no CHECK ({column} = 'not this')"
            mend = f"ALTER TABLE {last.name} DROP CONSTRAINT no"
        await connection.execute(text(what))
    with pytest.raises(NotCopied, match=f"does not take the rows of '{last.name}'"):
        await copy(old, new, lambda *_: None)
    for table in tables.metadata.sorted_tables:
        assert await _rows(new, table) == [], table.name
    async with new.write() as connection:
        await connection.execute(text(mend))
    await copy(old, new, lambda *_: None)
    assert len(await _rows(new, last)) == 5


async def test_rows_that_get_lost_on_the_way_are_noticed(houses):
    """The counts are of what the target really holds."""
    old, new = houses
    await _fill(old, 5)
    async with new.write() as connection:
        if connection.dialect.name == "sqlite":
            await connection.execute(
                text("CREATE TRIGGER no BEFORE INSERT ON journal WHEN NEW.flow = '3' BEGIN SELECT RAISE(IGNORE); END")
            )
        else:
            body = "BEGIN IF NEW.flow = ''3'' THEN RETURN NULL; END IF; RETURN NEW; END"
            await connection.execute(text(f"CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS '{body}'"))
            await connection.execute(
                text("CREATE TRIGGER no BEFORE INSERT ON journal FOR EACH ROW EXECUTE FUNCTION no()")
            )
    with pytest.raises(NotCopied, match="of 5 rows in 'journal' 4 have arrived"):
        await copy(old, new, lambda *_: None)
    async with new.read() as connection:
        assert await connection.scalar(select(func.count()).select_from(tables.chat)) == 0


async def test_memory_does_not_grow_with_the_number_of_people(houses):
    """30 MB of chats are carried over in a few."""
    old, new = houses
    many = [
        {column.name: _value(column, number) for column in tables.chat.columns} | {"state_json": f"{number:03000}"}
        for number in range(10_000)
    ]
    async with old.write() as connection:
        await connection.execute(tables.chat.insert(), many)
    del many
    tracemalloc.start()
    try:
        await copy(old, new, lambda *_: None)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 20_000_000
