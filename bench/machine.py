"""What the benchmark asks of the machine: cores, priority, CPU seconds, memory and how fast it is right now.

Everything degrades: without /proc (macOS) processes are read with `ps`; without the right to pin or to raise the
priority the benchmark runs all the same, and `Machine.notes` says what is missing.
"""

import os
import platform
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PROC = Path("/proc")
LINUX = (PROC / "self/stat").exists()
TICKS = os.sysconf("SC_CLK_TCK")


class Machine:
    """Two cores: one for the bot, one for the harness and whatever a peer keeps its state in."""

    def __init__(self) -> None:
        self.notes: list[str] = []
        self.bot_core: int | None = None
        self.own_core: int | None = None
        cores = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
        if len(cores) >= 2:
            self.bot_core, self.own_core = cores[0], cores[1]
            _pin(self.own_core)
        else:
            self.notes.append("Processes could not be pinned to cores here: numbers are noisier.")
        try:
            os.nice(-20)  # the bots inherit it
        except OSError:
            self.notes.append("The priority could not be raised (not root): other programs disturb the numbers more.")
        if not LINUX:
            self.notes.append("No /proc here: time taken by other programs is not seen, so no second is thrown away.")

    @contextmanager
    def on_bot_core(self) -> Iterator[None]:
        """A process started inside belongs to the bot's core."""
        if self.bot_core is None:
            yield
            return
        _pin(self.bot_core)
        try:
            yield
        finally:
            _pin(self.own_core)

    def calibrate(self) -> float:
        """Milliseconds of a fixed pure-Python loop on the bot's core. Call it while the bot is idle."""
        best = float("inf")
        with self.on_bot_core():
            for _ in range(3):
                t = time.perf_counter()
                seen = {}
                for i in range(100_000):
                    seen[i & 1023] = str(i)
                best = min(best, time.perf_counter() - t)
        return round(1000 * best, 2)

    def describe(self) -> str:
        """One line about the machine."""
        model = platform.processor() or platform.machine()
        if LINUX:
            lines = (PROC / "cpuinfo").read_text().splitlines()
            model = next((x.split(":", 1)[1].strip() for x in lines if x.startswith("model name")), model)
        return f"{os.cpu_count()} x {model}, {platform.system()}, Python {platform.python_version()}"


def _pin(core: int | None) -> None:
    if core is not None:
        os.sched_setaffinity(0, {core})


def family(pid: int) -> list[int]:
    """The process and its children."""
    pids = [pid]
    if LINUX:
        try:
            for task in (PROC / str(pid) / "task").iterdir():
                for child in (task / "children").read_text().split():
                    pids += family(int(child))
        except OSError:
            pass
    else:
        found = subprocess.run(["pgrep", "-P", str(pid)], capture_output=True, text=True, check=False).stdout
        for child in found.split():
            pids += family(int(child))
    return pids


def cpu_seconds(pid: int) -> float:
    """User and system time of a process so far; 0 when it is gone."""
    if LINUX:
        try:
            fields = (PROC / str(pid) / "stat").read_text().rsplit(")", 1)[1].split()
        except OSError:
            return 0.0
        return (int(fields[11]) + int(fields[12])) / TICKS
    seconds = 0.0
    for part in _ps(pid, "time").replace("-", ":").split(":"):
        seconds = seconds * 60 + float(part or 0)
    return seconds


def memory_mb(pid: int) -> float:
    """Resident memory of a process and its children."""
    total = 0
    for each in family(pid):
        if LINUX:
            try:
                lines = (PROC / str(each) / "status").read_text().splitlines()
            except OSError:
                continue
            total += sum(int(x.split()[1]) for x in lines if x.startswith("VmRSS"))
        else:
            total += int(_ps(each, "rss") or 0)
    return round(total / 1024, 1)


def busy_seconds() -> float | None:
    """CPU seconds of everything on the machine since it started; None where nobody tells."""
    if not LINUX:
        return None
    with (PROC / "stat").open() as f:
        values = [int(x) for x in f.readline().split()[1:9]]  # user nice system idle iowait irq softirq steal
    return (sum(values) - values[3] - values[4]) / TICKS


def _ps(pid: int, column: str) -> str:
    command = ["ps", "-o", f"{column}=", "-p", str(pid)]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
