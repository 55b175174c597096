"""`bot jobs`: what waits, for whom nothing is due, what could not be done and why; trying again, dropping."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import orjson
import typer

from bot.cli.database import at_database
from bot.cli.report import FINDINGS, OK, SETUP, USAGE, complain
from bot.engine.event import local_time
from bot.store import jobs, profiles

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

DAY = 86_400_000

MOST_SHOWN = 50
"""Parked jobs that are told one by one; --json tells all."""


def overview(*, as_json: bool) -> int:
    """Waiting, held and parked jobs. Exit code 1 when one is parked, or more than a day late."""
    now = time.time_ns() // 1_000_000

    async def look(
        connection: AsyncConnection,
    ) -> tuple[list[jobs.Waiting], list[jobs.Job], jobs.Job | None, int]:
        waiting, parked = await jobs.waiting(connection, now), await jobs.parked(connection)
        return waiting, parked, await jobs.find(connection, jobs.SWEEP), await profiles.held(connection)

    found = at_database(look, writes=False)
    if found is None:
        return SETUP
    waiting, parked, sweep, held = found
    last = sweep.payload.get("last") if sweep else None
    told = {
        "waiting": [
            {"kind": w.kind, "count": w.count, "next": moment(w.next_at), "late": w.late, "failed": w.failed}
            for w in waiting
        ],
        "held": held,
        "parked": [
            {"key": j.key, "kind": j.kind, "due": moment(j.due_at), "attempts": j.attempts, "reason": j.reason}
            for j in parked
        ],
        "last_sweep": moment(last) if last else "",
    }
    if as_json:
        typer.echo(orjson.dumps(told, option=orjson.OPT_INDENT_2))
    else:
        _show(told)
    late = any(w.next_at < now - DAY for w in waiting)
    return FINDINGS if parked or late else OK


def retry(key: str, *, everything: bool) -> int:
    """Let a parked job, or all of them, be done now."""
    if bool(key) == everything:
        complain("Name a parked job, or say --all.")
        return USAGE
    found = at_database(lambda connection: jobs.retry(connection, key, time.time_ns() // 1_000_000))
    if found is None:
        return SETUP
    if key and not found:
        return _unknown(key)
    complain(f"{found} to be done now: the running bot does them, in waking hours.")
    return OK


def drop(key: str) -> int:
    """Let a parked job never be done."""
    found = at_database(lambda connection: jobs.drop(connection, key))
    if found is None:
        return SETUP
    return OK if found else _unknown(key)


def moment(at: int) -> str:
    """A time in Viet Nam."""
    return local_time(at).strftime("%Y-%m-%d %H:%M")


def _unknown(key: str) -> int:
    complain(f"No job {key} is parked: 'bot jobs' lists those that are.")
    return USAGE


def _show(told: dict[str, object]) -> None:
    waiting, parked = told["waiting"], told["parked"]
    assert isinstance(waiting, list)
    assert isinstance(parked, list)
    for w in waiting:
        more = "".join(f", {w[name]} {words}" for name, words in (("late", "due"), ("failed", "failed")) if w[name])
        last = f", last {told['last_sweep'] or 'never'}" if w["kind"] == jobs.SWEEP else ""
        typer.echo(f"waiting  {w['kind']}  {w['count']}, next {w['next']}{more}{last}")
    if told["held"]:
        typer.echo(f"held     {told['held']} people are set aside in the middle of a guide: nothing is due for them")
    for j in parked[:MOST_SHOWN]:
        typer.echo(f"parked   {j['kind']}  {j['key']}  due {j['due']}, {j['attempts']} tries  {j['reason']}")
    if len(parked) > MOST_SHOWN:
        typer.echo(f"parked   … and {len(parked) - MOST_SHOWN} more (--json tells all)")
