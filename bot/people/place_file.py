"""A province's file, places/<province>.toml, and what is wrong with it. It is written as docs/teams.md tells."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from bot.people.invitation import LONGEST_PLACE
from bot.people.place import Place
from bot.people.written import Written
from bot.source import Source, read_file

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from bot.problem import Problem
    from bot.source import Key

FOLDER = "places"

PROVINCES = ("tỉnh", "thành phố")
COMMUNES = ("xã", "phường", "đặc khu")
"""The two levels since 1 July 2025 (Luật Tổ chức chính quyền địa phương 72/2025/QH15)."""

NAME = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")

PROVINCE_KEYS = ("name", "kind", "code", "source", "communes")
COMMUNE_KEYS = ("name", "kind", "code", "was")


def read_places(root: Path) -> tuple[list[Place], list[Problem]]:
    """The places of all files below `root`, provinces before their communes, and the problems of these files.

    What cannot be used is left out and reported.
    """
    places: list[Place] = []
    problems: list[Problem] = []
    folder = root / FOLDER
    for path in sorted(folder.glob("*.toml")) if folder.is_dir() else ():
        province = _Province(read_file(path))
        places += province.places()
        problems += province.problems
    return places, sorted(problems)


class _Province(Written):
    """Reads one file."""

    def __init__(self, source: Source) -> None:
        super().__init__(source)
        self._slug = source.path.stem
        self._codes: dict[str, str] = {}
        self._titles: dict[str, str] = {}

    def places(self) -> list[Place]:
        """The province and its communes."""
        data = self._source.data
        self._known((), data, PROVINCE_KEYS)
        if not NAME.fullmatch(self._slug):
            self._tell((), "E008", f"'{self._slug}' cannot name a province", "small letters, digits, hyphens")
        self._sources(data.get("source"))
        found = list(self._place((), self._slug, data, PROVINCES))
        communes = data.get("communes", {})
        if not isinstance(communes, dict):
            self._tell(("communes",), "E005", "'communes' must be tables", "write [communes.ngoc-lac]")
            return found
        if not communes and not self.problems:
            self._tell((), "E006", "a province without communes")
        for slug, table in communes.items():
            at: Key = ("communes", slug)
            key = f"{self._slug}/{slug}"
            if not NAME.fullmatch(slug) or len(key) > LONGEST_PLACE:
                hint = f"small letters, digits, hyphens; with the province's at most {LONGEST_PLACE} characters"
                self._tell(at, "E008", f"'{slug}' cannot name a commune", hint)
            elif not isinstance(table, dict):
                self._tell(at, "E005", f"'{slug}' must be a table", f"write [communes.{slug}]")
            else:
                self._known(at, table, COMMUNE_KEYS)
                found += self._place(at, key, table, COMMUNES)
        return found

    def _place(self, at: Key, key: str, table: Mapping[str, Any], kinds: tuple[str, ...]) -> Iterator[Place]:
        """The place a table tells of, if it can be used."""
        before = len(self.problems)
        name = self._value(at, table, "name", lambda text: bool(text.strip()), "a name in quotes")
        kind = self._value(at, table, "kind", kinds.__contains__, " or ".join(f'"{kind}"' for kind in kinds))
        code = self._value(at, table, "code", str.isdecimal, "the office's number, in quotes")
        was = tuple(self._was((*at, "was"), table.get("was", {})))
        if len(self.problems) > before:
            return
        for seen, what, said in ((self._codes, code, "code"), (self._titles, f"{kind} {name}", "name")):
            if what in seen:
                self._tell((*at, said), "E401", f"'{what}' is the {said} of {seen[what]} too", "keep one of the two")
            seen.setdefault(what, key)
        yield Place(key, name, kind, code, was)

    def _was(self, at: Key, table: Any) -> Iterator[tuple[str, tuple[str, ...]]]:
        """The districts of before, with their communes."""
        if not isinstance(table, dict):
            self._tell(at, "E005", "'was' must be a table", 'write "Huyện Ngọc Lặc" = ["Xã Ngọc Khê"] below it')
            return
        for district, names in table.items():
            if isinstance(names, list) and all(isinstance(name, str) and name.strip() for name in names):
                yield district, tuple(names)
            else:
                self._tell((*at, district), "E005", f"'{district}' must be a list of names in quotes")
