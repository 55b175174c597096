"""A phone in the terminal: `python -m tests.kit.demo_telegram`.

Starts the double of Telegram, starts the real bot against it as a process of its own, and shows one person's chat.
Type a text, or the number of a button to tap it. `'5` types the number 5; an empty line waits; `:quit` ends.
`--script FILE` plays such lines (`#` begins a comment) and then ends with code 0, or 1 when the bot made a mistake.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import shlex
import sys
import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from .telegram import TelegramDouble

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from .telegram_world import Person, Shown, Tap

PATIENCE = 20.0  # seconds until the bot must have come up, or answered
PAUSE = 1.3  # seconds of silence that mean the bot has said all; it sends one message a second to a chat


class Phone:
    """What one person sees, printed as it changes, with the tappable buttons numbered."""

    def __init__(self, double: TelegramDouble, person: Person) -> None:
        self._double = double
        self._person = person
        self._printed = 0
        self._buttons: list[tuple[Shown | None, str]] = []  # None: a button of the keyboard below the chat
        self._tap: Tap | None = None

    async def look(self, *, answered: bool) -> None:
        """Waits until the bot is silent, for `answered` at least until it says something; prints what is new."""
        if answered:
            await self._double.bell.wait_until(self._news, PATIENCE)
        seen = -1
        while seen != self._double.serial:
            seen = self._double.serial
            await asyncio.sleep(PAUSE)
        if self._tap and self._tap.answer and self._tap.answer.get("text"):
            sys.stdout.write(f"\n* {self._tap.answer['text']} *\n")
        self._tap = None
        for shown in sorted(self._news(), key=lambda shown: shown.serial):
            sys.stdout.write(f"\n{shown}\n")
        self._printed = self._double.serial
        self._number()
        sys.stdout.flush()

    async def enter(self, line: str) -> None:
        """One line of the person: a number taps, anything else is typed."""
        if line.isdigit() and 1 <= int(line) <= len(self._buttons):
            shown, label = self._buttons[int(line) - 1]
            sys.stdout.write(f"({label})\n")
            if shown:
                self._tap = await self._person.taps_message(shown, label)
            else:
                await self._person.says(label)
        else:
            await self._person.says(line.removeprefix("'"))

    def _news(self) -> list[Shown]:
        return [shown for shown in self._person.screen if shown.by_bot and shown.serial > self._printed]

    def _number(self) -> None:
        """Numbers the buttons of the newest message that has some, then those below the chat."""
        with_buttons = [shown for shown in self._person.screen if shown.labels and not shown.deleted]
        self._buttons = [(shown, label) for shown in with_buttons[-1:] for label in shown.labels]
        below = self._double.reply_keyboards.get(self._person.id, {}).get("keyboard", [])
        self._buttons += [(None, button["text"]) for row in below for button in row]
        for number, (_, label) in enumerate(self._buttons, 1):
            sys.stdout.write(f"  {number} {label}\n")


async def _typed() -> AsyncIterator[str]:
    """Lines of the terminal; a thread of its own, because a terminal cannot be waited for otherwise."""
    lines: asyncio.Queue[str | None] = asyncio.Queue()
    loop = asyncio.get_running_loop()

    def read() -> None:
        for line in sys.stdin:
            loop.call_soon_threadsafe(lines.put_nowait, line.rstrip("\n"))
        loop.call_soon_threadsafe(lines.put_nowait, None)

    threading.Thread(target=read, daemon=True).start()
    while True:
        sys.stdout.write("> ")
        sys.stdout.flush()
        if (line := await lines.get()) is None:
            return
        yield line


async def _scripted(lines: list[str]) -> AsyncIterator[str]:
    """Lines of a script, echoed as if typed."""
    for line in lines:
        if not line.startswith("#"):
            sys.stdout.write(f"> {line}\n")
            yield line


async def play(command: list[str], *, script: list[str] | None, language: str) -> int:
    """Runs the bot and the phone until the lines end, those of `script` or of the terminal; the exit code."""
    with tempfile.TemporaryDirectory() as folder:
        async with TelegramDouble() as double:
            mine = {"TELEGRAM_BOT_TOKEN": double.token, "TELEGRAM_API": double.url, "TELEGRAM_WEBHOOK": ""}
            mine |= {"CAM_TAY_DATABASE": f"sqlite+aiosqlite:///{folder}/demo.db", "CAM_TAY_PORT": "0"}
            bot = await asyncio.create_subprocess_exec(*command, env=os.environ | mine, stdout=sys.stderr)
            try:
                return await _talk(double, bot, script, language)
            finally:
                if bot.returncode is None:
                    bot.terminate()
                    await bot.wait()


async def _talk(
    double: TelegramDouble, bot: asyncio.subprocess.Process, script: list[str] | None, language: str
) -> int:
    """The conversation; ends early when the bot does."""
    ended = asyncio.create_task(bot.wait())
    ended.add_done_callback(lambda _: double.bell.ring())
    await double.bell.wait_until(lambda: double.delivery.polled or ended.done(), PATIENCE)
    if not double.delivery.polled:
        sys.stderr.write("The bot did not begin to listen.\n")
        return 1
    phone = Phone(double, double.person(7, language=language))
    async for line in _scripted(script) if script is not None else _typed():
        if line == ":quit" or ended.done():
            break
        if line:
            await phone.enter(line)
        await phone.look(answered=bool(line))
    for violation in double.violations:
        sys.stderr.write(f"Telegram would object: {violation}\n")
    if ended.done():
        sys.stderr.write(f"The bot has ended with code {bot.returncode}.\n")
    return int(bool(double.violations) or ended.done())


def main() -> int:
    """Reads the arguments."""
    parser = argparse.ArgumentParser(description="Talk to the bot as on Telegram, without Telegram.")
    parser.add_argument("--script", type=Path, help="play the lines of this file and end")
    parser.add_argument("--language", default="vi", help="the language of the person's phone")
    parser.add_argument("--bot", default=f"{shlex.quote(sys.executable)} -m bot run", help="the command of the bot")
    options = parser.parse_args()
    script = options.script.read_text(encoding="utf-8").splitlines() if options.script else None
    try:
        return asyncio.run(play(shlex.split(options.bot), script=script, language=options.language))
    except KeyboardInterrupt:
        return 0


if __name__ == "__main__":
    raise SystemExit(main())
