"""`bot report`: a month of a team or a place, in numbers: on the terminal, as PDF, as a workbook, as JSON."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import orjson
import typer

from bot.cli.database import at_database
from bot.cli.people.places import place_of
from bot.cli.report import FINDINGS, OK, SETUP, USAGE, complain, show, write
from bot.cli.settings import settings
from bot.engine.event import local_day
from bot.service import tally
from bot.service.month import last_month
from bot.service.tally import COLUMNS, Facts, Sheet
from bot.store import teams

if TYPE_CHECKING:
    from collections.abc import Hashable

    from sqlalchemy.ext.asyncio import AsyncConnection

    from bot.handout.report import Report, Table
    from bot.people.team import Team
    from bot.service.house import House

WORDS = "_bot/digest"

ENDINGS = (".pdf", ".xlsx", ".json")

USUAL = tuple(column for column in COLUMNS if column not in {"came", "came_finished"})
OF_TEAM = tuple(column for column in COLUMNS if column not in {"started", "finished"})
"""Columns when none are named: what people do by themselves is no team's, what comes of links is."""

EXPLAINED = ("walked", "calls", "started", "came")
"""Columns whose names do not say it all."""


def report(team: str, place: str, *, month: str, out: str, columns: str, now: int) -> int:
    """Count, and write it down. 2 when there is no such month, team, place or column; 3 when it cannot be written."""
    config = settings()
    if config is None:
        return SETUP
    wanted = tuple(name.strip() for name in columns.split(",") if name.strip()) or config.report_columns
    days = tally.month_of(month) if month else last_month(local_day(now))
    if days is None:
        complain(f"'{month}' is no month such as 2026-11.")
        return USAGE
    if fault := _fault(wanted, team, place, out):
        complain(fault)
        return USAGE
    where = place_of(config.root, place) if place else None
    if place and where is None:
        return USAGE
    key = where.key if where else ""

    async def count(connection: AsyncConnection) -> tuple[Facts, dict[str, Team]]:
        listed = {each.team.code: each.team for each in await teams.listed(connection, ended=True)}
        if not team:
            return await tally.of_place(connection, key, *days), listed
        known = listed.get(team)
        return (await tally.of_team(connection, known, *days) if known else Facts(*days, {})), listed

    counted = at_database(count, writes=False)
    if counted is None:
        return SETUP
    if team and team not in counted[1]:
        complain(f"There is no team '{team}'.")
        return USAGE
    from bot.service.house import load_house

    house, problems = load_house(config.root, config.words)
    show(problem for problem in problems if problem.is_error)
    name = counted[1][team].name if team else where.title if where else ""
    parted = where is None or where.is_province
    made = _made(house, config.language, counted, _About(team, name, parted, wanted or (OF_TEAM if team else USUAL)))
    return _write(made, out)


@dataclass(frozen=True, slots=True)
class _About:
    """What is reported: the name of a team or a place ("": everywhere), in these columns. `parted`: with communes."""

    team: str
    name: str
    parted: bool
    columns: tuple[str, ...]


def _fault(columns: tuple[str, ...], team: str, place: str, out: str) -> str:
    unknown = [name for name in columns if name not in COLUMNS]
    if unknown:
        return f"There is no column '{unknown[0]}'; there are {', '.join(COLUMNS)}."
    if team and place:
        return "Name a team or a place, not both."
    if out and Path(out).suffix not in ENDINGS:
        return f"'{out}' must end in {', '.join(ENDINGS)}."
    return ""


def _made(house: House, language: str, counted: tuple[Facts, dict[str, Team]], about: _About) -> Report:
    """In words. Above a team small numbers are hidden."""
    from bot.handout.report import Report, Table
    from bot.handout.words import printable

    facts, listed = counted
    team, name = about.team, about.name

    def say(block: str, **values: Hashable) -> str:
        return str(house.library.phrase(language, WORDS, block, values)).strip()

    def named(row: str) -> str:
        if row in house.flows:
            return printable(str(house.library.phrase(language, f"{row}/_guide", "title", {})))
        if row in listed:
            return printable(listed[row].name)
        found = house.places.places.get(row)
        return found.title if found else row or say("other")

    def table(title: str, sheet: Sheet) -> Table:
        head = (say("row"), *(say(f"col_{column}") for column in sheet.columns))
        rows = tuple((named(row), *numbers) for row, numbers in sheet.rows)
        return Table(say(title), head, rows, (say("total"), *sheet.total))

    grids = [tally.by_guide(facts)] if team else tally.of_area(facts, parted=about.parted)
    sheets = tally.sheets(grids, about.columns, hides=not team)
    scope = say("of_team", name=printable(name)) if team else say("of_place", name=name or say("every"))
    return Report(
        say("report", month=f"{facts.first:%m/%Y}"),
        (scope, f"{facts.first:%d/%m/%Y} – {facts.last:%d/%m/%Y}"),
        tuple(table(title, sheet) for title, sheet in zip(("by_guide", "by_team", "by_place"), sheets, strict=False)),
        (
            say("meaning"),
            *(say(f"means_{column}") for column in about.columns if column in EXPLAINED),
            *(() if team else (say("hides"),)),
        ),
        say("notes"),
        say("hidden"),
        language,
    )


def _write(report: Report, out: str) -> int:
    from bot.handout.report import as_pdf, as_text, as_xlsx
    from bot.web.media import STATIC

    if not out:
        typer.echo(as_text(report))
        return OK
    file = Path(out)
    try:
        if file.suffix == ".json":
            made = orjson.dumps(report, option=orjson.OPT_INDENT_2)
        else:
            made = as_pdf(report, STATIC / "fonts") if file.suffix == ".pdf" else as_xlsx(report)
    except (RuntimeError, ImportError) as fault:
        complain(f"The report cannot be made: {str(fault).splitlines()[0]}")
        return FINDINGS
    return write(file, made)
