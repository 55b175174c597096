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
from bot.cli.jobs import DAY, moment
from bot.cli.report import FINDINGS, OK
from bot.config import find_root, load
from bot.engine.event import local_day
from bot.flow.check import check
from bot.store import jobs, outbox
from bot.store.database import DatabaseFault, open_database, schema_version
from bot.wording.sentences import SENTENCES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.config import Config
    from bot.store.jobs import Job, Waiting

SIGNS = {"ok": "✓", "note": "·", "bad": "✗"}
HOUR = 3_600_000

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
    found.append(_voice(config))
    found.append(await _telegram(config))
    found += await _zalo_bot(config)
    found += await zalo_oa(config)
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
    now = time.time_ns() // 1_000_000
    try:
        version = await schema_version(database)
        async with database.read() as connection:
            waiting = await outbox.counts(connection)
            due = await jobs.waiting(connection, now)
            parked = (await jobs.counts(connection)).get(jobs.PARKED, 0)
            sweep = await jobs.find(connection, jobs.SWEEP)
    finally:
        await database.close()
    found = [Finding("database", "ok", f"schema {version}")]
    if unsent := sum(count for (_, state), count in waiting.items() if state == "waiting"):
        found.append(Finding("outbox", "note", f"{unsent} wait to be sent"))
    return [*found, *_jobs(due, parked, now), _retention(sweep, now)]


def _jobs(waiting: Sequence[Waiting], parked: int, now: int) -> list[Finding]:
    """What is parked, and what should have been done by now."""
    found = [Finding("jobs", "ok", f"{sum(each.count for each in waiting)} wait until they are due")]
    if late := [each for each in waiting if each.next_at < now - HOUR]:
        oldest = min(each.next_at for each in late)
        text = f"{sum(each.late for each in late)} are overdue, the oldest since {moment(oldest)}"
        hint = ": is the bot running, and every channel on?" if oldest < now - DAY else ""
        found = [Finding("jobs", "bad" if hint else "note", text + hint)]
    if parked:
        found.append(Finding("jobs", "bad", f"{parked} are parked: 'bot jobs' says why"))
    return found


def _retention(sweep: Job | None, now: int) -> Finding:
    """When what was kept long enough was last dropped."""
    last = sweep.payload.get("last") if sweep else None
    if last is None:
        return Finding("retention", "note", "not done yet: the running bot does it every hour")
    return Finding("retention", "bad" if last < now - 2 * DAY else "ok", f"last done {moment(last)}")


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


def _voice(config: Config) -> Finding:
    """Who reads aloud what nobody has recorded."""
    from bot.cli.voice import voice_of
    from bot.voice.provider import piper

    if config.voice_provider == "none":
        return Finding("voice", "note", "off: only recorded voices, and the browser's own")
    if config.voice_provider == "piper" and not piper():
        return Finding("voice", "bad", "the program 'piper' is not there: setting 'voice.provider'")
    content = config.root / "content"
    languages = sorted(path.parent.parent.name for path in content.glob("*/_bot/address.toml"))
    voices = {language: voice_of(config, language) for language in languages}
    mute = [language for language, voice in voices.items() if not voice]
    if mute:
        return Finding("voice", "note", f"nobody speaks {', '.join(mute)}: only recorded voices, and the browser's own")
    return Finding("voice", "ok", "; ".join(f"{language}: {voice}" for language, voice in voices.items()))


async def _telegram(config: Config) -> Finding:
    if not config.telegram_token:
        return Finding("telegram", "note", "off: TELEGRAM_BOT_TOKEN is not set")
    from bot.channel.telegram import probe

    state = await probe(config.telegram_token, config.telegram_api, config.telegram_proxy)
    return Finding("telegram", "ok" if state.startswith("ok") else "bad", state)


async def zalo_oa(config: Config) -> list[Finding]:
    """The official account: its keys, its webhook, its plan."""
    if not config.has_zalo_oa:
        return [Finding("zalo oa", "note", "off: ZALO_OA_APP_ID and ZALO_OA_APP_SECRET are not set")]
    from bot.cli.zalo_oa import state_of

    found = [Finding("zalo oa", state, text) for state, text in await state_of(config)]
    return found + await zalo_quota(config, "zalo_oa")


async def _zalo_bot(config: Config) -> list[Finding]:
    if not config.zalo_bot_token:
        return [Finding("zalo bot", "note", "off: ZALO_BOT_TOKEN is not set")]
    from bot.channel.zalo_bot import probe

    state = await probe(config.zalo_bot_token, config.zalo_bot_api, config.zalo_bot_proxy)
    found = [Finding("zalo bot", "ok" if state.startswith("ok") else "bad", state)]
    if not config.public_url.startswith("https://"):
        text = "pictures are told in words: Zalo fetches them from an https address, setting 'web.public_url'"
        found.append(Finding("zalo bot", "note", text))
    return found + zalo_voice(config) + await zalo_quota(config, "zalo_bot")


def zalo_voice(config: Config) -> list[Finding]:
    """Whether a Zalo bot speaks, or gives links to what is read aloud."""
    from bot.voice.provider import find_encoder

    if not config.zalo_bot_voice:
        return [Finding("zalo voice", "note", "off: voices are links, setting 'zalo_bot.voice'")]
    encoder = find_encoder()
    if encoder is None:
        text = "voices are links: nobody makes AAC here, install the Python package 'av' or the program 'ffmpeg'"
        return [Finding("zalo voice", "note", text)]
    return [Finding("zalo voice", "ok", f"AAC by {encoder.name}")]


async def zalo_quota(config: Config, channel: str) -> list[Finding]:
    """How much of the plan is used; nothing while there is no database, of which a finding of its own tells."""
    from bot.service.quota import EARLY, month_of, plan_of
    from bot.store.quota import used

    path = _file_of(config.database)
    if path and not path.exists():
        return []
    try:
        database = await open_database(config.database)
    except DatabaseFault:
        return []
    try:
        async with database.read() as connection:
            counted = await used(connection, channel, month_of(int(time.time() * 1000)))
    finally:
        await database.close()
    return [
        Finding(
            f"{channel.replace('_', ' ')} plan" if channel != "zalo_bot" else "zalo quota",
            "bad" if amount >= limit else "note" if amount >= limit * EARLY else "ok",
            f"{amount:,} of {limit:,} {what}{' this month' if what == 'messages' else ''}",
        )
        for what, (amount, limit) in plan_of(config, channel).shares(counted).items()
    ]
