"""A bot on PostgreSQL whose server cuts the wire while people talk: what was accepted is kept, and happens once."""

from __future__ import annotations

import asyncio
import contextlib

import pytest
from sqlalchemy.engine import make_url

from bot.channel.base import What
from bot.service.conversation import NotStored
from bot.store import tables
from tests.kit.shell import DATABASE, a_bot, make_root

PEOPLE = [str(number) for number in range(12)]
ANSWERS = ("trà xanh", "xong", "3", "Bà Tư")
CUT = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{}' AND pid <> pg_backend_pid()"


@pytest.fixture
def url(server, monkeypatch):
    """The address of the bot's database."""
    made = server.ready()
    monkeypatch.setenv(DATABASE, made)
    yield made
    server.drop(made)


async def test_a_crowd_walks_while_the_connections_are_cut(tmp_path, server, url):
    """What was refused is brought again, as platforms do; in the end every answer counts once and in order."""
    cut = CUT.format(make_url(url).database)
    cuts = 0
    async with a_bot(make_root(tmp_path)) as bot:

        async def walk(person: str) -> None:
            for words in ("/start tea", *ANSWERS):
                said = bot.incoming(person, What.TEXT, text=words)
                while True:
                    with contextlib.suppress(NotStored):
                        await bot.app.conversation.accept(said)
                        break

        async def trouble() -> None:
            nonlocal cuts
            while not stop.is_set():
                await asyncio.sleep(0.03)
                cuts += len(await asyncio.to_thread(server.execute, cut))

        stop = asyncio.Event()
        cutting = asyncio.create_task(trouble())
        try:
            async with asyncio.timeout(50):
                for begun in range(0, len(PEOPLE), 6):
                    await asyncio.gather(*map(walk, PEOPLE[begun : begun + 6]))
        finally:
            stop.set()
            await cutting
        await bot.quiet()
        assert [await bot.step(person) for person in PEOPLE] == ["tea/ready"] * len(PEOPLE)
        assert [bot.last(person) for person in PEOPLE] == ["Xong 3 chén mời Bà Tư"] * len(PEOPLE)
        lines = await bot.rows(tables.journal, what="answered")
        assert len(lines) == len(PEOPLE) * len(ANSWERS)
        for person in PEOPLE:
            steps = [line["step"] for line in lines if line["chat"] == f"paper:{person}"]
            assert steps == ["kind", "boil", "cups", "guest"]
        for _ in range(500):
            if not await bot.rows(tables.outbox, state="waiting"):
                break
            await asyncio.sleep(0.01)
        assert {row["state"] for row in await bot.rows(tables.outbox)} == {"sent"}
        assert await bot.rows(tables.inbox, state="parked") == []
    assert cuts > 5
