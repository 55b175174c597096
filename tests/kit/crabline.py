"""A second opinion on Zalo: the emulator of the npm package @openclaw/crabline (MIT), a process of its own.

`make crabline` fetches it into .venv/crabline (npm and Node.js needed) and runs tests/zalo_crosscheck.py. It is no
part of `make test`, which needs Python alone. It is laxer than tests/kit/zalo_bot.py: no limit of length, no fetched pictures, no faults, nothing given again.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import subprocess
import sys
import time
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aiohttp

from .zalo_bot import Call, Shown

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

VERSION = "0.1.27"
FOLDER = Path(__file__).parents[2] / ".venv" / "crabline"
PROGRAM = FOLDER / "node_modules" / "@openclaw" / "crabline" / "dist" / "src" / "bin" / "crabline.js"
TOKEN = "12345689:an-emulator-has-no-secret"
ADMIN = "admin"


class Crabline:
    """The running emulator, seen as the double is as far as a conversation needs it."""

    def __init__(self, url: str, record: Path) -> None:
        self.url = url
        self.token = TOKEN
        self.webhook: tuple[str, str] | None = None
        self._record = record
        self._people: dict[str, Person] = {}

    @property
    def calls(self) -> list[Call]:
        """The calls of the bot, by the emulator's own record; secrets are blacked out in it."""
        lines = self._record.read_text(encoding="utf-8").splitlines() if self._record.is_file() else []
        read = [json.loads(line) for line in lines]
        made = [
            Call(
                each["path"].rpartition("/")[2], each.get("body") or {}, 0.0, 200 if each.get("accepted", True) else 400
            )
            for each in read
            if each.get("type") == "api"
        ]
        hooks = [call.body["url"] for call in made if call.method == "setWebhook"]
        self.webhook = (hooks[-1], "") if hooks else None
        return made

    def calls_of(self, method: str) -> list[Call]:
        """The calls of one method."""
        return [call for call in self.calls if call.method == method]

    def person(self, ident: str) -> Person:
        """Somebody with a phone."""
        return self._people.setdefault(ident, Person(self, ident))

    async def until(self, holds: Callable[[], Any], within: float = 5.0) -> Any:
        """Waits until `holds()`; AssertionError when it does not come true. The record has to be looked at."""
        ends = time.monotonic() + within
        while not (self.calls and (found := holds())):
            assert time.monotonic() < ends, f"did not come true within {within} s"
            await asyncio.sleep(0.02)
        return found


@dataclass(slots=True, eq=False)
class Person:
    """What one person writes and reads."""

    emulator: Crabline
    id: str
    _acted: int = 0

    @property
    def screen(self) -> list[Shown]:
        """What the bot sent, oldest first."""
        sent = [call for call in self.emulator.calls if call.body.get("chat_id") == self.id and call.status == 200]
        texts = [call for call in sent if call.method in {"sendMessage", "sendPhoto"}]
        return [
            Shown(str(n), by_bot=True, text=call.body.get("text") or call.body.get("caption", ""), serial=n)
            for n, call in enumerate(texts, 1)
        ]

    async def says(self, text: str) -> None:
        """Types a text."""
        self._acted = len(self.screen)
        body = {"chatId": self.id, "chatType": "PRIVATE", "senderId": self.id, "senderName": "Lan", "text": text}
        headers = {"X-Crabline-Admin-Token": ADMIN}
        async with aiohttp.ClientSession(headers=headers) as client:
            answer = await client.post(f"{self.emulator.url}/crabline/zalo/inbound", json=body)
            assert answer.status == 200, await answer.text()

    async def waits_for(
        self, what: str | Callable[[Shown], bool], within: float = 5.0, *, anywhere: bool = False
    ) -> Shown:
        """The newest message that holds `what`, since they last wrote something or `anywhere`."""
        holds = (lambda shown: what in shown.text) if isinstance(what, str) else what

        def seen() -> Shown | None:
            fresh = [each for each in self.screen if anywhere or each.serial > self._acted]
            return next((each for each in reversed(fresh) if holds(each)), None)

        found: Shown = await self.emulator.until(seen, within)
        return found


@asynccontextmanager
async def crabline(folder: Path) -> AsyncIterator[Crabline]:
    """The emulator on a free port, its files in `folder`."""
    ready = folder / "ready.json"
    command = ("node", str(PROGRAM), "--json", "serve", "zalo", "--port", "0", "--ready-file", str(ready))
    environment = {"PATH": str(Path(shutil.which("node") or "").parent), "HOME": str(folder)}
    environment |= {"CRABLINE_BOT_TOKEN": TOKEN, "CRABLINE_ADMIN_TOKEN": ADMIN}
    process = await asyncio.create_subprocess_exec(
        *command, cwd=folder, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        for _ in range(500):
            if ready.is_file() and ready.read_text(encoding="utf-8").strip():
                break
            await asyncio.sleep(0.02)
        about = json.loads(ready.read_text(encoding="utf-8"))
        yield Crabline(about["baseUrl"], Path(about["recorderPath"]))
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


def main() -> int:
    """Fetches the package, once."""
    if PROGRAM.is_file():
        return 0
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        sys.stderr.write("The cross-check of Zalo needs Node.js and npm.\n")
        return 1
    FOLDER.mkdir(parents=True, exist_ok=True)
    install = [npm, "install", "--prefix", str(FOLDER), "--ignore-scripts", "--no-audit", "--no-fund", "--silent"]
    done = subprocess.run([*install, f"@openclaw/crabline@{VERSION}"], check=False)
    if done.returncode:
        sys.stderr.write("The emulator of Zalo cannot be fetched.\n")
    return done.returncode


if __name__ == "__main__":
    raise SystemExit(main())
