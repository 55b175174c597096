"""`bot campaign`: which campaigns there are, and how far each of them is."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import orjson
import typer

from bot.cli.database import at_database
from bot.cli.people.places import finder_of
from bot.cli.report import OK, SETUP, USAGE, complain, show
from bot.cli.settings import settings
from bot.engine.event import local_day
from bot.people.campaign import read_campaigns
from bot.people.small import LEAST
from bot.service import tally
from bot.service.campaign import Progress, progress

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

    from bot.people.campaign import Campaign


def campaign(key: str, *, as_json: bool, now: int) -> int:
    """One, or all of them. 2 when there is none of that name."""
    config = settings()
    if config is None:
        return SETUP
    finder = finder_of(config.root)
    found, problems = read_campaigns(config.root, finder)
    show(problems)
    wanted = [each for each in found if key in {"", each.key}]
    if key and not wanted:
        complain(f"There is no campaign '{key}' that can be used; they stand in campaigns/.")
        return USAGE

    async def count(connection: AsyncConnection) -> list[tuple[Campaign, list[Progress]]]:
        counted = []
        for each in wanted:
            last = max(each.first, min(each.last, local_day(now)))
            facts = await tally.of_place(connection, "", each.first, last)
            counted.append((each, list(progress(each, facts, facts))))
        return counted

    counted = at_database(count, writes=False)
    if counted is None:
        return SETUP
    if as_json:
        told = [
            {"name": each.key, "title": each.name, "from": each.first, "to": each.last, "targets": _rows(rows)}
            for each, rows in counted
        ]
        typer.echo(orjson.dumps(told, option=orjson.OPT_INDENT_2))
        return OK
    for each, rows in counted:
        typer.echo(f"{each.key}: {each.name}, {each.first} to {each.last}")
        for row in _rows(rows):
            number = f"<{LEAST}" if row["number"] is None else row["number"]
            of = f" (of {row['of']} people)" if row["of"] else ""
            typer.echo(f"  {row['measure']:20} {row['where']:28} {number:>6} / {row['target']}{of}")
    if not counted:
        complain("No campaigns; docs/counting.md tells how to write one.")
    return OK


def _rows(found: list[Progress]) -> list[dict[str, object]]:
    """As plain data: of a place its fives, null for one to four people."""
    return [
        {
            "measure": each.measure.key,
            "name": each.measure.name,
            "where": each.where,
            **{name: value for name, value in asdict(each).items() if name in {"is_team", "target", "of"}},
            "number": each.shown,
        }
        for each in found
    ]
