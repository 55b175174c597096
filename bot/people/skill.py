"""What people can show they have learnt: groups of guides for the skills card, and the certificates there are.

It is written in skills.toml beside bot.toml; docs/learning.md tells how.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bot.people.place_file import NAME
from bot.people.written import Written
from bot.source import Source, read_file

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from bot.problem import Problem
    from bot.source import Key

FILE = "skills.toml"

FIRST = "vi"
"""The language in which everything has a name; others may have one."""

GROUP_KEYS = ("name", "guides")
KIND_KEYS = ("name", "passed", "team")

LONGEST_NAME = 60
"""Characters of the name of a group or a certificate: one line on paper."""


@dataclass(frozen=True, slots=True)
class Group:
    """Guides that belong together on the skills card."""

    key: str
    names: Mapping[str, str]
    guides: tuple[str, ...]

    def name(self, language: str) -> str:
        """As people read it."""
        return self.names.get(language) or self.names[FIRST]


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of certificate: for whom has passed the quizzes of all these guides; `team`: and helps in a team."""

    key: str
    names: Mapping[str, str]
    passed: tuple[str, ...]
    team: bool = False

    def name(self, language: str) -> str:
        """As people read it."""
        return self.names.get(language) or self.names[FIRST]


@dataclass(frozen=True, slots=True)
class Skills:
    """All of it, in the order of the file."""

    groups: tuple[Group, ...] = ()
    kinds: tuple[Kind, ...] = ()

    def kind(self, key: str) -> Kind | None:
        """The kind of certificate called so."""
        return next((kind for kind in self.kinds if kind.key == key), None)


def read_skills(root: Path) -> tuple[Skills, list[Problem]]:
    """What skills.toml below `root` says, and its problems. What cannot be used is left out; no file: nothing."""
    path = root / FILE
    if not path.is_file():
        return Skills(), []
    reader = _Reader(read_file(path), root)
    return reader.skills(), sorted(reader.problems)


class _Reader(Written):
    """Reads the file."""

    def __init__(self, source: Source, root: Path) -> None:
        super().__init__(source)
        self._root = root

    def skills(self) -> Skills:
        """Groups and kinds of certificates."""
        data = self._source.data
        self._known((), data, ("source", "groups", "certificates"))
        self._sources(data.get("source"))
        groups = [
            Group(key, names, guides)
            for key, names, guides, _ in self._tables("groups", GROUP_KEYS, "guides", quiz=False)
        ]
        kinds = [
            Kind(key, names, guides, table.get("team") is True)
            for key, names, guides, table in self._tables("certificates", KIND_KEYS, "passed", quiz=True)
        ]
        return Skills(tuple(groups), tuple(kinds))

    def _tables(
        self, called: str, keys: tuple[str, ...], listed: str, *, quiz: bool
    ) -> list[tuple[str, dict[str, str], tuple[str, ...], dict[str, Any]]]:
        """The tables below [called], as far as they can be used: key, names, guides, and the table itself."""
        tables = self._source.data.get(called, {})
        if not isinstance(tables, dict):
            self._tell((called,), "E005", f"'{called}' must be tables", f"write [{called}.safety]")
            return []
        found = []
        for key, table in tables.items():
            at: Key = (called, key)
            before = len(self.problems)
            if not NAME.fullmatch(key):
                self._tell(at, "E008", f"'{key}' cannot be a name", "small letters, digits, hyphens between them")
            elif not isinstance(table, dict):
                self._tell(at, "E005", f"'{key}' must be a table", f"write [{called}.{key}]")
            else:
                self._known(at, table, keys)
                names = self._names(at, table.get("name"))
                guides = self._guides(at, listed, table, quiz=quiz)
                if not isinstance(table.get("team", False), bool):
                    self._tell((*at, "team"), "E005", "'team' must be true or false")
                if len(self.problems) == before:
                    found.append((key, names, guides, table))
        return found

    def _names(self, at: Key, names: Any) -> dict[str, str]:
        """What it is called, by language."""
        if not isinstance(names, dict) or FIRST not in names:
            self._tell((*at, "name"), "E006", "no name in Vietnamese", 'write name = { vi = "…", en = "…" }')
            return {}
        for language, name in names.items():
            if not isinstance(name, str) or not 0 < len(name.strip()) <= LONGEST_NAME:
                self._tell((*at, "name"), "E005", f"the name in '{language}' must be 1 to {LONGEST_NAME} characters")
        return names

    def _guides(self, at: Key, listed: str, table: Mapping[str, Any], *, quiz: bool) -> tuple[str, ...]:
        """The guides that a table lists; `quiz`: each must have one that can be passed."""
        names = table.get(listed)
        if not isinstance(names, list) or not names or not all(isinstance(name, str) for name in names):
            self._tell((*at, listed), "E006", f"'{listed}' must be a list of guides in quotes")
            return ()
        for name in names:
            file = self._root / "flows" / f"{name}.toml"
            if not file.is_file():
                self._tell((*at, listed), "E404", f"there is no guide '{name}'", "a guide is called like its file")
            elif quiz and "pass" not in read_file(file).data:
                self._tell((*at, listed), "E404", f"the guide '{name}' has no quiz to pass", "leave it out")
        if len(set(names)) < len(names):
            self._tell((*at, listed), "E401", "a guide stands there twice", "keep one of the two")
        return tuple(names)
