"""The whole bot with its web chat on a free port, in the loop of the test."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.app import running
from bot.channel.web import Web
from bot.config import Config
from bot.service.house import House, load_house
from bot.web.app import make_web
from bot.web.server import WebServer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from bot.app import App
    from bot.channel.base import Channel

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Running:
    """A bot that can be visited at `url`."""

    app: App
    web: Web
    url: str
    database: Path

    def everything_stored(self) -> bytes:
        """All bytes that the database has on disk."""
        return b"".join(file.read_bytes() for file in sorted(self.database.parent.glob(f"{self.database.name}*")))


@lru_cache
def guides(root: Path = ROOT) -> House:
    """The guides and words of a checkout."""
    return load_house(root, Config(root=root, database="").words)[0]


@asynccontextmanager
async def house(
    folder: Path, channels: Sequence[Channel] = (), *, root: Path = ROOT, port: int = 0, **settings: Any
) -> AsyncIterator[Running]:
    """A bot whose database lives in `folder`; entered again with the same folder, it is a restart."""
    database = folder / "cam-tay.db"
    config = Config(root=root, database=f"sqlite+aiosqlite:///{database}", **settings)
    server = WebServer("127.0.0.1", port)
    web = Web()
    url = f"http://127.0.0.1:{server.bind()}"
    try:
        async with running(config, guides(root), [web, *channels]) as app:
            await server.open(make_web(app))
            try:
                yield Running(app, web, url, database)
            finally:
                await web.stop_listening()
                await server.close()
    finally:
        await server.close()
