"""The checker of the files of those who help and learn: places/, campaigns/, teams.csv and skills.toml."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.people.campaign import read_campaigns
from bot.people.find import Finder
from bot.people.place_file import read_places
from bot.people.skill import read_skills
from bot.people.team_file import FILE, read_teams

if TYPE_CHECKING:
    from pathlib import Path

    from bot.problem import Problem


def check_people(root: Path) -> list[Problem]:
    """All problems of places/, campaigns/, teams.csv and skills.toml below `root`, sorted by place."""
    places, problems = read_places(root)
    problems += read_skills(root)[1]
    problems += read_campaigns(root, Finder(places))[1]
    if (root / FILE).is_file():
        problems += read_teams(root / FILE, Finder(places))[1]
    return sorted(problems)
