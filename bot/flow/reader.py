"""A flow file -> Flow, with a Problem for every key that is unknown, missing, of the wrong type or in the wrong place.

What the parts mean together (targets, ways, words) is the business of `bot.flow.check`.
"""

from __future__ import annotations

import keyword
import re
from datetime import date, datetime
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from bot.flow.functions import FUNCTIONS
from bot.flow.model import CHOICES, INPUTS, PASSED, SCORE, Branch, Flow, Kind, Place, Silence, Source, Step
from bot.flow.own import OWN
from bot.flow.rule import Rule, RuleError, read_rule
from bot.problem import Problem
from bot.source import Key, read_file
from bot.source import Source as File

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

FILE_KEYS = ("start", "topics", "menu", "chapter", "alarm", "pass", "review_by", "source", "moved", "steps")
KIND_KEYS = ("say", "do", "ask", "enter", "include", "end")
SOURCE_KEYS = ("url", "checked", "note")
BRANCH_KEYS = ("when", "to")
SILENCE_KEYS = ("after", "to")

_ABOVE = {
    "start": "text",
    "topics": "texts",
    "menu": "whole",
    "chapter": "text",
    "alarm": "yes",
    "pass": "whole",
    "review_by": "date",
}
"""Keys of the file that are no tables, with their types."""
_ABOVE_TABLES = "keys of the file stand above the first [table]"

_WAYS = ("next", "branch")
_MEDIA = ("picture", "voice")
_KEPT = ("save", "private", "silence")
STEP_KEYS: dict[Kind, tuple[str, ...]] = {
    Kind.SAY: ("say", *_WAYS, *_MEDIA),
    Kind.DO: ("do", *_WAYS, *_MEDIA, "stuck", "silence"),
    Kind.CHOICE: ("ask", "go", *_MEDIA, *_KEPT),
    Kind.QUIZ: ("ask", "go", "right", *_MEDIA, "silence"),
    Kind.NUMBER: ("ask", *_WAYS, *_MEDIA, *_KEPT, "min", "max"),
    Kind.TEXT: ("ask", *_WAYS, *_MEDIA, *_KEPT, "min", "max"),
    Kind.DATE: ("ask", *_WAYS, *_MEDIA, *_KEPT),
    Kind.PHONE: ("ask", *_WAYS, *_MEDIA, *_KEPT),
    Kind.FORK: ("branch",),
    Kind.ENTER: ("enter", "next", "go"),
    Kind.INCLUDE: ("include", "next", "go"),
    Kind.END: ("end", *_MEDIA, "suggest"),
}
"""The keys each kind of step may have."""

KEYS = frozenset({*FILE_KEYS, *KIND_KEYS, *BRANCH_KEYS, *SILENCE_KEYS}.union(*STEP_KEYS.values()))
"""Every key a flow file may use; each has a heading in docs/flow-file.md (the keys of `source` share one)."""

BLOCKS = frozenset({"text", "alt", "refused", "stuck", "helper"})
"""Blocks of a template that are no label, so that no answer may bear their name."""

QUIZ_BLOCKS = ("right", "why")
"""Blocks of a quiz question besides: said of a right answer, and of a wrong one; `why_<answer>` of that one alone."""

MOST_ANSWERS = 3
LONGEST_TEXT = 1000
PRONOUNS = ("you", "me", "You", "Me")
"""What every text may use besides saved names."""

_NAME = re.compile(r"[a-z][a-z0-9_]*")
_FLOW = re.compile(r"(?:pieces/)?[a-z0-9][a-z0-9-]*")
_DURATION = re.compile(r"(\d{1,6}) (minute|hour|day|week)s?")
_SECONDS = {"minute": 60, "hour": 3600, "day": 86400, "week": 604800}
_LONGEST_SILENCE = 366 * 86400
_TAKEN = {"true", "false", "none", "loop", "is", SCORE, PASSED, *FUNCTIONS, *PRONOUNS}
_ASKS = {**{kind.value: kind for kind in (Kind.CHOICE, Kind.QUIZ)}, **{kind.value: kind for kind in INPUTS}}
_WORDS = {
    "text": "a text in quotes",
    "texts": "a list of texts in quotes",
    "whole": "a whole number",
    "number": "a number",
    "yes": "true",
    "date": "a date such as 2027-03-01, without quotes",
    "table": "a table",
    "tables": "a list of tables",
}


def read_flows(folder: Path) -> tuple[dict[str, Flow], list[Problem]]:
    """Every flow file below `folder` by its name, and all problems. A faulty flow is there if readable at all."""
    flows: dict[str, Flow] = {}
    problems: list[Problem] = []
    for path in sorted(folder.rglob("*.toml")):
        flow, found = read_flow(path, folder)
        problems += found
        if flow:
            flows[flow.name] = flow
    return flows, problems


def read_flow(path: Path, root: Path) -> tuple[Flow | None, list[Problem]]:
    """The flow in `path`, named by its place below `root`; None when it has no steps that could be read."""
    name = path.relative_to(root).with_suffix("").as_posix()
    if not is_flow_name(name):
        hint = "small letters, digits and hyphens, in flows/ or flows/pieces/"
        return None, [Problem(path, 1, 1, "E008", f"'{name}' cannot name a flow", hint)]
    file = read_file(path)
    reader = _Reader(file, name)
    flow = reader.flow() if file.data or not file.problems else None
    return flow, sorted({*file.problems, *reader.problems})


def read_duration(text: str) -> int | None:
    """Seconds of e.g. "2 days"; None when it cannot be read, is nothing, or is longer than a year."""
    match = _DURATION.fullmatch(text)
    seconds = int(match[1]) * _SECONDS[match[2]] if match else 0
    return seconds if 0 < seconds <= _LONGEST_SILENCE else None


def is_name(name: str) -> bool:
    """Whether a step, an answer or what is saved may be called so."""
    return bool(_NAME.fullmatch(name))


def is_flow_name(name: str) -> bool:
    """Whether a flow may be called so."""
    return bool(_FLOW.fullmatch(name))


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A hint with the nearest of the known words, or ""."""
    near = get_close_matches(word, list(known), 1)
    return f"did you mean '{near[0]}'?" if near else ""


class _Reader:
    """Reads one file. Each method takes the key of a table and gives what it says, noting problems on the way."""

    def __init__(self, file: File, name: str) -> None:
        self.file = file
        self.name = name
        self.problems: list[Problem] = []
        # After a syntax fault something is missing for a reason that is already reported.
        self.whole = not file.problems
        self.step_places: dict[str, dict[str, Place]] = {}
        for key in file.places:
            self.note_place(key)

    def flow(self) -> Flow | None:
        self.lift_keys()
        data = self.known((), self.file.data, FILE_KEYS)
        is_piece = self.name.startswith("pieces/")
        if is_piece:
            for key in [each for each in ("topics", "menu", "chapter", "alarm", "pass") if each in data]:
                self.problem((key,), "E007", f"a piece has no '{key}'", "write it in a guide")
        tables = self.take((), data, "steps", "table", {})
        if self.whole and not tables:
            self.problem((), "E006", "there are no steps", "write a table [steps.<name>] for each step")
        steps = {
            name: self.step(name, table) for name, table in tables.items() if self.is_table(("steps", name), table)
        }
        start = self.take((), data, "start", "text", "")
        if self.whole and "start" not in data:
            self.problem((), "E006", "'start' is missing", 'name the first step: start = "…"')
        if not steps:
            return None
        return Flow(
            name=self.name,
            path=self.file.path,
            start=start,
            steps=steps,
            topics=tuple(self.take((), data, "topics", "texts", [])),
            menu=self.take((), data, "menu", "whole", None),
            chapter=self.take((), data, "chapter", "text", ""),
            alarm=self.take((), data, "alarm", "yes", False),
            moved=self.texts((), data, "moved"),
            sources=self.sources(data),
            review_by=self.take((), data, "review_by", "date", None),
            passes={"": mark} if (mark := self.take((), data, "pass", "whole", None)) is not None else {},
            places={str(key[0]): self.place(key) for key in self.file.places if len(key) == 1}
            | {f"moved.{key[1]}": self.place(key) for key in self.file.places if len(key) == 2 and key[0] == "moved"},
        )

    def lift_keys(self) -> None:
        """Report keys of the file that stand below [moved] or [[source]], and read them where they belong."""
        data = self.file.data
        sources = data.get("source")
        tables: list[tuple[Key, Any]] = [(("moved",), data.get("moved"))]
        tables += [(("source", index), each) for index, each in enumerate(sources if isinstance(sources, list) else [])]
        for at, table in tables:
            for key, type_ in _ABOVE.items():
                if isinstance(table, dict) and key not in data and key in table and _is(table[key], type_):
                    self.problem((*at, key), "E004", f"'{key}' stands below [{at[0]}]", _ABOVE_TABLES)
                    data[key] = table.pop(key)
                    self.file.places[(key,)] = self.file.place(*at, key)

    def sources(self, data: dict[str, Any]) -> tuple[Source, ...]:
        found = []
        for index, each in enumerate(self.take((), data, "source", "tables", [])):
            key: Key = ("source", index)
            table = self.known(key, each, SOURCE_KEYS)
            self.need(key, table, "url", "checked")
            url = self.take(key, table, "url", "text", "")
            if url and not url.startswith(("https://", "http://")):
                self.problem((*key, "url"), "E005", "a source is a web address", "it begins with https://")
            checked = self.take(key, table, "checked", "date", date.min)
            found.append(Source(url, checked, self.place(key), self.take(key, table, "note", "text", "")))
        return tuple(found)

    def step(self, name: str, raw: dict[str, Any]) -> Step:
        at: Key = ("steps", name)
        self.check_name(at, name, "a step")
        table = self.known(at, raw, sorted(KEYS - set(FILE_KEYS) - {"when", "to", "after"}))
        kind = self.kind(at, table)
        for key in table:
            if key not in STEP_KEYS[kind] and key not in KIND_KEYS:
                allowed = ", ".join(STEP_KEYS[kind][1:]) or "branch"
                self.problem((*at, key), "E007", f"a step of kind '{kind}' has no '{key}'", f"it may have: {allowed}")
        if "next" in table and "branch" in table:
            self.problem((*at, "next"), "E007", "'next' beside 'branch'", "the last branch, without 'when', says it")
        if kind in CHOICES and self.whole and not table.get("go"):
            self.problem(at, "E006", f"a {kind} without 'go'", f"write [steps.{name}.go] with answer = step")
        if kind is Kind.QUIZ:
            self.need(at, table, "right")
        least, most = self.limits(at, table, kind)
        return Step(
            name=name,
            kind=kind,
            text=f"{self.name}/{name}",
            place=self.place(at),
            places=self.step_places.get(name, {}),
            next=self.take(at, table, "next", "text", ""),
            go=self.answers(at, table, "go", kind),
            branches=self.branches(at, table),
            stuck=self.answers(at, table, "stuck", kind),
            right=tuple(self.take(at, table, "right", "texts", [])),
            save=self.save(at, table),
            private=self.take(at, table, "private", "yes", False),
            min=least,
            max=most,
            picture=self.take(at, table, "picture", "text", ""),
            voice=self.take(at, table, "voice", "text", ""),
            silence=self.silence(at, table),
            flow=self.take(at, table, "enter", "text", "") or self.take(at, table, "include", "text", ""),
            end=self.end(at, table),
            suggest=self.take(at, table, "suggest", "text", ""),
        )

    def kind(self, at: Key, table: dict[str, Any]) -> Kind:
        """The kind of a step; a step with none or several is reported and read as the likeliest."""
        present = [key for key in KIND_KEYS if key in table]
        for key in present[1:]:
            hint = "make two steps of it"
            self.problem((*at, key), "E007", f"'{key}' beside '{present[0]}': a step has one kind", hint)
        if not present:
            if "branch" not in table and self.whole:
                hint = f"exactly one of {', '.join(KIND_KEYS)}; or only 'branch' for a fork"
                self.problem(at, "E006", "the step has no kind", hint)
            return Kind.FORK if "branch" in table else Kind.SAY
        if present[0] != "ask":
            if present[0] in {"say", "do"}:
                self.take(at, table, present[0], "yes", True)
            return Kind(present[0])
        asked = self.take(at, table, "ask", "text", "text")
        if asked not in _ASKS:
            hint = did_you_mean(asked, _ASKS) or f"one of {', '.join(_ASKS)}"
            self.problem((*at, "ask"), "E005", f"there is no question of kind '{asked}'", hint)
            return Kind.CHOICE if "go" in table else Kind.TEXT
        return _ASKS[asked]

    def answers(self, at: Key, table: dict[str, Any], key: str, kind: Kind) -> dict[str, str]:
        """`go` or `stuck`: names of answers, at most three, none of which is also a block of the template."""
        found = self.texts(at, table, key)
        for answer in found:
            self.check_name((*at, key, answer), answer, "an answer")
            if answer in BLOCKS or answer.startswith("words_"):
                hint = "the template has a block of that name for something else"
                self.problem((*at, key, answer), "E008", f"no answer can be called '{answer}'", hint)
            elif kind is Kind.QUIZ and (answer in QUIZ_BLOCKS or answer.startswith("why_")):
                hint = "the template has a block of that name for what is said after the answer"
                self.problem((*at, key, answer), "E008", f"no answer can be called '{answer}'", hint)
            elif answer in OWN and kind in CHOICES:
                hint = "the bot itself has an answer of that name at every step"
                self.problem((*at, key, answer), "E008", f"no answer can be called '{answer}'", hint)
        if len(found) > MOST_ANSWERS and kind is not Kind.ENTER and kind is not Kind.INCLUDE:
            place = (*at, key, list(found)[MOST_ANSWERS])
            hint = "ask twice, the commonest first"
            self.problem(place, "E037", f"{len(found)} answers, at most {MOST_ANSWERS} can be heard and kept", hint)
        return found

    def branches(self, at: Key, table: dict[str, Any]) -> tuple[Branch, ...]:
        found = []
        for index, each in enumerate(self.take(at, table, "branch", "tables", [])):
            key: Key = (*at, "branch", index)
            branch = self.known(key, each, BRANCH_KEYS)
            self.need(key, branch, "to")
            rule = self.rule(key, self.take(key, branch, "when", "text", ""))
            found.append(Branch(self.take(key, branch, "to", "text", ""), self.place((*key, "when")), rule))
        for index, branch_ in enumerate(found):
            last = index == len(found) - 1
            plain = "when" not in table["branch"][index]
            if last and not plain:
                hint = "add one without 'when' for everybody else"
                self.problem((*at, "branch", index), "E011", "the last branch needs to be without 'when'", hint)
            elif plain and not last:
                hint = f"everybody goes to '{branch_.to}' here; put it last"
                self.problem((*at, "branch", index), "E011", "branches after the plain one are never taken", hint)
        return tuple(found)

    def rule(self, key: Key, text: str) -> Rule | None:
        if not text:
            return None
        try:
            return read_rule(text)
        except RuleError as error:
            self.problem((*key, "when"), "E012", f"cannot read the condition: {error}", error.hint)
            return None

    def silence(self, at: Key, table: dict[str, Any]) -> Silence | None:
        key: Key = (*at, "silence")
        raw = self.take(at, table, "silence", "table", None)
        if raw is None:
            return None
        silence = self.known(key, raw, SILENCE_KEYS)
        self.need(key, silence, "after")
        after = self.take(key, silence, "after", "text", "1 day")
        seconds = read_duration(after)
        if seconds is None:
            hint = 'a number and minutes, hours, days or weeks, up to a year: "2 days"'
            self.problem((*key, "after"), "E020", f"cannot read the duration '{after}'", hint)
        return Silence(seconds or 86400, self.take(key, silence, "to", "text", ""), self.place((*key, "to")))

    def save(self, at: Key, table: dict[str, Any]) -> str:
        name: str = self.take(at, table, "save", "text", "")
        if "save" in table and isinstance(table["save"], str):
            self.check_name((*at, "save"), name, "what is saved")
            if name in _TAKEN or keyword.iskeyword(name):
                self.problem((*at, "save"), "E008", f"'{name}' means something else in conditions and texts")
        return name

    def end(self, at: Key, table: dict[str, Any]) -> str:
        name: str = self.take(at, table, "end", "text", "")
        if "end" in table and isinstance(table["end"], str):
            self.check_name((*at, "end"), name, "a kind of end")
        return name

    def limits(self, at: Key, table: dict[str, Any], kind: Kind) -> tuple[float | None, float | None]:
        type_ = "number" if kind is Kind.NUMBER else "whole"
        least, most = (self.take(at, table, key, type_, None) for key in ("min", "max"))
        if kind is Kind.TEXT:
            for key, value in (("min", least), ("max", most)):
                if value is not None and not 0 <= value <= LONGEST_TEXT:
                    self.problem((*at, key), "E005", f"'{key}' of a text is 0 to {LONGEST_TEXT} characters")
        if least is not None and most is not None and least > most:
            self.problem((*at, "max"), "E005", "'max' is smaller than 'min'", "nothing would ever fit")
        return least, most

    def texts(self, at: Key, table: dict[str, Any], key: str) -> dict[str, str]:
        """A table whose values are all texts."""
        found = {}
        for name, value in self.take(at, table, key, "table", {}).items():
            if isinstance(value, str):
                found[name] = value
            else:
                self.problem((*at, key, name), "E005", f"'{name}' should be {_WORDS['text']}")
        return found

    def known(self, at: Key, table: dict[str, Any], keys: Iterable[str]) -> dict[str, Any]:
        """`table` without unknown keys. A misspelt key is read as the one it resembles, to spare further problems."""
        keys = list(keys)
        good = {key: value for key, value in table.items() if key in keys}
        for key in [key for key in table if key not in good]:
            near = get_close_matches(key, keys, 1)
            hint = f"did you mean '{near[0]}'?" if near else f"known here: {', '.join(keys)}"
            if at and key in _ABOVE:
                near, hint = [], _ABOVE_TABLES
            self.problem((*at, key), "E004", f"unknown key '{key}'", hint)
            if near and near[0] not in good:
                good[near[0]] = table[key]
                for place in [each for each in self.file.places if each[: len(at) + 1] == (*at, key)]:
                    renamed = (*at, near[0], *place[len(at) + 1 :])
                    self.file.places.setdefault(renamed, self.file.places[place])
                    self.note_place(renamed)
        return good

    def need(self, at: Key, table: dict[str, Any], *keys: str) -> None:
        for key in keys:
            if key not in table and self.whole:
                self.problem(at, "E006", f"'{key}' is missing")

    def take(self, at: Key, table: dict[str, Any], key: str, type_: str, default: Any) -> Any:
        """The value of a key if it has the right type, else the default."""
        if key not in table:
            return default
        if _is(table[key], type_):
            return table[key]
        self.problem((*at, key), "E005", f"'{key}' should be {_WORDS[type_]}")
        return default

    def is_table(self, at: Key, value: Any) -> bool:
        if isinstance(value, dict):
            return True
        self.problem(at, "E005", f"'{at[-1]}' should be a table", f"write [{'.'.join(map(str, at))}]")
        return False

    def check_name(self, at: Key, name: str, what: str) -> None:
        if not is_name(name):
            hint = "small letters, digits and underscores, beginning with a letter"
            self.problem(at, "E008", f"'{name}' cannot name {what}", hint)

    def note_place(self, key: Key) -> None:
        """Remember the place of a key of a step for its `Step.places`."""
        if key[0] == "steps" and 2 < len(key) <= 5:
            places = self.step_places.setdefault(str(key[1]), {})
            places[".".join(map(str, key[2:]))] = self.place(key)

    def place(self, key: Key) -> Place:
        return Place(self.file.path, *self.file.place(*key))

    def problem(self, key: Key, code: str, message: str, hint: str = "") -> None:
        self.problems.append(self.file.problem(key, code, message, hint))


def _is(value: Any, type_: str) -> bool:
    match type_:
        case "text":
            return isinstance(value, str)
        case "texts":
            return isinstance(value, list) and all(isinstance(each, str) for each in value)
        case "whole":
            return isinstance(value, int) and not isinstance(value, bool)
        case "number":
            return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e15
        case "yes":
            return value is True
        case "date":
            return isinstance(value, date) and not isinstance(value, datetime)
        case "table":
            return isinstance(value, dict)
    return isinstance(value, list) and all(isinstance(each, dict) for each in value)
