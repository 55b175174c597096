"""What every command about broadcasts needs: settings, the database, a sound broadcast, one way to answer."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson
import typer

from bot.broadcast.check import CHANNELS, check_broadcasts
from bot.broadcast.reader import FOLDER, names, read_written
from bot.cli.report import FINDINGS, OK, SETUP, USAGE, complain, show
from bot.cli.settings import settings
from bot.engine.event import local_day
from bot.flow.reader import did_you_mean
from bot.store import broadcasts
from bot.store.audience import Terms
from bot.store.database import DatabaseFault, open_database

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from bot.broadcast.model import Broadcast
    from bot.broadcast.reader import Written
    from bot.config import Config
    from bot.service.house import House
    from bot.store.broadcasts import Row
    from bot.store.database import Database


UNDONE = "W104"
"""The code of a TODO: a warning while writing, an error when sending."""


class Refused(Exception):
    """The command cannot be done; the message is for who gave it."""

    def __init__(self, message: str, code: int = USAGE) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command has to say: as data, as lines, and to standard error."""

    data: dict[str, Any] | list[Any]
    lines: tuple[str, ...] = ()
    note: str = ""
    code: int = OK


@dataclass(frozen=True, slots=True)
class Office:
    """The project a command works on."""

    config: Config

    @property
    def now(self) -> int:
        """Milliseconds since 1970 UTC."""
        return time.time_ns() // 1_000_000

    @property
    def channels(self) -> tuple[str, ...]:
        """The channels a bot of these settings sends broadcasts on."""
        config = self.config
        others = {"telegram": config.telegram_token, "zalo_oa": config.has_zalo_oa}
        return ("web", *(name for name, there in others.items() if there))

    def house(self) -> House:
        """The guides and words."""
        from bot.service.house import load_house

        return load_house(self.config.root, self.config.words)[0]

    def part(self, name: str) -> Broadcast:
        """The one broadcast, or part of a series ("monday/2"), of that name as it is written. Raises Refused."""
        parts = self.written(name.partition("/")[0]).parts
        found = next((part for part in parts if part.name == name), None)
        if found is None:
            raise Refused(f"Name one of {', '.join(part.name for part in parts)}.")
        return found

    def written(self, name: str, *, finished: bool = False) -> Written:
        """The broadcast of that name as it is written, without errors; `finished`: without TODO. Raises Refused."""
        root = self.config.root
        if name not in names(root):
            hint = did_you_mean(name, names(root)) or f"bot broadcast new {name} makes one"
            raise Refused(f"There is no {FOLDER}/{name}.toml: {hint}.")
        today = local_day(self.now)
        problems = check_broadcasts(root, today=today, channels=CHANNELS, only=[name])
        show(problems)
        written, _ = read_written(root, name)
        if written is None or any(problem.is_error for problem in problems):
            raise Refused("The broadcast has errors.", FINDINGS)
        if finished and any(problem.code == UNDONE for problem in problems):
            raise Refused("Something is still to be done in it.", FINDINGS)
        return written

    def terms(self, content: Broadcast) -> Terms:
        """What keeps people from getting it."""
        config = self.config
        caps = (config.tips_a_day, config.tips_a_week)
        windows = (("zalo_oa", config.zalo_oa_window * 3_600_000),)
        return Terms(content.topic, content.kind.value, self.channels, *caps, windows)


async def family(database: Database, name: str) -> list[Row]:
    """The broadcast of that name that was sent, or every part of that series. Raises Refused."""
    async with database.read() as connection:
        rows = await broadcasts.family(connection, name)
        known = [] if rows else [each.series or each.name for each in await broadcasts.listed(connection)]
    if not rows:
        raise Refused(f"No broadcast '{name}' was sent. {did_you_mean(name, known)}".strip())
    return rows


async def found(database: Database, name: str) -> Row:
    """The one broadcast, or part of a series, of that name that was sent. Raises Refused."""
    rows = await family(database, name)
    if rows[0].name != name:
        parts = ", ".join(row.name for row in rows)
        raise Refused(f"'{name}' is a series: name one of its parts ({parts}).")
    return rows[0]


def run(work: Callable[[Office], Answer], *, as_json: bool) -> int:
    """Do a command without a database; its exit code."""
    try:
        answer = work(_office())
    except Refused as refused:
        complain(str(refused))
        return refused.code
    except OSError as fault:
        complain(f"{fault.filename} cannot be written: {fault.strerror}.")
        return SETUP
    return _say(answer, as_json=as_json)


def run_at_database(work: Callable[[Office, Database], Awaitable[Answer]], *, as_json: bool) -> int:
    """Do a command at the database; its exit code."""

    async def open_and_work() -> Answer:
        office = _office()
        database = await open_database(office.config.database)
        try:
            return await work(office, database)
        finally:
            await database.close()

    try:
        answer = asyncio.run(open_and_work())
    except Refused as refused:
        complain(str(refused))
        return refused.code
    except DatabaseFault as fault:
        complain(str(fault))
        return SETUP
    return _say(answer, as_json=as_json)


def count(number: int, word: str) -> str:
    """A number and its word."""
    return f"{number} {word if number == 1 else 'people' if word == 'person' else word + 's'}"


def _office() -> Office:
    config = settings()
    if config is None:
        raise Refused("The settings have errors.", SETUP)
    return Office(config)


def _say(answer: Answer, *, as_json: bool) -> int:
    if as_json:
        typer.echo(orjson.dumps(answer.data, option=orjson.OPT_INDENT_2))
    else:
        for line in answer.lines:
            typer.echo(line)
    if answer.note:
        complain(answer.note)
    return answer.code
