"""`bot team`: teams from a table, all or none; listed, shown, ended."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import orjson
import typer

from bot.cli.database import at_database
from bot.cli.people.places import finder_of, place_of
from bot.cli.report import FINDINGS, OK, SETUP, USAGE, complain
from bot.cli.report import show as show_problems
from bot.cli.settings import settings
from bot.engine.event import local_time
from bot.people.role import Right
from bot.people.team_file import read_teams
from bot.problem import Problem
from bot.store import audit, roles, teams
from bot.store.audit import OPERATOR

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

    from bot.people.team import Team
    from bot.store.roles import Held
    from bot.store.teams import Listed


class _Import:
    """What a table changes: by line what is new and changed, how many stay as they are, and what is in the way."""

    def __init__(self, path: Path, rows: dict[int, Team], known: dict[str, Team], now: int) -> None:
        self.problems: list[Problem] = []
        self.new: list[Team] = []
        self.changed: list[Team] = []
        self.same = 0
        for line, row in rows.items():
            old = known.get(row.code)
            if old is None:
                self.new.append(replace(row, created_at=now))
            elif old.ended_at:
                message = f"the code '{row.code}' is of a team that has ended"
                self.problems.append(Problem(path, line, 1, "E401", message, "give the new team another code"))
            elif (old.name, old.kind, old.place) == (row.name, row.kind, row.place):
                self.same += 1
            else:
                self.changed.append(replace(row, created_at=old.created_at))


def import_(file: str, *, dry_run: bool, as_json: bool) -> int:
    """Take a table. 0 done, 1 with faults and nothing changed."""
    config = settings()
    if config is None:
        return SETUP
    path = Path(file)
    rows, problems = read_teams(path, finder_of(config.root))
    if problems:
        return _refused(problems)
    now = _now()

    async def take(connection: AsyncConnection) -> _Import:
        known = {row.team.code: row.team for row in await teams.listed(connection, ended=True)}
        plan = _Import(path, rows, known, now)
        if not plan.problems and not dry_run:
            await teams.save(connection, [*plan.new, *plan.changed])
            await audit.add(connection, [_line(team, now, "made") for team in plan.new])
            await audit.add(connection, [_line(team, now, "changed") for team in plan.changed])
        return plan

    plan = at_database(take)
    if plan is None:
        return SETUP
    if plan.problems:
        return _refused(plan.problems)
    if as_json:
        told = {
            "new": [team.code for team in plan.new],
            "changed": [team.code for team in plan.changed],
            "same": plan.same,
            "done": not dry_run,
        }
        typer.echo(orjson.dumps(told, option=orjson.OPT_INDENT_2))
    else:
        counts = f"{len(plan.new)} new, {len(plan.changed)} changed, {plan.same} as they were"
        typer.echo(f"{len(rows)} teams: {counts}{'; nothing was written' if dry_run else ''}")
    return OK


def list_(place: str, *, everything: bool, as_json: bool) -> int:
    """All teams, or those of a place."""
    config = settings()
    if config is None:
        return SETUP
    found = place_of(config.root, place) if place else None
    if place and found is None:
        return USAGE

    async def look(connection: AsyncConnection) -> list[Listed]:
        return await teams.listed(connection, found.key if found else "", ended=everything)

    rows = at_database(look, writes=False)
    if rows is None:
        return SETUP
    if as_json:
        told = [{**_told(row.team), "leads": row.leads, "volunteers": row.volunteers} for row in rows]
        typer.echo(orjson.dumps(told, option=orjson.OPT_INDENT_2))
        return OK
    for row in rows:
        people = f"{row.leads} leads, {row.volunteers} volunteers" if row.leads or row.volunteers else "nobody"
        ended = f"  ended {_day(row.team.ended_at)}" if row.team.ended_at else ""
        typer.echo(f"{row.team.code:16}  {row.team.place:28}  {row.team.kind:10}  {people:24}  {row.team.name}{ended}")
    empty = sum(not row.team.ended_at and not row.leads and not row.volunteers for row in rows)
    complain(f"{len(rows)} teams, {empty} of them without people: nobody answers for these.")
    return OK


def show(code: str, *, as_json: bool) -> int:
    """One team and its people."""

    async def look(connection: AsyncConnection) -> tuple[Team | None, list[Held]]:
        return await teams.find(connection, code), await roles.of_team(connection, code)

    found = at_database(look, writes=False)
    if found is None:
        return SETUP
    team, held = found
    if team is None:
        complain(f"There is no team '{code}'.")
        return USAGE
    people = [{"person": h.person, "role": h.grant.role.value, "since": _day(h.since)} for h in held]
    if as_json:
        typer.echo(orjson.dumps({**_told(team), "people": people}, option=orjson.OPT_INDENT_2))
        return OK
    typer.echo(f"{team.code}  {team.name}\n{team.kind}, {team.place}, since {_day(team.created_at)}")
    if team.ended_at:
        typer.echo(f"ended {_day(team.ended_at)}")
    for each in people:
        typer.echo(f"{each['person']:28} {each['role']:14} since {each['since']}")
    return OK


def end(code: str) -> int:
    """A team ends."""

    async def finish(connection: AsyncConnection) -> tuple[bool, int]:
        team, held = await teams.find(connection, code), await roles.of_team(connection, code)
        if team is None or not await teams.end(connection, code, _now()):
            return False, 0
        await audit.add(connection, [_line(team, _now(), "ended")])
        return True, len({each.person for each in held})

    done = at_database(finish)
    if done is None:
        return SETUP
    ended, people = done
    if not ended:
        complain(f"There is no team '{code}', or it has ended.")
        return USAGE
    complain(f"The team has ended, with the roles of {people} people. What they did stays counted.")
    return OK


def _refused(problems: list[Problem]) -> int:
    show_problems(problems)
    complain(f"Nothing was changed: {len(problems)} fault{'' if len(problems) == 1 else 's'}.")
    return FINDINGS


def _line(team: Team, now: int, what: str) -> audit.Entry:
    return audit.Entry(now, OPERATOR, Right.MAKE_TEAM.value, team.code, team.place, what)


def _told(team: Team) -> dict[str, str]:
    return {
        "code": team.code,
        "name": team.name,
        "kind": team.kind,
        "place": team.place,
        "since": _day(team.created_at),
        "ended": _day(team.ended_at) if team.ended_at else "",
    }


def _day(at: int) -> str:
    return local_time(at).strftime("%Y-%m-%d")


def _now() -> int:
    return time.time_ns() // 1_000_000
