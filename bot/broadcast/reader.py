"""broadcasts/<name>.toml and its words -> Broadcast. Faults are Problems with lines, as for flows."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from bot.broadcast.audience import AudienceError, Node, read_audience
from bot.broadcast.model import WEEKDAYS, Broadcast, Kind, Plan, Series
from bot.flow.reader import did_you_mean, read_duration
from bot.problem import Problem
from bot.source import Key, Source, read_file, read_text

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

FOLDER = "broadcasts"

MOST_PARTS, MOST_DAYS = 52, 365
"""Parts of a series, and days after a guide."""

MOST_BUTTONS = 3
"""Answers under a broadcast, beside the one for fewer of them."""

NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,60}")
_CLASSES = tuple(kind.value for kind in Kind if kind is not Kind.TEST)
_DAYS = ("all", "working")


class _Unfit(ValueError):
    """The value cannot be used; the message says what is wanted."""


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise _Unfit("a text in quotes")
    return value


def _name(value: Any) -> str:
    if not isinstance(value, str) or not NAME.fullmatch(value):
        raise _Unfit("small letters, digits and hyphens, in quotes")
    return value


def _one_of(*values: str) -> Callable[[Any], str]:
    def read(value: Any) -> str:
        if value not in values:
            raise _Unfit(" or ".join(f'"{each}"' for each in values))
        return str(value)

    return read


def _answers(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value) or len(value) > MOST_BUTTONS:
        raise _Unfit(f"a list of at most {MOST_BUTTONS} answers in quotes")
    return tuple(dict.fromkeys(value))


def _percent(most: float) -> Callable[[Any], float]:
    def read(value: Any) -> float:
        if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value <= most:
            raise _Unfit(f"a number from 0 to {most:g} (percent)")
        return float(value)

    return read


def _duration(value: Any) -> int:
    seconds = read_duration(value) if isinstance(value, str) else None
    if seconds is None:
        raise _Unfit('a duration such as "4 hours"')
    return seconds


def _weekdays(value: Any) -> tuple[int, ...]:
    found = [value] if isinstance(value, str) else value
    if found == ["day"]:
        return tuple(range(len(WEEKDAYS)))
    if not isinstance(found, list) or not found or any(each not in WEEKDAYS for each in found):
        raise _Unfit('"day", a weekday such as "monday", or a list of weekdays')
    return tuple(sorted({WEEKDAYS.index(each) for each in found}))


def _time_of_day(value: Any) -> int:
    match = re.fullmatch(r"([01]?\d|2[0-3]):([0-5]\d)", value) if isinstance(value, str) else None
    if match is None:
        raise _Unfit('a time of day such as "8:00"')
    return int(match[1]) * 60 + int(match[2])


def _days(value: Any) -> tuple[int, ...]:
    is_whole = isinstance(value, list) and all(isinstance(each, int) and not isinstance(each, bool) for each in value)
    if not is_whole or not 0 < len(value) <= MOST_PARTS or sorted(set(value)) != value:
        raise _Unfit("a list of days that grow, such as [1, 3, 7]")
    if value[0] < 1 or value[-1] > MOST_DAYS:
        raise _Unfit(f"days from 1 to {MOST_DAYS}")
    return tuple(value)


@dataclass(frozen=True, slots=True)
class _Entry:
    field: str
    read: Callable[[Any], Any]
    required: bool = False


KEYS: dict[str, _Entry] = {
    "topic": _Entry("topic", _name, required=True),
    "class": _Entry("kind", _one_of(*_CLASSES), required=True),
    "audience": _Entry("audience", _text, required=True),
    "buttons": _Entry("buttons", _answers),
    "picture": _Entry("picture", _text),
    "voice": _Entry("voice", _text),
}
"""Every key of the file."""

PLAN: dict[str, _Entry] = {
    "spread": _Entry("spread", _duration),
    "canary": _Entry("canary", _percent(100)),
    "canary_wait": _Entry("canary_wait", _duration),
    "holdout": _Entry("holdout", _percent(50)),
    "errors": _Entry("errors", _percent(100)),
    "days": _Entry("days", _one_of(*_DAYS)),
}
"""Every key of the table [plan]."""

SERIES: dict[str, _Entry] = {
    "every": _Entry("every", _weekdays),
    "at": _Entry("at", _time_of_day),
    "finished": _Entry("finished", _text),
    "days": _Entry("days", _days),
}
"""Every key of the table [series]."""


@dataclass(frozen=True, slots=True)
class Written:
    """A broadcast as its files say it. `node` is its audience; `source` knows the places of the keys.

    `parts` are those of a series, else the broadcast alone.
    """

    broadcast: Broadcast
    parts: tuple[Broadcast, ...]
    node: Node
    source: Source
    audience_place: tuple[int, int]


def names(root: Path) -> list[str]:
    """The broadcasts that are written below `root`, in order."""
    folder = root / FOLDER
    return sorted(path.stem for path in folder.glob("*.toml")) if folder.is_dir() else []


def read_written(root: Path, name: str) -> tuple[Written | None, list[Problem]]:
    """The broadcast of that name, and what is wrong with its file. None when it cannot be told what it is."""
    path = root / FOLDER / f"{name}.toml"
    if not NAME.fullmatch(name):
        return None, [
            Problem(path, 1, 1, "E008", f"'{name}' cannot name a broadcast", "small letters, digits, hyphens")
        ]
    source = read_file(path)
    problems = list(source.problems)
    data = dict(source.data)
    tables = {key: data.pop(key) for key in ("plan", "series") if key in data}
    values = _values(source, data, KEYS, (), problems)
    for key, table in tables.items():
        if not isinstance(table, dict):
            problems.append(source.problem((key,), "E005", f"'{key}' must be a table", f"write [{key}]"))
        elif key == "plan":
            values["plan"] = Plan(**_values(source, table, PLAN, ("plan",), problems))
        else:
            values["series"] = Series(**_values(source, table, SERIES, ("series",), problems))
            problems += _rhythm(source, table, values)
    place = _place_of_text(source, "audience", values.get("audience", ""))
    node = None
    if "audience" in values:
        try:
            node = read_audience(values["audience"])
        except AudienceError as error:
            line, column = place
            problems.append(Problem(path, line, column + error.offset, "E301", str(error), error.hint))
    if node is None or any(problem.is_error for problem in problems):
        return None, sorted(problems)
    values["kind"] = Kind(values["kind"])
    broadcast = Broadcast(name=name, words=_words(root, name), **values)
    folders = [f"{name}/{number}" for number in part_numbers(root, broadcast)] if broadcast.series else []
    parts = [
        replace(broadcast, name=folder, part=number, words=_words(root, folder))
        for number, folder in enumerate(folders, 1)
    ]
    return Written(broadcast, tuple(parts) or (broadcast,), node, source, place), sorted(problems)


def part_numbers(root: Path, broadcast: Broadcast) -> range:
    """The parts a series has: one for each of its days, else one for each folder that is there from 1 on."""
    series = broadcast.series
    assert series is not None, "asked of a series"
    if series.days:
        return range(1, len(series.days) + 1)
    there = (number for number in range(1, MOST_PARTS) if not (root / FOLDER / broadcast.name / str(number)).is_dir())
    return range(1, max(2, next(there, MOST_PARTS)))


def _rhythm(source: Source, table: dict[str, Any], values: dict[str, Any]) -> list[Problem]:
    """What a series lacks, or says twice."""
    found = []
    if ("every" in table) == ("finished" in table):
        hint = 'every = "monday", or finished = "<guide>" with days = [1, 3, 7]'
        found.append(source.problem(("series",), "E006", "a series has either 'every' or 'finished'", hint))
    if ("days" in table) != ("finished" in table):
        found.append(source.problem(("series",), "E006", "'finished' and 'days' belong together", "days = [1, 3, 7]"))
    if values.get("kind") == Kind.EMERGENCY:
        found.append(source.problem(("class",), "E005", "an emergency cannot be a series", '"tip" or "notice"'))
    return found


def _values(
    source: Source, data: dict[str, Any], entries: dict[str, _Entry], at: Key, problems: list[Problem]
) -> dict[str, Any]:
    """The values of a table by field; what cannot be used is reported and left out."""
    found = {}
    for key, value in data.items():
        entry = entries.get(key)
        if entry is None:
            hint = did_you_mean(key, entries) or f"there are {', '.join(entries)}"
            problems.append(source.problem((*at, key), "E004", f"unknown key '{key}'", hint))
            continue
        try:
            found[entry.field] = entry.read(value)
        except _Unfit as unfit:
            problems.append(source.problem((*at, key), "E005", f"'{key}' must be {unfit}"))
    for key, entry in entries.items():
        if entry.required and key not in data and not source.problems:
            problems.append(source.problem((*at, key), "E006", f"'{key}' is missing"))
    return found


def _words(root: Path, name: str) -> dict[str, str]:
    """The templates by language; files that cannot be read are found by the check."""
    read = {path.stem: read_text(path) for path in sorted((root / FOLDER / name).glob("*.j2"))}
    return {language: text for language, text in read.items() if isinstance(text, str)}


def _place_of_text(source: Source, key: str, text: str) -> tuple[int, int]:
    """Where the text of a key begins in the file: behind its quote if it stands there as it is, else at its key."""
    line, column = source.place(key)
    whole = read_text(source.path)
    lines = whole.split("\n") if isinstance(whole, str) else []
    at = lines[line - 1].find(text) if text and line <= len(lines) else -1
    return (line, at + 1) if at >= 0 else (line, column)
