"""`bot db copy`: moves everything from one database to another, from SQLite to PostgreSQL or back."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path

import typer
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError

from bot.cli.report import FINDINGS, OK, SETUP, USAGE, complain
from bot.store.copy import NotCopied
from bot.store.copy import copy as copy_all
from bot.store.database import DatabaseFault, explain, open_database


def copy(source: str, target: str) -> int:
    """Copy everything; the counts of each table to standard output."""
    try:
        begin, end = make_url(source), make_url(target)
    except ArgumentError:
        complain("FROM and TO are database addresses, such as sqlite+aiosqlite:///data/cam-tay.db.")
        return USAGE
    if begin == end:
        complain("FROM and TO are the same database.")
        return USAGE
    if begin.get_backend_name() == "sqlite" and not Path(begin.database or "").is_file():
        complain(f"There is no database at {begin.database}: nothing to copy.")
        return USAGE
    try:
        asyncio.run(_copy(source, target))
    except DatabaseFault as fault:
        complain(f"Nothing was copied: {fault}.")
        return SETUP
    except NotCopied as fault:
        complain(f"Nothing was copied: {fault}.")
        return FINDINGS
    complain(f"Copied. Now set 'database' to {end.render_as_string(hide_password=True)} and start the bot.")
    return OK


async def _copy(source: str, target: str) -> None:
    async with AsyncExitStack() as opened:
        at = source
        try:
            begin = await open_database(source, alone=True)
            opened.push_async_callback(begin.close)
            at = target
            end = await open_database(target, alone=True)
            opened.push_async_callback(end.close)
            await copy_all(begin, end, lambda table, rows: typer.echo(f"{table:10} {rows}"))
        except (DBAPIError, OSError) as error:
            raise explain(at, error) from error
