"""`bot run` and other commands as processes of their own."""

from __future__ import annotations

import contextlib
import io
import logging
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from bot import cli

if TYPE_CHECKING:
    from collections.abc import Iterator

REPOSITORY = Path(__file__).parents[2]
BOUND = ("setpriv", "--bounding-set=-dac_override,-dac_read_search,-fowner")
"""Takes from root the power to do what file rights forbid."""


def environment(root: Path, **more: str) -> dict[str, str]:
    """What a process sees: the house at `root`, any free port, nothing else that is ours."""
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(("CAM_TAY_", "TELEGRAM_"))}
    own = {
        "CAM_TAY_ROOT": str(root),
        "CAM_TAY_PORT": "0",
        "PYTHONPATH": str(REPOSITORY),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    return inherited | own | more


def command(root: Path, *words: str, powerless: bool = False, **more: str) -> subprocess.CompletedProcess[str]:
    """Run a command to its end, as a process of its own. `powerless`: as somebody whom file rights bind."""
    before = BOUND if powerless and os.geteuid() == 0 else ()
    return subprocess.run(
        [*before, sys.executable, "-m", "bot", *words],
        cwd=root,
        env=environment(root, **more),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def called(root: Path, *words: str, typed: str = "", **more: str) -> subprocess.CompletedProcess[str]:
    """The same without a process of its own: the command in this one, with that environment, folder and input.

    What it raises is raised here. One command at a time: environment and folder are those of the whole process. Not
    for `bot run`, which waits for signals.
    """
    said, beside = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True) for _ in range(2))

    def call() -> int:
        try:
            cli.app(words, prog_name="bot")
        except SystemExit as end:
            return int(end.code or 0)
        return 0

    with (
        contextlib.chdir(root),
        _our_own(environment(root, **more)),
        tempfile.TemporaryFile("w+") as keyboard,  # a real one: `bot chat` reads it by its number
        contextlib.redirect_stdout(said),
        contextlib.redirect_stderr(beside),
        ThreadPoolExecutor(1) as pool,  # a loop of the test's may be running in this thread
    ):
        keyboard.write(typed)
        keyboard.seek(0)
        sys.stdin = keyboard
        code = pool.submit(call).result()
    return subprocess.CompletedProcess(words, code, *(stream.buffer.getvalue().decode() for stream in (said, beside)))


@contextmanager
def _our_own(wanted: dict[str, str]) -> Iterator[None]:
    """The environment as wanted; it, the input and what the block sets up for logging are as before afterwards."""
    before, keyboard = dict(os.environ), sys.stdin
    handlers = logging.root.handlers[:]
    loggers = [each for each in logging.root.manager.loggerDict.values() if isinstance(each, logging.Logger)]
    loggers.append(logging.root)
    levels = [logger.level for logger in loggers]
    os.environ.clear()
    os.environ.update(wanted)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
        sys.stdin = keyboard
        logging.root.handlers = handlers
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Bot:
    """A running `bot run`. `url` is the address it printed, `log` what it wrote to standard error so far."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.log = ""
        assert process.stdout is not None
        line = process.stdout.readline()
        found = re.search(r"http://\S+", line)
        if found is None:
            raise AssertionError(f"the bot does not start: {line}{process.communicate(timeout=20)[1]}")
        self.url = found[0]
        self._reading = threading.Thread(target=self._read, daemon=True)
        self._reading.start()

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        """End it; the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(how)
        code = self.process.wait(30)
        self._reading.join(5)
        return code

    def _read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.log += line


@contextmanager
def bot_run(root: Path, *words: str, **more: str) -> Iterator[Bot]:
    """`bot run` for the house at `root`, until the block ends."""
    with subprocess.Popen(
        [sys.executable, "-m", "bot", "run", *words],
        cwd=root,
        env=environment(root, **more),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            bot = Bot(process)
            yield bot
            bot.stop()
        finally:
            if process.poll() is None:
                process.kill()
