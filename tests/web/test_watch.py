"""Watching a broadcast over the web: only with the operator's token, the numbers of the terminal, until it has ended."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

import aiohttp
import pytest

from bot.broadcast.model import Broadcast, Kind, Plan
from bot.engine.chat import Chat
from bot.service.progress import Progress
from bot.store import broadcasts, chats, claims, recipients
from bot.store.claims import Outcome
from tests.kit.house import house

if TYPE_CHECKING:
    from pathlib import Path

    from bot.store.database import Database

TOKEN = "a-long-word-that-nobody-guesses"
HEADERS = {"Authorization": f"Bearer {TOKEN}"}
NOW = 1_795_000_000_000


async def _paused(database: Database) -> int:
    """A broadcast that waits, with three people."""
    content = Broadcast("care", "scam", Kind.TIP, "everyone", plan=Plan(canary=0))
    about = {"sender": "Lan", "expected": 3, "created_at": NOW, "start_at": NOW}
    async with database.write() as connection:
        people = [Chat(f"web:{n}", "web", str(n), "vi", NOW, NOW) for n in range(3)]
        await chats.save(connection, people)
        id_ = await broadcasts.add(connection, content, name="care", state="paused", **about)  # type: ignore[arg-type]
        assert id_ is not None
        await recipients.add(connection, id_, [(chat.key, "web") for chat in people], NOW)
        await broadcasts.change(connection, id_, gathered_at=NOW, waits=2)
    return id_


@pytest.mark.parametrize(
    ("token", "shown", "status"), [(TOKEN, "", 401), (TOKEN, "Bearer x", 401), ("", "Bearer ", 404)]
)
async def test_nobody_else_may_watch(tmp_path: Path, token: str, shown: str, status: int) -> None:
    """Without the token it is refused; where none is set there is no such address."""
    async with house(tmp_path, operator_token=token) as bot, aiohttp.ClientSession() as session:
        await _paused(bot.app.database)
        async with session.get(f"{bot.url}/broadcasts/care/events", headers={"Authorization": shown}) as response:
            assert response.status == status


async def test_the_numbers_of_the_terminal_come_until_it_has_ended(tmp_path: Path) -> None:
    """Sent, failed, skipped, left, rate, time left, waits; then an end, and the connection is closed."""
    async with house(tmp_path, operator_token=TOKEN) as bot, aiohttp.ClientSession(headers=HEADERS) as session:
        id_ = await _paused(bot.app.database)
        async with session.get(f"{bot.url}/broadcasts/nothing/events") as response:
            assert response.status == 404
        async with session.get(f"{bot.url}/broadcasts/care/events") as response:
            assert response.headers["content-type"].startswith("text/event-stream")
            first = await _next(response)
            assert (first["state"], first["left"], first["sent"], first["waits"]) == ("paused", 3, 0, 2)
            database = bot.app.database
            same = await Progress(database, "care").look()
            assert first.keys() == (same or {}).keys()
            async with database.write() as connection:
                ends = [("sent", ""), ("failed", "refused"), ("skipped", "stopped")]
                await claims.acknowledge(connection, [Outcome(id_, n, *end, at=NOW) for n, end in enumerate(ends, 1)])
                await broadcasts.change(connection, id_, state="stopped", ended_at=NOW + 1000)
            last = await _next(response)
            assert {key: last[key] for key in ("sent", "failed", "skipped", "left", "ended", "mean_rate")} == {
                "sent": 1,
                "failed": 1,
                "skipped": 1,
                "left": 0,
                "ended": True,
                "mean_rate": 1.0,
            }
            rest = await asyncio.wait_for(response.content.read(), 5)
            assert rest.decode().split() == ["event:", "end", "data:", "{}"]


async def _next(response: aiohttp.ClientResponse) -> dict[str, object]:
    """The next event's data."""
    while True:
        line = (await asyncio.wait_for(response.content.readline(), 5)).decode()
        assert line, "it has ended"
        if line.startswith("data: "):
            found: dict[str, object] = json.loads(line.removeprefix("data: "))
            await response.content.readline()
            return found
