"""`bot broadcast status` and `report`: how far it is, and what came of it."""

from __future__ import annotations

import asyncio
import contextlib
import time
from typing import TYPE_CHECKING, Any

from bot.cli.broadcast.office import Answer, Office, clock, count, found, run_at_database
from bot.service.broadcast import CANARY, QUIET
from bot.store import broadcasts, recipients, results
from bot.store.broadcasts import DONE, ENDED, RUNNING
from bot.store.recipients import CLAIMED, PLANNED, SENT

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from bot.store.broadcasts import Row
    from bot.store.database import Database

EVERY = 1.0
"""Seconds between two looks of `--watch`, at least."""

MOMENT = 10.0
"""Seconds over which the rate of the moment is taken."""


def status(name: str, *, watch: bool, as_json: bool) -> int:
    """How far one broadcast is, or all of them."""

    async def work(office: Office, database: Database) -> Answer:
        if not name:
            async with database.read() as connection:
                rows = await broadcasts.listed(connection)
            all_ = [_brief(row) for row in rows]
            said = [f"{row['name']:30} {row['state']:10} {row['start']}  {row['reason']}" for row in all_]
            return Answer(all_, tuple(said), "" if rows else "No broadcast was sent yet.")
        if watch:
            await _watch(database, name)
        row = await found(database, name)
        data = await _progress(database, row, office.now)
        return Answer(data, tuple(_lines(data)))

    with contextlib.suppress(KeyboardInterrupt):
        return run_at_database(work, as_json=as_json)
    return 0


def report(name: str, *, as_json: bool) -> int:
    """What came of a broadcast."""

    async def work(office: Office, database: Database) -> Answer:
        del office
        row = await found(database, name)
        async with database.read() as connection:
            data = {**_brief(row), **(row.counts or await results.results(connection, row))}
        return Answer(data, tuple(_said(data)))

    return run_at_database(work, as_json=as_json)


def _brief(row: Row) -> dict[str, Any]:
    reason = row.reason
    if row.state == RUNNING and row.reason in {QUIET, CANARY} and row.rest_until:
        why = "quiet hours" if row.reason == QUIET else "the first ones are judged"
        reason = f"rests ({why}) until {clock(row.rest_until)}"
    return {
        "name": row.name,
        "class": row.kind,
        "topic": row.topic,
        "state": row.state,
        "reason": reason,
        "change": row.change,
        "sender": row.sender,
        "approvals": list(row.approvals),
        "start": clock(row.start_at),
        "end": clock(row.ended_at) if row.ended_at else "",
    }


async def _progress(database: Database, row: Row, now: int) -> dict[str, Any]:
    """How far it is, with the mean rate and the time that is left."""
    async with database.read() as connection:
        counted = await recipients.counts(connection, row.id)
    states: dict[str, int] = row.counts.get("states", {}) if row.counts else {}
    for (state, _), number in counted.items():
        states[state] = states.get(state, 0) + number
    left = states.get(PLANNED, 0) + states.get(CLAIMED, 0)
    seconds = ((row.ended_at or now) - row.gathered_at) / 1000 if row.gathered_at else 0
    mean = states.get(SENT, 0) / seconds if seconds > 0 else 0.0
    about = {"states": states, "left": left, "mean_rate": round(mean, 1), "waits": row.waits}
    return {**_brief(row), **about, "eta_seconds": round(left / mean) if mean and row.state == RUNNING else None}


def _lines(data: dict[str, Any]) -> list[str]:
    said = [f"{data['name']}: {data['state']}{' – ' + data['reason'] if data['reason'] else ''}"]
    said += [f"  {number:>8}  {state}" for state, number in sorted(data["states"].items())]
    said.append(f"  {data['mean_rate']} a second on average; told {data['waits']} times to wait")
    return said


def _said(data: dict[str, Any]) -> list[str]:
    said = [f"{data['name']}: {data['state']}, {count(data['recipients'], 'person')} meant"]
    for state, number in data["states"].items():
        said.append(f"  {number:>8}  {state}")
        said += [f"  {n:>16}  {reason}" for reason, n in data["reasons"].get(state, {}).items()]
    said.append(f"  {data['taps']:>8}  taps · {data['opt_outs']} want fewer · told {data['waits']} times to wait")
    if "guide" in data:
        said.append(f"Within three days, of {data['guide']}:")
        for who, words in (("sent_to", "got it"), ("held_out", "were held out")):
            did = data[who]
            said.append(
                f"  {did['people']:>8}  {words}: {did['started']} started ({did['started_rate']} %), "
                f"{did['finished']} finished ({did['finished_rate']} %)"
            )
    return said


async def _watch(database: Database, name: str) -> None:
    """A bar that moves until it has ended."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[about]}"))
    with Progress(*columns, console=Console(stderr=True)) as bars:
        bar = bars.add_task(name, total=None, about="")
        seen: list[tuple[float, int]] = []
        while True:
            begun = time.monotonic()
            row = await found(database, name)
            data = await _progress(database, row, time.time_ns() // 1_000_000)
            _show(bars, bar, data, seen)
            if row.state in ENDED and not row.change:
                return
            await asyncio.sleep(max(EVERY, 4 * (time.monotonic() - begun)))  # a million rows take a second to count


def _show(bars: Progress, bar: TaskID, data: dict[str, Any], seen: list[tuple[float, int]]) -> None:
    states = data["states"]
    at, sent = time.monotonic(), states.get(SENT, 0)
    seen.append((at, sent))
    while seen[0][0] < at - MOMENT:
        seen.pop(0)
    rate = (sent - seen[0][1]) / (at - seen[0][0]) if at > seen[0][0] else 0.0
    total = sum(states.values())
    eta = f"{data['left'] / rate / 60:.0f} min left" if rate and data["state"] != DONE else ""
    parts = [f"{states.get(state, 0)} {state}" for state in ("sent", "failed", "skipped", "unknown")]
    words = [*parts, f"{rate:.1f}/s", eta, f"{data['waits']} × 429", data["state"], data["reason"]]
    bars.update(bar, total=total or None, completed=total - data["left"], about=" · ".join(filter(None, words)))
