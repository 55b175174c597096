"""Handouts that have been made, kept as files under a hash of all that stands on them."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
import time
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

from bot.handout import press

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from bot.handout.page import Data
    from bot.handout.wanted import Wanted
    from bot.handout.words import Printer

MOST_KEPT = 1000
"""Files, 150 MB or so; those that nobody has asked for the longest go first."""

MOST_WAITING = 20
"""Who asks while so many wait is told to come back: one handout takes half a second."""

PATIENCE = 30.0
"""Seconds for one handout."""


class Busy(Exception):
    """Too many wait already."""


class NotMade(Exception):
    """It could not be made; the message says why, for the log."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A file, and the hash that changes whenever anything on it changes."""

    key: str
    data: bytes


class Shelf:
    """Handouts in `folder`, which may be emptied at any time. One is made at a time, by a program of its own."""

    def __init__(
        self, folder: Path, fonts: Path, *, most_kept: int = MOST_KEPT, most_waiting: int = MOST_WAITING
    ) -> None:
        self._folder = folder
        self._fonts = fonts
        self._one = asyncio.Semaphore(1)
        self._waiting = 0
        self._most_kept = most_kept
        self._most_waiting = most_waiting

    async def take(self, printer: Printer, wanted: Wanted) -> Kept:
        """The handout, made now unless it is there. Raises Busy, NotMade."""
        async with self._in_turn():
            data = await asyncio.to_thread(printer.data, wanted.guide, wanted.link, wanted.team)
            key = await asyncio.to_thread(self._key, data, wanted.size)
            file = self._folder / f"{key}.{wanted.kind.ending}"
            with contextlib.suppress(OSError):
                os.utime(file, ns=(time.time_ns(), time.time_ns()))  # finer than the kernel's own tick
                return Kept(key, file.read_bytes())
            made = await self._press(data, wanted.size)
            await asyncio.to_thread(self._keep, file, made)
            return Kept(key, made)

    async def made(self, data: Data, size: str) -> bytes:
        """A file that is kept nowhere: there is a name on it. Raises Busy, NotMade."""
        async with self._in_turn():
            return await self._press(data, size)

    @contextlib.asynccontextmanager
    async def _in_turn(self) -> AsyncIterator[None]:
        """One after the other. Raises Busy."""
        if self._waiting >= self._most_waiting:
            raise Busy
        self._waiting += 1
        try:
            async with self._one:
                yield
        finally:
            self._waiting -= 1

    def _key(self, data: Data, size: str) -> str:
        """Changes with the words, the page's template and the typeface."""
        parts = [*sorted(press.FOLDER.glob("*.typ")), *sorted(self._fonts.glob("*.ttf"))]
        looks = [sha256(part.read_bytes()).hexdigest() for part in parts]
        return sha256(json.dumps([data, size, looks], ensure_ascii=False).encode()).hexdigest()

    async def _press(self, data: Data, size: str) -> bytes:
        running = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", press.__name__, size, str(self._fonts)),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            async with asyncio.timeout(PATIENCE):
                made, faults = await running.communicate(json.dumps(data).encode())
        except TimeoutError:
            raise NotMade(f"not done in {PATIENCE:.0f} seconds") from None
        finally:
            if running.returncode is None:
                with contextlib.suppress(ProcessLookupError):
                    running.kill()
                await running.wait()
        if running.returncode or not made:
            raise NotMade(faults.decode(errors="replace").strip().rpartition("\n")[2])
        return made

    def _keep(self, file: Path, made: bytes) -> None:
        with contextlib.suppress(OSError):  # a disk that cannot be written makes it slower, not wrong
            self._folder.mkdir(parents=True, exist_ok=True)
            fresh = file.with_suffix(f".{os.getpid()}")
            fresh.write_bytes(made)
            fresh.replace(file)
            there = sorted(self._folder.iterdir(), key=lambda each: each.stat().st_mtime)
            for old in there[: -self._most_kept]:
                old.unlink(missing_ok=True)
