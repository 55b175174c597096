"""`bot broadcast status` and `report`: how far it is, and what came of it."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any

from bot.cli.broadcast.office import Answer, Office, count, family, found, run_at_database
from bot.service.progress import Progress, brief, clock
from bot.service.series import series_key
from bot.store import broadcasts, jobs, results
from bot.store.broadcasts import WAITING

if TYPE_CHECKING:
    from bot.store.database import Database


def status(name: str, *, watch: bool, as_json: bool) -> int:
    """How far one broadcast is, or all of them."""

    async def work(office: Office, database: Database) -> Answer:
        del office
        if not name:
            async with database.read() as connection:
                rows = await broadcasts.listed(connection)
            all_ = [brief(row) for row in rows]
            said = [f"{row['name']:30} {row['state']:10} {row['start']}  {row['reason']}" for row in all_]
            return Answer(all_, tuple(said), "" if rows else "No broadcast was sent yet.")
        rows = await family(database, name)
        if watch:
            await found(database, name)
            await _watch(database, name)
        parts = [data for row in rows if (data := await Progress(database, row.name).look()) is not None]
        said = [line for data in parts for line in _lines(data)]
        if rows[0].name == name:
            return Answer(parts[0], tuple(said))
        async with database.read() as connection:
            job = await jobs.find(connection, series_key(name))
        goes_on = job is not None and any(row.state == WAITING for row in rows)
        when = clock(job.due_at) if job and goes_on else ""
        said = [f"{name}: a series, {f'next {when}' if when else 'nothing is due'}", *said]
        return Answer({"name": name, "next": when, "parts": parts}, tuple(said))

    with contextlib.suppress(KeyboardInterrupt):
        return run_at_database(work, as_json=as_json)
    return 0


def report(name: str, *, as_json: bool) -> int:
    """What came of a broadcast."""

    async def work(office: Office, database: Database) -> Answer:
        del office
        row = await found(database, name)
        async with database.read() as connection:
            data = {**brief(row), **(row.counts or await results.results(connection, row))}
        return Answer(data, tuple(_said(data)))

    return run_at_database(work, as_json=as_json)


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
    said += [f"  {data['rate']} a second, from the first message to the last"] if data.get("rate") else []
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
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn
    from rich.progress import Progress as Bars

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[about]}"))
    with Bars(*columns, console=Console(stderr=True)) as bars:
        bar = bars.add_task(name, total=None, about="")
        progress = Progress(database, name)
        while (data := await progress.look()) is not None:
            done = data["total"] - data["left"]
            bars.update(bar, total=data["total"] or None, completed=done, about=_about(data))
            if data["ended"]:
                return
            await asyncio.sleep(progress.pause)


def _about(data: dict[str, Any]) -> str:
    """What stands behind the bar."""
    eta = f"{data['eta_seconds'] / 60:.0f} min left" if data["eta_seconds"] is not None else ""
    parts = [f"{data[state]} {state}" for state in ("sent", "failed", "skipped", "unknown")]
    words = [*parts, f"{data['rate']}/s", eta, f"{data['waits']} × 429", data["state"], data["reason"]]
    return " · ".join(filter(None, words))
