"""Puts the parts together, starts them, stops them in reverse. The only file that knows all."""

from __future__ import annotations

import asyncio
import contextlib
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from bot.channel.telegram import Telegram
from bot.channel.web import Web
from bot.service.clock import Clock
from bot.service.conversation import Conversation
from bot.service.reload import Reload
from bot.service.sender import Sender
from bot.store.database import alone, open_database
from bot.store.files import Files
from bot.web.app import make_web
from bot.web.hook import TelegramHook
from bot.web.server import WebServer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from starlette.types import ASGIApp, Receive, Scope, Send

    from bot.channel.base import Channel
    from bot.config import Config
    from bot.service.house import House
    from bot.store.database import Database

FONTS = Path(__file__).parent / "web" / "static" / "fonts"
"""The typeface of the drawings."""


class App:
    """A running bot."""

    def __init__(self, config: Config, house: House, database: Database) -> None:
        self.config = config
        self.database = database
        self.sender = Sender(database)
        self.conversation = Conversation(house, database, self.sender, config)
        self.clock = Clock(database, self.conversation, config)
        self.channels: dict[str, Channel] = {}


@asynccontextmanager
async def running(config: Config, house: House, channels: Sequence[Channel]) -> AsyncIterator[App]:
    """A bot that talks on `channels`, until the block ends; then everything accepted is stored and sent.

    Raises DatabaseFault when the database cannot be used.
    """
    database = await open_database(config.database)
    app = App(config, house, database)
    app.channels = {channel.name: channel for channel in channels}
    turning = ticking = None
    try:
        await app.conversation.move_in(house)
        for channel in channels:
            if isinstance(channel, Telegram):
                channel.files = Files(database, channel.account)
        await app.sender.start(app.channels)
        turning = asyncio.create_task(app.conversation.run())
        ticking = asyncio.create_task(app.clock.run())
        for channel in channels:
            await channel.start(app.conversation.accept)
        yield app
    finally:
        for channel in channels:
            await channel.stop_listening()
        app.clock.stop()
        app.conversation.stop()
        for task in (ticking, turning):
            if task is not None:
                with contextlib.suppress(asyncio.CancelledError):
                    await task
        await app.sender.drain(config.drain_seconds)
        for channel in reversed(channels):
            await channel.close()
        await database.close()


@asynccontextmanager
async def serving(config: Config, house: House, *, telegram: bool, watch: bool) -> AsyncIterator[str]:
    """A bot on its doors: the web chat, and Telegram when its token is set. Gives the address of the web chat.

    Raises PortTaken, DatabaseFault (also when another bot serves from the same file).
    """
    server = WebServer(config.host, config.port)
    port = server.bind()
    channels: list[Channel] = [Web()]
    if telegram and config.telegram_token:
        channels.append(_telegram(config, house))
    try:
        with alone(config.database):
            async with running(config, house, channels) as app:
                reload = Reload(config, app.conversation)
                watching = asyncio.create_task(reload.run()) if watch else None
                await server.open(_doors(app))
                try:
                    yield config.public_url or f"http://{config.host}:{port}"
                finally:
                    reload.stop()
                    if watching:
                        await watching
                    for channel in channels:
                        await channel.stop_listening()
                    await server.close()
    finally:
        await server.close()


def _telegram(config: Config, house: House) -> Telegram:
    """The Telegram mouth as configured; its command menu in every language of the house."""
    commands = {name: house.commands(name) for name in house.library.languages}
    commands[""] = commands[config.language]
    return Telegram(
        config.telegram_token,
        media=config.root / "content" / "media",
        cache=config.root / "data" / "pictures",
        fonts=FONTS,
        api=config.telegram_api,
        webhook=config.telegram_webhook,
        secret=config.telegram_secret,
        commands=commands,
        placeholder=house.library.piece(config.language, "_bot/placeholder", "text", {}),
    )


def _doors(app: App) -> ASGIApp:
    """The web application; in front of it, when Telegram is to post to us, its door."""
    web = make_web(app)
    mouth = app.channels.get(Telegram.name)
    if not app.config.telegram_webhook or not isinstance(mouth, Telegram):
        return web
    hook = TelegramHook(mouth.take, app.config.telegram_secret)
    path = urlsplit(app.config.telegram_webhook).path or "/"

    async def doors(scope: Scope, receive: Receive, send: Send) -> None:
        door = hook if scope["type"] == "http" and scope["path"] == path else web
        await door(scope, receive, send)

    return doors
