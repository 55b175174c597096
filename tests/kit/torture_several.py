"""Three bots on one PostgreSQL database, and whatever may happen to them, while people talk and get a broadcast.

    python -m tests.kit.torture_several --harms 30 --people 120 --seed 1
    python -m tests.kit.torture_several --broadcast --kills 10 --people 20000 --rate 1000

Updates are delivered to any of the three, as by a balancer that knows nothing. At random moments one is killed, hangs
(SIGSTOP) and goes on, is started with a clock that is an hour wrong, or loses its connection; or the server is started
anew. Then everything is held against the model, as in the other tortures: nothing lost, the order of each person kept,
what arrived twice was under way at one of these moments, and no two acted for one chat, or its state would differ.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import random
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy.engine import make_url

from bot.store.owner import BROADCASTS
from tests.kit import torture, torture_broadcast
from tests.kit.postgres import Postgres, postgres
from tests.kit.process import command
from tests.kit.torture import SECRET, TOKEN, Plan
from tests.kit.torture_broadcast import Hardship
from tests.kit.workers import Workers

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

NUMBER = 3
HOUR = 3600

HARMS = ("kill", "hang", "cut", "skew", "restart")
"""What may happen to one of them: killed, stopped, its connection ended, killed and its clock wrong; to the server."""

SPACE = Path(tempfile.gettempdir()) / f"torture-several-disk-{os.getpid()}"
FULL = 4.0
"""A disk that can be full, and for how many seconds it is."""

LONG_ENOUGH = 2.0
"""Seconds within which a part is taken over, on a machine that has nothing else to do."""


class Several(torture.Torture):
    """People who talk. `harms` are what happens, one after the other; a hanging process hangs for `hangs` seconds."""

    def __init__(self, plan: Plan, folder: Path, at: tuple[Postgres, str], harms: Sequence[str], hangs: float) -> None:
        super().__init__(plan, folder)
        self._server, self._address = at
        self._harms = iter(harms)
        self._hangs = hangs
        self._workers: Workers | None = None
        self.happened: Counter[str] = Counter()
        self.took: dict[str, float] = {}
        self.refused = 0  # transactions, while the disk was full
        self.twice: list[tuple[str, int]] = []

    def door(self) -> str:
        """That of any."""
        assert self._workers is not None
        return f"http://127.0.0.1:{self._dice.choice(self._workers.all).port}/telegram"

    async def begin(self, api: str) -> float:
        """Start them; the order in which things are dealt with is counted beside, whoever deals with them."""
        await asyncio.to_thread(self._server.execute, "ALTER TABLE inbox ADD COLUMN seq bigserial", self._address)
        about = {
            "TELEGRAM_BOT_TOKEN": TOKEN,
            "TELEGRAM_API": api,
            "TELEGRAM_WEBHOOK": "http://127.0.0.1/telegram",
            "TELEGRAM_SECRET": SECRET,
        }
        self._workers = Workers(self._folder, self._server, self._address, NUMBER, about)
        found = await self._workers.start(self._workers.all)
        self._up.set()
        return found

    async def harm(self, api: str) -> float:  # noqa: ARG002 (what is started anew knows it already)
        """The next thing that happens; seconds until all is as before."""
        workers = self._workers
        assert workers is not None
        what, worker = next(self._harms), self._dice.choice(workers.all)
        self.happened[what] += 1
        begun = time.monotonic()
        meant = workers.all if what == "restart" else [worker]
        for each in meant:  # while it stands still, what it has under way is plain to see
            workers.hang(each)
        await self._count(what)
        if what == "hang":
            await asyncio.sleep(self._hangs)
        elif what == "cut":
            await workers.cut(worker)
        elif what == "restart":
            await asyncio.to_thread(self._server.restart)
        elif what == "full":
            workers.go_on(worker)
            meant = []
            await self._fill_disk()
        else:
            await workers.kill(worker)
            worker.ahead = self._dice.choice((HOUR, -HOUR)) if what == "skew" else 0
            await workers.start([worker])
            meant = []
        for each in meant:
            workers.go_on(each)
        self.took[what] = max(self.took.get(what, 0.0), time.monotonic() - begun)
        return self.took[what]

    async def stop(self) -> int:
        """End all; what they have left is copied into a file, where it is judged."""
        assert self._workers is not None
        codes = await self._workers.stop()
        await asyncio.to_thread(self._copy)
        return max(codes, key=abs)

    def waiting_by_chat(self) -> Counter[int]:
        """The rows of the outbox without a mark."""
        rows = self._server.execute("SELECT chat FROM outbox WHERE state = 'waiting'", self._address)
        if not rows:  # then all is quiet, unless something was taken in that nobody has dealt with
            rows = self._server.execute("SELECT split_part(chat, ':', 2) FROM relay", self._address)
        return Counter(int(chat.partition("/")[0]) for (chat,) in rows)

    def rows(self, words: str) -> list[tuple[Any, ...]]:
        """Rows of the database."""
        return self._server.execute(words, self._address)

    async def _fill_disk(self) -> None:
        """For a few seconds nothing can be written."""
        assert SPACE.is_mount(), "no disk of its own: see --full-disk"
        filler = SPACE / "filler"
        with contextlib.suppress(OSError), filler.open("wb", buffering=0) as file:
            while True:
                file.write(bytes(4096))
        before = self._not_stored()
        await asyncio.sleep(FULL)
        self.refused += self._not_stored() - before
        filler.unlink()

    def _not_stored(self) -> int:
        log = (self._folder / "bot.log").read_text(encoding="utf-8", errors="replace")
        return log.count('"not stored"') + log.count('"outcomes not stored"')

    async def _count(self, what: str) -> None:
        """What is under way at this moment may come twice."""
        under_way = await asyncio.to_thread(self.waiting_by_chat)
        self._unmarked.update(under_way)
        self.twice.append((what, under_way.total()))

    def _copy(self) -> None:
        """By the bot's own command; the inbox in the order of what happened."""
        order = self._server.execute("SELECT channel, external FROM inbox ORDER BY seq", self._address)
        self._server.execute("ALTER TABLE inbox DROP COLUMN seq", self._address)
        done = command(self._folder, "db", "copy", self._address, f"sqlite+aiosqlite:///{self._database}")
        assert done.returncode == 0, done.stderr
        with closing(sqlite3.connect(self._database)) as copy, copy:
            for number, (channel, external) in enumerate(order, 1):
                where = (number + 10**9, channel, external)
                copy.execute("UPDATE inbox SET rowid = ? WHERE channel = ? AND external = ?", where)


class SeveralSend(torture_broadcast.Torture):
    """A broadcast, sent by one of them; at random moments one is killed and started again."""

    def __init__(self, plan: Hardship, folder: Path, server: Postgres, url: str) -> None:
        super().__init__(plan, folder)
        self._server = server
        self._url = url
        self._workers: Workers | None = None
        self._begun = time.monotonic()
        self.killed_senders = 0
        self.ran = 0.0

    @property
    def address(self) -> str:
        """The database's."""
        return self._url

    async def begin(self, api: str) -> None:
        """Start them."""
        about = {"TELEGRAM_BOT_TOKEN": torture_broadcast.TOKEN, "TELEGRAM_API": api}
        self._workers = Workers(self._folder, self._server, self._url, NUMBER, about)
        self._begun = time.monotonic()
        await self._workers.start(self._workers.all)

    async def harm(self, api: str) -> None:  # noqa: ARG002 (the same)
        """Kill the one that sends, while it sends; start it again when another has taken over."""
        workers = self._workers
        assert workers is not None
        sender = await workers.leading(BROADCASTS)
        one = sender or self._dice.choice(workers.all)
        self.killed_senders += sender is not None
        await workers.kill(one)
        await asyncio.sleep(LONG_ENOUGH)
        await workers.start([one])

    async def stop(self) -> None:
        """End all."""
        assert self._workers is not None
        self.ran = time.monotonic() - self._begun
        await self._workers.stop()

    def query(self, words: str) -> list[tuple[Any, ...]]:
        """Rows of the database."""
        return self._server.execute(words, self._url)


@contextmanager
def small_disk() -> Iterator[None]:
    """A disk of 80 MB at SPACE, until the block ends. For root alone."""
    SPACE.mkdir(exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=80m", "tmpfs", SPACE], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", SPACE], check=True)
        SPACE.rmdir()


@contextmanager
def database(server: Postgres | None) -> Iterator[tuple[Postgres, str]]:
    """A database of its own, on a server of its own if none is given."""
    if server is None:
        with postgres() as made, database(made) as found:
            yield found
        return
    url = server.ready()
    server.execute(f'ALTER DATABASE "{make_url(url).database}" SET synchronous_commit = on')  # or a restart loses some
    if SPACE.is_mount():  # what is written goes there; the log of the server does not
        shutil.chown(SPACE, "nobody")
        server.execute(f"CREATE TABLESPACE small LOCATION '{SPACE}'")
        server.execute(f'ALTER DATABASE "{make_url(url).database}" SET TABLESPACE small')
    try:
        yield server, url
    finally:
        server.drop(url)


async def several(
    plan: Plan, harms: Sequence[str], hangs: float, server: Postgres | None = None
) -> tuple[torture.Outcome, Several]:
    """Torture three bots of this checkout."""
    with tempfile.TemporaryDirectory(prefix="torture-several-") as folder, database(server) as (made, url):
        ran = Several(plan, Path(folder), (made, url), harms, hangs)
        outcome = await ran.run()
        outcome.numbers |= {
            f"harm: {what}": f"{number}, until all is as before {ran.took[what]:.1f} s"
            for what, number in sorted(ran.happened.items())
        }
        if ran.happened["full"]:
            outcome.numbers["refused by the full disk"] = str(ran.refused)
        most = max((number for _, number in ran.twice), default=0)
        outcome.numbers["under way at one harm, most"] = str(most)
        if outcome.breaches:
            shutil.copyfile(Path(folder) / "bot.log", Path(tempfile.gettempdir()) / "torture-several.log")
        return outcome, ran


async def several_send(plan: Hardship, server: Postgres | None = None) -> tuple[torture_broadcast.Outcome, SeveralSend]:
    """The same for a broadcast."""
    with tempfile.TemporaryDirectory(prefix="torture-several-") as folder, database(server) as (made, url):
        ran = SeveralSend(plan, Path(folder), made, url)
        outcome = await ran.run()
        most = ran.ran + 3 * (plan.kills + 1) + 3
        outcome.numbers["questions to Telegram"] = f"{ran.polls} (allowed {most:.0f})"
        if ran.polls > most:
            outcome.breaches.append(f"{ran.polls} questions in {ran.ran:.0f} s: more than one asked")
        return outcome, ran


def main() -> int:
    """The command; 1 on any breach."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--broadcast", action="store_true")
    parser.add_argument("--full-disk", action="store_true", help="let the server's disk be full; for root alone")
    parser.add_argument("--harms", type=int, default=30)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--people", type=int, default=0)
    parser.add_argument("--rate", type=int, default=1_000)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    parser.add_argument("--seconds", type=float, default=4.0, help="how long nothing happens, on average")
    parser.add_argument("--hangs", type=float, default=30.0, help="how long a process hangs")
    given = parser.parse_args()
    if given.broadcast:
        hard = Hardship(given.kills, given.people or 20_000, given.rate, given.seed, given.seconds)
        outcome: Any = asyncio.run(several_send(hard))[0]
    else:
        plan = Plan(given.harms, given.people or 120, given.seed, given.seconds)
        dice = random.Random(given.seed)
        all_harms = (*HARMS, "full") if given.full_disk else HARMS
        harms = [*reversed(all_harms), *(dice.choice(all_harms) for _ in range(given.harms))][: given.harms]
        with small_disk() if given.full_disk else contextlib.nullcontext():
            outcome = asyncio.run(several(plan, harms, given.hangs))[0]
    for name, number in outcome.numbers.items():
        sys.stdout.write(f"{name:<30}{number:>12}\n")
    for breach in outcome.breaches[:20]:
        sys.stdout.write(f"BREACH {breach}\n")
    return 1 if outcome.breaches else 0


if __name__ == "__main__":
    raise SystemExit(main())
