"""Puts the parts together, starts them, stops them in reverse. The only file that knows all."""

from __future__ import annotations

import asyncio
import contextlib
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from bot.channel.picture import Pictures
from bot.channel.telegram import Telegram
from bot.channel.web import Web
from bot.channel.zalo_bot import ZaloBot
from bot.channel.zalo_oa import Ways, ZaloOa
from bot.channel.zalo_oa_token import Account
from bot.service import beside, campaign, count, digest, month, plan_news
from bot.service.aloud import drafts
from bot.service.broadcast import Broadcasts
from bot.service.clock import Clock
from bot.service.conversation import Conversation
from bot.service.help import watch
from bot.service.help.missed import Missed
from bot.service.home import asks_home
from bot.service.keys import Keys
from bot.service.quota import Quota, plan_of
from bot.service.reload import Reload
from bot.service.sender import Sender
from bot.service.share import Share
from bot.service.suggest import Suggest
from bot.service.tip.work import Carrier
from bot.service.turnstile import Turnstile
from bot.store import outbox
from bot.store.database import open_database
from bot.store.files import Files
from bot.store.news import SHOWN
from bot.store.owner import POLL
from bot.store.windows import Windows
from bot.web.addressed import Addressed
from bot.web.app import make_web
from bot.web.hook import Hook, TelegramHook, ZaloBotHook, ZaloOaHook
from bot.web.server import WebServer
from bot.wording.library import BOT

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Hashable, Mapping, Sequence

    from starlette.types import ASGIApp, Receive, Scope, Send

    from bot.channel.base import Channel
    from bot.channel.numbered import Say
    from bot.channel.timing import Timing
    from bot.config import Config
    from bot.service.house import House
    from bot.store.database import Database

FILE_LIFE = 6 * 86_400_000
"""Milliseconds for which an uploaded picture is used: Zalo keeps it for seven days."""

FONTS = Path(__file__).parent / "web" / "static" / "fonts"
"""The typeface of the drawings."""


class App:
    """A running bot."""

    def __init__(self, config: Config, house: House, database: Database) -> None:
        self.config = config
        self.database = database
        self.sender = Sender(database)
        self.sender.listeners.append(Missed(database.owner.now))
        self.conversation = Conversation(house, database, self.sender, config)
        self.share = Share(database, self.sender, self.conversation.relayed)
        self.clock = Clock(database, self.conversation, self.sender, config)
        self.broadcasts = Broadcasts(database, self.sender, config, lambda: self.conversation.house)
        self.clock.carriers |= self.broadcasts.carriers
        self.clock.forgetters.append(self.broadcasts.sweep)
        self.drafts = drafts(config)
        self.clock.carriers |= watch.carriers(database, config)
        self.clock.carriers |= beside.carriers(database)
        self.clock.carriers |= digest.carriers(database, config)
        self.clock.carriers |= month.carriers(database)
        self.clock.carriers |= plan_news.carriers(database, config)
        self.clock.carriers |= campaign.carriers(database, lambda: self.conversation.house)
        self.clock.forgetters.append(count.forgetter(database))
        tips = Carrier(database, config, lambda: self.conversation.house, self.broadcasts.terms)
        self.clock.carriers |= tips.carriers
        self.clock.forgetters.append(tips.forget)
        self.channels: dict[str, Channel] = {}


@asynccontextmanager
async def running(
    config: Config, house: House, channels: Sequence[Channel], *, serves: bool = False
) -> AsyncIterator[App]:
    """A bot that talks on `channels`, until the block ends; then everything accepted is stored and sent.

    Raises DatabaseFault when the database cannot be used; with `serves` also when another bot serves from the file.
    """
    database = await open_database(config.database, serves=serves)
    app = App(config, house, database)
    app.channels = {channel.name: channel for channel in channels}
    turning = ticking = sending = sharing = None
    try:
        await app.conversation.move_in(house)
        for channel in channels:
            await _connect(app, channel)
        await app.sender.start(app.channels)
        await app.broadcasts.start(app.channels)
        await app.clock.start(app.channels)
        if serves:
            await digest.start(database, app.clock.now())
        sharing = asyncio.create_task(app.share.run())
        turning = asyncio.create_task(app.conversation.run())
        ticking = asyncio.create_task(app.clock.run())
        sending = asyncio.create_task(app.broadcasts.run())
        for channel in channels:
            await channel.start(app.conversation.accept)
        yield app
    finally:
        for channel in channels:
            await channel.stop_listening()
        app.broadcasts.stop()
        app.clock.stop()
        app.conversation.stop()
        for task in (ticking, turning, sending):
            if task is not None:
                with contextlib.suppress(asyncio.CancelledError):
                    await task
        await app.broadcasts.drain(config.drain_seconds)
        await app.sender.drain(config.drain_seconds)
        app.share.stop()
        if sharing is not None:
            await sharing
        for channel in reversed(channels):
            await channel.close()
        await database.close()


async def _connect(app: App, channel: Channel) -> None:
    """What a channel uses of the rest."""
    owner = app.database.owner
    if isinstance(channel, Telegram | ZaloBot):
        channel.poll_in_turn(partial(owner.turn, POLL.format(channel.name)))
        channel.speak_with(app.drafts)
    if isinstance(channel, Telegram):
        channel.files = Files(app.database, channel.account)
        channel.inline.suggest = Suggest(app.database, lambda: app.conversation.house, app.config, channel.name)
    elif isinstance(channel, ZaloBot):
        channel.counts = quota = Quota(app.database, channel.name, plan_of(app.config, channel.name))
        await quota.start()
    elif isinstance(channel, ZaloOa):
        await _connect_zalo_oa(app, channel)
    elif isinstance(channel, Web):
        owner.listen(SHOWN, channel.wake)


async def _connect_zalo_oa(app: App, channel: ZaloOa) -> None:
    database, name = app.database, channel.name

    async def was_ours(chat: str, message: str) -> bool:
        async with database.read() as connection:
            return await outbox.was_sent(connection, name, chat, message)

    channel.keep_with(
        keeper=Keys(database, channel.account),
        files=Files(database, channel.account, FILE_LIFE),
        windows=Windows(database, name),
        turns=Turnstile(database, name, channel.capabilities),
    )
    channel.calls_home = lambda text: asks_home(app.conversation.house, text)
    channel.was_ours = was_ours
    channel.counts = quota = Quota(database, name, plan_of(app.config, name))
    await quota.start()
    channel.speak_with(app.drafts)


@asynccontextmanager
async def serving(
    config: Config, house: House, *, telegram: bool, zalo: bool = True, watch: bool
) -> AsyncIterator[str]:
    """A bot on its doors: the web chat, Telegram and Zalo when their tokens are set. Gives the web chat's address.

    Raises PortTaken, DatabaseFault (also when another bot serves from the same file).
    """
    server = WebServer(config.host, config.port)
    port = server.bind()
    channels: list[Channel] = [Web()]
    if telegram and config.telegram_token:
        channels.append(_telegram(config, house))
    if zalo and config.zalo_bot_token:
        channels.append(zalo_bot(config, house))
    if zalo and config.has_zalo_oa:
        channels.append(zalo_oa(config, house))
    try:
        async with running(config, house, channels, serves=True) as app:
            reload = Reload(config, app.conversation)
            watching = asyncio.create_task(reload.run()) if watch else None
            await server.open(doors(app))
            listening = asyncio.create_task(asyncio.to_thread(house.listen))
            try:
                yield config.public_url or f"http://{config.host}:{port}"
            finally:
                reload.stop()
                await listening
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
    mouth = Telegram(
        config.telegram_token,
        media=config.root / "content" / "media",
        cache=config.root / "data" / "pictures",
        fonts=FONTS,
        api=config.telegram_api,
        webhook=config.telegram_webhook,
        secret=config.telegram_secret,
        proxy=config.telegram_proxy,
        commands=commands,
        placeholder=house.library.piece(config.language, "_bot/placeholder", "text", {}),
    )
    mouth.capabilities = replace(mouth.capabilities, rate=float(config.telegram_rate))
    return mouth


def zalo_bot(config: Config, house: House, timing: Timing | None = None) -> ZaloBot:
    """The Zalo bot as configured."""
    return ZaloBot(
        config.zalo_bot_token,
        pictures=_pictures(config),
        say=say_of(config, house),
        public=config.public_url,
        api=config.zalo_bot_api,
        webhook=config.zalo_bot_webhook,
        secret=config.zalo_bot_secret,
        keep_days=config.keep_inbox_days,
        styles=config.zalo_bot_styles,
        voice=config.zalo_bot_voice,
        proxy=config.zalo_bot_proxy,
        timing=timing,
    )


def zalo_oa(config: Config, house: House, timing: Timing | None = None) -> ZaloOa:
    """The Zalo official account as configured. Without `keep_with` what it knows is this run's alone."""
    account = account_of(config)
    made = ZaloOa(
        account,
        pictures=_pictures(config),
        say=say_of(config, house),
        ways=Ways(
            window=config.zalo_oa_window,
            silence=config.zalo_oa_silence,
            by_name=config.zalo_oa_by_name,
            proof=config.zalo_oa_proof,
            together=config.zalo_oa_together,
            message=config.zalo_oa_message,
            phone=config.human_phone,
            public=config.public_url,
            listens=bool(config.zalo_oa_webhook),
        ),
        api=config.zalo_oa_api,
        proxy=config.zalo_oa_proxy,
        timing=timing,
    )
    burst = max(1, config.zalo_oa_rate // 5)
    made.capabilities = replace(made.capabilities, rate=(config.zalo_oa_rate - burst) / 60, burst=burst)
    return made


def account_of(config: Config) -> Account:
    """The official account's app, and where its keys are given out."""
    return Account(config.zalo_oa_app, config.zalo_oa_app_secret, config.zalo_oa_oauth)


def say_of(config: Config, house: House) -> Say:
    """The words of a channel without buttons, or with few."""

    def say(language: str, block: str, names: Mapping[str, Hashable]) -> str:
        return house.library.phrase(language or config.language, f"{BOT}/no_buttons", block, names)

    return say


def _pictures(config: Config) -> Pictures:
    """Drawings as PNG."""
    return Pictures(config.root / "content" / "media", config.root / "data" / "pictures", FONTS)


def doors(app: App) -> ASGIApp:
    """The web application; in front of it the doors of platforms that post to us."""
    config = app.config
    web = make_web(app, Addressed(config.root / "content" / "media", _pictures(config), app.drafts).routes)
    hooks: dict[str, Hook] = {}
    for mouth in app.channels.values():
        if isinstance(mouth, Telegram) and config.telegram_webhook:
            hooks[_path(config.telegram_webhook)] = TelegramHook(mouth.take, config.telegram_secret)
        elif isinstance(mouth, ZaloBot) and config.zalo_bot_webhook:
            hooks[_path(config.zalo_bot_webhook)] = ZaloBotHook(mouth.take, config.zalo_bot_secret)
        elif isinstance(mouth, ZaloOa) and config.zalo_oa_webhook:
            app_id, oldest = config.zalo_oa_app, config.zalo_oa_oldest
            hook = ZaloOaHook(mouth.take, config.zalo_oa_secret, app=app_id, oldest=oldest)
            hooks[_path(config.zalo_oa_webhook)] = hook

    async def opened(scope: Scope, receive: Receive, send: Send) -> None:
        door = hooks.get(scope["path"], web) if scope["type"] == "http" else web
        await door(scope, receive, send)

    return opened if hooks else web


def _path(address: str) -> str:
    return urlsplit(address).path or "/"
