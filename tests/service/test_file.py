"""What only a file can do to us: a full disk, another program that holds it."""

from __future__ import annotations

import asyncio
import sqlite3

import pytest

from bot.channel.base import What
from bot.service.conversation import NotStored
from tests.kit.shell import a_bot, make_root

TEA = "/start tea"


async def test_a_full_disk_refuses_and_the_same_thing_is_taken_later(tmp_path):
    """While nothing can be written the platform is told so; after that the same delivery counts, once."""
    async with a_bot(make_root(tmp_path)) as bot:
        await bot.says("1", TEA)
        tap = bot.tap("1", "Trà xanh")
        crowd = [bot.incoming(f"new {n}", What.TEXT, text=TEA) for n in range(150)]
        await _pragma(bot, f"max_page_count = {await _pragma(bot, 'page_count')}")
        told = await asyncio.gather(*map(bot.app.conversation.accept, [tap, *crowd]), return_exceptions=True)
        assert [type(each) for each in told] == [NotStored] * 151
        assert bot.last("1") == "Chọn loại trà"
        assert await bot.step("1") == "tea/kind"
        await _pragma(bot, "max_page_count = 1073741823")
        await bot.takes(tap, *crowd)
        assert bot.last("1") == "Đun nước"
        assert await bot.step("1") == "tea/boil"
        assert [bot.last(f"new {n}") for n in range(150)] == ["Chọn loại trà"] * 150


async def test_a_database_held_by_another_program_refuses_and_recovers(tmp_path):
    """A lock that somebody holds for too long is a refusal, too; nothing is lost."""
    async with a_bot(make_root(tmp_path)) as bot:
        await bot.says("1", TEA)
        tap = bot.tap("1", "Trà xanh")
        async with bot.app.database.write() as connection:
            await connection.exec_driver_sql("SELECT 1")
        path = bot.app.config.database.partition("///")[2]
        other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        await _pragma(bot, "busy_timeout = 50")
        await asyncio.to_thread(other.execute, "BEGIN IMMEDIATE")  # the bot may just be writing down what it sent
        with pytest.raises(NotStored):
            await bot.app.conversation.accept(tap)
        other.execute("ROLLBACK")
        other.close()
        await bot.takes(tap)
        assert await bot.step("1") == "tea/boil"


async def _pragma(bot, pragma):
    writer = bot.app.database._writer
    assert writer is not None
    raw = await writer.get_raw_connection()
    cursor = await raw.driver_connection.execute(f"PRAGMA {pragma}")
    row = await cursor.fetchone()
    await cursor.close()
    return row[0] if row else None
