"""An upgrade without a stop: old and new processes on one schema. Migrations only add, and nobody minds what is new."""

from __future__ import annotations

import ast

import orjson
import pytest
from sqlalchemy import text

from bot.channel.base import Incoming, What
from bot.store import migrate, relay, tables
from bot.store.database import open_database
from tests.kit.shell import a_bot, make_root

VERSIONS = sorted((migrate.FOLDER / "versions").glob("*.py"))

ADDS = {"create_table", "create_index", "add_column", "drop_index", "execute", "get_bind", "alter_column"}
"""What a migration may do; an index may go, since no statement names one. A column of text may get another order."""


@pytest.mark.parametrize("path", VERSIONS, ids=lambda path: path.stem)
def test_a_migration_only_adds(path):
    """Nothing an older process reads or writes is renamed, dropped or narrowed; a new column has a default."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
            continue
        if isinstance(node.func.value, ast.Name) and node.func.value.id == "op":
            assert node.func.attr in ADDS, f"{path.name}:{node.lineno} op.{node.func.attr}"
        if node.func.attr == "alter_column":
            assert {word.arg for word in node.keywords} == {"type_", "existing_nullable"}, f"{path.name}:{node.lineno}"
            assert "type_=sa.Text(collation=" in ast.unparse(node), f"{path.name}:{node.lineno}"
        if node.func.attr == "add_column":
            words = ast.unparse(node)
            assert "server_default" in words or "nullable=True" in words, f"{path.name}:{node.lineno}"
        if node.func.attr == "execute":
            words = ast.unparse(node).upper()
            assert not any(word in words for word in ("DROP ", "RENAME", " TYPE ")), f"{path.name}:{node.lineno}"


@pytest.mark.usefixtures("both_databases")
async def test_a_process_goes_on_while_a_newer_one_brings_a_newer_schema(tmp_path):
    """A new column in every table, and a new table: people walk on as before."""
    async with a_bot(make_root(tmp_path)) as bot:
        await bot.says("1", "/start tea")
        async with bot.app.database.write() as connection:
            for table in tables.metadata.sorted_tables:
                await connection.execute(
                    text(f"ALTER TABLE \"{table.name}\" ADD COLUMN newer TEXT NOT NULL DEFAULT 'x'")
                )
            await connection.execute(text("CREATE TABLE newest (id INTEGER PRIMARY KEY)"))
            await connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        for words in ("trà xanh", "xong", "3", "Bà Tư"):
            await bot.says("1", words)
        assert bot.last("1") == "Xong 3 chén mời Bà Tư"
        await bot.says("2", "/start rice")
        assert bot.last("2") == "Vo gạo"


async def test_what_a_newer_process_passes_on_is_taken_without_what_is_not_known(server):
    """A field or a kind of a newer version keeps nobody waiting."""
    url = server.ready()
    database = await open_database(url)
    known = orjson.loads(orjson.dumps(Incoming("a", "1", "x", 5, What.TEXT, "hello")))
    async with database.write() as connection:
        for payload in ({**known, "mood": "new"}, {**known, "what": "dance"}):
            row = {"part": 1, "chat": "a:1", "external": "x", "payload": orjson.dumps(payload).decode(), "at": 5}
            await connection.execute(tables.relay.insert().values(row))
    async with database.read() as connection:
        found = [incoming for _, incoming in await relay.waiting(connection, [1], 5)]
    assert found[0] == Incoming("a", "1", "x", 5, What.TEXT, "hello")
    assert found[1].what is What.OTHER
    await database.close()
    server.drop(url)
