"""`bot team counts` and `bot team link`: what came of a team's links, and one to print on paper."""

from __future__ import annotations

import time
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import orjson
import typer

from bot.cli.database import at_database
from bot.cli.report import OK, SETUP, USAGE, complain
from bot.cli.settings import settings
from bot.engine.event import local_day
from bot.flow.reader import read_flows
from bot.people import link as codes
from bot.people.link import Kind
from bot.people.role import Right
from bot.service.credit import FEWEST, WHAT, hidden
from bot.service.forward import code_of
from bot.store import audit, links, teams
from bot.store.audit import OPERATOR

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy.ext.asyncio import AsyncConnection

    from bot.store.links import Counted

DAYS = 30
"""How far back is counted, unless somebody says otherwise."""


def counts(code: str, first: str, last: str, *, as_json: bool) -> int:
    """What came of a team's links, by guide and kind of link; small numbers are not told, nor sums that give them."""
    days = _days(first, last)
    if days is None:
        complain("A day looks like 2026-11-23.")
        return USAGE

    async def look(connection: AsyncConnection) -> list[Counted] | None:
        known = await teams.find(connection, code)
        return None if known is None else await links.of_team(connection, code, *days)

    found = at_database(lambda connection: _kept(look(connection)), writes=False)
    if found is None:
        return SETUP
    [rows] = found
    if rows is None:
        complain(f"There is no team '{code}'.")
        return USAGE
    told = table(rows)
    if as_json:
        said = {"team": code, "from": days[0], "to": days[1], "fewest": FEWEST, "links": told}
        typer.echo(orjson.dumps(said, option=orjson.OPT_INDENT_2))
        return OK
    typer.echo(f"{'guide':28} {'link':8} " + " ".join(f"{what:>8}" for what in WHAT))
    for row in told:
        cells = ("<5" if row[what] is None else str(row[what]) for what in WHAT)
        typer.echo(f"{row['guide']:28} {row['kind']:8} " + " ".join(f"{cell:>8}" for cell in cells))
    complain(f"People who came by a link, {days[0]} to {days[1]}; fewer than {FEWEST} are not told.")
    return OK


def link(code: str, place: str, kind: str, *, as_json: bool) -> int:
    """A link of a team to a guide or a step of it, for a poster or a picture."""
    config = settings()
    if config is None:
        return SETUP
    if kind not in {each.value for each in Kind}:
        complain(f"A kind of link is one of {', '.join(each.value for each in Kind)}.")
        return USAGE
    wanted = codes.place(place)
    flows, _ = read_flows(config.root / "flows")
    flow = flows.get(wanted.guide) if wanted else None
    if wanted is None or flow is None or flow.is_piece:
        complain(f"There is no guide '{place.partition('__')[0]}'.")
        return USAGE
    wanted = codes.Link(wanted.guide, wanted.step, code, Kind(kind))

    async def make(connection: AsyncConnection) -> str:
        known = await teams.find(connection, code)
        if known is None or known.ended_at:
            return ""
        now = time.time_ns() // 1_000_000
        await audit.add(connection, [audit.Entry(now, OPERATOR, Right.FORWARD.value, code, known.place, wanted.guide)])
        return await code_of(connection, wanted, now)

    made = at_database(make)
    if made is None:
        return SETUP
    if not made:
        complain(f"There is no team '{code}', or it has ended.")
        return USAGE
    address = f"{config.door}/go/{made}"
    typer.echo(orjson.dumps({"code": made, "link": address}, option=orjson.OPT_INDENT_2) if as_json else address)
    return OK


def table(rows: Iterable[Counted]) -> list[dict[str, Any]]:
    """A line for each guide and kind of link, summed over the days, with what may be told above the team."""
    sums: dict[tuple[str, str], dict[str, int]] = {}
    for row in rows:
        line = sums.setdefault((row.guide, row.kind.value), dict.fromkeys(WHAT, 0))
        line[row.what] += row.count
    return [
        {"guide": guide, "kind": kind, **{what: hidden(number) for what, number in line.items()}}
        for (guide, kind), line in sorted(sums.items())
    ]


async def _kept(work: Any) -> list[Any]:
    """The result in a list, so that nothing found is not the same as a fault."""
    return [await work]


def _days(first: str, last: str) -> tuple[str, str] | None:
    """The first and the last day; the last thirty where none is said. None for what is no day."""
    today = local_day(time.time_ns() // 1_000_000)
    try:
        end = date.fromisoformat(last) if last else today
        start = date.fromisoformat(first) if first else end - timedelta(days=DAYS - 1)
    except ValueError:
        return None
    return str(start), str(end)
