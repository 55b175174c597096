"""The little conditions of `when`: read from an allow-list of syntax, never evaluated by Python.

    age < 14        place in ("house", "market")        years_since(birthday) >= 14 and not has_phone == "no"

A comparison has a saved name or a function of a saved name on the left and something fixed on the right. Comparisons
are joined by `and`, `or`, `not`.
"""

from __future__ import annotations

import ast
import math
import operator
import re
import warnings
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from bot.flow.functions import FUNCTIONS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import date

Fixed = str | int | float
"""A value that stands in a rule."""

LONGEST = 300
"""Characters of a condition; longer ones are unreadable anyway and could exhaust the parser."""

_NAME = re.compile(r"[a-z][a-z0-9_]*")


class RuleError(ValueError):
    """A condition that cannot be read; `hint` says what to write instead."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


@dataclass(frozen=True, slots=True)
class Comparison:
    """`name` (or `function(name)`) compared with something fixed; a tuple for `in` and `not in`."""

    name: str
    sign: str
    fixed: Fixed | tuple[Fixed, ...]
    function: str = ""

    def holds(self, values: Mapping[str, object], today: date) -> bool:
        """False when the name is missing or the kinds do not fit."""
        value: Any = values.get(self.name)
        if self.function:
            value = FUNCTIONS[self.function](value, today)
        if value is None:
            return False
        try:
            return bool(_SIGNS[self.sign](value, self.fixed))
        except TypeError:
            return False

    def __str__(self) -> str:
        left = f"{self.function}({self.name})" if self.function else self.name
        if isinstance(self.fixed, tuple):
            inner = ", ".join(map(_written, self.fixed))
            return f"{left} {self.sign} ({inner}{',' if len(self.fixed) == 1 else ''})"
        return f"{left} {self.sign} {_written(self.fixed)}"


@dataclass(frozen=True, slots=True)
class Joined:
    """`parts` joined by "and" or "or", or the one part that "not" turns round."""

    word: str
    parts: tuple[Node, ...]

    def holds(self, values: Mapping[str, object], today: date) -> bool:
        """Whether all, any or none of the parts hold."""
        if self.word == "not":
            return not self.parts[0].holds(values, today)
        return (all if self.word == "and" else any)(part.holds(values, today) for part in self.parts)

    def __str__(self) -> str:
        if self.word == "not":
            return f"not {_bracketed(self.parts[0])}"
        return f" {self.word} ".join(map(_bracketed, self.parts))


Node = Comparison | Joined


@dataclass(frozen=True, slots=True)
class Rule:
    """A condition. Two rules are equal when they mean the same syntax tree, however they are spaced."""

    text: str = field(compare=False)
    node: Node

    def holds(self, values: Mapping[str, object], today: date) -> bool:
        """Whether the condition is true of the saved values. Never raises; a missing name compares as false."""
        return self.node.holds(values, today)

    def comparisons(self) -> Iterator[Comparison]:
        """Every comparison in it, from left to right."""
        yield from _comparisons(self.node)

    @property
    def names(self) -> frozenset[str]:
        """The saved names it uses."""
        return frozenset(each.name for each in self.comparisons())

    def prefixed(self, prefix: str) -> Rule:
        """The same rule about names that begin with `prefix`."""
        node = _prefixed(self.node, prefix)
        return Rule(str(node), node)

    def __str__(self) -> str:
        return str(self.node)


def read_rule(text: str) -> Rule:
    """The rule a condition says. Raises RuleError with a sentence for the writer."""
    if len(text) > LONGEST:
        raise RuleError(f"longer than {LONGEST} characters", "split it into several branches")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(text.strip(), mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise RuleError("this is no comparison", _guess(text)) from error
    return Rule(text, _read(tree.body))


def _guess(text: str) -> str:
    if re.search(r"(?<![=!<>])=(?!=)", text):
        return "equality is written =="
    if "&" in text or "|" in text or re.search(r"\b(AND|OR|NOT)\b", text):
        return "join comparisons by and, or, not"
    return 'write for example: age < 14, place in ("house", "market"), years_since(birthday) >= 14'


def _read(node: ast.expr) -> Node:
    match node:
        case ast.BoolOp(op=op, values=values):
            return Joined("and" if isinstance(op, ast.And) else "or", tuple(map(_read, values)))
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return Joined("not", (_read(operand),))
        case ast.Compare(left=left, ops=[op], comparators=[right]) if type(op) in _OPERATORS:
            return _comparison(left, _OPERATORS[type(op)], right)
        case ast.Compare(ops=[_, _, *_]):
            raise RuleError("two comparisons in a row", "join them by and: age >= 14 and age < 18")
        case ast.Name(id=name):
            raise RuleError(f"'{name}' is compared with nothing", f'write for example: {name} == "yes"')
        case ast.Call():
            raise RuleError("a function is compared with nothing", "write for example: years_since(birthday) >= 14")
    raise RuleError("this is no comparison", _guess(""))


def _comparison(left: ast.expr, sign: str, right: ast.expr) -> Comparison:
    name, function = _subject(left)
    if sign in {"in", "not in"}:
        if not isinstance(right, ast.Tuple | ast.List) or not right.elts:
            raise RuleError(f"'{sign}' needs several values", f'write for example: {name} {sign} ("home", "market")')
        return Comparison(name, sign, tuple(map(_fixed, right.elts)), function)
    return Comparison(name, sign, _fixed(right), function)


def _subject(node: ast.expr) -> tuple[str, str]:
    """The saved name on the left, and the function around it or ""."""
    match node:
        case ast.Name(id=name) if _NAME.fullmatch(name):
            return name, ""
        case ast.Name(id=name):
            raise RuleError(f"'{name}' is no saved name", "saved names are small letters, digits and underscores")
        case ast.Call(func=ast.Name(id=function), args=[ast.Name(id=name)], keywords=[]) if _NAME.fullmatch(name):
            if function not in FUNCTIONS:
                raise RuleError(f"there is no function '{function}'", f"there are {', '.join(FUNCTIONS)}")
            return name, function
        case ast.Call():
            raise RuleError("a function takes one saved name", "write for example: years_since(birthday) >= 14")
        case ast.Constant():
            raise RuleError("a comparison begins with a saved name", "write age > 14 and not 14 < age")
    raise RuleError("a comparison begins with a saved name or a function of one")


def _fixed(node: ast.expr) -> Fixed:
    match node:
        case ast.Constant(value=bool()):
            raise RuleError("True and False are no answers", 'answers are words or numbers: has_phone == "yes"')
        case ast.Constant(value=str() | int() as value):
            return value
        case ast.Constant(value=float() as value) if math.isfinite(value):
            return value
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float() as value)) if not isinstance(
            value, bool
        ) and math.isfinite(value):
            return -value
        case ast.Name(id=name):
            raise RuleError(f"'{name}' on the right is no word or number", f'words stand in quotes: "{name}"')
    raise RuleError("the right side is no word in quotes and no number")


def _comparisons(node: Node) -> Iterator[Comparison]:
    if isinstance(node, Comparison):
        yield node
        return
    for part in node.parts:
        yield from _comparisons(part)


def _prefixed(node: Node, prefix: str) -> Node:
    if isinstance(node, Comparison):
        return Comparison(prefix + node.name, node.sign, node.fixed, node.function)
    return Joined(node.word, tuple(_prefixed(part, prefix) for part in node.parts))


def _written(value: Fixed) -> str:
    return repr(value) if not isinstance(value, str) or '"' in value or "\\" in value else f'"{value}"'


def _bracketed(node: Node) -> str:
    return f"({node})" if isinstance(node, Joined) and node.word != "not" else str(node)


def _is_in(value: object, fixed: tuple[Fixed, ...]) -> bool:
    return value in fixed


_OPERATORS: dict[type[ast.cmpop], str] = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.In: "in",
    ast.NotIn: "not in",
}

_SIGNS: dict[str, Callable[[Any, Any], object]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "in": _is_in,
    "not in": lambda value, fixed: value not in fixed,
}
