"""`bot status`: who serves and owns what, and what waits in each partition."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any

import orjson
import typer
from sqlalchemy.exc import DBAPIError

from bot.capability import CAPABILITIES
from bot.cli.jobs import moment
from bot.cli.report import FINDINGS, OK, SETUP, complain, show
from bot.config import find_root, load
from bot.store import jobs, outbox, relay
from bot.store.database import DatabaseFault, explain, open_database
from bot.store.parts import PARTITIONS

if TYPE_CHECKING:
    from bot.store.database import Database
    from bot.store.owner import Process

WAITING = {"to_send": "to send", "taken_in": "taken in by others", "due": "due"}
"""What may wait in a partition, and what people call it."""

MOST_SHOWN = 20
"""Partitions that are told one by one, the oldest waiting first; --json tells all."""


def status(*, as_json: bool) -> int:
    """Processes, partitions, what waits. Exit code 1 when nobody serves, or a partition is nobody's."""
    config, problems = load(find_root())
    show(problems)
    if any(problem.is_error for problem in problems):
        return SETUP
    try:
        told = asyncio.run(_look(config.database))
    except DatabaseFault as fault:
        complain(str(fault))
        return SETUP
    if as_json:
        typer.echo(orjson.dumps(told, option=orjson.OPT_INDENT_2))
    else:
        _tell(told)
    return FINDINGS if told["unowned"] else OK


async def _look(url: str) -> dict[str, Any]:
    database = await open_database(url)
    try:
        return await _found(database, time.time_ns() // 1_000_000)
    except (DBAPIError, OSError) as error:
        raise explain(url, error) from error
    finally:
        await database.close()


async def _found(database: Database, now: int) -> dict[str, Any]:
    processes = await database.processes(CAPABILITIES)
    async with database.read() as connection:
        waiting = {
            "to_send": await outbox.backlog(connection),
            "taken_in": await relay.backlog(connection),
            "due": await jobs.backlog(connection, now),
        }
    owners = {part: process.name for process in processes for part in process.parts}
    return {
        "processes": [_process(process) for process in processes],
        "partitions": [
            {
                "number": part,
                "owner": owners.get(part, ""),
                **{what: waiting[what].get(part, (0, 0))[0] for what in WAITING},
                "oldest": max((now - found[part][1]) // 1000 for found in waiting.values() if part in found),
            }
            for part in sorted({part for found in waiting.values() for part in found})
        ],
        "unowned": sorted(set(range(PARTITIONS)) - owners.keys()),
    }


def _process(process: Process) -> dict[str, Any]:
    return {
        "name": process.name,
        "version": process.version,
        "since": moment(process.since),
        "partitions": process.parts,
        "duties": process.duties,
    }


def _tell(told: dict[str, Any]) -> None:
    for process in told["processes"]:
        duties = "".join(f", {duty}" for duty in process["duties"])
        since = f"version {process['version']}, since {process['since']}"
        typer.echo(f"process    {process['name']}  {len(process['partitions'])} partitions{duties}  ({since})")
    if len(told["unowned"]) == PARTITIONS:
        typer.echo("process    none: nobody serves")
    elif told["unowned"]:
        typer.echo(f"nobody's   {len(told['unowned'])} partitions: somebody takes them within seconds")
    waiting = sorted(told["partitions"], key=lambda each: -each["oldest"])
    for each in waiting[:MOST_SHOWN]:
        what = ", ".join(f"{each[name]} {words}" for name, words in WAITING.items() if each[name])
        typer.echo(f"waiting    partition {each['number']}: {what}; the oldest for {each['oldest']} s")
    if len(waiting) > MOST_SHOWN:
        typer.echo(f"waiting    … and {len(waiting) - MOST_SHOWN} more partitions (--json tells all)")
    if not waiting:
        typer.echo("waiting    nothing")
