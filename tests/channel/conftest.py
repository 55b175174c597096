"""A bot on Telegram's double, in the real house or in a small one that has a picture and a voice."""

from __future__ import annotations

import asyncio
import shutil
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import uvicorn

from bot.app import App, running
from bot.channel.base import Incoming, What
from bot.channel.telegram import Telegram
from bot.channel.timing import Timing
from bot.config import Config
from bot.web.hook import TelegramHook
from tests.kit.ready import loaded, with_tables
from tests.kit.talk import meanings_of
from tests.kit.telegram import TelegramDouble

if TYPE_CHECKING:
    from bot.service.house import House
from bot.service.unit_of_work import new_chat

ROOT = Path(__file__).parents[2]
SECRET = "s3cret_-"
OPUS = b"OggS" + bytes(24) + b"OpusHead" + bytes(64)
HASTY = Timing(poll=1, silent=3.0, first=0.05, longest=0.2, conflict=0.3)

TEA = """
start = "begin"
menu = 1
[steps.begin]
ask = "choice"
[steps.begin.go]
yes = "boil"
no = "later"
[steps.boil]
do = true
picture = "tea/kettle.svg"
voice = "kettle.ogg"
next = "cups"
[steps.cups]
ask = "number"
save = "cups"
min = 1
max = 20
next = "hello"
[steps.hello]
ask = "text"
save = "who"
next = "finished"
[steps.finished]
end = "done"
[steps.later]
end = "later"
"""
WORDS = {
    "_guide": ("title", "Pha trà", "goal", "Có trà.", "words", "pha trà"),
    "begin": ("text", "Bắt đầu pha trà\n\nCần ấm & <nước>.", "yes", "Pha luôn", "no", "Để sau"),
    "boil": ("text", "Đun nước\n\nĐợi sôi.", "alt", "Một cái ấm"),
    "cups": ("text", "Gõ số cốc", "refused", "Gõ một con số"),
    "hello": ("text", "Gõ tên", "refused", "Gõ lại"),
    "finished": ("text", "Mời {{ who }} uống trà"),
    "later": ("text", "Hẹn gặp lại"),
}
KETTLE = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 640 480"><rect width="640" height="480" fill="#F3EFE6"/>'
    '<text x="320" y="240" font-size="40" text-anchor="middle">Ấm nước</text></svg>'
)


@pytest.fixture
async def double():
    """A double that must have seen no mistake when the test ends."""
    async with TelegramDouble() as made:
        yield made
        assert made.violations == []


@pytest.fixture
def tea(tmp_path) -> Path:
    """A house with one small guide: a choice, an action with picture and voice, two typed answers."""
    root = tmp_path / "tea"
    for language in ("vi", "en"):
        shutil.copytree(ROOT / "content" / language / "_bot", root / "content" / language / "_bot")
    (root / "flows").mkdir()
    (root / "flows" / "tea.toml").write_text(TEA, encoding="utf-8")
    folder = root / "content" / "vi" / "tea"
    folder.mkdir()
    for name, pieces in WORDS.items():
        blocks = zip(pieces[::2], pieces[1::2], strict=True)
        text = "".join(f"{{% block {block} %}}{words}{{% endblock %}}\n" for block, words in blocks)
        (folder / f"{name}.j2").write_text(text, encoding="utf-8")
    media = root / "content" / "media"
    (media / "tea").mkdir(parents=True)
    (media / "tea" / "kettle.svg").write_text(KETTLE, encoding="utf-8")
    (media / "voice" / "vi").mkdir(parents=True)
    (media / "voice" / "vi" / "kettle.ogg").write_bytes(OPUS)
    return root


@dataclass
class Living:
    """A running bot, and what its buttons mean."""

    app: App
    house: House
    telegram: Telegram
    meanings: dict

    def label(self, guide, step, answer) -> str:
        """What the button of an answer says to somebody new."""
        chat = new_chat(self.house, self.app.config, _somebody())
        return self.house.speaker(chat).label(self.house.flows[guide] if guide else None, step, answer)


def _somebody():
    return Incoming("telegram", "0", "0", 0, What.OTHER, language="vi")


def telegram_of(double, root, tmp_path, **more) -> Telegram:
    """The channel, aimed at the double, without its pace: that is the sender's matter."""
    given = {"api": double.url, "timing": HASTY, "media": root / "content" / "media", "cache": tmp_path / "pictures"}
    telegram = Telegram(more.pop("token", double.token), **{**given, **more})
    telegram.capabilities = replace(telegram.capabilities, chat_rate=0)
    return telegram


@asynccontextmanager
async def living(double, root, tmp_path, *, webhook=False, speaks=False, **more):
    """The whole bot at the double, by long polling or by webhook."""
    config = Config(root=root, database=with_tables(f"sqlite+aiosqlite:///{tmp_path / 'bot.db'}"), drain_seconds=2)
    house = loaded(root, config.words)
    if speaks:
        house = replace(house, speaks=frozenset(house.library.languages))
    meanings = meanings_of(house)
    if not webhook:
        telegram = telegram_of(double, root, tmp_path, **more)
        async with running(config, house, [telegram]) as app:
            await double.until(lambda: double.delivery.polled)
            yield Living(app, house, telegram, meanings)
        return
    async with listening() as door:
        telegram = telegram_of(double, root, tmp_path, webhook=door.url, secret=SECRET, **more)
        door.app = TelegramHook(telegram.take, SECRET)
        async with running(config, house, [telegram]) as app:
            await double.until(lambda: double.delivery.webhook)
            yield Living(app, house, telegram, meanings)


class Door:
    """An address whose application may be put in later."""

    url = ""
    app = None

    async def __call__(self, scope, receive, send):
        """Whatever stands behind the door now."""
        await self.app(scope, receive, send)


@asynccontextmanager
async def listening():
    """A real HTTP server with a door."""
    door = Door()
    config = uvicorn.Config(door, port=0, log_level="critical", lifespan="off", ws="none")
    server = uvicorn.Server(config)
    socket = config.bind_socket()
    door.url = f"http://127.0.0.1:{socket.getsockname()[1]}/hook"
    serving = asyncio.create_task(server.serve([socket]))
    try:
        yield door
    finally:
        server.should_exit = True
        await serving
        socket.close()
