"""Kills the bot again and again while it sends a broadcast, and counts what arrived.

    python -m tests.kit.torture_broadcast --kills 10 --people 20000 --rate 1000 --seed 1

The real bot runs as a process of its own; at random moments it is killed with SIGKILL and started again. At the end:

- everybody is in one state and the sums add up; nobody is left planned or claimed;
- who is "sent" got it once, who is "unknown" at most once, everybody else never: nobody gets it twice;
- what a kill leaves in doubt is no more than what was claimed ahead and under way.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import random
import sqlite3
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson
from aiohttp import web

from bot.broadcast.model import Broadcast, Kind, Plan
from bot.engine.chat import Chat
from bot.service.slots import WINDOW
from bot.store import broadcasts, chats
from bot.store.database import open_database
from tests.kit.shell import make_root

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

REPOSITORY = Path(__file__).parents[2]
TOKEN = "1000000001:a-double-has-no-secret"
TEXT = "{% block text %}{{ You }} nhớ nhé.{% endblock %}"
LATENCY = 0.05
BEHIND = 0.5
"""Seconds that the answer of the Bot API takes; and that a busy machine may be behind with writing down."""


@dataclass(frozen=True)
class Hardship:
    """How hard. `seconds` is how long one run lives on average."""

    kills: int
    people: int
    rate: int
    seed: int
    seconds: float


@dataclass
class Outcome:
    """What was counted, and every breach in words."""

    numbers: dict[str, str]
    breaches: list[str]


class Torture:
    """One torture."""

    def __init__(self, plan: Hardship, folder: Path) -> None:
        self._plan = plan
        self._folder = folder
        self._dice = random.Random(plan.seed)
        self._database = folder / "data" / "bot.db"
        self._arrived: Counter[int] = Counter()
        self.polls = 0
        self._process: asyncio.subprocess.Process | None = None

    async def run(self) -> Outcome:
        """All of it."""
        make_root(self._folder)  # a small house: what is sent does not hang on the guides, and it starts faster
        settings = f"[telegram]\nrate = {self._plan.rate}\n[reminder]\nquiet = []\n[broadcast]\na_day = 0\na_week = 0\n"
        (self._folder / "bot.toml").write_text(settings, encoding="utf-8")
        await self._prepare()
        doubts = [0]
        begun = time.monotonic()
        async with self._serve() as api:
            await self.begin(api)
            for _ in range(self._plan.kills):
                await asyncio.sleep(self._dice.uniform(0.3, 1.7) * self._plan.seconds)
                await self.harm(api)
                doubts.append(self._counted().get(("unknown", "crash"), 0))
            ended = await self._ended()
            await self.stop()
        return self._judged(ended, doubts, time.monotonic() - begun)

    async def _prepare(self) -> None:
        """Everybody, and the broadcast as it is sent."""
        database = await open_database(self.address)
        now = time.time_ns() // 1_000_000
        people = [Chat(f"telegram:{n}", "telegram", str(n), "vi", now, now) for n in range(1, self._plan.people + 1)]
        plan = Plan(canary=0, errors=100)
        content = Broadcast("care", "scam", Kind.TIP, "everyone", plan=plan, words={"vi": TEXT})
        try:
            async with database.write() as connection:
                await chats.save(connection, people)
                await broadcasts.add(
                    *(connection, content),
                    name="care",
                    state="scheduled",
                    sender="x",
                    expected=len(people),
                    created_at=now,
                    start_at=now,
                )
        finally:
            await database.close()

    @contextlib.asynccontextmanager
    async def _serve(self) -> AsyncIterator[str]:
        app = web.Application()
        app.router.add_post(f"/bot{TOKEN}/{{method}}", self._answer)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        try:
            yield f"http://127.0.0.1:{runner.addresses[0][1]}"
        finally:
            await runner.cleanup()

    async def _answer(self, request: web.Request) -> web.Response:
        """The Bot API: takes at once, answers after a moment."""
        result: Any = True
        match request.match_info["method"]:
            case "getMe":
                result = {"id": 1000000001, "is_bot": True, "first_name": "Tay", "username": "tay_bot"}
            case "getWebhookInfo":
                result = {"url": "", "has_custom_certificate": False, "pending_update_count": 0}
            case "getUpdates":
                self.polls += 1
                await asyncio.sleep(1)
                result = []
            case "sendMessage":
                chat = int(orjson.loads(await request.read())["chat_id"])
                self._arrived[chat] += 1
                await asyncio.sleep(LATENCY)
                about = {"id": chat, "type": "private"}
                result = {"message_id": chat, "date": int(time.time()), "chat": about}
        return web.Response(body=orjson.dumps({"ok": True, "result": result}), content_type="application/json")

    @property
    def address(self) -> str:
        """The database's."""
        return f"sqlite+aiosqlite:///{self._database}"

    async def harm(self, api: str) -> None:
        """Kill the bot and start it again."""
        assert self._process is not None
        self._process.kill()
        await self._process.wait()
        await self.begin(api)

    async def stop(self) -> None:
        """End the bot."""
        assert self._process is not None
        self._process.terminate()
        await self._process.wait()

    async def begin(self, api: str) -> None:
        """Start the bot."""
        environment = {
            **os.environ,
            "CAM_TAY_ROOT": str(self._folder),
            "CAM_TAY_DATABASE": self.address,
            "CAM_TAY_PORT": "0",
            "TELEGRAM_BOT_TOKEN": TOKEN,
            "TELEGRAM_API": api,
        }
        with (self._folder / "bot.log").open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "bot", "run", "--no-watch"),
                cwd=REPOSITORY,
                env=environment,
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
            )
        assert self._process.stdout is not None
        if not await asyncio.wait_for(self._process.stdout.readline(), 30):
            raise RuntimeError((self._folder / "bot.log").read_text(encoding="utf-8")[-600:])

    def query(self, words: str) -> list[tuple[Any, ...]]:
        """Rows of the database."""
        with contextlib.closing(sqlite3.connect(f"{self._database.as_uri()}?mode=ro", uri=True)) as connection:
            return connection.execute(words).fetchall()

    def _counted(self) -> dict[tuple[str, str], int]:
        rows = self.query("SELECT state, reason, count(*) FROM recipient GROUP BY state, reason")
        return {(state, reason): number for state, reason, number in rows}

    async def _ended(self) -> bool:
        """Until the broadcast is done; it may take as long as its rate says, and a minute."""
        until = time.monotonic() + self._plan.people / self._plan.rate + 60
        while time.monotonic() < until:
            if self.query("SELECT state FROM broadcast") == [("done",)]:
                return True
            await asyncio.sleep(0.2)
        return False

    def _judged(self, ended: bool, doubts: list[int], seconds: float) -> Outcome:
        counted = self._counted()
        breaches = [] if ended else ["the broadcast has not ended"]
        total = sum(counted.values())
        if total != self._plan.people:
            breaches.append(f"{total} recipients of {self._plan.people} people")
        for chat, state in self.query("SELECT chat, state FROM recipient"):
            arrived = self._arrived[int(chat.removeprefix("telegram:"))]
            allowed = {"sent": (1,), "unknown": (0, 1)}.get(state, (0,))
            if arrived not in allowed:
                breaches.append(f"{chat} is {state} and got it {arrived} times")
        each = [after - before for before, after in pairwise(doubts)]
        most = int(self._plan.rate * (WINDOW / 1000 + LATENCY + BEHIND)) + 1
        breaches += [f"a kill left {number} in doubt, more than {most}" for number in each if number > most]
        numbers = {
            "seed": str(self._plan.seed),
            "people": str(self._plan.people),
            "kills": str(self._plan.kills),
            "seconds": f"{seconds:.0f}",
            "sent": str(counted.get(("sent", ""), 0)),
            "in doubt": str(counted.get(("unknown", "crash"), 0)),
            "in doubt, most of one kill": f"{max(each, default=0)} (allowed {most})",
            "arrived twice": str(sum(number > 1 for number in self._arrived.values())),
        }
        return Outcome(numbers, breaches)


async def torture(plan: Hardship) -> Outcome:
    """Torture a bot of this checkout; its files are in a folder that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="torture-broadcast-") as folder:
        return await Torture(plan, Path(folder)).run()


def main() -> int:
    """The command; 1 on any breach."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--people", type=int, default=20_000)
    parser.add_argument("--rate", type=int, default=1_000)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    parser.add_argument("--seconds", type=float, default=2.0, help="how long a run lives on average")
    given = parser.parse_args()
    outcome = asyncio.run(torture(Hardship(given.kills, given.people, given.rate, given.seed, given.seconds)))
    for name, number in outcome.numbers.items():
        sys.stdout.write(f"{name:<30}{number:>12}\n")
    for breach in outcome.breaches[:20]:
        sys.stdout.write(f"BREACH {breach}\n")
    return 1 if outcome.breaches else 0


if __name__ == "__main__":
    raise SystemExit(main())
