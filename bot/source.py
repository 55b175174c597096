"""TOML text -> (data, place of every key), with every syntax fault and not only the first.

`tomllib` gives values without places. So the text is fed to it one statement at a time: lines are added until the
piece parses. A statement that parses alone is complete by TOML's grammar, so quoting, comments and arrays over
several lines need no care here. A statement that never parses is a fault; reading goes on at the next line that
starts a table or a key.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bot.problem import Problem

Key = tuple[str | int, ...]
"""The way to a value, e.g. ("steps", "age", "branch", 0, "when")."""

SYNTAX_CODES = frozenset({"E001", "E002", "E003"})
"""Codes of faults after which a part of the file is unknown."""

_SIMPLE_KEY = re.compile(r"""\s*([A-Za-z0-9_-]+)\s*=\s*(?:"([^"\\\x00-\x1f\x7f]*)"|(true))[ \t]*""")
_SIMPLE_HEADER = re.compile(r"\s*(\[\[?)([A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*)(\]\]?)[ \t]*")
"""Most lines of every file: no parser is needed to know which key they give. They match less than TOML, never more."""
_DOTTED = re.compile(r"[^=]*[.]")
_START = re.compile(r"""\s*(?:\[\[?[^\[\]]+\]\]?\s*(?:\#.*)?$|(?:[\w.\- ]|"[^"]*"|'[^']*')+=)""")
_TOKEN = re.compile(r'''"""|\'\'\'|"(?:[^"\\\n]|\\.)*"|'[^'\n]*'|#[^\n]*''')
_WHERE = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")
_MOST_PROBLEMS = 50


@dataclass(frozen=True, slots=True)
class Source:
    """What a TOML file says, and where. `data` lacks the statements that could not be read."""

    path: Path
    data: dict[str, Any]
    places: dict[Key, tuple[int, int]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def place(self, *key: str | int) -> tuple[int, int]:
        """Line and column of a key, or of the nearest table around it."""
        while key:
            if key in self.places:
                return self.places[key]
            key = key[:-1]
        return 1, 1

    def problem(self, key: Key, code: str, message: str, hint: str = "") -> Problem:
        """A problem that stands at `key`."""
        return Problem(self.path, *self.place(*key), code, message, hint)


@dataclass(frozen=True, slots=True)
class _Statement:
    """One header or one key with its value; `first` counts from 0."""

    lines: list[str]
    first: int

    @property
    def place(self) -> tuple[int, int]:
        line = self.lines[0]
        return self.first + 1, len(line) - len(line.lstrip()) + 1

    @property
    def is_header(self) -> bool:
        return self.lines[0].lstrip().startswith("[")


class _Tables:
    """The data put together statement by statement, as long as nothing is out of the ordinary (`is_plain`).

    That spares parsing nearly every file twice. A double key, a dotted key, or a table opened in an unusual way is
    left to tomllib.
    """

    def __init__(self) -> None:
        self.root: dict[str, Any] = {}
        self.is_plain = True
        self._table = self.root
        self._implied: set[int] = set()  # tables that only a longer header has named so far
        self._opened: set[int] = set()  # tables and lists that headers made, and later headers may enter

    def open(self, header: dict[str, Any]) -> None:
        """A header, as the nested tables it parses to."""
        node = self.root
        ((name, inner),) = header.items()
        while isinstance(inner, dict) and inner:
            child = node.get(name)
            if child is None:
                child = node[name] = {}
                self._implied.add(id(child))
                self._opened.add(id(child))
            elif id(child) not in self._opened:
                self.is_plain = False
                return
            node = child[-1] if isinstance(child, list) else child
            ((name, inner),) = inner.items()
        known = node.get(name)
        self._table = {}
        if known is None:
            node[name] = [self._table] if isinstance(inner, list) else self._table
            self._opened.add(id(node[name]))
        elif isinstance(inner, list) and isinstance(known, list) and id(known) in self._opened:
            known.append(self._table)
        elif isinstance(inner, dict) and id(known) in self._implied:
            self._implied.remove(id(known))
            self._table = known
        else:
            self.is_plain = False
        self._opened.add(id(self._table))

    def put(self, statement: _Statement, parsed: dict[str, Any]) -> None:
        """A key with its value."""
        ((name, value),) = parsed.items()
        if name in self._table or (isinstance(value, dict) and _DOTTED.match(statement.lines[0])):
            self.is_plain = False
        self._table[name] = value


def read_file(path: Path) -> Source:
    """The TOML file at `path`; a file that cannot be read is a problem."""
    text = read_text(path)
    return Source(path, {}, problems=[text]) if isinstance(text, Problem) else read_source(text, path)


def read_text(path: str | Path) -> str | Problem:
    """The text of a file, or what is wrong with it. A byte order mark and line ends of Windows are taken away."""
    try:
        with open(path, "rb") as file:  # noqa: PTH123 (many thousand files; Path objects are slow)
            raw = file.read()
        return raw.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line, column = raw.count(b"\n", 0, error.start) + 1, error.start - raw.rfind(b"\n", 0, error.start)
        hint = "save it again with the encoding UTF-8"
        return Problem(Path(path), line, column, "E003", "the file is not UTF-8", hint)
    except OSError as error:
        return Problem(Path(path), 1, 1, "E003", f"cannot read the file: {error.strerror}")


def read_source(text: str, path: Path) -> Source:
    """`text` as TOML. Never raises: what cannot be read is left out and reported."""
    lines = text.replace("\r\n", "\n").split("\n")
    source = Source(path, {})
    statements: list[_Statement] = []
    data = _Tables()
    table: Key | None = ()  # None below a header that could not be read: its keys belong nowhere
    counts: dict[Key, int] = {}  # how many entries an array of tables has so far
    index = 0
    while index < len(lines) and len(source.problems) < _MOST_PROBLEMS:
        if not lines[index].strip() or lines[index].lstrip().startswith("#"):
            index += 1
            continue
        statement, parsed = _next_statement(lines, index, source)
        index += len(statement.lines)
        if statement.is_header:
            table = None if parsed is None else _enter_table(statement, parsed, counts, source.places)
        if parsed is None or table is None:
            _blank(lines, statement)
            continue
        statements.append(statement)
        if statement.is_header:
            data.open(parsed)
        else:
            _note(parsed, table, statement.place, source.places)
            data.put(statement, parsed)
    source.data.update(data.root if data.is_plain else _whole(lines, statements, source))
    return source


def _next_statement(lines: list[str], first: int, source: Source) -> tuple[_Statement, dict[str, Any] | None]:
    """The statement that begins at line `first`, and its value, or None when it is at fault."""
    simple = _simple(lines[first])
    if simple is not None:
        return _Statement(lines[first : first + 1], first), simple
    quotes = _open_quotes(lines[first])
    last = first
    if quotes:
        while last + 1 < len(lines) and quotes not in lines[last + 1]:
            last += 1
        last = min(last + 1, len(lines) - 1)
        # The closing quotes may be missing; then only the first line is lost.
        last = last if quotes in lines[last] and last > first else first
    while True:
        statement = _Statement(lines[first : last + 1], first)
        piece = "\n".join(statement.lines)
        try:
            parsed = tomllib.loads(piece + "\n")  # with the line end, a fault in the last word has a place
        except tomllib.TOMLDecodeError as error:
            if last + 1 < len(lines) and not _START.match(lines[last + 1]) and not quotes:
                last += 1
                continue
            if quotes:
                source.problems.append(_multi_line(statement, source))
            else:
                source.problems.append(_fault(str(error), statement, source))
            # Only up to the last line that says something, so that the next statement keeps its comment.
            return _Statement(statement.lines[: _end(statement.lines)], first), None
        if any(token in {'"""', "'''"} for token in _TOKEN.findall(piece)):
            source.problems.append(_multi_line(statement, source))
            return statement, None
        return statement, parsed


def _simple(line: str) -> dict[str, Any] | None:
    """What the line says if it is one of the two commonest statements, else None."""
    key = _SIMPLE_KEY.fullmatch(line)
    if key:
        return {key[1]: True if key[2] is None else key[2]}
    header = _SIMPLE_HEADER.fullmatch(line)
    if not header or len(header[1]) != len(header[3]):
        return None
    *outer, last = header[2].split(".")
    table: dict[str, Any] = {last: {} if len(header[1]) == 1 else [{}]}
    for name in reversed(outer):
        table = {name: table}
    return table


def _open_quotes(line: str) -> str:
    """The kind of multi-line string that begins in this line and does not end in it, or "" ."""
    tokens = [token for token in _TOKEN.findall(line) if token in {'"""', "'''"}]
    return tokens[-1] if len(tokens) % 2 else ""


def _end(lines: list[str]) -> int:
    """How many lines are left without the blank and comment lines at the end; at least one."""
    count = len(lines)
    while count > 1 and (not lines[count - 1].strip() or lines[count - 1].lstrip().startswith("#")):
        count -= 1
    return count


def _blank(lines: list[str], statement: _Statement) -> None:
    for number in range(statement.first, statement.first + len(statement.lines)):
        lines[number] = ""


def _multi_line(statement: _Statement, source: Source) -> Problem:
    hint = "prose stands in content/; everything here fits in one line of quotes"
    return Problem(source.path, *statement.place, "E002", "a string over several lines", hint)


def _fault(message: str, statement: _Statement, source: Source) -> Problem:
    """A syntax fault at the place tomllib names, or at the statement when it only says 'end of document'."""
    where = _WHERE.search(message)
    line, column = statement.place
    if where:
        message = message[: where.start()]
        if where[1] and int(where[1]) <= len(statement.lines):
            line, column = statement.first + int(where[1]), int(where[2])
    return Problem(source.path, line, column, "E001", f"not TOML: {message}", _cure(message, statement))


def _cure(message: str, statement: _Statement) -> str:
    if re.search("[“”„‟]", _TOKEN.sub("", statement.lines[0])):
        return '“ ” are not the sign "'
    if "'='" in message or "Invalid statement" in message:
        return 'a line is: key = "value", or a table: [steps.name]'
    if "Illegal character" in message or "Unterminated" in message:
        return "a text ends in the same line, with the quote it began with"
    if "value" in message and '"' not in statement.lines[0]:
        return "put texts in double quotes; dates, numbers and true stand without"
    if "table declaration" in message or "array" in message:
        return "a bracket is not closed"
    return ""


def _enter_table(
    statement: _Statement, parsed: dict[str, Any], counts: dict[Key, int], places: dict[Key, tuple[int, int]]
) -> Key:
    """The key of the table this header opens; an array of tables gets the next index."""
    key: Key = ()
    value: Any = parsed
    while isinstance(value, dict) and value:
        name = next(iter(value))
        value = value[name]
        key = (*key, name)
        if isinstance(value, list):
            counts[key] = counts.get(key, -1) + 1
            places.setdefault(key, statement.place)
            key = (*key, counts[key])
            break
        if key in counts and value:  # a table below the newest entry of an array
            key = (*key, counts[key])
    for end in range(1, len(key)):
        places.setdefault(key[:end], statement.place)
    places[key] = statement.place
    return key


def _note(value: Any, key: Key, place: tuple[int, int], places: dict[Key, tuple[int, int]]) -> None:
    """Give every key inside `value` the place of its statement."""
    if isinstance(value, dict):
        for name, inner in value.items():
            places.setdefault((*key, name), place)
            _note(inner, (*key, name), place, places)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            if isinstance(inner, dict):
                _note(inner, (*key, index), place, places)


def _whole(lines: list[str], statements: list[_Statement], source: Source) -> dict[str, Any]:
    """All good statements together. A key or table given twice is only seen now; it is reported and left out."""
    while True:
        try:
            return tomllib.loads("\n".join(lines))
        except tomllib.TOMLDecodeError as error:
            where = _WHERE.search(str(error))
            # Only doubles are left, and tomllib names the line of the second one.
            line = int(where[1]) - 1 if where and where[1] else statements[-1].first
            at = max(index for index, each in enumerate(statements) if each.first <= line)
            statement = statements[at]
            end = at + 1
            while statement.is_header and end < len(statements) and not statements[end].is_header:
                end += 1
            for each in statements[at:end]:
                _blank(lines, each)
            del statements[at:end]
            message = f"given twice: {statement.lines[0].strip()}"
            hint = "keep one of the two"
            source.problems.append(Problem(source.path, *statement.place, "E001", message, hint))
