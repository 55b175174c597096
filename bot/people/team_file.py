"""A table of teams (CSV) as a spreadsheet writes it -> teams, and every fault by its line."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.meaning.fold import clean
from bot.people.team import KINDS, LONGEST_CODE, LONGEST_NAME, Team, is_code
from bot.problem import Problem
from bot.source import read_text

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from bot.people.find import Finder

FILE = "teams.csv"
"""Beside bot.toml it is checked with everything else."""

COLUMNS = ("code", "name", "kind", "place")

SHOWN = 6
"""Places of the same name that a hint tells of."""


@dataclass(frozen=True, slots=True)
class _Row:
    """One row: the line it begins in, its values by column."""

    line: int
    values: Mapping[str, str]


def read_teams(path: Path, finder: Finder) -> tuple[dict[int, Team], list[Problem]]:
    """The teams of a table by their lines, and its problems; with problems the teams are not to be used."""
    text = read_text(path)
    if isinstance(text, Problem):
        return {}, [text]
    rows, problems = _rows(path, text)
    teams: dict[int, Team] = {}
    lines: dict[str, int] = {}
    for row in rows:
        found = _faults(row, finder)
        code = row.values["code"]
        if code in lines:
            found.append(("E401", f"the code '{code}' stands in line {lines[code]} too", "each team has its own"))
        lines.setdefault(code, row.line)
        problems += [Problem(path, row.line, 1, *fault) for fault in found]
        place = finder.sure(row.values["place"])
        if not found and place is not None:
            teams[row.line] = Team(code, row.values["name"], row.values["kind"], place.key)
    return teams, sorted(problems)


def _faults(row: _Row, finder: Finder) -> list[tuple[str, str, str]]:
    """Code, message and hint of everything that is wrong in a row alone."""
    values = row.values
    found = [("E006", f"'{column}' is empty", "every team has all four") for column in COLUMNS if not values[column]]
    if values["code"] and not is_code(values["code"]):
        hint = f"2 to {LONGEST_CODE} small letters, digits, hyphens between them"
        found.append(("E008", f"'{values['code']}' cannot be a team's code", hint))
    if len(values["name"]) > LONGEST_NAME:
        found.append(
            ("E005", f"the name is longer than {LONGEST_NAME} characters", "it stands in one line of a message")
        )
    if values["kind"] and values["kind"] not in KINDS:
        found.append(("E005", f"there is no kind of team '{values['kind']}'", f"there are {', '.join(KINDS)}"))
    place = values["place"]
    if place and finder.sure(place) is None:
        meant = finder.find(place)
        if meant:
            shown = ", ".join(f"{each.title} ({each.key})" for each in meant[:SHOWN])
            found.append(("E402", f"'{place}' may be {len(meant)} places", f"write one of: {shown}"))
        else:
            found.append(("E402", f"there is no place '{place}'", "the places stand in places/; a key is sure"))
    return found


def _rows(path: Path, text: str) -> tuple[list[_Row], list[Problem]]:
    """The rows with as many fields as there are columns, and what is wrong with the others."""
    first = text.partition("\n")[0]
    table = csv.reader(text.splitlines(keepends=True), delimiter=max(",;\t", key=first.count), strict=True)
    rows: list[_Row] = []
    problems: list[Problem] = []
    header: list[str] = []
    after = 1
    try:
        for fields in table:
            line, after = after, table.line_num + 1
            values = [clean(field) for field in fields]
            if not any(values):
                continue  # an empty line, or a row of separators as spreadsheets leave them behind
            if not header:
                header = [value.lower() for value in values]
                problems += [Problem(path, line, 1, *fault) for fault in _header_faults(header)]
                if problems:
                    break
            elif len(values) != len(header):
                message = f"{len(values)} fields where there are {len(header)} columns"
                problems.append(Problem(path, line, 1, "E403", message, "a comma inside a name needs quotes around it"))
            else:
                rows.append(_Row(line, dict(zip(header, values, strict=True))))
    except csv.Error as error:
        problems.append(Problem(path, after, 1, "E403", f"not CSV: {error}", "a quote is not closed"))
    if not header:
        problems.append(Problem(path, 1, 1, "E006", "the table is empty", f"its first line is {','.join(COLUMNS)}"))
    return rows, problems


def _header_faults(header: list[str]) -> list[tuple[str, str, str]]:
    there = f"there are {', '.join(COLUMNS)}"
    found = [("E004", f"unknown column '{name}'", there) for name in header if name not in COLUMNS]
    found += [("E006", f"the column '{name}' is missing", there) for name in COLUMNS if name not in header]
    return found + [
        ("E401", f"the column '{name}' stands there twice", "keep one of the two")
        for name in COLUMNS
        if header.count(name) > 1
    ]
