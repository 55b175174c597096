"""The places of this house, as commands need them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.cli.report import complain, show
from bot.people.find import Finder
from bot.people.place_file import read_places

if TYPE_CHECKING:
    from pathlib import Path

    from bot.people.place import Place

SHOWN = 8
"""Places that are told when several may be meant."""


def finder_of(root: Path) -> Finder:
    """What finds the places below `root`; faults of their files are shown."""
    places, problems = read_places(root)
    show(problems)
    return Finder(places)


def place_of(root: Path, text: str) -> Place | None:
    """The place somebody means; None after a complaint."""
    finder = finder_of(root)
    place = finder.sure(text)
    if place is None:
        meant = finder.find(text)
        told = ", ".join(f"{each.title} ({each.key})" for each in meant[:SHOWN])
        complain(f"'{text}' may be {told}." if meant else f"There is no place '{text}'; they stand in places/.")
    return place
