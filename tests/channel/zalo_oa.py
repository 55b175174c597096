"""A bot on the double of Zalo's official accounts, behind a real web door where events are posted to."""

from __future__ import annotations

import time
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from bot.app import App, account_of, doors, running, zalo_oa
from bot.channel.web import Web
from bot.channel.zalo_oa_token import Held, InMemory
from bot.config import Config
from bot.store import chats, tokens
from bot.store.database import open_database
from bot.store.tokens import Pair
from tests.channel.conftest import HASTY, listening
from tests.kit.ready import loaded, with_tables
from tests.kit.zalo_oa import APP, APP_SECRET, OA_SECRET

if TYPE_CHECKING:
    from bot.channel.zalo_oa import ZaloOa
    from bot.service.house import House

HOUR = 3_600_000
DAY = 24 * HOUR


@dataclass
class OaLiving:
    """A running bot, and the address of its web door."""

    app: App
    house: House
    oa: ZaloOa
    url: str

    async def chat(self, ident):
        """The chat as it is stored, and its sessions by guide."""
        key = f"zalo_oa:{ident}"
        async with self.app.database.read() as connection:
            found, sessions = await chats.load(connection, [key])
        return found[key], sessions[key]

    async def rows(self, table):
        """All rows of a table."""
        async with self.app.database.read() as connection:
            return [dict(row) for row in (await connection.execute(table.select())).mappings()]

    def asks(self, shown):
        """Whether a message wants an answer."""
        return bool(shown.buttons)

    async def answers(self, person, answer):
        """The person taps the button of an answer, or types its number where there was no room for one."""
        shown = await person.waits_for(self.asks, within=20)
        chat, _ = await self.chat(person.id)
        flow = self.house.flows.get(chat.flow) if chat.offers_step else None
        label = self.house.speaker(chat).label(flow, chat.offers_step, answer)
        if label in shown.labels:
            await person.taps(label)
        else:
            number = chat.offers.index(answer) + 1
            assert f"Bấm số {number}: {label}" in shown.text, person.phone()
            await person.says(str(number))


def config_of(double, root, tmp_path, database="", **settings) -> Config:
    """A bot that is to talk with the double."""
    given = {
        "zalo_oa_app": APP,
        "zalo_oa_app_secret": APP_SECRET,
        "zalo_oa_secret": OA_SECRET,
        "zalo_oa_api": double.url,
        "zalo_oa_oauth": double.url,
        "zalo_oa_rate": 4000,
        "drain_seconds": 2,
        "voice_provider": "none",
        "quiet": (),
    }
    database = with_tables(database or f"sqlite+aiosqlite:///{tmp_path / 'bot.db'}")
    return Config(root=Path(root), database=database, **{**given, **settings})


def pair_of(double, **more) -> Pair:
    """The tokens that the double takes now."""
    now = time.time_ns() // 1_000_000
    known = {"access_until": now + 25 * HOUR, "refresh_until": now + 90 * DAY, "renewed_at": now}
    return Pair(double.access, double.refresh, **{**known, **more})


async def join(config, double, **more):
    """Somebody has joined the bot to the account."""
    database = await open_database(config.database)
    async with database.write() as connection:
        await tokens.keep(connection, f"zalo_oa:{APP}", pair_of(double, **more))
    await database.close()


def oa_of(double, root, tmp_path, *, joined=True, **settings) -> ZaloOa:
    """The channel alone, aimed at the double, without its pace: that is the sender's matter."""
    config = config_of(double, root, tmp_path, **settings)
    made = zalo_oa(config, loaded(config.root, config.words), HASTY)
    made.capabilities = replace(made.capabilities, chat_rate=0)
    held = Held(double.access, double.refresh, pair_of(double).access_until)
    made._tokens.keeper = InMemory(held if joined else None)
    assert made.account == f"zalo_oa:{account_of(config).app}"
    return made


@asynccontextmanager
async def living_on_oa(double, root, tmp_path, *, joined=True, channels=(), reachable=True, **settings):
    """The whole bot at the double with its web door; `joined`: somebody has given it access."""
    async with listening() as door:
        base = door.url.removesuffix("/hook")
        config = config_of(double, root, tmp_path, **{"zalo_oa_webhook": door.url, "public_url": base, **settings})
        if joined:
            await join(config, double)
        house = loaded(config.root, config.words)
        oa = zalo_oa(config, house, HASTY)
        oa.capabilities = replace(oa.capabilities, chat_rate=0)
        async with running(config, house, [Web(), oa, *channels]) as app:
            door.app = doors(app)
            double.webhook = door.url if reachable else ""
            if joined:
                await double.until(lambda: oa.status == "ok" or double.calls)
            yield OaLiving(app, house, oa, base)
        double.webhook = ""
