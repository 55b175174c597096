"""The shell of the bot under a hand-driven clock: a small house of its own, and a channel that writes down what is sent.

root = make_root(tmp_path)
async with a_bot(root) as bot:
await bot.says("1", "/start tea")
await bot.taps("1", "green")
bot.later(3600)
await bot.look()
"""

from __future__ import annotations

import asyncio
import dataclasses
import os
import shutil
from collections import deque
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, datetime
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from bot.app import running
from bot.capability import Capabilities
from bot.channel.base import Incoming, Keyboard, Message, Outgoing, Receipt, SendFailed, What
from bot.config import Config
from bot.engine.event import VIETNAM
from bot.store import chats
from bot.store.tables import journal, outbox
from tests.kit.ready import opened, with_tables

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

    from sqlalchemy import Table

    from bot.app import App
    from bot.channel.base import Button, Channel
    from bot.engine.chat import Chat
    from bot.engine.session import Session
    from bot.store.database import Database

REPOSITORY = Path(__file__).parents[2]

MORNING = int(datetime(2040, 5, 7, 9, 0, tzinfo=VIETNAM).timestamp() * 1000)
"""When a test begins. Far off, so that the bot's own clock never finds anything due while a test drives it by hand."""

CHECKED = date(2026, 11, 1)

DATABASE = "TEST_BOT_DATABASE"
"""The variable in which a test that runs on both kinds of database is told its own."""

TEA = """
start = "kind"
menu = 1
topics = ["tea"]
review_by = 2090-01-01

[[source]]
url = "https://baochinhphu.vn"
checked = 2026-11-01

[steps.kind]
ask = "choice"
[steps.kind.go]
green = "boil"
black = "boil"

[steps.boil]
do = true
next = "cups"
[steps.boil.silence]
after = "2 hours"
to = "cold"

[steps.cold]
end = "later"

[steps.cups]
ask = "number"
min = 1
max = 9
save = "cups"
next = "guest"

[steps.guest]
ask = "text"
private = true
save = "guest"
next = "ready"

[steps.ready]
end = "done"
"""

TEA_WORDS = {
    "_guide": {"title": "🍵 Pha trà", "goal": "Pha xong ấm trà.", "words": "pha trà\nnấu nước chè"},
    "kind": {"text": "Chọn loại trà", "green": "Trà xanh", "black": "Trà đen"},
    "boil": {"text": "Đun nước"},
    "cold": {"text": "Nước nguội rồi"},
    "cups": {"text": "Mấy chén?\n\nGõ một số."},
    "guest": {"text": "Mời ai?\n\nGõ tên."},
    "ready": {"text": "Xong {{ cups }} chén mời {{ guest }}"},
}

RICE = """
start = "wash"
menu = 2
topics = ["rice"]
review_by = 2090-01-01

[[source]]
url = "https://baochinhphu.vn"
checked = 2026-11-01

[steps.wash]
do = true
next = "cook"

[steps.cook]
do = true
next = "ready"

[steps.ready]
end = "done"
"""

RICE_WORDS = {
    "_guide": {"title": "🍚 Nấu cơm", "goal": "Nấu xong nồi cơm.", "words": "nấu cơm\nvo gạo"},
    "wash": {"text": "Vo gạo"},
    "cook": {"text": "Bật nồi"},
    "ready": {"text": "Cơm chín rồi"},
}

OPEN = Capabilities(
    text=4096,
    caption=1024,
    buttons=100,
    button_label=64,
    edits=True,
    deletes=True,
    pictures=True,
    voice=".ogg",
    chat_rate=0,
    chat_burst=1,
    keeps=False,
)
"""A channel without limits."""


def make_root(folder: Path) -> Path:
    """A project folder with two small guides, `tea` and `rice`, in Vietnamese and English."""
    for language in ("vi", "en"):
        shutil.copytree(REPOSITORY / "content" / language / "_bot", folder / "content" / language / "_bot")
    write_guide(folder, "tea", TEA, TEA_WORDS)
    write_guide(folder, "rice", RICE, RICE_WORDS)
    return folder


def write_guide(root: Path, name: str, flow: str, words: dict[str, dict[str, str]]) -> None:
    """A flow file and its words, the same in both languages."""
    path = root / "flows" / f"{name}.toml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(flow, encoding="utf-8")
    for language in ("vi", "en"):
        for step, blocks in words.items():
            write_words(root, f"{language}/{name}/{step}", blocks)


def write_words(root: Path, text: str, blocks: dict[str, str]) -> None:
    """One template: `text` is "<language>/<guide>/<step>"."""
    path = root / "content" / f"{text}.j2"
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [f"{{% block {block} %}}{words}{{% endblock %}}" for block, words in blocks.items()]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


_NUMBERS = count(1)


class Recorder:
    """A channel that writes down what it is given. `faults` are raised first, each once, before anything arrives."""

    def __init__(self, name: str = "paper", capabilities: Capabilities = OPEN) -> None:
        self.name = name
        self.capabilities = capabilities
        self.sent: list[tuple[str, Outgoing]] = []
        self.times: list[float] = []
        self.tried = 0
        self.faults: deque[SendFailed] = deque()
        self.open = asyncio.Event()
        self.open.set()
        self.accept: Callable[[Incoming], Awaitable[None]] | None = None

    @property
    def status(self) -> str:
        """Always there."""
        return "ok"

    async def start(self, accept: Callable[[Incoming], Awaitable[None]]) -> None:
        """Begin to listen."""
        self.accept = accept

    async def stop_listening(self) -> None:
        """Take in nothing more."""
        self.accept = None

    async def send(self, chat: str, outgoing: Outgoing) -> Receipt:
        """Write it down; the receipt counts from 1."""
        self.tried += 1
        await self.open.wait()
        if self.faults:
            raise self.faults.popleft()
        self.sent.append((chat, outgoing))
        self.times.append(asyncio.get_running_loop().time())
        return Receipt(str(len(self.sent)))

    async def close(self) -> None:
        """Nothing to let go of."""

    def to(self, chat: str) -> list[Outgoing]:
        """What one chat was sent, in order."""
        return [outgoing for each, outgoing in self.sent if each == chat]

    def heads(self, chat: str) -> list[str]:
        """The headlines one chat was sent, in order."""
        return [outgoing.head for outgoing in self.to(chat) if isinstance(outgoing, Message)]

    def buttons(self, chat: str) -> tuple[Button, ...]:
        """The newest buttons of a chat."""
        shown = (o for o in reversed(self.to(chat)) if isinstance(o, Message) and o.buttons)
        return next((message.buttons for message in shown if isinstance(message, Message)), ())


async def refuse(database: Database, *, refuses: bool = True) -> None:
    """Let a database refuse whatever is written from now on, or take it again."""
    async with database._lock:  # its writing connection is nobody else's meanwhile
        writer = await database._connected()
        driver: Any = (await writer.get_raw_connection()).driver_connection
        what = "PRAGMA query_only" if writer.dialect.name == "sqlite" else "SET default_transaction_read_only"
        await driver.execute(f"{what} = {'on' if refuses else 'off'}")


@dataclass
class Shell:
    """A running bot with one recording channel; `now` is what its people's clocks show, in milliseconds."""

    app: App
    channel: Recorder
    now: int = MORNING

    def later(self, seconds: float) -> None:
        """Let time pass."""
        self.now += int(seconds * 1000)

    def incoming(self, chat: str, what: What, external: str = "", **about: Any) -> Incoming:
        """Something that comes in now; every one has an id of its own unless one is given."""
        self.now += 10
        identity = external or f"{next(_NUMBERS)}"
        return Incoming(self.channel.name, chat, identity, self.now, what, **about)

    async def takes(self, *incoming: Incoming) -> None:
        """These come in at once; returns when they are stored and answered."""
        await asyncio.gather(*(self.app.conversation.accept(one) for one in incoming))
        await self.quiet()

    async def says(self, chat: str, text: str, **about: Any) -> None:
        """A person types."""
        await self.takes(self.incoming(chat, What.TEXT, text=text, **about))

    async def taps(self, chat: str, label: str) -> None:
        """A person taps the newest button with that label."""
        await self.takes(self.tap(chat, label))

    def tap(self, chat: str, label: str) -> Incoming:
        """A tap on the newest button with that label."""
        ids = {button.label: button.id for button in self.channel.buttons(chat)}
        return self.incoming(chat, What.TAP, tap=ids[label], message=str(len(self.channel.sent)))

    async def look(self, seconds: float = 0) -> int:
        """The clock looks after that many seconds; how many jobs were due."""
        self.later(seconds)
        found = await self.app.clock.look(self.now)
        await self.quiet()
        return found

    async def quiet(self) -> None:
        """Until nothing waits to be sent, or the channel is shut."""
        for _ in range(2000):
            if not any(self.app.sender.backlog.values()) or not self.channel.open.is_set():
                break
            await asyncio.sleep(0.002)
        else:
            raise AssertionError(f"still waiting to be sent: {self.app.sender.backlog}")

    def heads(self, chat: str) -> list[str]:
        """The headlines that chat was sent."""
        return self.channel.heads(chat)

    def last(self, chat: str) -> str:
        """The newest headline of a chat."""
        return self.heads(chat)[-1]

    async def load(self, chat: str) -> tuple[Chat | None, dict[str, Session]]:
        """The stored chat and its sessions."""
        key = f"{self.channel.name}:{chat}"
        async with self.app.database.read() as connection:
            found, sessions = await chats.load(connection, [key])
        return found.get(key), sessions[key]

    async def step(self, chat: str) -> str:
        """Where a person stands: "guide/step", "" at home."""
        found, sessions = await self.load(chat)
        if found is None or found.flow not in sessions:
            return ""
        return f"{found.flow}/{sessions[found.flow].step}"

    async def rows(self, table: Table, **where: Any) -> list[dict[str, Any]]:
        """The rows of a table, oldest first where they have an order."""
        query = select(table)
        for name, value in where.items():
            query = query.where(table.c[name] == value)
        async with self.app.database.read() as connection:
            found = [dict(row) for row in (await connection.execute(query)).mappings()]
        return sorted(found, key=lambda row: row["id"]) if table in {outbox, journal} else found

    def keyboards(self, chat: str) -> list[Keyboard]:
        """The records a chat was sent."""
        return [outgoing for outgoing in self.channel.to(chat) if isinstance(outgoing, Keyboard)]


def a_config(root: Path, database: Path | None = None, **settings: Any) -> Config:
    """Settings of a test: the database of the test or a file beside the house, no quiet hours."""
    where = f"sqlite+aiosqlite:///{database or root / 'data' / 'bot.db'}"
    if database is None:
        where = os.environ.get(DATABASE, where)
    config = Config(root=root, database=where, quiet=(), drain_seconds=2)
    return dataclasses.replace(config, **settings)


@asynccontextmanager
async def a_bot(
    root: Path,
    channel: Recorder | None = None,
    *,
    database: Path | None = None,
    now: int = MORNING,
    others: Sequence[Channel] = (),
    **settings: Any,
) -> AsyncIterator[Shell]:
    """The bot of a project folder. Entered again with the same folder it is the bot after a restart."""
    config = a_config(root, database, **settings)
    with_tables(config.database)
    house = opened(config)
    mouth = channel or Recorder()
    async with running(config, house, [mouth, *others]) as app:
        yield Shell(app, mouth, now)
