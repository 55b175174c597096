"""Backup and restore, rehearsed: while the bot runs under load, into a fresh place, and with everything that may go wrong."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing

from bot.channel.base import What
from bot.store import tables
from tests.kit.process import called, command
from tests.kit.shell import MORNING, a_bot, make_root

PEOPLE = 40
PLACES = """SELECT chat.key, CASE chat.flow WHEN '' THEN '' ELSE session.flow || '/' || session.step END
            FROM chat JOIN session ON session.chat = chat.key"""


def _url(path):
    return {"CAM_TAY_DATABASE": f"sqlite+aiosqlite:///{path}"}


def _rows(path, query):
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(query).fetchall()


async def test_a_backup_under_load_restores_everybody_where_they_were(tmp_path):
    """People walk while the copy is made; in the restored house each stands where the copy saw them, and goes on."""
    root = make_root(tmp_path / "house")
    live, copy, fresh = root / "data" / "bot.db", tmp_path / "copy.db", tmp_path / "fresh" / "data" / "bot.db"
    async with a_bot(root) as bot:
        for number in range(PEOPLE):
            await bot.says(str(number), "/start tea")
        stop = asyncio.Event()

        async def crowd():
            while not stop.is_set():
                words = ("trà xanh", "xong", "3", "bước trước", "/start tea", "xem lại")
                await bot.takes(
                    *(bot.incoming(str(n), What.TEXT, text=words[(n + bot.now) % 6]) for n in range(PEOPLE))
                )

        load = asyncio.create_task(crowd())
        made = await asyncio.to_thread(command, root, "db", "backup", str(copy), **_url(live))
        stop.set()
        await load
        assert made.returncode == 0, made.stderr
        assert len(await bot.rows(tables.inbox)) > 3 * PEOPLE
    assert _rows(copy, "PRAGMA integrity_check") == [("ok",)]
    assert _rows(copy, "PRAGMA journal_mode") == [("delete",)]

    done = await asyncio.to_thread(called, root, "db", "restore", str(copy), **_url(fresh))
    assert done.returncode == 0, done.stderr
    stood = dict(_rows(copy, "SELECT chat, state_json FROM session"))
    place = dict(_rows(copy, PLACES))
    assert len(stood) == len(place) == PEOPLE
    assert sum(bool(where) for where in place.values()) > PEOPLE / 2
    async with a_bot(root, database=fresh, now=MORNING + 3_600_000) as bot:
        for number in range(PEOPLE):
            assert await bot.step(str(number)) == place[f"paper:{number}"]
            await bot.says(str(number), "xem lại")
            assert await bot.step(str(number)) == place[f"paper:{number}"]
        assert await bot.rows(tables.inbox, state="parked") == []
    assert dict(_rows(fresh, "SELECT chat, state_json FROM session")) == stood
    assert _rows(fresh, "PRAGMA integrity_check") == [("ok",)]


async def test_a_restore_keeps_the_old_database_and_wants_a_word(tmp_path):
    """Nothing is overwritten without --yes, and the old file stays beside."""
    root = make_root(tmp_path / "house")
    live, copy = root / "data" / "bot.db", tmp_path / "copy.db"
    async with a_bot(root) as bot:
        await bot.says("1", "/start tea")
    assert called(root, "db", "backup", str(copy), **_url(live)).returncode == 0
    async with a_bot(root) as bot:
        await bot.says("2", "/start rice")
    done = called(root, "db", "restore", str(copy), **_url(live))
    assert done.returncode == 2
    assert "--yes" in done.stderr
    assert len(_rows(live, "SELECT * FROM chat")) == 2
    done = called(root, "db", "restore", str(copy), "--yes", **_url(live))
    assert done.returncode == 0
    assert _rows(live, "SELECT key FROM chat") == [("paper:1",)]
    (kept,) = live.parent.glob("bot.db.before-restore-*")
    assert kept.name in done.stderr
    assert len(_rows(kept, "SELECT * FROM chat")) == 2


async def test_a_running_bot_is_not_restored_over(tmp_path):
    """The file is in use: said, and nothing changes."""
    root = make_root(tmp_path / "house")
    live, copy = root / "data" / "bot.db", tmp_path / "copy.db"
    async with a_bot(root) as bot:
        await bot.says("1", "/start tea")
        await asyncio.to_thread(called, root, "db", "backup", str(copy), **_url(live))
        done = await asyncio.to_thread(called, root, "db", "restore", str(copy), "--yes", **_url(live))
        assert done.returncode == 1
        assert "stop the bot first" in done.stderr
        await bot.taps("1", "Trà xanh")
        assert await bot.step("1") == "tea/boil"


def test_what_cannot_be_copied_or_put_back_is_said(tmp_path):
    """No database yet, a file in the way, no folder, garbage, a newer schema, another kind of database."""
    root = make_root(tmp_path / "house")
    live = root / "data" / "bot.db"
    copy = tmp_path / "copy.db"

    def tell(*words, code, **environment):
        done = called(root, "db", *words, **(environment or _url(live)))
        assert done.returncode == code, done.stderr
        assert "Traceback" not in done.stderr
        return done.stderr

    assert "nothing to copy" in tell("backup", str(copy), code=1)
    assert "no file" in tell("restore", str(copy), code=2)
    copy.write_bytes(b"a letter to grandmother " * 400)
    assert "is there already" in tell("backup", str(copy), code=2)
    assert "is no backup of this bot" in tell("restore", str(copy), code=1)
    with closing(sqlite3.connect(tmp_path / "newer.db")) as connection:
        connection.execute("CREATE TABLE alembic_version (version_num TEXT)")
        connection.execute("INSERT INTO alembic_version VALUES ('9999')")
        connection.commit()
    assert "newer bot (schema 9999)" in tell("restore", str(tmp_path / "newer.db"), code=1)
    assert not live.exists()
    postgres = {"CAM_TAY_DATABASE": "postgresql+asyncpg://u:hush@h/x"}
    assert "not SQLite" in tell("backup", str(tmp_path / "x.db"), code=3, **postgres)
    (root / "bot.toml").write_text("databse = 3\n")
    assert "did you mean 'database'?" in tell("backup", str(tmp_path / "x.db"), code=3)


async def test_a_damaged_database_is_replaced_by_its_backup(tmp_path):
    """The way out that the bot names when its file is damaged does lead out."""
    root = make_root(tmp_path / "house")
    live, copy = root / "data" / "bot.db", tmp_path / "odd name #1 50%.db"
    async with a_bot(root) as bot:
        await bot.says("1", "/start tea")
        await bot.taps("1", "Trà xanh")
    assert called(root, "db", "backup", str(copy), **_url(live)).returncode == 0
    live.write_bytes(b"the disk wrote nonsense " * 1000)
    assert called(root, "db", "restore", str(copy), "--yes", **_url(live)).returncode == 0
    async with a_bot(root) as bot:
        assert await bot.step("1") == "tea/boil"
