"""What the files of people have in common when they are read: problems with their line, known keys, sources."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from bot.problem import Problem
    from bot.source import Key, Source

SOURCE_KEYS = ("title", "url", "checked", "note")


class Written:
    """A file that is being read; what is wrong with it gathers in `problems`."""

    def __init__(self, source: Source) -> None:
        self.problems: list[Problem] = list(source.problems)
        self._source = source

    def _sources(self, sources: Any) -> None:
        """Where facts come from, and when somebody looked."""
        if not isinstance(sources, list) or not sources:
            self._tell(("source",), "E006", "no source", "write [[source]] with title, url and checked")
            return
        for index, table in enumerate(sources):
            at: Key = ("source", index)
            self._known(at, table, SOURCE_KEYS)
            self._value(at, table, "title", lambda text: bool(text.strip()), "a title in quotes")
            self._value(at, table, "url", lambda text: text.startswith(("https://", "http://")), "a web address")
            if "checked" not in table:
                self._tell((*at, "checked"), "E006", "'checked' is missing")
            elif not isinstance(table["checked"], date):
                self._tell((*at, "checked"), "E005", "'checked' must be a day such as 2026-11-23, without quotes")

    def _value(self, at: Key, table: Mapping[str, Any], key: str, fits: Callable[[str], bool], kind: str) -> str:
        """The text of a key that has to be there; "" where it cannot be used."""
        value = table.get(key)
        if value is None:
            if not self._source.problems:
                self._tell((*at, key), "E006", f"'{key}' is missing")
        elif not isinstance(value, str) or not fits(value):
            self._tell((*at, key), "E005", f"'{key}' must be {kind}")
        else:
            return value
        return ""

    def _known(self, at: Key, table: Mapping[str, Any], keys: tuple[str, ...]) -> None:
        """Other keys are a mistake."""
        for key in table:
            if key not in keys:
                self._tell((*at, key), "E004", f"unknown key '{key}'", f"there are {', '.join(keys)}")

    def _tell(self, at: Key, code: str, message: str, hint: str = "") -> None:
        self.problems.append(self._source.problem(at, code, message, hint))
