"""Campaigns: what is to be reached where and by when, and what counts for it. Written in campaigns/<name>.toml.

docs/counting.md tells how to write one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from bot.people.place_file import NAME
from bot.people.team import is_code
from bot.people.written import Written
from bot.source import Source, read_file

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    from bot.people.find import Finder
    from bot.problem import Problem
    from bot.source import Key

FOLDER = "campaigns"

KEYS = ("name", "from", "to", "source", "measures")
MEASURE_KEYS = ("name", "guides", "ends", "places", "teams", "of")

LONGEST_NAME = 60
"""Characters of the name of a campaign or a measure: one line of a message."""

USUAL_ENDS = ("done",)


@dataclass(frozen=True, slots=True)
class Measure:
    """Something that is counted: people who reached one of these ends of one of these guides, or were helped to.

    `places` and `teams` are targets, `of` how many people there are that could (the denominator), by place.
    """

    key: str
    name: str
    guides: tuple[str, ...]
    ends: tuple[str, ...]
    places: Mapping[str, int]
    teams: Mapping[str, int]
    of: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Campaign:
    """From its first day to its last, both counted."""

    key: str
    name: str
    first: date
    last: date
    measures: tuple[Measure, ...]


def read_campaigns(root: Path, finder: Finder) -> tuple[list[Campaign], list[Problem]]:
    """The campaigns below `root`, the first to begin first, and their problems. What cannot be used is left out."""
    found: list[Campaign] = []
    problems: list[Problem] = []
    folder = root / FOLDER
    for path in sorted(folder.glob("*.toml")) if folder.is_dir() else ():
        reader = _Reader(read_file(path), root, finder)
        campaign = reader.campaign()
        if campaign is not None and not reader.problems:
            found.append(campaign)
        problems += reader.problems
    return sorted(found, key=lambda each: (each.first, each.key)), sorted(problems)


class _Reader(Written):
    """Reads one file."""

    def __init__(self, source: Source, root: Path, finder: Finder) -> None:
        super().__init__(source)
        self._root = root
        self._finder = finder

    def campaign(self) -> Campaign | None:
        """What the file says; None where it cannot be used."""
        data = self._source.data
        key = self._source.path.stem
        if not NAME.fullmatch(key):
            self._tell((), "E008", f"'{key}' cannot name a campaign", "small letters, digits, hyphens")
        self._known((), data, KEYS)
        name = self._name((), data)
        first, last = self._day("from"), self._day("to")
        if first and last and last < first:
            self._tell(("to",), "E405", "the campaign ends before it begins")
        tables = data.get("measures")
        if not isinstance(tables, dict) or not tables:
            if not self._source.problems:
                self._tell((), "E006", "no measures", "write [measures.level-2] with name, guides and targets")
            return None
        measures = [self._measure(("measures", each), each, table) for each, table in tables.items()]
        if "source" in data or any(measure and measure.of for measure in measures):
            self._sources(data.get("source"))  # numbers of people come from somewhere
        if not (name and first and last):
            return None
        return Campaign(key, name, first, last, tuple(measure for measure in measures if measure))

    def _measure(self, at: Key, key: str, table: Any) -> Measure | None:
        if not isinstance(table, dict) or not NAME.fullmatch(key):
            self._tell(at, "E008", f"'{key}' cannot name a measure", "small letters, digits, hyphens, as a table")
            return None
        self._known(at, table, MEASURE_KEYS)
        name = self._name(at, table)
        guides = self._list(at, table, "guides", ())
        ends = self._list(at, table, "ends", USUAL_ENDS)
        for guide in guides:
            if not (self._root / "flows" / f"{guide}.toml").is_file():
                self._tell((*at, "guides"), "E405", f"there is no guide '{guide}'", "guides stand in flows/")
        there = self._ends(guides)
        for end in ends:
            if there and end not in there:
                known = ", ".join(sorted(there))
                self._tell((*at, "ends"), "E405", f"none of these guides ends as '{end}'", f"they end as {known}")
        places = self._numbers((*at, "places"), table.get("places", {}), self._is_place, "place")
        teams = self._numbers((*at, "teams"), table.get("teams", {}), is_code, "team")
        of = self._numbers((*at, "of"), table.get("of", {}), self._is_place, "place")
        if "places" not in table and "teams" not in table and not self._source.problems:
            self._tell(
                at, "E006", f"'{key}' has no targets", f"write [measures.{key}.places] or [measures.{key}.teams]"
            )
        for place, target in places.items():
            if place in of and target > of[place]:
                self._tell((*at, "places", place), "E405", f"the target is above the {of[place]} people there are")
        return Measure(key, name, guides, ends, places, teams, of)

    def _ends(self, guides: Iterable[str]) -> set[str]:
        """The kinds of ends that guides (and pieces, which any guide may include) have."""
        files = [self._root / "flows" / f"{guide}.toml" for guide in guides]
        files += sorted((self._root / "flows" / "pieces").glob("*.toml"))
        found = set()
        for path in files:
            steps = read_file(path).data.get("steps", {}) if path.is_file() else {}
            found |= {step["end"] for step in steps.values() if isinstance(step, dict) and "end" in step}
        return {end for end in found if isinstance(end, str)}

    def _is_place(self, key: str) -> bool:
        return key in self._finder.places

    def _numbers(self, at: Key, table: Any, fits: Callable[[str], bool], what: str) -> dict[str, int]:
        if not isinstance(table, dict):
            self._tell(at, "E005", f"'{at[-1]}' must be a table of a {what} and a number each")
            return {}
        found = {}
        for key, number in table.items():
            if not fits(key):
                code = "E402" if what == "place" else "E008"
                hint = "a place's key as in places/" if what == "place" else "a team's code"
                self._tell((*at, key), code, f"'{key}' is no {what}", hint)
            elif not isinstance(number, int) or isinstance(number, bool) or number < 1:
                self._tell((*at, key), "E005", f"'{key}' must be a number of people")
            else:
                found[key] = number
        return found

    def _list(self, at: Key, table: Mapping[str, Any], key: str, usual: tuple[str, ...]) -> tuple[str, ...]:
        value = table.get(key, list(usual))
        if not isinstance(value, list) or not value or not all(isinstance(each, str) for each in value):
            self._tell((*at, key), "E005" if key in table else "E006", f"'{key}' must be a list of names in quotes")
            return usual
        return tuple(dict.fromkeys(value))

    def _name(self, at: Key, table: Mapping[str, Any]) -> str:
        name = table.get("name")
        if name is None:
            if not self._source.problems:
                self._tell((*at, "name"), "E006", "'name' is missing")
        elif not isinstance(name, str) or not 0 < len(name.strip()) <= LONGEST_NAME:
            self._tell((*at, "name"), "E005", f"'name' must be a text of at most {LONGEST_NAME} characters")
        else:
            return name.strip()
        return ""

    def _day(self, key: str) -> date | None:
        value = self._source.data.get(key)
        if isinstance(value, date) and not isinstance(value, datetime):
            return value
        if not self._source.problems:
            code = "E006" if value is None else "E005"
            self._tell((key,), code, f"'{key}' must be a day such as 2026-12-01, without quotes")
        return None
