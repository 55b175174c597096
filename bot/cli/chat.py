"""`bot chat`: the terminal's keyboard, pipes, scripts and recordings."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import gc
import os
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

from bot import log
from bot.app import running
from bot.channel import talk_file
from bot.channel.base import Incoming, Message, What
from bot.channel.terminal import Terminal
from bot.cli.report import FINDINGS, OK, SETUP, USAGE, complain, show
from bot.cli.settings import settings
from bot.flow.model import Kind
from bot.service.reload import open_house
from bot.store import chats
from bot.store.database import DatabaseFault
from bot.wording.library import SOURCE_LANGUAGE

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable, Iterator

    from bot.app import App
    from bot.channel.base import Outgoing, Receipt
    from bot.config import Config
    from bot.service.house import House

HINT = "Gõ chữ hay số của nút, rồi Enter. Ctrl-D để thôi. / Type words or a button's number. Ctrl-D ends."


class _Recorder(Terminal):
    """A terminal that remembers what it printed."""

    def __init__(self, picture: Callable[[str], str]) -> None:
        super().__init__(picture=picture)
        self.said: list[Message] = []

    async def send(self, chat: str, outgoing: Outgoing) -> Receipt:
        if isinstance(outgoing, Message):
            self.said.append(outgoing)
        return await super().send(chat, outgoing)


def chat(guide: str, *, script: str, record: str, language: str, fresh: bool, why: bool = False) -> int:
    """Talk until the input ends; the exit code. A recording begins as somebody new, so that it can be played again."""
    gc.enable()
    log.set_up(30)
    if script and record:
        complain("--script plays a talk file and --record writes one: use one of the two.")
        return USAGE
    config = settings()
    if config is None:
        return SETUP
    house, problems = open_house(dataclasses.replace(config, voice_provider="none"))  # the terminal plays no sound
    if house is None:
        show(problem for problem in problems if problem.is_error)
        complain(f"No guide in {config.root / 'flows'} can be put into service: see 'bot check'.")
        return SETUP
    if guide and guide not in house.flows:
        complain(f"There is no guide '{guide}'. There are: {', '.join(sorted(house.flows))}.")
        return USAGE
    written: list[talk_file.Entry] = []
    with contextlib.ExitStack() as stack:
        try:
            entries = _script(Path(script)) if script else None
            if record:
                stack.enter_context(_recording(Path(record), written))
        except _Unusable as reason:
            complain(f"{reason}.")
            return USAGE
        if fresh or script or record:
            folder = stack.enter_context(tempfile.TemporaryDirectory())
            config = dataclasses.replace(config, database=f"sqlite+aiosqlite:///{folder}/chat.db")
        try:
            talk = _talk(config, house, guide, entries=entries, language=language, written=written, why=why)
            return asyncio.run(talk)
        except DatabaseFault as fault:
            complain(f"Cannot start: {fault}.")
            return SETUP
        except KeyboardInterrupt:
            return OK


class _Unusable(Exception):
    """A file that cannot be played or written; the message says why."""


def _script(path: Path) -> list[talk_file.Entry]:
    """The lines of a talk file."""
    try:
        return talk_file.parse(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise _Unusable(f"Cannot read {path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise _Unusable(f"{path} is not UTF-8") from None
    except talk_file.TalkFault as fault:
        raise _Unusable(f"{path}: {fault}") from None


@contextlib.contextmanager
def _recording(path: Path, written: Iterable[talk_file.Entry]) -> Iterator[None]:
    """A new file, which has the talk in it at the end, however that comes; without a talk there is none."""
    try:
        file = path.open("x", encoding="utf-8")
    except FileExistsError:
        raise _Unusable(f"{path} exists already; nothing is overwritten") from None
    except OSError as error:
        raise _Unusable(f"Cannot write {path}: {error.strerror}") from None
    with file:
        try:
            yield
        finally:
            file.write(talk_file.write(written))
            is_empty = not file.tell()
            if is_empty:
                path.unlink()
            else:
                complain(f"Written to {path}.")


async def _talk(
    config: Config,
    house: House,
    guide: str,
    *,
    entries: list[talk_file.Entry] | None,
    language: str,
    written: list[talk_file.Entry],
    why: bool,
) -> int:
    """Play the entries, or talk with the keyboard; what was said and where it ended is put into `written`."""
    spoken = language or config.language
    mouth = _Recorder(lambda alt: house.library.piece(spoken, "_bot/picture", "text", {"alt": alt}))
    async with running(config, house, [mouth]) as app:
        talk = _Exchange(app, mouth, language, written, why=why)
        if entries is not None:
            return await talk.play(entries)
        if sys.stdin.isatty():
            complain(HINT)
        try:
            await talk.type(f"/start {guide}".strip())
            async for line in _lines():
                if line.strip():
                    await talk.type(line)
        finally:
            written.append(talk_file.Entry("=", await talk.place()))
    return OK


class _Exchange:
    """Types for one person and waits until the bot has said its part."""

    def __init__(self, app: App, mouth: _Recorder, language: str, written: list[talk_file.Entry], *, why: bool) -> None:
        self._why = why
        self._app = app
        self._mouth = mouth
        self._language = language
        self._written = written
        self._heard = 0  # messages already written down
        self._later = 0  # milliseconds that a script let pass
        self._person = os.environ.get("USER", "me")

    async def type(self, text: str) -> None:
        """One line of the person; returns when the bot has answered it."""
        if self._why and not text.startswith("/"):
            complain("\n".join(self._app.conversation.house.ear.why(text).lines()))
        at = self._now()
        incoming = Incoming(
            "terminal", self._person, f"{time.time_ns()}", at, What.TEXT, text=text, language=self._language
        )
        try:
            await self._hear(incoming)
        finally:  # broken off while the bot speaks: what it has said counts
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
                        complain(f"line {entry.line}: no button {talk_file.quoted(entry.text)} on the screen")
                        return FINDINGS
                    at = self._now()
                    await self._hear(
                        Incoming("terminal", self._person, f"{time.time_ns()}", at, What.TAP, tap=button.id)
                    )
                case "~":
                    try:
                        seconds = talk_file.duration(entry.text)
                    except talk_file.TalkFault as fault:
                        complain(f"line {entry.line}: {fault}")
                        return FINDINGS
                    await self._wait(seconds)
                case "=":
                    place = await self.place()
                    if place != entry.text:
                        complain(f"line {entry.line}: stands at '{place}', not at {talk_file.quoted(entry.text)}")
                        return FINDINGS
                case _:
                    continue
        return OK

    async def place(self) -> str:
        """Where the person stands, as a talk file says it."""
        key = f"{self._mouth.name}:{self._person}"
        async with self._app.database.read() as connection:
            chats_, sessions = await chats.load(connection, [key])
        flow = self._app.conversation.house.flows.get(chats_[key].flow) if key in chats_ else None
        session = sessions[key].get(flow.name) if flow else None
        step = flow.steps.get(session.step) if flow and session else None
        if step is None:
            return "home"
        return f"end {step.end}" if step.kind is Kind.END else step.name

    async def _wait(self, seconds: int) -> None:
        """Time passes hour by hour, for what falls due in the night waits for the morning."""
        until = self._later + seconds * 1000
        while self._later < until:
            self._later = min(self._later + 3_600_000, until)
            await self._app.clock.look(self._now())
            await self._quiet()

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


async def _lines() -> AsyncIterator[str]:
    """The lines of the input. Its thread is not waited for, so that Ctrl-C ends a talk at once."""
    loop = asyncio.get_running_loop()
    lines: asyncio.Queue[bytes] = asyncio.Queue()

    def read() -> None:
        with contextlib.suppress(RuntimeError), open(sys.stdin.fileno(), "rb", buffering=0, closefd=False) as keyboard:
            for line in keyboard:
                loop.call_soon_threadsafe(lines.put_nowait, line)
            loop.call_soon_threadsafe(lines.put_nowait, b"")  # RuntimeError: the loop has ended meanwhile

    threading.Thread(target=read, daemon=True).start()
    while line := await lines.get():
        yield line.decode("utf-8", "replace").rstrip("\r\n")
