"""The whole bot with its web chat on a free port, in the loop of the test."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.app import running
from bot.channel.web import Web
from bot.config import Config
from bot.web.app import make_web
from bot.web.server import WebServer
from tests.kit.ready import loaded, with_tables

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from bot.app import App
    from bot.channel.base import Channel
    from bot.service.house import House

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


def guides(root: Path = ROOT) -> House:
    """The guides and words of a checkout."""
    return loaded(root, Config(root=root, database="").words)


@asynccontextmanager
async def house(
    folder: Path,
    channels: Sequence[Channel] = (),
    *,
    root: Path = ROOT,
    port: int = 0,
    database: str = "",
    **settings: Any,
) -> AsyncIterator[Running]:
    """A bot whose database lives in `folder`, or at an address; entered again with the same one, it is a restart."""
    file = folder / "cam-tay.db"
    config = Config(root=root, database=with_tables(database or f"sqlite+aiosqlite:///{file}"), **settings)
    server = WebServer("127.0.0.1", port)
    web = Web()
    url = f"http://127.0.0.1:{server.bind()}"
    try:
        async with running(config, loaded(root, config.words), [web, *channels]) as app:
            await server.open(make_web(app))
            try:
                yield Running(app, web, url, file)
            finally:
                await web.stop_listening()
                await server.close()
    finally:
        await server.close()
