"""Which numbers of a table may be shown where a small one could be somebody: docs/counting.md says what is promised.

Statisticians call it cell suppression: the small cells are hidden, then others, until no small one can be computed from
what is shown.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Mapping, Sequence

LEAST = 5
"""The smallest number of people that is shown above the team."""

PRIME = (1 << 61) - 1
"""Equations are solved modulo a large prime: exact, without fractions."""

Key = TypeVar("Key", bound="Hashable")


def hidden(cells: Mapping[Key, int], sums: Iterable[tuple[Key, Sequence[Key]]]) -> frozenset[Key]:
    """The cells that are not shown: those of one to four people, and what would give them away.

    `sums` says which cell is the sum of which others. Of a sum that is shown, the hidden parts are at least two, with
    at least `LEAST` people and more people than parts together; and no sums together give a small cell away. (A hidden
    cell is never of nobody; who reckons with that can tell a small number in one of some hundred tiny tables.)
    """
    wholes = [(whole, tuple(part for part in parts if cells[part])) for whole, parts in sums if cells[whole]]
    hides = {key for key, number in cells.items() if 0 < number < LEAST}
    while more := _too_few(cells, wholes, hides) or _given_away(cells, wholes, hides):
        hides |= more
    return frozenset(hides)


def computable(sums: Iterable[tuple[Key, Sequence[Key]]], hides: Iterable[Key]) -> set[Key]:
    """Of the hidden cells those that follow from the shown ones by adding and taking away."""
    unknown = set(hides)
    solved: dict[Key, dict[Key, int]] = {}  # by the cell an equation says: what it hangs on
    used_in: dict[Key, set[Key]] = {}
    for whole, parts in sums:
        equation = dict.fromkeys((part for part in parts if part in unknown), 1)
        if whole in unknown:
            equation[whole] = -1
        for cell in [cell for cell in equation if cell in solved]:
            _add(equation, solved[cell], -equation[cell])
        if not equation:
            continue
        pivot = next(iter(equation))
        inverse = pow(equation[pivot], -1, PRIME)
        equation = {cell: value * inverse % PRIME for cell, value in equation.items()}
        for other in used_in.get(pivot, set()) & solved.keys():
            row = solved[other]
            if pivot in row:
                _add(row, equation, -row[pivot])
                for cell in equation:
                    used_in.setdefault(cell, set()).add(other)
        solved[pivot] = equation
        for cell in equation:
            used_in.setdefault(cell, set()).add(pivot)
    return {cell for cell, equation in solved.items() if len(equation) == 1}


def _add(equation: dict[Key, int], other: Mapping[Key, int], times: int) -> None:
    for cell, value in other.items():
        new = (equation.get(cell, 0) + times * value) % PRIME
        if new:
            equation[cell] = new
        else:
            equation.pop(cell, None)


def _too_few(cells: Mapping[Key, int], sums: Sequence[tuple[Key, Sequence[Key]]], hides: set[Key]) -> set[Key]:
    """What is to be hidden beside: of each sum of which too little is hidden its smallest shown part, or the sum."""
    more: set[Key] = set()
    for whole, parts in sums:
        gone = [part for part in parts if part in hides or part in more]
        if whole in hides or whole in more:
            if not gone:
                more.add(min(parts, key=lambda part: cells[part]))
        elif gone and (len(gone) == 1 or sum(cells[part] for part in gone) < max(LEAST, len(gone) + 1)):
            shown = [part for part in parts if part not in gone]
            more.add(min(shown, key=lambda part: cells[part]) if shown else whole)
    return more


def _given_away(cells: Mapping[Key, int], sums: Sequence[tuple[Key, Sequence[Key]]], hides: set[Key]) -> set[Key]:
    """One more cell for each small one that several sums together give away: the smallest that is shown near it."""
    more: set[Key] = set()
    for cell in computable(sums, hides):
        if cells[cell] < LEAST:
            near = [each for whole, parts in sums if cell == whole or cell in parts for each in (whole, *parts)]
            far = [each for whole, parts in sums if hides & {whole, *parts} for each in (whole, *parts)]
            shown = [each for each in near if each not in hides] or [each for each in far if each not in hides]
            more.add(min(shown, key=lambda each: cells[each]))
    return more
