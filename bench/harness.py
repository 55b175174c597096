"""One bot, one visit: start it, let people use it, measure, stop it. Only loopback is used.

The bot is any process that takes Telegram updates by POST and calls a Bot API at an address it is told:

    TELEGRAM_API        base address of the Bot API double, without /bot<token>
    TELEGRAM_BOT_TOKEN  token
    TELEGRAM_WEBHOOK    address the updates are posted to, path included
    TELEGRAM_SECRET     sent with each update in X-Telegram-Bot-Api-Secret-Token

A visit is a list of measures, carried out in this order on the same running bot (`Visit.run`):

    startup     seconds from the start of the process to the first reply; memory at that moment
    steady      latency and CPU share at 100 updates a second (open loop)
    throughput  most updates a second with 32 actions under way at any moment (closed loop)
    slow        the same with a Bot API that takes 50 ms for a call, as in life, and 96 actions under way
    memory      memory with so many stored sessions, and the start-up after that
    kill        kill -9 at the moment a reply arrives; start again; what did people lose?
"""
# ruff: noqa: ASYNC110  (events would cost on the hot path; all loops here are bounded by a clock)

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crowd import Crowd, Person, now
from guide import EXPECT, SCRIPT
from machine import Machine, busy_seconds, cpu_seconds, family, memory_mb
from wire import ApiConnection, Hook

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

TOKEN = "4242:BENCH-TOKEN-OF-THE-BOT-API-DOUBLE--"
SECRET = "bench-secret"
MEASURES = ["startup", "steady", "throughput", "slow", "memory", "kill"]
FOREIGN = 0.30
"""A second in which other programs used more cores than this is not counted, while there are enough others."""


class BotFailedError(Exception):
    """The bot under test did not start or died."""


@dataclass
class Options:
    """How long and how much."""

    measures: list[str]
    warmup: float = 2.5
    seconds: float = 5.0
    rate: float = 100
    in_flight: int = 32
    slow_delay: float = 0.05
    slow_in_flight: int = 96
    fill: list[int] = field(default_factory=lambda: [10_000])
    fill_seconds: float = 120  # at most, for each amount
    trials: int = 1  # of the kill measure
    start_text: str = "/start bench"


class Bot:
    """The process under test. In `env`, "{port}" stands for the port of the webhook."""

    def __init__(self, command: list[str], folder: Path, env: dict[str, str], log: Path, machine: Machine) -> None:
        self.command, self.folder, self.log, self.machine = command, folder, log, machine
        self.hook_port, self.api_port = free_port(), free_port()
        self.env = os.environ | {name: value.format(port=self.hook_port) for name, value in env.items()} | {
            "TELEGRAM_API": f"http://127.0.0.1:{self.api_port}",
            "TELEGRAM_WEBHOOK": f"http://127.0.0.1:{self.hook_port}/hook",
            "TELEGRAM_BOT_TOKEN": TOKEN,
            "TELEGRAM_SECRET": SECRET,
        }  # fmt: skip
        self.env.pop("PYTHONDONTWRITEBYTECODE", None)  # start-up is that of a second start
        self.process: subprocess.Popen[bytes] | None = None
        self.started_at = 0.0

    def start(self) -> None:
        """Start it on its own core, at the harness's priority."""
        with self.log.open("ab") as log, self.machine.on_bot_core():
            self.started_at = now()
            self.process = subprocess.Popen(
                self.command, env=self.env, cwd=self.folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )

    def check(self) -> None:
        """Say where to read why it died."""
        if self.process.poll() is not None:
            raise BotFailedError(f"the bot ended with code {self.process.returncode}; its output is in {self.log}")

    def kill(self) -> None:
        """kill -9, children too."""
        if self.process is None or self.process.poll() is not None:
            return
        for pid in reversed(family(self.process.pid)):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait()

    def stop(self, patience: float = 5) -> None:
        """Ask it to end (a profiler then writes its file), then kill it."""
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(patience)
            self.kill()


class Visit:
    """One bot and its crowd."""

    def __init__(self, bot: Bot, options: Options, machine: Machine) -> None:
        self.bot, self.options, self.machine = bot, options, machine
        self.hook = Hook(bot.hook_port, "/hook", SECRET)
        self.crowd = Crowd(self.hook, options.start_text)

    async def run(self) -> dict[str, Any]:
        """All measures; the bot is gone at the end, whatever happens."""
        loop = asyncio.get_running_loop()
        server = await loop.create_server(
            lambda: ApiConnection(self.crowd.answer), "127.0.0.1", self.bot.api_port, backlog=4096
        )
        watch = asyncio.create_task(self.crowd.watch())
        wanted: dict[str, Callable[[], Awaitable[dict[str, Any]]]] = {
            "steady": self.steady,
            "throughput": self.throughput,
            "slow": self.slow,
            "memory": self.memory,
            "kill": self.kill,
        }
        found: dict[str, Any] = {}
        try:
            self.bot.start()
            found["startup"] = {"seconds": await self.first_reply(), "memory_mb": memory_mb(self.bot.process.pid)}
            for name, measure in wanted.items():
                if name in self.options.measures:
                    found[name] = await measure()
        finally:
            self.bot.stop()
            watch.cancel()
            self.hook.close()
            server.close()
        return found

    async def first_reply(self, limit: float = 60) -> float:
        """Seconds from the start of the process until somebody got a reply to /start."""
        end = now() + limit
        person = self.crowd.join()
        while not person.walked:
            self.bot.check()
            if now() > end:
                raise BotFailedError(f"no reply to /start within {limit:.0f} s; the bot's output is in {self.bot.log}")
            await asyncio.sleep(0.005)
            if await listens(self.bot.hook_port):
                self.crowd.act(person)
                while person.acting and not person.refused and now() < end:
                    await asyncio.sleep(0.002)
                if person.acting:
                    self.crowd.drop(person)
        return round(now() - self.bot.started_at, 3)

    # ---- load -------------------------------------------------------------------------------------------------

    async def steady(self) -> dict[str, Any]:
        """100 updates a second."""
        return await self.under_load(rate=self.options.rate)

    async def throughput(self) -> dict[str, Any]:
        """As many as it can."""
        return await self.under_load(in_flight=self.options.in_flight)

    async def slow(self) -> dict[str, Any]:
        """As many as it can with a distant Bot API."""
        self.crowd.api_delay = self.options.slow_delay
        try:
            return await self.under_load(in_flight=self.options.slow_in_flight)
        finally:
            self.crowd.api_delay = 0.0

    async def under_load(self, *, in_flight: int | None = None, rate: float | None = None) -> dict[str, Any]:
        """Warm up, then look at whole seconds; those disturbed by other programs are left out, if enough remain."""
        crowd, options = self.crowd, self.options
        calibration = [self.machine.calibrate()]
        crowd.faults.clear()
        longest = options.warmup + 2 * options.seconds
        load = asyncio.create_task(crowd.load(longest, in_flight=in_flight, rate=rate))
        await asyncio.sleep(options.warmup)
        end = now() + 2 * options.seconds - 1
        clean: list[dict[str, Any]] = []
        disturbed: list[dict[str, Any]] = []
        while sum(s["seconds"] for s in clean) < options.seconds - 0.1 and now() < end:
            self.bot.check()
            second = await self.one_second()
            (disturbed if second["foreign"] > FOREIGN else clean).append(second)
        memory = memory_mb(self.bot.process.pid)
        load.cancel()
        await crowd.rest()
        calibration.append(self.machine.calibrate())
        enough = len(clean) * 2 >= options.seconds
        return summary(clean if enough else clean + disturbed) | {
            "disturbed_seconds": len(disturbed),
            "noisy": not enough,
            "calibration_ms": calibration,
            "memory_mb": memory,
            "people": len(crowd.people),
            "asides": crowd.asides,
            "faults": dict(crowd.faults),
        }

    async def one_second(self) -> dict[str, Any]:
        """What happened in one second."""
        crowd, pids = self.crowd, family(self.bot.process.pid)
        crowd.latencies = []
        t0, n0, calls0, own0, all0 = now(), crowd.completed, crowd.calls, time.process_time(), busy_seconds()
        bot0 = sum(cpu_seconds(p) for p in pids)
        await asyncio.sleep(1)
        bot = sum(cpu_seconds(p) for p in pids) - bot0
        seconds, own = now() - t0, time.process_time() - own0
        # A peer's database on the harness's core counts as foreign too: it is well below the limit.
        foreign = 0.0 if all0 is None else (busy_seconds() - all0 - bot - own) / seconds
        return {
            "seconds": seconds,
            "updates": crowd.completed - n0,
            "calls": crowd.calls - calls0,
            "bot": bot,
            "harness": own,
            "foreign": foreign,
            "latencies": crowd.latencies,
        }

    # ---- memory -----------------------------------------------------------------------------------------------

    async def memory(self) -> dict[str, Any]:
        """So many people stop in the middle of the guide; then the bot starts anew with all of them stored."""
        crowd = self.crowd
        crowd.people.clear()
        crowd.waiting.clear()
        crowd.faults.clear()
        crowd.settled, crowd.stay_at = 0, 2
        reached = {}
        for amount in self.options.fill:
            crowd.limit = amount
            crowd.start(in_flight=self.options.in_flight)
            end = now() + self.options.fill_seconds
            while crowd.settled < amount and now() < end:
                self.bot.check()
                await asyncio.sleep(0.05)
            await crowd.rest()
            await asyncio.sleep(1)
            reached[crowd.settled] = memory_mb(self.bot.process.pid)
        faults = dict(crowd.faults)
        crowd.limit, crowd.stay_at = 1_000_000, None
        crowd.people.clear()
        crowd.waiting.clear()
        self.bot.kill()
        self.bot.start()
        return {"memory_mb": reached, "startup_seconds": await self.first_reply(), "faults": faults}

    # ---- kill -9 ----------------------------------------------------------------------------------------------

    async def kill(self) -> dict[str, Any]:
        """Several trials; a fault of any is a fault of all, so they are added up."""
        total: Counter[str] = Counter()
        restarts = []
        for _ in range(self.options.trials):
            one = await self.kill_once()
            restarts.append(one.pop("restart_seconds"))
            total.update(one)
        return dict(total) | {"trials": self.options.trials, "restart_seconds": max(restarts)}

    async def kill_once(self) -> dict[str, Any]:
        """80 people, 60 updates a second; the bot dies while a reply of its is on the way; people go on."""
        crowd = self.crowd
        crowd.people.clear()
        crowd.waiting.clear()
        crowd.faults.clear()
        crowd.acting = 0
        crowd.limit, crowd.api_delay = 80, 0.005
        load = asyncio.create_task(crowd.load(20, rate=60))
        await asyncio.sleep(3.5)
        dead = asyncio.Event()

        def at_a_reply(_: Person) -> None:
            if crowd.running:
                self.bot.kill()
                crowd.running = False
                dead.set()

        crowd.on_shown = at_a_reply
        try:
            await asyncio.wait_for(dead.wait(), 10)
        except TimeoutError:
            raise BotFailedError("no reply within 10 s, so there was nothing to kill at") from None
        finally:
            load.cancel()
            crowd.on_shown = None
        await asyncio.sleep(0.1)  # what it wrote before it died still arrives
        people = list(crowd.people.values())
        lost = [p for p in people if p.acting and not p.shown]
        accepted, refused = [p for p in lost if p.accepted], [p for p in lost if not p.accepted]
        before = crowd.faults["message sent twice"]
        crowd.waiting.clear()
        crowd.api_delay = 0.0
        self.bot.start()
        restart = await self.first_reply()
        # Telegram sends again what was not accepted; what was accepted must come by itself.
        for person in refused:
            self.hook.post(person.update, lambda _: None)
        await asyncio.sleep(1)  # for messages sent again
        end = now() + 3
        while any(not p.shown for p in lost) and now() < end:
            await asyncio.sleep(0.05)
        found = {
            "under_way": sum(p.acting for p in people),
            "accepted_then_lost": sum(not p.shown for p in accepted),
            "lost_though_sent_again": sum(not p.shown for p in refused),
        }
        for person in people:
            if person.acting:
                place = person.place + (1 if person.shown else 0)
                crowd.release(person, place % len(SCRIPT))
        crowd.waiting.clear()
        return found | await self.go_on(people) | {
            "sent_twice": crowd.faults["message sent twice"] - before,
            "restart_seconds": restart,
        }  # fmt: skip

    async def go_on(self, people: list[Person]) -> dict[str, int]:
        """Each person does the next thing the screen invites to. Does the bot know where they are?"""
        crowd = self.crowd
        right = behind = silent = 0
        people = [p for p in people if p.seen and p.place != 0]
        for i in range(0, len(people), 10):
            some = people[i : i + 10]
            places = {p: p.place for p in some}
            for person in some:
                crowd.act(person)
            end = now() + 1.5
            while any(p.acting and not p.shown for p in some) and now() < end:
                await asyncio.sleep(0.002)
            for person, place in places.items():
                if not person.shown:
                    silent += 1
                elif person.seen == EXPECT[place]:
                    right += 1
                else:
                    behind += 1
                if person.acting:
                    person.turn += 1
                    crowd.release(person, 0)
            if silent >= 40 and not right:
                break  # it has forgotten everybody
        return {"went_on": right + behind + silent, "right": right, "behind": behind, "silent": silent}


def summary(seconds: list[dict[str, Any]]) -> dict[str, Any]:
    """The numbers of a load from its seconds."""
    total = sum(s["seconds"] for s in seconds) or 1e-9
    updates = sum(s["updates"] for s in seconds)
    bot = sum(s["bot"] for s in seconds)
    latencies = sorted(x for s in seconds for x in s["latencies"])

    def percentile(q: float) -> float | None:
        return round(1000 * latencies[min(len(latencies) - 1, int(q * len(latencies)))], 2) if latencies else None

    return {
        "seconds": round(total, 1),
        "updates_per_second": round(updates / total, 1),
        "p50_ms": percentile(0.5),
        "p99_ms": percentile(0.99),
        "bot_cpu": round(bot / total, 3),
        "us_per_update": round(1e6 * bot / max(updates, 1)),
        "calls_per_update": round(sum(s["calls"] for s in seconds) / max(updates, 1), 2),
        "harness_cpu": round(sum(s["harness"] for s in seconds) / total, 2),
        "foreign_cpu": round(sum(s["foreign"] for s in seconds) / total, 2),
    }


def free_port() -> int:
    """A port of loopback that nobody uses now."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


async def listens(port: int) -> bool:
    """Does anybody take connections there?"""
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    return True
