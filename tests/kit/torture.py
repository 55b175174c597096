"""Kills the bot again and again while people talk with it, and holds what is left against a model.

    python -m tests.kit.torture --kills 50 --people 200 --seed 1

The real bot runs as a process of its own (`bot run`, Telegram by webhook, SQLite); its people walk the real guides
over HTTP. At random moments it is killed with SIGKILL and started again. What it did not answer with 200 is delivered
again under the same id, as Telegram does; some of what it did answer is delivered twice on purpose. At the end:

- every accepted update is in the inbox once, and nothing else is there;
- chat, sessions, journal and jobs of every person equal the model: their updates replayed through the pure core;
- every message of the model arrived, in order, and what arrived twice was in flight at a kill;
- the file is sound (PRAGMA integrity_check) and nothing waits to be sent.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import random
import shutil
import signal
import sqlite3
import sys
import tempfile
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aiohttp
import orjson
from aiohttp import web

from tests.kit.process import free_port
from tests.kit.torture_model import Replayed, replay

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

REPOSITORY = Path(__file__).parents[2]
TOKEN = "1000000001:a-double-has-no-secret"
SECRET = "only-the-double-knows"
WORDS = (
    *("xong", "chưa", "không được", "bị vướng", "có", "không", "1", "2", "3", "xem lại", "bước trước", "về đầu"),
    *("gặp người giúp", "à ừm", "quét mã trả tiền", "quên mật khẩu vneid", "/start", "/help", "/language", "500.000"),
    *("mã là 481516", "cháu ơi giúp bác với", "cho mẹ tôi dùng", "đổi người", "người 1", "người 2", "thêm người"),
)
"""What people type: answers, commands, questions, nonsense, and once in a while a secret."""


@dataclass(frozen=True)
class Plan:
    """How hard. `seconds` is how long one run lives on average, `thinking` a person's longest pause."""

    kills: int
    people: int
    seed: int
    seconds: float = 2.5
    thinking: float = 4.0


@dataclass
class Sent:
    """One thing that arrived at the Bot API: ("say" | "record" | "delete", what it says)."""

    kind: str
    about: str


@dataclass
class Person:
    """One person's phone. `screens` are the buttons of each message with any, by message."""

    id: int
    arrived: list[Sent] = field(default_factory=list)
    screens: dict[int, list[str]] = field(default_factory=dict)
    news: asyncio.Event = field(default_factory=asyncio.Event)


@dataclass
class Outcome:
    """What was counted, and every breach in words."""

    numbers: dict[str, str]
    breaches: list[str]


class BotApi:
    """As much of the Bot API as the bot uses; believes everything it is told."""

    def __init__(self) -> None:
        self.people: dict[int, Person] = {}
        self.calls: Counter[str] = Counter()
        self._message = 0

    async def answer(self, request: web.Request) -> web.Response:
        """One call of the bot."""
        method = request.match_info["method"]
        self.calls[method] += 1
        body = await self._body(request)
        result: Any = True
        chat = int(body.get("chat_id") or 0)
        if method == "getMe":
            result = {
                "id": int(TOKEN.split(":", maxsplit=1)[0]),
                "is_bot": True,
                "first_name": "Tay",
                "username": "tay_bot",
            }
        elif method in {"sendMessage", "sendPhoto"}:
            result = self._sent(chat, body)
        elif method == "editMessageReplyMarkup":
            self._arrived(chat, "record", self._buttons(body))
        elif method == "deleteMessage":
            self._arrived(chat, "delete", str(body["message_id"]))
        return web.Response(body=orjson.dumps({"ok": True, "result": result}), content_type="application/json")

    async def _body(self, request: web.Request) -> dict[str, Any]:
        if request.content_type.startswith("multipart"):
            form = await request.post()
            return {name: value for name, value in form.items() if isinstance(value, str)}
        text = await request.read()
        return orjson.loads(text) if text else {}

    def _sent(self, chat: int, body: dict[str, Any]) -> dict[str, Any]:
        self._message += 1
        buttons = self._buttons(body)
        self._arrived(chat, "say", f"{body.get('text') or body.get('caption') or ''}|{buttons}")
        if buttons:
            self.people[chat].screens[self._message] = buttons.split()
        photo = [{"file_id": f"file-{self._message}", "file_unique_id": "u", "width": 1, "height": 1}]
        return {
            "message_id": self._message,
            "date": int(time.time()),
            "chat": {"id": chat, "type": "private"},
            **({"photo": photo} if "text" not in body else {}),
        }

    def _arrived(self, chat: int, kind: str, about: str) -> None:
        person = self.people[chat]
        person.arrived.append(Sent(kind, about))
        person.news.set()

    @staticmethod
    def _buttons(body: dict[str, Any]) -> str:
        markup = body.get("reply_markup") or {}
        markup = orjson.loads(markup) if isinstance(markup, str) else markup
        rows = markup.get("inline_keyboard") or []
        return " ".join(button.get("callback_data", "") for row in rows for button in row)


class Torture:
    """One torture."""

    def __init__(self, plan: Plan, folder: Path) -> None:
        self._plan = plan
        self._folder = folder
        self._dice = random.Random(plan.seed)
        self._api = BotApi()
        self._database = folder / "data" / "bot.db"
        self._port = free_port()
        self._url = f"http://127.0.0.1:{self._port}/telegram"
        self._update = 1000
        self._updates: dict[int, dict[str, Any]] = {}  # everything that was ever delivered, by id
        self._in_order: defaultdict[int, list[tuple[int, ...]]] = defaultdict(list)  # per person; together in one tuple
        self._again = 0
        self._refused = 0
        self._unmarked: Counter[int] = Counter()  # chat -> rows without a mark at some kill
        self._up = asyncio.Event()
        self._over = False
        self._shy: set[str] = set()
        self._process: asyncio.subprocess.Process | None = None
        self._session: aiohttp.ClientSession | None = None

    async def run(self) -> Outcome:
        """All of it."""
        for name in ("flows", "content"):
            shutil.copytree(REPOSITORY / name, self._folder / name)
        begun = time.monotonic()
        starts: list[float] = []
        async with self._serve() as api, aiohttp.ClientSession() as session:
            self._session = session
            people = [Person(number) for number in range(1, self._plan.people + 1)]
            self._api.people = {person.id: person for person in people}
            starts.append(await self.begin(api))
            self._shy = {button for (button,) in await asyncio.to_thread(self.rows, SHY)}
            walks = [asyncio.create_task(self._walk(person)) for person in people]
            try:
                for _ in range(self._plan.kills):
                    await asyncio.sleep(self._dice.uniform(0.2, 1.8) * self._plan.seconds)
                    starts.append(await self.harm(api))
                self._over = True
                await asyncio.gather(*walks)
                drained = await self._drained()
            finally:
                for walk in walks:
                    walk.cancel()
                await asyncio.gather(*walks, return_exceptions=True)
                code = await self.stop()
        breaches = [] if drained else ["messages still wait to be sent"]
        if code != 0:
            breaches.append(f"the last run ended with exit code {code}: {self._last_words()}")
        numbers = {
            "seed": str(self._plan.seed),
            "people": str(self._plan.people),
            "kills": str(self._plan.kills),
            "seconds": f"{time.monotonic() - begun:.0f}",
            "slowest start": f"{max(starts):.2f} s",
            "updates accepted": str(len(self._updates)),
            "not answered, given again": str(self._refused),
            "accepted, given again": str(self._again),
        }
        return self._judged(numbers, breaches)

    # --- the bot

    @contextlib.asynccontextmanager
    async def _serve(self) -> AsyncIterator[str]:
        app = web.Application(client_max_size=2**24)
        app.router.add_post(f"/bot{TOKEN}/{{method}}", self._api.answer)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        try:
            assert site._server is not None
            yield f"http://127.0.0.1:{runner.addresses[0][1]}"
        finally:
            await runner.cleanup()

    async def begin(self, api: str) -> float:
        """Start the bot; seconds until it takes updates."""
        begun = time.monotonic()
        environment = {
            **os.environ,
            "CAM_TAY_ROOT": str(self._folder),
            "CAM_TAY_DATABASE": f"sqlite+aiosqlite:///{self._database}",
            "CAM_TAY_PORT": str(self._port),
            "TELEGRAM_BOT_TOKEN": TOKEN,
            "TELEGRAM_API": api,
            "TELEGRAM_WEBHOOK": self._url,
            "TELEGRAM_SECRET": SECRET,
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
        line = await asyncio.wait_for(self._process.stdout.readline(), 30)
        if not line:
            raise RuntimeError(f"the bot does not start: {self._last_words()}")
        self._up.set()
        return time.monotonic() - begun

    async def harm(self, api: str) -> float:
        """Kill the bot and start it again; seconds that took."""
        assert self._process is not None
        self._up.clear()
        self._process.kill()
        await self._process.wait()
        self._unmarked.update(self.waiting_by_chat())
        return await self.begin(api)

    def door(self) -> str:
        """Where the next update is delivered."""
        return self._url

    async def stop(self) -> int:
        """End the bot; its exit code."""
        process = self._process
        if process is None or process.returncode is not None:
            return process.returncode if process and process.returncode is not None else -1
        process.send_signal(signal.SIGTERM)
        try:
            return await asyncio.wait_for(process.wait(), 30)
        except TimeoutError:
            process.kill()
            await process.wait()
            return -9

    def _last_words(self) -> str:
        return (self._folder / "bot.log").read_text(encoding="utf-8", errors="replace")[-600:]

    async def _drained(self) -> bool:
        """Until no row waits to be sent."""
        for _ in range(600):
            if not await asyncio.to_thread(self.waiting_by_chat):
                return True
            await asyncio.sleep(0.1)
        return False

    def rows(self, words: str) -> list[tuple[Any, ...]]:
        """Rows of the database."""
        with contextlib.closing(sqlite3.connect(f"{self._database.as_uri()}?mode=ro", uri=True)) as connection:
            return connection.execute(words).fetchall()

    def waiting_by_chat(self) -> Counter[int]:
        """The rows of the outbox without a mark, read from a copy: the file itself is left to the bot to recover."""
        with tempfile.TemporaryDirectory() as place:
            for suffix in ("", "-wal"):
                source = Path(f"{self._database}{suffix}")
                if source.exists():
                    shutil.copyfile(source, Path(place) / f"copy.db{suffix}")
            with contextlib.closing(sqlite3.connect(Path(place) / "copy.db")) as copy:
                rows = copy.execute("SELECT chat FROM outbox WHERE state = 'waiting'").fetchall()
        return Counter(int(chat.partition("/")[0]) for (chat,) in rows)

    # --- the people

    async def _walk(self, person: Person) -> None:
        dice = random.Random(self._plan.seed * 100_003 + person.id)
        await asyncio.sleep(dice.uniform(0, 1))
        await self._say(person, dice.choice(("/start", "/start", "/start vietqr-pay", "chào cháu")))
        while not self._over:
            person.news.clear()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(person.news.wait(), dice.uniform(0.5, 1) * self._plan.thinking)
            await asyncio.sleep(dice.uniform(0, 0.4) * self._plan.thinking)
            if self._over:
                break
            await self._act(person, dice)

    async def _act(self, person: Person, dice: random.Random) -> None:
        """One thing a person does: usually a tap on the newest message."""
        chance = dice.random()
        if not person.screens or chance < 0.12:
            await self._say(person, dice.choice(WORDS))
        elif chance < 0.82:
            await self._give(person, self._tap(person, max(person.screens), dice))
        elif chance < 0.88:
            await self._give(person, self._tap(person, dice.choice(list(person.screens)), dice))
        elif chance < 0.94:  # an impatient finger: the same button twice, as two updates
            tap = self._tap(person, max(person.screens), dice)
            await self._give(person, tap)
            await self._give(person, {**tap, "update_id": self._next(), "callback_query": dict(tap["callback_query"])})
        else:  # a tap and words together, in whatever order they get there
            tap = self._tap(person, max(person.screens), dice)
            await self._give(person, tap, self._text(person, dice.choice(WORDS)))

    async def _say(self, person: Person, text: str) -> None:
        await self._give(person, self._text(person, text))

    def _next(self) -> int:
        self._update += 1
        return self._update

    def _text(self, person: Person, text: str) -> dict[str, Any]:
        who = {"id": person.id, "is_bot": False, "first_name": "Ai", "language_code": ("vi", "en")[person.id % 2]}
        chat = {"id": person.id, "type": "private"}
        identity = self._next()
        message = {"message_id": 10_000_000 + identity, "date": 0, "chat": chat, "from": who, "text": text}
        return {"update_id": identity, "message": message}

    def _tap(self, person: Person, message: int, dice: random.Random) -> dict[str, Any]:
        who = {"id": person.id, "is_bot": False, "first_name": "Ai"}
        shown = {"message_id": message, "date": 1, "chat": {"id": person.id, "type": "private"}}
        identity = self._next()
        known = [button for button in person.screens[message] if button not in self._shy]
        data = dice.choice(known or person.screens[message])
        query = {"id": str(identity), "from": who, "message": shown, "chat_instance": "1", "data": data}
        return {"update_id": identity, "callback_query": query}

    async def _give(self, person: Person, *updates: dict[str, Any]) -> None:
        """Deliver until accepted; now and then once more."""
        ids = tuple(update["update_id"] for update in updates)
        self._updates.update({update["update_id"]: update for update in updates})
        self._in_order[person.id].append(ids)
        await asyncio.gather(*(self._deliver(update) for update in updates))
        if self._dice.random() < 0.1:
            old = self._dice.choice(self._in_order[person.id])
            self._again += len(old)
            await asyncio.gather(*(self._deliver(self._updates[identity]) for identity in old))

    async def _deliver(self, update: dict[str, Any]) -> None:
        assert self._session is not None
        body = orjson.dumps(update)
        headers = {"X-Telegram-Bot-Api-Secret-Token": SECRET, "Content-Type": "application/json"}
        while True:
            await self._up.wait()
            with contextlib.suppress(aiohttp.ClientError, OSError, TimeoutError):
                async with self._session.post(self.door(), data=body, headers=headers, timeout=PATIENT) as answer:
                    if answer.status == 200:
                        return
            self._refused += 1
            await asyncio.sleep(0.1)

    # --- the judgement

    def _judged(self, numbers: dict[str, str], breaches: list[str]) -> Outcome:
        with contextlib.closing(sqlite3.connect(self._database)) as connection:
            connection.row_factory = sqlite3.Row
            sound = connection.execute("PRAGMA integrity_check").fetchone()[0]
            if sound != "ok":
                breaches.append(f"integrity_check: {sound}")
            inbox = connection.execute("SELECT rowid, * FROM inbox ORDER BY rowid").fetchall()
            breaches += self._wrong_inbox(inbox)
            replayed = replay(self._folder, self._updates, [(int(row["external"]), row["at"]) for row in inbox])
            chats = {row["external"] for row in connection.execute("SELECT external FROM chat")}
            breaches += [f"person {place} is not as the model has them" for place in chats ^ replayed.keys()]
            for place in chats & replayed.keys():
                breaches += self._wrong_state(connection, place, replayed[place])
        twice, wrong = self._wrong_arrivals(replayed)
        messages = sum(len(person.arrived) for person in self._api.people.values())
        steps = sum(len(each.journal) for each in replayed.values())
        numbers |= {
            "lines of the journal": str(steps),
            "people set aside": str(sum("/" in place for place in replayed)),
            "messages arrived": str(messages),
            "of these twice": str(twice),
            "in flight at kills, at most": str(sum(self._unmarked.values())),
            "breaches": str(len(breaches + wrong)),
        }
        return Outcome(numbers, breaches + wrong)

    def _wrong_inbox(self, rows: Sequence[sqlite3.Row]) -> list[str]:
        breaches = [f"update {row['external']} is parked: {row['reason']}" for row in rows if row["state"] != "done"]
        place = {int(row["external"]): row["rowid"] for row in rows}
        breaches += [f"update {lost} was accepted and is lost" for lost in self._updates.keys() - place.keys()]
        breaches += [f"update {found} came from nowhere" for found in place.keys() - self._updates.keys()]
        for person, order in self._in_order.items():
            last = 0
            for together in order:
                here = [place[identity] for identity in together if identity in place]
                if here and min(here) < last:
                    breaches.append(f"person {person}: {together} happened before what was accepted earlier")
                last = max([last, *here])
        return breaches

    def _wrong_state(self, connection: sqlite3.Connection, place: str, model: Replayed) -> list[str]:
        """Chat, sessions, journal and job of one person against the model."""
        key = f"telegram:{place}"
        query = connection.execute
        chat = query("SELECT * FROM chat WHERE key = ?", (key,)).fetchone()
        sessions = query("SELECT flow, state_json FROM session WHERE chat = ?", (key,)).fetchall()
        journal = query(
            "SELECT flow, step, what, answer, at FROM journal WHERE chat = ? ORDER BY id", (key,)
        ).fetchall()
        jobs = query("SELECT due_at, payload_json FROM job WHERE chat = ?", (key,)).fetchall()
        found: dict[str, Any] = {
            "chat": {**orjson.loads(chat["state_json"]), "flow": chat["flow"], "language": chat["language"]},
            "sessions": {row["flow"]: orjson.loads(row["state_json"]) for row in sessions},
            "journal": [tuple(row) for row in journal],
            "job": [(row["due_at"], orjson.loads(row["payload_json"])) for row in jobs],
        }
        found["chat"].pop("asked")
        wanted = {"chat": model.chat, "sessions": model.sessions, "journal": model.journal, "job": model.job}
        return [
            f"person {place}: {part} differs:\n    is     {found[part]}\n    should {wanted[part]}"
            for part in wanted
            if found[part] != wanted[part]
        ]

    def _wrong_arrivals(self, replayed: dict[str, Replayed]) -> tuple[int, list[str]]:
        """How many messages came twice, and whose messages did not come or came too often."""
        twice, breaches = 0, []
        for person in self._api.people.values():
            model = replayed.get(str(person.id))
            wanted = model.sent if model else []
            arrived = [(each.kind, each.about) for each in person.arrived]
            rest = iter(arrived)
            missing = next((each for each in wanted if each not in rest), None)
            if missing is not None:
                breaches.append(f"person {person.id}: never arrived in its place: {missing}")
                continue
            extra = len(arrived) - len(wanted)
            twice += extra
            if strange := [each for each in arrived if each not in wanted]:
                breaches.append(f"person {person.id}: nobody meant to say {strange}")
            elif extra > self._unmarked[person.id]:
                breaches.append(f"person {person.id}: {extra} more arrived than {self._unmarked[person.id]} in flight")
        return twice, breaches


SHY = "SELECT id FROM button WHERE answer LIKE 'send%'"
"""Buttons nobody taps: what they lead to is found out by an errand, and the model runs none."""

PATIENT = aiohttp.ClientTimeout(total=20)


async def torture(plan: Plan) -> Outcome:
    """Torture a bot of this checkout; its files are in a folder that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="torture-") as folder:
        return await Torture(plan, Path(folder)).run()


def main() -> int:
    """The command; 1 on any breach."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--people", type=int, default=200)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    parser.add_argument("--seconds", type=float, default=2.5, help="how long a run lives on average")
    given = parser.parse_args()
    outcome = asyncio.run(torture(Plan(given.kills, given.people, given.seed, given.seconds)))
    for name, number in outcome.numbers.items():
        sys.stdout.write(f"{name:<30}{number:>12}\n")
    for breach in outcome.breaches[:20]:
        sys.stdout.write(f"BREACH {breach}\n")
    return 1 if outcome.breaches else 0


if __name__ == "__main__":
    raise SystemExit(main())
