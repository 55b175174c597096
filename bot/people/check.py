"""The checker of the files of those who help: places/, and a table of teams beside bot.toml."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.people.find import Finder
from bot.people.place_file import read_places
from bot.people.team_file import FILE, read_teams

if TYPE_CHECKING:
    from pathlib import Path

    from bot.problem import Problem


def check_people(root: Path) -> list[Problem]:
    """All problems of places/ and teams.csv below `root`, sorted by place."""
    places, problems = read_places(root)
    if (root / FILE).is_file():
        problems += read_teams(root / FILE, Finder(places))[1]
    return sorted(problems)
