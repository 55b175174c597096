"""People of a story on any channel, and the bot they meet: the same deeds and the same words, whatever the phone."""

from __future__ import annotations

import asyncio
import re
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlsplit

import aiohttp

from bot.flow.model import Kind
from bot.service import digest
from bot.store.counts import beginning
from bot.store.journal import DAY
from tests.channel.conftest import ROOT, telegram_of
from tests.channel.test_telegram_walk import END, PICTURES
from tests.kit.house import house
from tests.kit.process import called, free_port
from tests.kit.talk import meanings_of
from tests.web.visitor import HERE, Page

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable, Mapping
    from pathlib import Path

    from bot.engine.button import ButtonMeaning
    from tests.kit.house import Running
    from tests.kit.telegram import TelegramDouble
    from tests.kit.telegram_rules import Json
    from tests.kit.telegram_world import Person
    from tests.web.visitor import Visitor

PATIENCE = 20.0
"""Seconds until something must have come."""


class Somebody(Protocol):
    """A person with a phone: what they do, and what they see."""

    async def opens(self, address: str) -> None:
        """Follow a link of ours, and go on on their own channel."""

    async def taps(self, label: str) -> None:
        """Tap the newest button whose label has these words."""

    async def says(self, text: str) -> None:
        """Type and send."""

    async def hears(self, words: str) -> str:
        """Wait for a message with these words that came since they last did something; all of it."""

    async def offered(self, means: Callable[[str], bool]) -> dict[str, str]:
        """Wait for a message with a button whose id means that; the labels of its buttons by their ids."""


@dataclass
class OnTelegram:
    """Somebody with Telegram."""

    person: Person

    async def opens(self, address: str) -> None:
        """The browser comes first; its page leads on."""
        async with aiohttp.ClientSession() as browser, browser.get(address) as answer:
            page = Page(await answer.text())
        [onward] = [link for link in page.links if link.startswith("https://t.me/")]
        await self.person.follows(onward)

    async def taps(self, label: str) -> None:
        """See Somebody."""
        await self.person.taps(label, within=PATIENCE)

    async def says(self, text: str) -> None:
        """See Somebody."""
        await self.person.says(text)

    async def hears(self, words: str) -> str:
        """See Somebody."""
        return (await self.person.waits_for(words, PATIENCE)).plain

    async def offered(self, means: Callable[[str], bool]) -> dict[str, str]:
        """See Somebody."""
        shown = await self.person.waits_for(lambda shown: any(map(means, _labels(shown.buttons))), PATIENCE)
        return _labels(shown.buttons)


@dataclass
class Reading:
    """Somebody with an old browser, without script: looks again whenever there may be something new."""

    visitor: Visitor
    known: int = 0  # messages on the page when they last did something

    async def opens(self, address: str) -> None:
        """Where the page offers several ways they stay in the browser."""
        self.known = 0
        page = await self.visitor.get(address)
        if not page.heads:
            way = self.visitor.session.post(urlsplit(address).path, headers=HERE)
            async with way as answer:
                self.visitor.page = Page(await answer.text(), answer.status)

    async def taps(self, label: str) -> None:
        """See Somebody."""
        self.known = len(self._messages())
        await self.visitor.tap(label)

    async def says(self, text: str) -> None:
        """See Somebody."""
        self.known = len(self._messages())
        await self.visitor.say(text)

    async def hears(self, words: str) -> str:
        """See Somebody."""
        async with asyncio.timeout(PATIENCE):
            while not (found := [each for each in self._messages()[self.known :] if words in each]):
                await self._news()
        return found[-1]

    async def offered(self, means: Callable[[str], bool]) -> dict[str, str]:
        """See Somebody."""
        form = [form for form in self.visitor.page.forms if "message" in form.fields][-1]
        labels = {id_: label for label, name, id_ in form.buttons if name == "tap"}
        assert any(map(means, labels)), labels
        return labels

    def _messages(self) -> list[str]:
        found = re.findall(r"<article.*?</article>", self.visitor.page.html, re.DOTALL)
        return [" ".join(Page(each).text.split()) for each in found]

    async def _news(self) -> None:
        [latest] = re.findall(r'id="log"[^>]* data-latest="(\d+)"', self.visitor.page.html)
        async with self.visitor.session.get("/events", params={"after": latest}) as stream:
            async for line in stream.content:
                if line.startswith(b"id:"):
                    break
        await self.visitor.get()


@dataclass
class World:
    """A running bot on its doors, and whoever has the commands on its machine."""

    bot: Running
    meanings: Mapping[str, ButtonMeaning]

    async def runs(self, *words: str) -> str:
        """A command; what it printed."""
        config = self.bot.app.config
        where = {"CAM_TAY_DATABASE": config.database, "CAM_TAY_PUBLIC_URL": config.public_url}
        done = await asyncio.to_thread(called, ROOT, *words, **where)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    async def walks(self, who: Somebody, guide: str, until: str = "", **choices: str) -> list[str]:
        """Somebody goes on in a guide to its end, or to a step. `choices`: answers by step. The steps passed."""
        flow = self.bot.app.conversation.house.flows[guide]

        def asks(id_: str) -> bool:
            meant = self.meanings.get(id_)
            return meant is not None and meant.answer != "record" and (meant.flow == guide or meant.answer in END)

        passed: list[str] = []
        while len(passed) < 40:
            labels = await who.offered(asks)
            answers = {self.meanings[id_].answer: (self.meanings[id_], label) for id_, label in labels.items()}
            if END & answers.keys():
                return passed
            step = flow.steps[next(meant for meant, _ in answers.values() if meant.flow == guide).step]
            if step.name == until:
                return passed
            passed.append(step.name)
            usual = {Kind.DO: "done", Kind.QUIZ: next(iter(step.right), "")}.get(step.kind, next(iter(step.go), ""))
            await who.taps(answers[choices.get(step.name, usual)][1])
        raise AssertionError(f"no end of {guide}: {passed}")

    async def it_is_monday(self) -> None:
        """The clock goes on to the next Monday morning, of whose digest the bot knows."""
        clock = self.bot.app.clock
        tomorrow = beginning(clock.now() + DAY)
        await digest.start(self.bot.app.database, tomorrow)
        clock.now = lambda: digest.next_monday(tomorrow)


@asynccontextmanager
async def world(double: TelegramDouble, folder: Path, database: str = "") -> AsyncIterator[World]:
    """The bot with the guides of this checkout, in the browser and on Telegram; helpers are there at any hour."""
    telegram = telegram_of(double, ROOT, folder, **PICTURES)
    port = free_port()
    here = f"http://127.0.0.1:{port}"
    async with house(
        folder, [telegram], port=port, database=database, public_url=here, help_hours=(), quiet=(), drain_seconds=2
    ) as bot:
        await double.until(lambda: double.delivery.polled)
        yield World(bot, meanings_of(bot.app.conversation.house))


def _labels(buttons: Iterable[Json]) -> dict[str, str]:
    """Of those that tell the bot something, by their ids."""
    return {each["callback_data"]: each["text"] for each in buttons if "callback_data" in each}
