"""The numbers of a team or a place in some days: by guide, by team, by commune. For the digest, reports and campaigns.

What each number means is written down in docs/counting.md. Nobody is ranked: there are no numbers of a helper.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING

from bot.config import REPORT_COLUMNS
from bot.people.count import AGES, RESULTS, WALKED
from bot.people.place import is_under
from bot.people.small import hidden
from bot.store import counts, links, teams
from bot.store.counts import ENDED, STARTED, STUCK, day_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from sqlalchemy.ext.asyncio import AsyncConnection

    from bot.people.team import Team
    from bot.store.counts import Event, Help

COLUMNS = REPORT_COLUMNS
"""What is counted: people helped, of them by result and by age, of them in helper mode; calls for help that were
answered; people who opened a guide and who finished one; who came by a team's link, and finished."""

OTHER = ""
"""The row of what has no guide, team or place of its own."""

TOTAL = "*"

Numbers = Counter[str]


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything that was counted in some days, of one team or place. `links` are (team, guide, what, people)."""

    first: date
    last: date
    teams: Mapping[str, Team]
    helped: tuple[Help, ...] = ()
    events: tuple[Event, ...] = ()
    calls: tuple[tuple[int, str, str, str, int], ...] = ()
    links: tuple[tuple[str, str, str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table of numbers: rows by name, and one for all. What is hidden is None."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, tuple[int | None, ...]], ...]
    total: tuple[int | None, ...]


@dataclass(frozen=True, slots=True)
class Grid:
    """The same while it is being counted. `holds`: of a row, the rows of the table shown before that lie in it."""

    cells: dict[str, Numbers] = field(default_factory=dict)
    holds: dict[str, list[str]] = field(default_factory=dict)

    def add(self, row: str, column: str, number: int) -> None:
        """So many more."""
        self.cells.setdefault(row, Counter())[column] += number

    def sheet(self, columns: Iterable[str], *, hides: bool) -> Sheet:
        """As it is shown; `hides`: above a team, where a small number could be somebody."""
        [sheet] = sheets([self], columns, hides=hides)
        return sheet

    @property
    def rows(self) -> list[str]:
        """By name: who helped the most people first, what has no name of its own last."""
        return sorted(self.cells, key=lambda row: (row == OTHER, -self.cells[row]["helped"], row))


def sheets(grids: Sequence[Grid], columns: Iterable[str], *, hides: bool) -> list[Sheet]:
    """Tables that count the same people, as they are shown side by side: what one hides no other gives away.

    Their totals are the same. Where the numbers of a row are those of rows of another table together (of a commune and
    its teams), somebody may know so.
    """
    wanted = tuple(columns)
    every: dict[tuple[int, str, str], int] = {}
    sums: list[tuple[tuple[int, str, str], list[tuple[int, str, str]]]] = []
    for at, grid in enumerate(grids):
        for column in COLUMNS:
            parts = [(at, row, column) for row in grid.rows]
            every |= {(at, row, column): grid.cells[row][column] for row in grid.rows}
            every[0, TOTAL, column] = sum(every[part] for part in parts)
            sums.append(((0, TOTAL, column), parts))
        for where, row in (*((at, row) for row in grid.rows), (0, TOTAL)):
            sums.append(((where, row, "helped"), [(where, row, result) for result in RESULTS]))
            sums.append(((where, row, "helped"), [(where, row, age) for age in (*AGES, "no_age")]))
        for row, names in grid.holds.items() if at else ():
            both = [((at, row, column), [(at - 1, name, column) for name in names]) for column in COLUMNS]
            sums += [(whole, parts) for whole, parts in both if every[whole] == sum(every[part] for part in parts)]
    gone = hidden(every, sums) if hides else frozenset()

    def shown(at: int, row: str) -> tuple[int | None, ...]:
        return tuple(None if (at, row, each) in gone else every[at, row, each] for each in wanted)

    return [
        Sheet(wanted, tuple((row, shown(at, row)) for row in grid.rows), shown(0, TOTAL))
        for at, grid in enumerate(grids)
    ]


async def of_place(connection: AsyncConnection, place: str, first: date, last: date) -> Facts:
    """What happened in a place and all in it; everything for ""."""
    found = {team.code: team for team in await teams.within(connection, place)}

    def within(key: str) -> bool:
        return not place or is_under(key, place)

    return await _facts(connection, found, first, last, lambda _, where: within(where), within)


async def of_team(connection: AsyncConnection, team: Team, first: date, last: date) -> Facts:
    """What a team has done. What people did in guides by themselves is no team's."""
    return await _facts(connection, {team.code: team}, first, last, lambda code, _: code == team.code, lambda _: False)


async def _facts(  # noqa: PLR0917 (two ways to say what is meant)
    connection: AsyncConnection,
    found: Mapping[str, Team],
    first: date,
    last: date,
    ours: Callable[[str, str], bool],
    within: Callable[[str], bool],
) -> Facts:
    span = (day_of(first), day_of(last))
    came = [
        (code, each.guide, each.what, each.count)
        for code in found
        for each in await links.of_team(connection, code, first.isoformat(), last.isoformat())
    ]
    return Facts(
        first,
        last,
        found,
        tuple(each for each in await counts.helped(connection, *span) if ours(each.team, each.place)),
        tuple(each for each in await counts.events(connection, *span) if within(each.place)),
        tuple(each for each in await counts.solved(connection, *span) if ours(each[1], each[2])),
        tuple(came),
    )


def by_guide(facts: Facts) -> Grid:
    """A row for each guide."""
    return _grid(facts, lambda guide, _team, _place: guide)


def by_team(facts: Facts) -> Grid:
    """A row for each team; what people did by themselves has the row `OTHER`."""
    grid = _grid(facts, lambda _guide, team, _place: team)
    for code in facts.teams:
        grid.cells.setdefault(code, Counter())
    return grid


def by_place(facts: Facts) -> Grid:
    """A row for each commune (or province) where something was done; it holds its teams."""
    grid = _grid(facts, lambda _guide, team, place: place or (facts.teams[team].place if team in facts.teams else ""))
    for code, team in facts.teams.items():
        if team.place in grid.cells:
            grid.holds.setdefault(team.place, []).append(code)
    return grid


def of_area(facts: Facts, *, parted: bool) -> list[Grid]:
    """The tables of a place: by guide, by team, and by commune where there are several (`parted`)."""
    return [by_guide(facts), by_team(facts), *([by_place(facts)] if parted else [])]


def _grid(facts: Facts, row: Callable[[str, str, str], str]) -> Grid:
    grid = Grid()
    for each in facts.helped:
        name = row(each.guide, each.team, each.place)
        for column in ("helped", each.result, each.age or "no_age", *(("walked",) if each.how == WALKED else ())):
            grid.add(name, column, each.number)
    for _, team, place, guide, number in facts.calls:
        grid.add(row(guide, team, place), "calls", number)
    for event in facts.events:
        name = row(event.guide, event.team, event.place)
        if event.what == STARTED:
            grid.add(name, "started", event.number)
        elif event.what == ENDED and event.answer == "done":
            grid.add(name, "finished", event.number)
    for team, guide, what, number in facts.links:
        if what in _OF_LINK:
            grid.add(row(guide, team, ""), _OF_LINK[what], number)
    return grid


_OF_LINK = {"opened": "came", "finished": "came_finished"}


def hardest(events: Iterable[Event], least: int, most: int = 3) -> list[tuple[str, str, int]]:
    """The steps where the most people were stuck, if at least so many: (guide, step, people)."""
    found: Counter[tuple[str, str]] = Counter()
    for event in events:
        if event.what == STUCK:
            found[event.guide, event.step] += event.number
    ranked = sorted(found.items(), key=lambda item: (-item[1], item[0]))
    return [(guide, step, number) for (guide, step), number in ranked[:most] if number >= least]


def month_of(text: str) -> tuple[date, date] | None:
    """The first and last day of "2026-11"; None for what is no month."""
    try:
        first = date.fromisoformat(f"{text}-01")
    except ValueError:
        return None
    after = (first + timedelta(days=31)).replace(day=1)
    return first, after - timedelta(days=1)
