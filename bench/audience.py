"""Broadcasts at the size of the movement: 1.6 million people, 423 teams, 166 communes, on both databases.

python bench/audience.py                                  everything, about 15 minutes
python bench/audience.py --databases sqlite --measures count snapshot claim
python bench/audience.py --people 100000 --measures rate  a small one

count       seconds to count who is stuck at a step of a guide in a commune
snapshot    seconds until everybody is written down as a recipient, and the longest piece of it
claim       CPU of one recipient: claimed and acknowledged, with what has to be known of them beside it
rate        achieved at 30 and 1,000 a second against a Bot API of this machine, beside a plain cursor loop
memory      of the process that sends, with few recipients and with all
replies     p99 of replies while nothing is sent, at 30 and at 1,000 a second, and while everybody is gathered
"""

import argparse
import asyncio
import os
import random
import shutil
import statistics
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Self

import movement
import uvloop
from contenders import ROOT, assemble
from crowd import Crowd
from harness import SECRET, Bot
from machine import Machine, cpu_seconds
from report import table
from sqlalchemy import func, select, text
from sqlalchemy.engine import make_url
from wire import ApiConnection, Hook

from bot.broadcast.audience import read_audience
from bot.broadcast.model import Broadcast, Kind, Plan
from bot.capability import CAPABILITIES
from bot.config import Config
from bot.service.broadcast import Broadcasts
from bot.service.house import load_house
from bot.service.sender import Sender
from bot.service.slots import UNDER
from bot.store import audience, broadcasts, claims, tables
from bot.store.audience import Terms
from bot.store.claims import Outcome
from bot.store.database import Database, open_database
from tests.kit import postgres

if TYPE_CHECKING:
    from collections.abc import Callable

MEASURES = ("count", "snapshot", "claim", "rate", "memory", "replies")
WORDS = {"vi": "{% block text %}{{ You }} nhớ nhé.{% endblock %}"}
FIRST = 1_000_000_000
"""The id of the first person of the movement; those who walk a guide have smaller ones."""

SETTINGS = 'language = "en"\n[telegram]\nrate = {rate}\n[reminder]\nquiet = []\n[broadcast]\na_day = 0\na_week = 0\n'
SERVER = {
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "shared_buffers": "512MB",
    "max_wal_size": "4GB",
}
"""The server of the tests does not wait for its disk and has little memory; here it does, and has some."""

Rows = list[list[str]]


def now_ms() -> int:
    """Milliseconds since 1970 UTC."""
    return time.time_ns() // 1_000_000


async def begin(database: Database, name: str, state: str = "running", condition: str = "everyone") -> int:
    """Send a broadcast; its id."""
    content = Broadcast(name, "scams", Kind.TIP, condition, plan=Plan(canary=0, errors=100), words=WORDS)
    about = {"state": state, "sender": "bench", "expected": 10**8, "created_at": now_ms(), "start_at": now_ms()}
    async with database.write() as connection:
        id_ = await broadcasts.add(connection, content, name=name, **about)
    assert id_ is not None, name
    return id_


# --- on the database alone


async def count(database: Database, seed: int) -> Rows:
    """Audiences as the issue names them, each counted twice: first as it comes, then with what is in memory."""
    dice, terms = random.Random(seed), Terms("scams", "tip", ("telegram",), 1, 3)
    first, second = [], []
    for _ in range(10):
        guide, step = movement.guide(dice.choice((0, 0, 5))), movement.step(dice.randrange(movement.STEPS))
        place = movement.place(dice.randrange(movement.COMMUNES))
        node = read_audience(f'stuck("{guide}", "{step}") and place under "{place}"')
        for times in (first, second):
            begun = time.perf_counter()
            async with database.read() as connection:
                await audience.count(connection, node, terms, now_ms())
            times.append(time.perf_counter() - begun)
    return [
        row("count stuck at a step in a commune, s (worst of 10)", max(second), "{:.3f}", 0.3),
        row("  the same asked for the first time", max(first), "{:.3f}", None),
    ]


async def snapshot(database: Database, config: Config, people: int) -> Rows:
    """The runner itself gathers everybody."""
    house = load_house(config.root, config.words)[0]
    runner = Broadcasts(database, Sender(database), config, lambda: house)
    runner.lane.start({"telegram": SimpleNamespace(capabilities=CAPABILITIES["telegram"])})
    id_ = await begin(database, "snapshot")
    server = await backend(database)
    theirs = cpu_seconds(server) if server else 0.0
    begun, before = time.perf_counter(), time.process_time()
    found: list[float] = []
    ended = asyncio.Event()
    waits = asyncio.create_task(_waits(database, found, ended))
    while True:
        await runner.look()
        async with database.read() as connection:
            made = next(each for each in await broadcasts.listed(connection) if each.id == id_)
        if made.gathered_at:
            break
    seconds = time.perf_counter() - begun
    ended.set()
    await waits
    longest = max(found, default=0.0)
    async with database.write() as connection:
        await broadcasts.change(connection, id_, state="paused")
        number = await connection.scalar(select(func.count()).select_from(tables.recipient))
    assert number == people, number
    return [
        row(f"snapshot of {people:,}, s", seconds, "{:.1f}", 10.0 * people / movement.PEOPLE),
        row("  CPU of the process, s", time.process_time() - before, "{:.1f}", None),
        *([row("  CPU of the server, s", cpu_seconds(server) - theirs, "{:.1f}", None)] if server else []),
        row("  longest wait of a reply for the database, ms", longest * 1000, "{:.0f}", None),
    ]


async def _waits(database: Database, found: list[float], ended: asyncio.Event) -> None:
    """How long somebody waits who has something small to write."""
    while not ended.is_set():
        begun = time.perf_counter()
        async with database.write() as connection:
            await connection.execute(text("SELECT 1"))
        found.append(time.perf_counter() - begun)
        await asyncio.sleep(0.05)


async def backend(database: Database) -> int:
    """The process that writes for us on a PostgreSQL server of this machine; 0 on SQLite."""
    async with database.write() as connection:
        if connection.dialect.name != "postgresql":
            return 0
        return int(await connection.scalar(text("SELECT pg_backend_pid()")) or 0)


async def claim(database: Database, number: int) -> Rows:
    """Claim 100, look them up, acknowledge 100, over and over."""
    async with database.read() as connection:
        id_ = (await broadcasts.find(connection, "snapshot")).id  # type: ignore[union-attr]
    server = await backend(database)
    costs = {}
    after = 0
    for looks in (False, True):
        cpu, theirs, begun = time.process_time(), cpu_seconds(server) if server else 0.0, time.perf_counter()
        done: list[Outcome] = []
        for _ in range(number // 100):
            async with database.batch() as batch:
                await claims.acknowledge(batch, done)
                got = await claims.claim(batch, id_, "telegram", after=after, until=2**62, most=100, now=now_ms())
                if looks:
                    await claims.look_up(batch, id_, [one.chat for one in got], "scams", now_ms())
            done = [Outcome(id_, one.n, "sent", "", 0, str(one.n), 1, now_ms()) for one in got]
            after = got[-1].n
        costs[looks] = (
            (time.process_time() - cpu) / number * 1e6,
            ((cpu_seconds(server) - theirs) if server else 0.0) / number * 1e6,
            number / (time.perf_counter() - begun),
        )
    most = 100.0 if server else 50.0
    rows = [
        row("claim + ack, us of CPU a recipient", costs[False][0], "{:.0f}", most),
        row("  with what has to be known of them", costs[True][0], "{:.0f}", None),
        row("  recipients a second", costs[True][2], "{:.0f}", None),
    ]
    return [*rows, row("  CPU of the server, us a recipient", costs[False][1], "{:.0f}", None)] if server else rows


# --- a process of its own, and a Bot API


class Told(Crowd):
    """The Bot API: those of the movement are told something, the others walk their guide."""

    def __init__(self, hook: Hook) -> None:
        super().__init__(hook, "/start bench")
        self.arrived: list[float] = []

    def answer(self, connection: ApiConnection, method: str, parameters: dict[str, Any]) -> None:
        """Note when a message to somebody of the movement arrives."""
        if method == "sendmessage" and int(parameters["chat_id"]) >= FIRST:
            self.arrived.append(time.perf_counter())
            chat = int(parameters["chat_id"])
            result = b'{"message_id":%d,"date":1760000000,"chat":{"id":%d,"type":"private"}}' % (chat, chat)
            connection.reply(b'{"ok":true,"result":%s}' % result)
            return
        super().answer(connection, method, parameters)


class Running:
    """A process that sends, on a core of its own, and the Bot API before it."""

    def __init__(self, command: list[str], env: dict[str, str], machine: Machine, log: Path) -> None:
        self.bot = Bot(command, ROOT, env, log, machine)
        self.crowd = Told(Hook(self.bot.hook_port, "/hook", SECRET))

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        answer = self.crowd.answer
        self.server = await loop.create_server(lambda: ApiConnection(answer), "127.0.0.1", self.bot.api_port)
        self.bot.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        self.crowd.hook.close()
        self.bot.stop(3)
        self.server.close()

    async def walk(self, seconds: float, rate: float) -> list[float]:
        """People walk their guide meanwhile; the seconds until each reply."""
        self.crowd.latencies.clear()
        await self.crowd.load(seconds, rate=rate)
        return sorted(self.crowd.latencies)

    async def until(self, number: int, seconds: float) -> None:
        """Until so many messages have arrived."""
        end = time.perf_counter() + seconds
        while len(self.crowd.arrived) < number and time.perf_counter() < end:
            await asyncio.sleep(0.1)
            self.bot.check()

    @property
    def pid(self) -> int:
        """Of the process."""
        assert self.bot.process is not None, "started"
        return self.bot.process.pid

    @property
    def peak_mb(self) -> float:
        """The most memory it ever had."""
        status = Path(f"/proc/{self.pid}/status")
        return int(status.read_text().split("VmHWM:")[1].split()[0]) / 1024 if status.exists() else 0.0


def product(folder: Path, database: str, rate: int, machine: Machine) -> Running:
    """The product itself, as `bot run` serves it."""
    house = folder / f"house-{rate}-{time.perf_counter_ns()}"
    assemble(house)
    (house / "bot.toml").write_text(SETTINGS.format(rate=rate))
    env = {"CAM_TAY_ROOT": str(house), "CAM_TAY_DATABASE": database, "CAM_TAY_PORT": "{port}"}
    return Running([sys.executable, "-m", "bot", "run", "--no-watch"], env, machine, folder / "bot.log")


async def rate(folder: Path, allowed: int, seconds: float, seed: int, machine: Machine) -> tuple[Rows, Rows]:
    """A broadcast to as many as can be reached in that time; the same with the cursor loop."""
    people = int(allowed * seconds)
    url = f"sqlite+aiosqlite:///{folder / f'rate-{allowed}.db'}"
    await movement.build(url, people=people, seed=seed)
    database = await open_database(url)
    reachable = select(func.count()).select_from(tables.chat).where(tables.chat.c.reachable)
    opted = select(tables.optout.c.chat)
    async with database.read() as connection:
        number = int(await connection.scalar(reachable.where(tables.chat.c.key.not_in(opted))) or 0)
        everybody = int(await connection.scalar(reachable) or 0)
    async with product(folder, url, allowed, machine) as running:
        await started(running)
        before = cpu_seconds(running.pid)
        await begin(database, "rate")
        await running.until(number, seconds * 3)
        ours = Achieved(running.crowd.arrived, cpu_seconds(running.pid) - before)
    await database.close()
    script = [sys.executable, str(Path(__file__).parent / "peers/cursor.py"), make_url(url).database, str(allowed)]
    peer = Running(list(map(str, script)), {}, machine, folder / "peer.log")
    async with peer:
        await peer.until(everybody, seconds * 3)
        theirs = Achieved(peer.crowd.arrived, cpu_seconds(peer.pid))
    assert len(ours.times) == number, (len(ours.times), number)
    paced, share = allowed * UNDER, 98 if allowed < 100 else 95
    rows = [
        row(
            f"at {allowed}/s: achieved of the {paced:g} that the pace allows, %",
            100 * ours.rate / paced,
            "{:.1f}",
            -share,
        ),
        row("  messages in the fullest second", ours.fullest, "{:.0f}", allowed if allowed < 100 else None),
        row("  CPU a message, us", ours.cpu, "{:.0f}", None),
    ]
    beside = [
        [f"achieved at {allowed}/s", f"{ours.rate:.1f}", f"{theirs.rate:.1f}", f"{ours.rate / theirs.rate:.2f}x"],
        ["  fullest second (of what is allowed)", f"{ours.fullest / allowed:.0%}", f"{theirs.fullest / allowed:.0%}",
         f"{theirs.fullest / ours.fullest:.2f}x"],
        ["  CPU a message, us", f"{ours.cpu:.0f}", f"{theirs.cpu:.0f}", f"{theirs.cpu / ours.cpu:.2f}x"],
    ]  # fmt: skip
    return rows, beside


class Achieved:
    """What arrived when."""

    def __init__(self, times: list[float], cpu: float) -> None:
        self.times = sorted(times)
        self.cpu = cpu / max(len(times), 1) * 1e6

    @property
    def rate(self) -> float:
        """Messages a second, from the first to the last."""
        return (len(self.times) - 1) / (self.times[-1] - self.times[0]) if len(self.times) > 1 else 0.0

    @property
    def fullest(self) -> int:
        """The most in any second, whenever that begins."""
        most = first = 0
        for last, at in enumerate(self.times):
            while self.times[first] <= at - 1:
                first += 1
            most = max(most, last - first + 1)
        return most


async def started(running: Running) -> None:
    """Until it replies."""
    for _ in range(100):
        await running.walk(0.2, 5)
        running.bot.check()
        if running.crowd.latencies:
            return
    raise SystemExit(f"the bot does not reply: {running.bot.log.read_text()[-800:]}")


async def replies(folder: Path, seed: int, machine: Machine, rounds: int = 4, seconds: float = 5) -> Rows:
    """The same people walk the same guide; a broadcast goes on and is paused in turns, so that noise hits both."""
    rows: Rows = []
    for allowed in (30, 1000):
        url = f"sqlite+aiosqlite:///{folder / f'replies-{allowed}.db'}"
        await movement.build(url, people=int(allowed * (seconds + 3) * rounds * 2), seed=seed)
        database = await open_database(url)
        found: dict[str, list[float]] = {"paused": [], "running": []}
        async with product(folder, url, allowed, machine) as running:
            await started(running)
            id_ = await begin(database, "replies")
            await running.until(1, 20)
            for _ in range(rounds):
                for state in found:
                    async with database.write() as connection:
                        await broadcasts.change(connection, id_, state=state)
                    await running.walk(2, 50)
                    found[state] += await running.walk(seconds, 50)
        await database.close()
        idle, busy = (1000 * sorted(each)[int(0.99 * len(each))] for each in found.values())
        medians = [f"{1000 * statistics.median(each):.1f}" for each in found.values()]
        rows += [
            row(f"p99 of replies while {allowed}/s are sent, times the idle one", busy / idle, "{:.2f}", 1.5),
            [f"  idle and then, ms (medians {' and '.join(medians)})", f"{idle:.1f}, {busy:.1f}", "", ""],
        ]
    return rows


async def memory(folder: Path, url: str, people: int, seed: int, machine: Machine) -> Rows:
    """A few and all are gathered and sent to for ten seconds."""
    small = f"sqlite+aiosqlite:///{folder / 'few.db'}"
    await movement.build(small, people=10_000, seed=seed)
    peaks, gathering = [], 0.0
    for address in (small, url):
        async with product(folder, address, 1000, machine) as running:
            await started(running)
            database = await open_database(address)
            await begin(database, "memory")
            while not running.crowd.arrived:
                walked = await running.walk(2, 20)
                gathering = 1000 * walked[int(0.99 * len(walked))] if not running.crowd.arrived else gathering
            await running.until(8_000, 30)
            peaks.append(running.peak_mb)
            await database.close()
    return [
        row(f"memory with {people:,} recipients beside 10,000, MB more", peaks[1] - peaks[0], "{:.0f}", 20.0),
        row("  with 10,000 recipients, MB", peaks[0], "{:.0f}", None),
        row("  p99 of replies while all are gathered, ms", gathering, "{:.0f}", None),
    ]


# --- the whole


def row(what: str, value: float, form: str, most: float | None) -> list[str]:
    """A line of the report; `most` is the target (at least, where it is negative), None where there is none."""
    if most is None:
        return [what, form.format(value), "", ""]
    enough = value >= -most if most < 0 else value <= most
    return [what, form.format(value), f"{'>=' if most < 0 else '<='} {abs(most):g}", "yes" if enough else "NO"]


def section(name: str, head: list[str], rows: Rows) -> None:
    """Print a table."""
    print(f"\n{name}")
    table(head, rows)
    sys.stdout.flush()


HEAD = ["", "measured", "target", "met"]


async def at_database(args: argparse.Namespace, folder: Path, url: str, name: str, machine: Machine) -> None:
    """What is measured on each database."""
    seconds = await movement.build(url, people=args.people, seed=args.seed)
    print(f"{name}: {args.people:,} people made in {seconds:.0f} s", flush=True)
    house = folder / f"house-{name}"
    assemble(house)
    config = replace(Config(house, url), quiet=(), tips_a_day=1, tips_a_week=3)
    database = await open_database(url)
    wanted: dict[str, Callable[[], Any]] = {
        "count": lambda: count(database, args.seed),
        "snapshot": lambda: snapshot(database, config, args.people),
        "claim": lambda: claim(database, min(100_000, args.people // 4 // 100 * 100)),
    }
    rows: Rows = []
    try:
        for measure, work in wanted.items():
            if measure in args.measures:
                rows += await work()
    finally:
        await database.close()
    if "memory" in args.measures and name == "sqlite":
        rows += await memory(folder, url, args.people, args.seed, machine)
    section(name, HEAD, rows)


async def measured(args: argparse.Namespace, folder: Path, machine: Machine) -> None:
    """Everything that was asked for."""
    on_database = {"count", "snapshot", "claim", "memory"} & set(args.measures)
    if "sqlite" in args.databases and on_database:
        path = folder / "movement.db"
        await at_database(args, folder, f"sqlite+aiosqlite:///{path}", "sqlite", machine)
        path.unlink()
    if "postgresql" in args.databases and on_database - {"memory"}:
        postgres.FAST |= SERVER
        with postgres.postgres() as server:
            await at_database(args, folder, server.empty(), "postgresql", machine)
    beside: Rows = []
    if "rate" in args.measures:
        for allowed, seconds in ((30, args.seconds), (1000, args.seconds)):
            rows, more = await rate(folder, allowed, seconds, args.seed, machine)
            section(f"rate, {allowed} a second", HEAD, rows)
            beside += more
        section("beside a plain cursor loop", ["", "ours", "cursor loop", "ratio"], beside)
    if "replies" in args.measures:
        section("replies", HEAD, await replies(folder, args.seed, machine))


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=movement.PEOPLE)
    parser.add_argument("--databases", nargs="+", default=["sqlite", "postgresql"], choices=["sqlite", "postgresql"])
    parser.add_argument("--measures", nargs="+", default=list(MEASURES), choices=MEASURES, metavar="MEASURE")
    parser.add_argument("--seconds", type=float, default=30, help="of one rate")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    machine = Machine()
    folder = Path(tempfile.mkdtemp(prefix="bench-audience-"))
    try:
        uvloop.run(measured(args, folder, machine))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print(f"\nMachine: {machine.describe()}, load {os.getloadavg()[0]:.1f}")
    for note in machine.notes:
        print(note)
    return 0


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        sys.exit(main())
