"""Several `bot run` as processes of their own on one PostgreSQL database, and what may be done to them."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy.engine import make_url

from bot.store.parts import PARTITIONS
from bot.store.shares import number_of
from tests.kit.process import free_port

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.kit.postgres import Postgres

REPOSITORY = Path(__file__).parents[2]
START = 40.0
"""Seconds a process may take to start on a busy machine."""

OWNED = (
    "SELECT count(*) FROM pg_locks JOIN pg_stat_activity USING (pid)"
    " WHERE locktype = 'advisory' AND classid = 20613 AND datname = '{}'"
)
LEADING = (
    "SELECT application_name FROM pg_locks JOIN pg_stat_activity USING (pid)"
    " WHERE locktype = 'advisory' AND classid = 20614 AND datname = '{}' AND objid = {}"
)
CUT = (
    "SELECT count(pg_terminate_backend(pid, 5000)) FROM pg_stat_activity"
    " WHERE datname = '{}' AND application_name LIKE 'cam-tay %:{} %'"
)


@dataclass
class Worker:
    """One process, on its own port; `ahead` is by how many seconds its clock is wrong."""

    port: int
    ahead: int = 0
    process: asyncio.subprocess.Process | None = None
    is_stopped: bool = False


class Workers:
    """All of them. `environment` is what every one sees."""

    def __init__(self, folder: Path, server: Postgres, url: str, number: int, environment: dict[str, str]) -> None:
        self._folder = folder
        self._server = server
        self._url = url
        self._environment = environment
        self.all = [Worker(free_port()) for _ in range(number)]

    async def start(self, workers: Sequence[Worker]) -> float:
        """Start these; seconds until each has its door open and everything is owned."""
        begun = time.monotonic()
        await self._start(workers[0])  # who comes after it need not check the guides again
        await asyncio.gather(*(self._start(worker) for worker in workers[1:]))
        name = make_url(self._url).database
        while await self.ask(OWNED.format(name)) != PARTITIONS:
            if time.monotonic() > begun + 2 * START:
                raise RuntimeError(f"not everything is owned: {self.last_words()}")
            await asyncio.sleep(0.1)
        return time.monotonic() - begun

    async def kill(self, worker: Worker) -> None:
        """SIGKILL."""
        assert worker.process is not None
        worker.process.kill()
        await worker.process.wait()
        worker.is_stopped = False

    def hang(self, worker: Worker) -> None:
        """SIGSTOP: it is there, and does nothing."""
        assert worker.process is not None
        worker.process.send_signal(signal.SIGSTOP)
        worker.is_stopped = True

    def go_on(self, worker: Worker) -> None:
        """SIGCONT."""
        assert worker.process is not None
        worker.process.send_signal(signal.SIGCONT)
        worker.is_stopped = False

    async def leading(self, duty: str) -> Worker | None:
        """Whose duty it is at this moment."""
        words = LEADING.format(make_url(self._url).database, number_of(duty))
        rows = await asyncio.to_thread(self._server.execute, words, self._url)
        pids = {int(name.split()[1].rpartition(":")[2]) for (name,) in rows}
        return next((each for each in self.all if each.process is not None and each.process.pid in pids), None)

    async def cut(self, worker: Worker) -> None:
        """The server ends the connection on which it writes."""
        assert worker.process is not None
        await self.ask(CUT.format(make_url(self._url).database, worker.process.pid))

    async def stop(self) -> list[int]:
        """SIGTERM to all; their exit codes."""
        return list(await asyncio.gather(*(self._stop(worker) for worker in self.all)))

    async def ask(self, words: str) -> int:
        """A number out of the database."""
        [(found,)] = await asyncio.to_thread(self._server.execute, words, self._url)
        return int(found)

    def last_words(self) -> str:
        """What they wrote last."""
        return (self._folder / "bot.log").read_text(encoding="utf-8", errors="replace")[-800:]

    async def _start(self, worker: Worker) -> None:
        inherited = {k: v for k, v in os.environ.items() if not k.startswith(("CAM_TAY_", "TELEGRAM_", "ZALO_"))}
        own = {
            "CAM_TAY_ROOT": str(self._folder),
            "CAM_TAY_DATABASE": self._url,
            "CAM_TAY_PORT": str(worker.port),
            "PYTHONPATH": f"{REPOSITORY / 'tests' / 'kit' / 'skewed'}{os.pathsep}{REPOSITORY}",
            "CLOCK_AHEAD": str(worker.ahead),
        }
        with (self._folder / "bot.log").open("ab") as log:
            worker.process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "bot", "run", "--no-watch"),
                cwd=REPOSITORY,
                env=inherited | own | self._environment,
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
            )
        assert worker.process.stdout is not None
        if not await asyncio.wait_for(worker.process.stdout.readline(), START):
            raise RuntimeError(f"a bot does not start: {self.last_words()}")

    async def _stop(self, worker: Worker) -> int:
        process = worker.process
        if process is None:
            return 0
        if worker.is_stopped:
            self.go_on(worker)
        if process.returncode is None:
            process.terminate()
        try:
            return await asyncio.wait_for(process.wait(), 30)
        except TimeoutError:
            process.kill()
            await process.wait()
            return -9
