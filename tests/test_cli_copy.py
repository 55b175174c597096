"""`bot db copy`: a house moves from a file to a server and back, people and all; and what stands in the way is said."""

from __future__ import annotations

import asyncio
import json

import pytest
from sqlalchemy.engine import make_url

from bot.store import tables
from bot.store.database import open_database
from tests.kit.process import bot_run, called
from tests.kit.shell import DATABASE, a_bot, make_root


@pytest.fixture
def bare(server):
    """The address of a database without tables."""
    made = server.empty()
    yield made
    server.drop(made)


async def _walk(root, *steps):
    """Whoever is named does the next thing; where they stand then."""
    async with a_bot(root) as bot:
        for person, words in steps:
            await bot.says(person, words)
        return {person: await bot.step(person) for person in "12"}


async def test_people_go_on_where_they_stood_after_each_move(tmp_path, bare, monkeypatch):
    """From a file to PostgreSQL, where the bot goes on, and back to another file, where it goes on again."""
    root = make_root(tmp_path / "house")
    old, new = (f"sqlite+aiosqlite:///{tmp_path / name}.db" for name in ("old", "new"))
    monkeypatch.setenv(DATABASE, old)
    assert await _walk(root, ("1", "/start tea"), ("1", "trà xanh"), ("2", "/start rice")) == {
        "1": "tea/boil",
        "2": "rice/wash",
    }
    moved = await asyncio.to_thread(called, root, "db", "copy", old, bare)
    assert moved.returncode == 0, moved.stderr
    counts = dict(line.split() for line in moved.stdout.splitlines())
    assert set(counts) == set(tables.metadata.tables)
    assert counts["chat"] == counts["session"] == "2"
    assert str(make_url(bare).password) not in moved.stdout + moved.stderr

    monkeypatch.setenv(DATABASE, bare)
    assert await _walk(root) == {"1": "tea/boil", "2": "rice/wash"}
    assert (await _walk(root, ("1", "xong"), ("2", "xong"))) == {"1": "tea/cups", "2": "rice/cook"}
    moved = await asyncio.to_thread(called, root, "db", "copy", bare, new)
    assert moved.returncode == 0, moved.stderr
    monkeypatch.setenv(DATABASE, new)
    assert (await _walk(root, ("1", "3"))) == {"1": "tea/guest", "2": "rice/cook"}


async def test_what_stands_in_the_way_of_a_move_is_said(tmp_path, bare):
    """No address, no source, the same twice, a bot that serves at either end, a target in use: nothing is copied."""
    root = make_root(tmp_path / "house")
    old = f"sqlite+aiosqlite:///{tmp_path / 'old.db'}"

    def tell(*words, code):
        done = called(root, "db", "copy", *words)
        assert done.returncode == code, done.stderr
        assert "Traceback" not in done.stderr
        assert done.stdout == ""
        return done.stderr

    async def told(*words, code):
        return await asyncio.to_thread(tell, *words, code=code)

    assert "are database addresses" in await told("house.db", bare, code=2)
    assert "nothing to copy" in await told(old, bare, code=2)
    assert not (tmp_path / "old.db").exists()
    assert "the same database" in await told(bare, bare, code=2)
    assert "it cannot be reached" in await told(bare, "postgresql+asyncpg://u:hush@127.0.0.1:1/x", code=3)
    serving = await open_database(old, alone=True)
    assert "another bot uses this database" in await told(old, bare, code=3)
    await serving.close()
    serving = await open_database(bare, alone=True)
    assert "another bot uses this database" in await told(old, bare, code=3)
    await serving.close()
    await _meet(root, old)
    copied = await asyncio.to_thread(called, root, "db", "copy", old, bare)
    assert copied.returncode == 0
    assert "the target is not empty, there are rows in: " in await told(old, bare, code=1)


async def _meet(root, url):
    database = await open_database(url)
    async with database.write() as connection:
        await connection.execute(tables.file.insert(), {"channel": "a", "digest": "b", "remote": "c"})
    await database.close()


def test_the_other_commands_work_on_a_server_too(tmp_path, bare):
    """`doctor` looks at it, `privacy` writes to it, `backup` and `restore` name the tools of the server."""
    root = make_root(tmp_path / "house")
    there = {"CAM_TAY_DATABASE": bare}
    found = json.loads(called(root, "doctor", "--json", **there).stdout)
    assert [each["state"] for each in found if each["what"] == "database"] == ["ok"]
    asked = called(root, "privacy", "ask", "delete", "--note", "letter", **there)
    assert asked.returncode == 0, asked.stderr
    assert asked.stdout.strip() in called(root, "privacy", **there).stdout
    for words in (("backup", "x.db"), ("restore", "x.db")):
        done = called(root, "db", *words, **there)
        assert done.returncode == 3
        assert "pg_dump" in done.stderr
    gone = {"CAM_TAY_DATABASE": str(make_url(bare).set(port=1))}
    bad = [each for each in json.loads(called(root, "doctor", "--json", **gone).stdout) if each["what"] == "database"]
    assert [each["state"] for each in bad] == ["bad"]
    assert "it cannot be reached" in bad[0]["text"]


def test_two_bots_serve_from_a_server_and_a_copy_waits_until_both_have_gone(tmp_path, bare):
    """They share the chats, and no password is said."""
    root = make_root(tmp_path / "house")
    away = f"sqlite+aiosqlite:///{tmp_path / 'away.db'}"
    with bot_run(root, CAM_TAY_DATABASE=bare) as first, bot_run(root, CAM_TAY_DATABASE=bare) as second:
        told = called(root, "status", CAM_TAY_DATABASE=bare)
        assert told.stdout.count("process    ") == 2
        refused = called(root, "db", "copy", bare, away)
        assert refused.returncode == 3
        assert "another bot uses this database" in refused.stderr
        assert str(make_url(bare).password) not in told.stdout + refused.stderr
        assert (first.stop(), second.stop()) == (0, 0)
    assert called(root, "status", CAM_TAY_DATABASE=bare).returncode == 1
    assert called(root, "db", "copy", bare, away).returncode == 0
