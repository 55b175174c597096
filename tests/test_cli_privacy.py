"""`bot privacy`, what is kept about a person, and erasing that outlives a restored backup."""

from __future__ import annotations

import asyncio
import json

import pytest

from bot.channel.base import Document, Message
from bot.store import tables
from bot.store.journal import DAY
from tests.kit.process import called
from tests.kit.shell import MORNING, a_bot, make_root

ERASE = "🗑 Xóa hết về bạn"


def _ran(root, *arguments, code=0):
    done = called(root, "privacy", *arguments, CAM_TAY_DATABASE=f"sqlite+aiosqlite:///{root / 'data' / 'bot.db'}")
    assert done.returncode == code, done.stderr
    return done.stdout.strip(), done.stderr


def test_a_request_from_the_desk_has_its_deadline_until_it_is_done(tmp_path):
    """Written down, listed with its day, done once and not twice."""
    root = make_root(tmp_path)
    receipt, said = _ran(root, "ask", "delete", "--note", "đến trực tiếp")
    assert "2 working days" in said
    [line] = json.loads(_ran(root, "--json")[0])
    assert (line["id"], line["kind"], line["overdue"], line["note"]) == (receipt, "delete", False, "đến trực tiếp")
    _ran(root, "done", receipt)
    assert json.loads(_ran(root, "--json")[0]) == []
    _, said = _ran(root, "done", receipt, code=2)
    assert receipt in said
    assert "correct" in _ran(root, "ask", "forget", code=2)[1]


def test_a_breach_has_72_hours(tmp_path):
    """It is overdue when they are over, and no more once the authority was told; the letter says what is known."""
    root = make_root(tmp_path)
    number, said = _ran(root, "breach", "máy chủ bị lấy trộm", "--found", "2026-01-02T08:00+07:00")
    assert "2026-01-05 08:00" in said
    [line] = json.loads(_ran(root, "--json", code=1)[0])
    assert line["overdue"] is True
    assert "OVERDUE" in _ran(root, code=1)[0]
    letter, _ = _ran(root, "letter", number)
    for fact in (number, "2026-01-02 08:00", "2026-01-05 08:00", "máy chủ bị lấy trộm"):
        assert fact in letter
    _ran(root, "told", number)
    assert json.loads(_ran(root, "--json")[0])[0]["kind"] == "told"
    _ran(root, "told", number, code=2)
    _ran(root, "letter", "SC-0", code=2)
    _ran(root, "breach", "x", "--found", "yesterday", code=2)
    _ran(root, "breach", "x", "--found", "2999-01-01", code=2)


async def test_a_person_sees_what_is_kept_in_words_and_as_a_file(tmp_path):
    """Typed, by command or tapped; the file holds every row, and nothing of anybody else."""
    async with a_bot(make_root(tmp_path)) as bot:
        await bot.says("2", "/start rice")
        await bot.says("1", "/start tea")
        await bot.taps("1", "Trà xanh")
        await bot.says("1", "dữ liệu của tôi")
        file, message = [said for said in bot.channel.to("1") if isinstance(said, Message | Document)][-2:]
        assert isinstance(message, Message)
        assert isinstance(file, Document)
        assert "Pha trà" in message.body
        kept = json.loads(file.text)
        assert set(kept) >= {"chat", "session", "job", "journal", "inbox", "outbox"}
        assert kept["session"][0]["state"]["visits"]
        assert {row["chat"] for table in ("session", "journal", "inbox") for row in kept[table]} == {"paper:1"}
        assert [row["kind"] for row in await bot.rows(tables.request)] == ["see"]


async def test_what_is_old_is_forgotten_by_the_clock(tmp_path):
    """Each kind in its own time: journal lines lose their chat, then the person who never came back is erased."""
    root = make_root(tmp_path)
    async with a_bot(root, keep_journal_days=10, keep_people_days=100, keep_backups_days=5) as bot:
        await bot.says("1", "/start tea")
        await bot.says("2", "/start tea")
        await bot.says("2", "xóa dữ liệu")
        await bot.taps("2", ERASE)
        await bot.app.clock.sweep(bot.now + 4 * DAY)
        assert [bool(row["subject"]) for row in await bot.rows(tables.request)] == [True]
        assert any(row["chat"] for row in await bot.rows(tables.journal))
        await bot.app.clock.sweep(bot.now + 11 * DAY)
        assert [row["subject"] for row in await bot.rows(tables.request)] == [""]
        assert {row["chat"] for row in await bot.rows(tables.journal)} == {""}
        assert len(await bot.rows(tables.session)) == 1
        await bot.app.clock.sweep(bot.now + 101 * DAY)
        assert await bot.rows(tables.session) == []
        assert await bot.rows(tables.chat) == []


@pytest.mark.parametrize("came_back", [False, True])
async def test_a_restored_backup_brings_nobody_back_who_was_erased(tmp_path, came_back):
    """Who had asked to be forgotten after the backup is forgotten again; everybody else is there."""
    root = make_root(tmp_path)
    live, copy = root / "data" / "bot.db", tmp_path / "copy.db"
    url = {"CAM_TAY_DATABASE": f"sqlite+aiosqlite:///{live}"}
    async with a_bot(root) as bot:
        await bot.says("1", "/start tea")
        await bot.says("2", "/start tea")
        assert (await asyncio.to_thread(called, root, "db", "backup", str(copy), **url)).returncode == 0
        bot.later(60)
        await bot.says("1", "/delete")
        await bot.taps("1", ERASE)
        receipt = next(row["id"] for row in await bot.rows(tables.request))
        assert receipt in bot.channel.to("1")[-1].body
        if came_back:
            await bot.says("1", "/start rice")
    done = await asyncio.to_thread(called, root, "db", "restore", str(copy), "--yes", **url)
    assert done.returncode == 0, done.stderr
    assert "1 chats" in done.stderr
    async with a_bot(root, now=MORNING + DAY) as bot:
        assert {row["chat"] for row in await bot.rows(tables.session)} == {"paper:2"}
        assert [row["id"] for row in await bot.rows(tables.request)] == [receipt]
