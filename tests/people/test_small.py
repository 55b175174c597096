"""Which numbers are shown above a team: no small one, and none from which a small one can be computed."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import example, given
from hypothesis import strategies as st

from bot.people.small import LEAST, computable, hidden

ROWS = st.integers(2, 4).flatmap(
    lambda wide: st.lists(
        st.lists(st.one_of(st.just(0), st.integers(0, 12)), min_size=wide, max_size=wide), min_size=1, max_size=5
    )
)


def a_table(rows):
    """Cells with the sums of rows and columns, and which is the sum of which."""
    wide = range(len(rows[0]))
    cells = {(row, column): number for row, numbers in enumerate(rows) for column, number in enumerate(numbers)}
    cells |= {(row, "sum"): sum(numbers) for row, numbers in enumerate(rows)}
    cells |= {("sum", column): sum(numbers[column] for numbers in rows) for column in wide}
    cells["sum", "sum"] = sum(map(sum, rows))
    sums = [((row, "sum"), [(row, column) for column in wide]) for row in (*range(len(rows)), "sum")]
    sums += [(("sum", column), [(row, column) for row in range(len(rows))]) for column in (*wide, "sum")]
    return cells, sums


def follows(cell, sums, gone):
    """Whether a hidden cell follows from the shown ones: its own row is a mixture of the equations'. By fractions."""
    order = sorted(gone, key=str)
    equations = []
    for whole, parts in sums:
        row = [Fraction((each in parts) - (each == whole)) for each in order]
        equations.append(row)
    wanted = [Fraction(each == cell) for each in order]
    for at in range(len(order)):
        pivot = next((row for row in equations if row[at]), None)
        if pivot is None:
            continue
        equations = [row for row in equations if row is not pivot]
        equations = [_less(row, pivot, row[at] / pivot[at]) for row in equations]
        wanted = _less(wanted, pivot, wanted[at] / pivot[at])
    return not any(wanted)


def _less(row, other, times):
    return [value - times * less for value, less in zip(row, other, strict=True)]


@given(ROWS)
@example([[6, 9, 0, 0], [8, 7, 3, 0], [0, 0, 9, 6], [0, 0, 7, 8]])
@example([[1, 1, 1, 1, 1]])
def test_what_is_hidden_cannot_be_computed(rows):
    """No number of one to four people is shown, nor follows from all that is shown; of a shown sum enough is hidden."""
    cells, sums = a_table(rows)
    gone = hidden(cells, sums)
    assert not [key for key, number in cells.items() if 0 < number < LEAST and key not in gone]
    assert not [key for key in gone if cells[key] == 0]
    assert not [key for key in gone if cells[key] < LEAST and follows(key, sums, gone)]
    for whole, parts in sums:
        lost = [part for part in parts if part in gone]
        if whole in gone:
            assert lost
        elif lost:
            assert len(lost) > 1
            assert sum(cells[part] for part in lost) > max(LEAST - 1, len(lost))


@given(ROWS, st.data())
def test_what_follows_is_found(rows, data):
    """Whatever is hidden: the cells that follow are those that linear algebra says."""
    cells, sums = a_table(rows)
    gone = data.draw(st.sets(st.sampled_from(sorted(cells, key=str)), max_size=9))
    assert computable(sums, gone) == {cell for cell in gone if follows(cell, sums, gone)}


def test_large_numbers_are_all_shown():
    """Nothing is hidden that need not be."""
    cells = {"a": 5, "b": 0, "c": 20, "sum": 25}
    assert hidden(cells, [("sum", ["a", "b", "c"])]) == frozenset()
