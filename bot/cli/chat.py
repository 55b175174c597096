"""`bot chat`: the terminal's keyboard, pipes, scripts and recordings."""

from __future__ import annotations

import asyncio
import dataclasses
import gc
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from bot import log
from bot.app import running
from bot.channel import talk_file
from bot.channel.base import Incoming, Message, What
from bot.channel.terminal import Terminal
from bot.cli.report import FINDINGS, OK, SETUP, USAGE, complain, show
from bot.config import Config, find_root, load
from bot.service.reload import open_house
from bot.store.database import DatabaseFault
from bot.wording.library import SOURCE_LANGUAGE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bot.app import App
    from bot.channel.base import Outgoing, Receipt
    from bot.service.house import House

HINT = "Gõ chữ hay số của nút, rồi Enter. Ctrl-D để thôi. / Type words or a button's number. Ctrl-D ends."


class _Recorder(Terminal):
    """A terminal that remembers what it printed."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[Message] = []

    async def send(self, chat: str, outgoing: Outgoing) -> Receipt:
        if isinstance(outgoing, Message):
            self.said.append(outgoing)
        return await super().send(chat, outgoing)


def chat(guide: str, *, script: str, record: str, language: str, fresh: bool) -> int:
    """Talk until the input ends; the exit code."""
    gc.enable()
    log.set_up(30)
    config, problems = load(find_root())
    show(problems)
    if any(problem.is_error for problem in problems):
        return SETUP
    try:
        entries = talk_file.parse(Path(script).read_text(encoding="utf-8")) if script else None
    except OSError as error:
        complain(f"Cannot read {script}: {error.strerror}.")
        return USAGE
    except talk_file.TalkFault as fault:
        complain(f"{script}: {fault}.")
        return USAGE
    house, problems = open_house(config)
    if house is None:
        show(problem for problem in problems if problem.is_error)
        return SETUP
    if guide and guide not in house.flows:
        complain(f"There is no guide '{guide}'. There are: {', '.join(sorted(house.flows))}.")
        return USAGE
    with tempfile.TemporaryDirectory() as folder:
        if fresh or entries is not None:
            config = dataclasses.replace(config, database=f"sqlite+aiosqlite:///{folder}/chat.db")
        try:
            return asyncio.run(_talk(config, house, guide, entries=entries, record=record, language=language))
        except DatabaseFault as fault:
            complain(f"Cannot start: {fault}.")
            return SETUP
        except KeyboardInterrupt:
            return OK


async def _talk(
    config: Config, house: House, guide: str, *, entries: list[talk_file.Entry] | None, record: str, language: str
) -> int:
    mouth = _Recorder()
    written: list[talk_file.Entry] = []
    async with running(config, house, [mouth]) as app:
        talk = _Exchange(app, mouth, language, written)
        if entries is not None:
            return await talk.play(entries)
        if sys.stdin.isatty():
            complain(HINT)
        await talk.type(f"/start {guide}".strip())
        while (line := await asyncio.to_thread(_read)) is not None:
            if line.strip():
                await talk.type(line)
    if record:
        await asyncio.to_thread(Path(record).write_text, talk_file.write(written), encoding="utf-8")
        complain(f"Written to {record}.")
    return OK


class _Exchange:
    """Types for one person and waits until the bot has said its part."""

    def __init__(self, app: App, mouth: _Recorder, language: str, written: list[talk_file.Entry]) -> None:
        self._app = app
        self._mouth = mouth
        self._language = language
        self._written = written
        self._heard = 0  # messages already written down
        self._later = 0  # milliseconds that a script let pass
        self._person = os.environ.get("USER", "me")

    async def type(self, text: str) -> None:
        """One line of the person; returns when the bot has answered it."""
        at = self._now()
        incoming = Incoming(
            "terminal", self._person, f"{time.time_ns()}", at, What.TEXT, text=text, language=self._language
        )
        await self._hear(incoming)
        self._note(talk_file.Entry(">", text))

    async def play(self, entries: Iterable[talk_file.Entry]) -> int:
        """A talk file's lines of the person, one after the other; what the bot says is printed."""
        for entry in entries:
            match entry.mark:
                case "language":
                    self._language = entry.text
                case ">":
                    sys.stdout.write(f"\n> {entry.text}\n")
                    await self.type(entry.text)
                case "*":
                    sys.stdout.write(f"\n* {entry.text}\n")
                    button = talk_file.find_button(self._mouth.said, entry.text)
                    if button is None:
                        complain(f"line {entry.line}: no button '{entry.text}' on the screen")
                        return FINDINGS
                    at = self._now()
                    await self._hear(
                        Incoming("terminal", self._person, f"{time.time_ns()}", at, What.TAP, tap=button.id)
                    )
                case "~":
                    try:
                        self._later += talk_file.duration(entry.text) * 1000
                    except talk_file.TalkFault as fault:
                        complain(f"line {entry.line}: {fault}")
                        return FINDINGS
                    await self._app.clock.look(self._now())
                    await self._quiet()
                case _:
                    continue
        return OK

    async def _hear(self, incoming: Incoming) -> None:
        await self._app.conversation.accept(incoming)
        await self._quiet()

    async def _quiet(self) -> None:
        """Until nothing is waiting to be said."""
        while any(self._app.sender.backlog.values()):  # noqa: ASYNC110 (a person's pace: nothing to be gained)
            await asyncio.sleep(0.005)

    def _now(self) -> int:
        self._later += 10  # two lines never fall on the same moment
        return int(time.time() * 1000) + self._later

    def _note(self, entry: talk_file.Entry) -> None:
        if not self._written and self._language not in {"", SOURCE_LANGUAGE}:
            self._written.append(talk_file.Entry(talk_file.LANGUAGE, self._language))
        self._written += [entry, *talk_file.spoken(self._mouth.said[self._heard :])]
        self._heard = len(self._mouth.said)


def _read() -> str | None:
    line = sys.stdin.readline()
    return line.rstrip("\n") if line else None
