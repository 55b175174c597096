"""Who is measured: the product and its peers, and how each of them is started."""

import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from harness import free_port

HERE = Path(__file__).parent
ROOT = HERE.parent
BLOCK = re.compile(r"\{%-?\s*block\s+(\w+)\s*-?%\}.*?\{%-?\s*endblock\b.*?%\}", re.DOTALL)


class UnavailableError(Exception):
    """This contender cannot run here; the message says what to install."""


@dataclass(frozen=True)
class Visit:
    """Measures taken on one start of the bot, with these arguments for its script."""

    measures: tuple[str, ...]
    arguments: tuple[str, ...] = ()  # "{folder}" stands for a folder of its own, "{redis}" for a Redis of its own
    slow_in_flight: int = 96


@dataclass(frozen=True)
class Contender:
    """A bot. `script` is a file in peers/, none for the product."""

    name: str
    visits: tuple[Visit, ...]
    script: str = ""
    modules: tuple[str, ...] = ()

    @property
    def is_product(self) -> bool:
        """Ours."""
        return not self.script


def everything(*arguments: str) -> tuple[Visit, ...]:
    """All measures with the same arguments; kill and memory on a fresh folder."""
    loads = Visit(("steady", "throughput", "slow"), arguments)
    return loads, Visit(("kill",), arguments), Visit(("memory",), arguments)


REDIS = ("--redis", "{redis}")
SQLITE = ("--sqlite", "{folder}/state.db")
CONTENDERS = [
    Contender("ours", everything()),
    Contender("aiogram+Redis", everything(*REDIS), "aio.py", ("aiogram", "redis")),
    Contender("aiogram+SQLite", everything(*SQLITE), "aio.py", ("aiogram", "aiogram_fsm_sqlitestorage")),
    Contender(
        "PTB",
        # Each measure with what is best for it: PTB takes one update after the other, so a slow Bot API needs
        # --concurrent (and no more than 16 under way: its HTTP client gets slower with every connection); only the
        # pickle survives a kill.
        (
            Visit(("steady", "throughput")),
            Visit(("slow",), ("--concurrent",), slow_in_flight=16),
            Visit(("kill",), ("--pickle", "{folder}/state.pickle")),
            Visit(("memory",)),
        ),
        "ptb.py",
        ("telegram", "tornado"),
    ),
    Contender("dialog+Redis", everything(*REDIS), "aiod.py", ("aiogram_dialog", "redis")),
]
USUAL = ["ours", "aiogram+Redis", "aiogram+SQLite", "PTB"]


def missing(contender: Contender, python: list[str]) -> str:
    """What has to be installed before this contender can run; empty when nothing."""
    if contender.is_product:
        return ""
    check = "import importlib.util as u, sys; print(*[m for m in sys.argv[1:] if u.find_spec(m) is None])"
    found = subprocess.run([*python, "-c", check, *contender.modules], capture_output=True, text=True, check=True)
    if found.stdout.strip():
        return f"{contender.name} is left out: install the dependency group 'bench' ({found.stdout.strip()} not found)."
    if "{redis}" in contender.visits[0].arguments and not shutil.which("redis-server"):
        return f"{contender.name} is left out: install redis-server (apt install redis-server, brew install redis)."
    return ""


@contextmanager
def ready(contender: Contender, visit: Visit, python: list[str]) -> Iterator[tuple[list[str], dict[str, str]]]:
    """The command and the environment that start the contender, in a fresh folder that is removed afterwards."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-", ignore_cleanup_errors=True)))
        if contender.is_product:
            assemble(folder / "house")
            settings = {
                "CAM_TAY_ROOT": str(folder / "house"),
                "CAM_TAY_DATABASE": f"sqlite+aiosqlite:///{folder / 'bench.db'}",
                "CAM_TAY_PORT": "{port}",
            }
            yield [*python, "-m", "bot", "run"], settings
            return
        redis = stack.enter_context(redis_server(folder)) if "{redis}" in visit.arguments else ""
        arguments = [a.format(folder=folder, redis=redis) for a in visit.arguments]
        yield [*python, str(HERE / "peers" / contender.script), *arguments], {}


def assemble(house: Path) -> None:
    """The house that is measured: the guide of bench/house, and the product's own sentences with our two labels."""
    shutil.copytree(HERE / "house", house, ignore=shutil.ignore_patterns("_bot_overrides"))
    sentences = house / "content/en/_bot"
    shutil.copytree(ROOT / "content/en/_bot", sentences)
    for override in (HERE / "house/_bot_overrides").iterdir():
        path = sentences / override.name
        words = path.read_text()
        for block in BLOCK.finditer(override.read_text()):
            there = [b for b in BLOCK.finditer(words) if b.group(1) == block.group(1)]
            if len(there) != 1:
                raise ValueError(f"{override} overrides block '{block.group(1)}', which is not in {path.name}")
            words = words[: there[0].start()] + block.group() + words[there[0].end() :]
        path.write_text(words)
    shutil.copytree(house / "content/en", house / "content/vi")  # the checker demands the source language


@contextmanager
def redis_server(folder: Path) -> Iterator[str]:
    """A Redis of its own, on the harness's core; it keeps what it has when it is killed, as the product does."""
    port = free_port()
    keep = ["--appendonly", "yes", "--appendfsync", "everysec", "--save", ""]
    command = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--dir", str(folder), *keep]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    try:
        for _ in range(100):
            ping = subprocess.run(["redis-cli", "-p", str(port), "ping"], capture_output=True, check=False)
            if ping.stdout.strip() == b"PONG":
                break
            time.sleep(0.05)
        else:
            raise UnavailableError("redis-server did not start within 5 s")
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        process.kill()
        process.wait()
