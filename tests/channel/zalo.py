"""A bot on Zalo's double, behind a real web door where pictures are fetched and updates are pushed to."""

from __future__ import annotations

import re
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from bot.app import App, doors, running, zalo_bot
from bot.channel.web import Web
from bot.config import Config
from bot.store import chats
from tests.channel.conftest import HASTY, listening
from tests.kit.ready import loaded, with_tables

if TYPE_CHECKING:
    from bot.channel.zalo_bot import ZaloBot
    from bot.service.house import House

ZALO_SECRET = "s3cret_-8"


NUMBERED = re.compile(r"^Bấm số (\d+): (.+)$", re.MULTILINE)


def answers(shown):
    """What can be answered, by number."""
    return {int(number): label for number, label in NUMBERED.findall(shown.text)}


@dataclass
class ZaloLiving:
    """A running bot, and the address of its web door."""

    app: App
    house: House
    zalo: ZaloBot
    url: str

    async def chat(self, ident):
        """The chat as it is stored, and its sessions by guide."""
        key = f"zalo_bot:{ident}"
        async with self.app.database.read() as connection:
            found, sessions = await chats.load(connection, [key])
        return found[key], sessions[key]

    def asks(self, shown):
        """Whether a message wants an answer."""
        return answers(shown) or "Gõ “" in shown.text

    async def answers(self, person, answer):
        """The person answers as one does here."""
        await self.says_by_number(person, answer)

    async def says_by_number(self, person, answer):
        """The person types the number under which an answer stands on their phone."""
        await person.waits_for("Bấm số 1: ", within=20)
        chat, _ = await self.chat(person.id)
        number = chat.offers.index(answer) + 1
        flow = self.house.flows.get(chat.flow) if chat.offers_step else None
        label = self.house.speaker(chat).label(flow, chat.offers_step, answer)
        await person.waits_for(f"Bấm số {number}: {label}", within=20, anywhere=True)
        await person.says(str(number))


def config_of(double, root, tmp_path, **settings) -> Config:
    """A bot that is to talk with the double."""
    given = {"zalo_bot_token": double.token, "zalo_bot_api": double.url, "drain_seconds": 2, "voice_provider": "none"}
    database = with_tables(f"sqlite+aiosqlite:///{tmp_path / 'bot.db'}")
    return Config(root=Path(root), database=database, **{**given, **settings})


def zalo_of(double, root, tmp_path, **settings) -> ZaloBot:
    """The channel alone, aimed at the double, without its pace: that is the sender's matter."""
    config = config_of(double, root, tmp_path, **settings)
    made = zalo_bot(config, loaded(config.root, config.words), HASTY)
    made.capabilities = replace(made.capabilities, chat_rate=0)
    return made


@asynccontextmanager
async def living_on_zalo(double, root, tmp_path, *, webhook=False, channels=(), heard=True, **settings):
    """The whole bot at the double, by polling or by webhook, with its web door; `heard`: it begins to listen."""
    async with listening() as door:
        base = door.url.removesuffix("/hook")
        more = {"zalo_bot_webhook": door.url, "zalo_bot_secret": ZALO_SECRET} if webhook else {}
        config = config_of(double, root, tmp_path, **{"public_url": base, **more, **settings})
        house = loaded(config.root, config.words)
        zalo = zalo_bot(config, house, HASTY)
        zalo.capabilities = replace(zalo.capabilities, chat_rate=0)
        before = len(double.calls)
        async with running(config, house, [Web(), zalo, *channels]) as app:
            door.app = doors(app)
            if heard:
                await double.until(
                    lambda: (double.webhook or ("",))[0] == door.url if webhook else double.calls[before:][2:]
                )
            yield ZaloLiving(app, house, zalo, base)
