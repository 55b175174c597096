"""Who is to get a broadcast, as one expression: read here, turned into SQL by bot/store/audience.py.

    language = "vi" and place under "thanh-hoa" and stuck("eid-activate", "type_code") and last_seen < 30 days ago

A condition is about a chat: its language, channel, place, team, the time it was last seen or created, where it is in a
guide, what it wants to hear of. Conditions are joined by `and`, `or`, `not` and brackets. `everyone` is everybody.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator

LONGEST = 1000
"""Characters of an expression."""

DEEPEST = 30
"""Brackets and `not` inside each other."""

WORDS = ("language", "channel", "place", "team")
"""What is compared with words in quotes."""

TIMES = ("last_seen", "created")
"""What is compared with a time."""

GUIDES = ("started", "stuck", "finished")
"""What is said of a guide: begun at any time; begun and not finished (at that step); finished."""

MOST_DAYS = 3650

_TOKEN = re.compile(
    r"""\s*(?:(?P<word>"[^"]*"|'[^']*')|(?P<day>\d{4}-\d\d-\d\d)|(?P<number>\d+)|(?P<name>[a-z_]+)"""
    r"""|(?P<sign>==|!=|<=|>=|[=<>(),]))"""
)
_EXAMPLE = 'write for example: language = "vi" and last_seen > 30 days ago'


class AudienceError(ValueError):
    """An expression that cannot be read: where (characters from its beginning), what, and what to write instead."""

    def __init__(self, offset: int, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.offset = offset
        self.hint = hint


@dataclass(frozen=True, slots=True)
class Everyone:
    """Every chat."""


@dataclass(frozen=True, slots=True)
class Is:
    """A word about the chat is (not) one of `values`."""

    name: str
    values: tuple[str, ...]
    offset: int = 0
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Under:
    """The chat's place is this one or lies in it: "thanh-hoa" also means "thanh-hoa/ngoc-lac"."""

    place: str


@dataclass(frozen=True, slots=True)
class When:
    """A time lies before or after so many days ago, or the beginning of a day."""

    name: str
    side: Literal["before", "after"]
    days: int = 0
    day: date | None = None


@dataclass(frozen=True, slots=True)
class InGuide:
    """The chat has started, is stuck in, or has finished a guide. `step` only with "stuck"."""

    state: str
    guide: str
    step: str = ""
    offset: int = 0


@dataclass(frozen=True, slots=True)
class Wants:
    """The chat has not asked for less of this topic."""

    topic: str


@dataclass(frozen=True, slots=True)
class Joined:
    """`parts` joined by "and" or "or", or the one part that "not" turns round."""

    word: str
    parts: tuple[Node, ...]


Node = Everyone | Is | Under | When | InGuide | Wants | Joined


def read_audience(text: str) -> Node:
    """The conditions an expression says. Raises AudienceError with a sentence for the writer."""
    if len(text) > LONGEST:
        raise AudienceError(0, f"longer than {LONGEST} characters", "make two broadcasts of it")
    return _Reader(text).whole()


def parts(node: Node) -> Iterator[Node]:
    """Every condition in it, from left to right."""
    if isinstance(node, Joined):
        for part in node.parts:
            yield from parts(part)
    else:
        yield node


class _Reader:
    """Reads from left to right, one token ahead."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._depth = 0
        self.kind = self.value = ""
        self.offset = 0
        self._next()

    def whole(self) -> Node:
        if not self.kind:
            raise AudienceError(0, "the audience is empty", "everybody is: everyone")
        node = self._or()
        if self.kind:
            raise AudienceError(self.offset, f"'{self.value}' is not expected here", "join conditions by and, or, not")
        return node

    def _next(self) -> None:
        match = _TOKEN.match(self._text, self._at)
        if match is None:
            rest = self._text[self._at :]
            self.offset = self._at + len(rest) - len(rest.lstrip())
            if rest.strip():
                hint = "a word in quotes is not closed" if rest.strip()[0] in "\"'" else _EXAMPLE
                raise AudienceError(self.offset, f"'{rest.strip()[0]}' cannot be read", hint)
            self.kind = self.value = ""
            return
        self.kind = str(match.lastgroup)
        self.value = match[self.kind]
        self.offset = match.start(self.kind)
        self._at = match.end()

    def _take(self) -> str:
        value = self.value
        self._next()
        return value

    def _is(self, *values: str) -> bool:
        return self.kind in {"name", "sign"} and self.value in values

    def _or(self) -> Node:
        found = [self._and()]
        while self._is("or"):
            self._next()
            found.append(self._and())
        return found[0] if len(found) == 1 else Joined("or", tuple(found))

    def _and(self) -> Node:
        found = [self._not()]
        while self._is("and"):
            self._next()
            found.append(self._not())
        return found[0] if len(found) == 1 else Joined("and", tuple(found))

    def _not(self) -> Node:
        self._depth += 1
        if self._depth > DEEPEST:
            raise AudienceError(self.offset, "too many brackets inside each other", "say it with fewer")
        if self._is("not"):
            self._next()
            node: Node = Joined("not", (self._not(),))
        elif self._is("("):
            self._next()
            node = self._or()
            self._expect(")", "a bracket is not closed")
        else:
            node = self._condition()
        self._depth -= 1
        return node

    def _condition(self) -> Node:
        offset, kind, name = self.offset, self.kind, self.value
        if kind != "name":
            what = f"'{name}'" if name else "the end"
            raise AudienceError(offset, f"{what} where a condition should begin", _EXAMPLE)
        self._next()
        if name == "everyone":
            return Everyone()
        if name in WORDS:
            return self._words(name, offset)
        if name in TIMES:
            return self._time(name)
        if name in GUIDES:
            guide, step = self._names(name)
            return InGuide(name, guide, step, offset)
        if name == "wants":
            return Wants(self._names(name)[0])
        known = ", ".join((*WORDS, *TIMES, *GUIDES, "wants", "everyone"))
        raise AudienceError(offset, f"there is no condition '{name}'", f"there are {known}")

    def _words(self, name: str, offset: int) -> Node:
        negated = self._is("not")
        if negated:
            self._next()
        if self._is("in"):
            self._next()
            return Is(name, self._list(), offset, negated)
        if name == "place" and self._is("under") and not negated:
            self._next()
            return Under(self._word().strip("/"))
        if self._is("=", "==", "!=") and not negated:
            return Is(name, negated=self._take() == "!=", values=(self._word(),), offset=offset)
        under = ', place under "thanh-hoa"' if name == "place" else ""
        raise AudienceError(self.offset, f"'{name}' is compared with nothing", f'write {name} = "…"{under}')

    def _time(self, name: str) -> When:
        if not self._is("<", ">"):
            hint = f"write {name} < 30 days ago (longer ago), {name} > 2026-11-01 (later)"
            raise AudienceError(self.offset, f"'{name}' is compared by < or >", hint)
        side: Literal["before", "after"] = "before" if self._take() == "<" else "after"
        offset = self.offset
        if self.kind == "day":
            try:
                return When(name, side, day=date.fromisoformat(self._take()))
            except ValueError:
                raise AudienceError(offset, "there is no such day", "a day is written 2026-11-01") from None
        if self.kind != "number":
            raise AudienceError(offset, "no time", "write 30 days ago, or a day such as 2026-11-01")
        days = int(self._take())
        for word in (("day", "days"), ("ago",)):
            if not self._is(*word):
                raise AudienceError(self.offset, "no time", f"write {days} days ago")
            self._next()
        if days > MOST_DAYS:
            raise AudienceError(offset, f"more than {MOST_DAYS} days", "nothing is kept that long")
        return When(name, side, days=days)

    def _names(self, name: str) -> tuple[str, str]:
        """One word in brackets; with "stuck" a second one may follow."""
        self._expect("(", f'write {name}("…")')
        first, second = self._word(), ""
        if name == "stuck" and self._is(","):
            self._next()
            second = self._word()
        self._expect(")", f'write {name}("…")')
        return first, second

    def _list(self) -> tuple[str, ...]:
        self._expect("(", 'write in ("vi", "en")')
        found = [self._word()]
        while self._is(","):
            self._next()
            found.append(self._word())
        self._expect(")", 'write in ("vi", "en")')
        return tuple(found)

    def _word(self) -> str:
        if self.kind != "word":
            what = f"'{self.value}'" if self.value else "the end"
            raise AudienceError(self.offset, f"{what} where a word in quotes should be", 'words stand in quotes: "vi"')
        return self._take()[1:-1]

    def _expect(self, sign: str, hint: str) -> None:
        if not self._is(sign):
            what = f"'{self.value}'" if self.value else "the end"
            raise AudienceError(self.offset, f"{what} where '{sign}' should be", hint)
        self._next()
