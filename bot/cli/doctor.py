"""`bot doctor`: what is configured, reachable and stale, in plain lines or as JSON."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import typer
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from bot import __version__
from bot.cli.report import FINDINGS, OK
from bot.config import find_root, load
from bot.engine.event import local_day
from bot.flow.check import check
from bot.store import jobs, outbox
from bot.store.database import DatabaseFault, open_database, schema_version
from bot.wording.sentences import SENTENCES

if TYPE_CHECKING:
    from bot.config import Config

SIGNS = {"ok": "✓", "note": "·", "bad": "✗"}
ROOM = 200 * 1024 * 1024
"""Bytes of free disk below which the doctor warns."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at."""

    what: str
    state: Literal["ok", "note", "bad"]
    text: str


def doctor(*, as_json: bool) -> int:
    """Look at everything; exit code 1 when something is bad."""
    findings = asyncio.run(_look())
    if as_json:
        typer.echo(json.dumps([asdict(f) for f in findings], ensure_ascii=False, indent=2))
    else:
        for finding in findings:
            typer.echo(f"{SIGNS[finding.state]} {finding.what}: {finding.text}")
    return FINDINGS if any(f.state == "bad" for f in findings) else OK


async def _look() -> list[Finding]:
    root = find_root()
    if not root.is_dir():
        return [Finding("settings", "bad", f"there is no folder {root}")]
    config, problems = load(root)
    found = [Finding("version", "ok", f"{__version__}, Python {sys.version.split()[0]}")]
    found += [Finding("settings", "bad", f"{p.path.name}:{p.line}: {p.message}") for p in problems if p.is_error]
    found.append(Finding("settings", "ok", f"from {config.root}"))
    found += _guides(config)
    found += await _database(config)
    free = shutil.disk_usage(config.root).free
    found.append(Finding("disk", "ok" if free > ROOM else "bad", f"{free // 2**20:,} MiB free"))
    clock = time.time()
    found.append(Finding("clock", "ok" if clock > 1_760_000_000 else "bad", time.strftime("%Y-%m-%d %H:%M:%S %Z")))
    if not config.human_phone:
        found.append(Finding("human", "note", "no phone number for people who need a human: setting 'human.phone'"))
    found.append(await _telegram(config))
    return found


def _guides(config: Config) -> list[Finding]:
    problems = check(config.root, today=local_day(int(time.time() * 1000)), bot_texts=SENTENCES)
    errors = [p for p in problems if p.is_error]
    stale = [p for p in problems if p.code == "W106"]
    found = [
        Finding("guides", "bad" if errors else "ok", f"{len(errors)} errors, {len(problems) - len(errors)} warnings"),
    ]
    return found + [Finding("stale", "note", f"{p.path.name}: {p.message}") for p in stale]


async def _database(config: Config) -> list[Finding]:
    path = _file_of(config.database)
    if path and (reason := _unfit_folder(path.parent)):
        return [Finding("database", "bad", f"{path.parent} {reason}")]
    if path and not path.exists():  # looking at it must not make it
        return [Finding("database", "note", "there is none yet: the first start makes it")]
    try:
        database = await open_database(config.database)
    except DatabaseFault as fault:
        return [Finding("database", "bad", str(fault))]
    try:
        version = await schema_version(database)
        async with database.read() as connection:
            waiting = await outbox.counts(connection)
            due = await jobs.counts(connection)
    finally:
        await database.close()
    found = [Finding("database", "ok", f"schema {version}")]
    if unsent := sum(count for (_, state), count in waiting.items() if state == "waiting"):
        found.append(Finding("outbox", "note", f"{unsent} wait to be sent"))
    if parked := due.get("parked", 0):
        found.append(Finding("jobs", "bad", f"{parked} set aside"))
    return found


def _file_of(database: str) -> Path | None:
    """The file of a SQLite database; None for any other, or an address that opening it will refuse."""
    try:
        url = make_url(database)
    except ArgumentError:
        return None
    is_file = url.get_backend_name() == "sqlite" and url.database and url.database != ":memory:"
    return Path(url.database or "") if is_file else None


def _unfit_folder(folder: Path) -> str:
    """Why nothing can be kept in a folder that is there or has to be made; "" if it can."""
    there = next(each for each in (folder, *folder.absolute().parents) if each.exists())
    if not there.is_dir():
        return f"cannot be made: {there} is a file"
    if not os.access(there, os.W_OK | os.X_OK):
        return "cannot be written" if there == folder else f"cannot be made: {there} cannot be written"
    return ""


async def _telegram(config: Config) -> Finding:
    if not config.telegram_token:
        return Finding("telegram", "note", "off: TELEGRAM_BOT_TOKEN is not set")
    from bot.channel.telegram import probe

    state = await probe(config.telegram_token, config.telegram_api)
    return Finding("telegram", "ok" if state.startswith("ok") else "bad", state)
