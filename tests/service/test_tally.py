"""The tables of a place side by side: parts add up to wholes, and what one hides no other gives away."""

from __future__ import annotations

from datetime import date

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.people.count import AGES, RESULTS
from bot.people.small import LEAST, computable
from bot.people.team import Team
from bot.service import tally
from bot.service.tally import COLUMNS, Facts
from bot.store.counts import Event, Help

TEAMS = {"a": "thanh-hoa/ngoc-lac", "b": "thanh-hoa/ngoc-lac", "c": "thanh-hoa/kien-tho"}
FIRST, LAST = date(2026, 11, 1), date(2026, 11, 30)

FACTS = st.builds(
    lambda helped, events: Facts(
        FIRST,
        LAST,
        {code: Team(code, code, "youth", place, 1) for code, place in TEAMS.items()},
        tuple(
            Help(1, team, TEAMS[team], "", guide, result, age, how, number)
            for team, guide, result, age, how, number in helped
        ),
        tuple(
            Event(1, guide, what, "", "done" if what == "ended" else "", place, "", n)
            for guide, what, place, n in events
        ),
    ),
    st.lists(
        st.tuples(
            st.sampled_from(sorted(TEAMS)),
            st.sampled_from(["tea", "rice"]),
            st.sampled_from(RESULTS),
            st.sampled_from([*AGES, ""]),
            st.sampled_from(["told", "walked"]),
            st.integers(1, 15),
        ),
        max_size=7,
    ),
    st.lists(
        st.tuples(
            st.sampled_from(["tea", "rice"]),
            st.sampled_from(["started", "ended"]),
            st.sampled_from(["", *sorted(set(TEAMS.values()))]),
            st.integers(1, 15),
        ),
        max_size=4,
    ),
)


@settings(max_examples=40)
@given(facts=FACTS)
def test_no_table_gives_away_what_another_hides(facts):
    """All shown numbers of all tables together: no small one is there, and none follows from them."""
    grids = tally.of_area(facts, parted=True)
    plain = tally.sheets(grids, COLUMNS, hides=False)
    shown = tally.sheets(grids, COLUMNS, hides=True)
    assert len({sheet.total for sheet in plain}) == len({sheet.total for sheet in shown}) == 1
    cells, gone, sums = {}, set(), []
    for at, (open_, closed) in enumerate(zip(plain, shown, strict=True)):
        rows = [*zip(open_.rows, closed.rows, strict=True), (("*", open_.total), ("*", closed.total))]
        for (row, numbers), (_, told) in rows:
            where = -1 if row == "*" else at
            for column, number, said in zip(COLUMNS, numbers, told, strict=True):
                assert said in {number, None}
                cells[where, row, column] = number
                gone |= {(where, row, column)} if said is None else set()
            sums += [((where, row, "helped"), [(where, row, each) for each in RESULTS])]
            sums += [((where, row, "helped"), [(where, row, each) for each in (*AGES, "no_age")])]
        for column in COLUMNS:
            sums.append(((-1, "*", column), [(at, row, column) for row, _ in open_.rows]))
    for place in set(TEAMS.values()) & {row for row, _ in plain[2].rows}:
        of = [code for code, where in TEAMS.items() if where == place]
        for column in COLUMNS:
            if cells[2, place, column] == sum(cells[1, code, column] for code in of):
                sums.append(((2, place, column), [(1, code, column) for code in of]))
    assert all(cells[whole] == sum(cells[part] for part in parts) for whole, parts in sums)
    assert not [key for key, number in cells.items() if 0 < number < LEAST and key not in gone]
    assert not [key for key in computable(sums, gone) if cells[key] < LEAST]


def test_columns_that_are_left_out_change_nothing():
    """What is hidden is the same whichever columns are asked for: two reports give away no more than one."""
    helped = (Help(1, "a", TEAMS["a"], "", "tea", result, "", "told", n) for result, n in (("done", 9), ("part", 2)))
    teams = {code: Team(code, code, "youth", place, 1) for code, place in TEAMS.items()}
    grids = tally.of_area(Facts(FIRST, LAST, teams, tuple(helped)), parted=True)
    whole = [dict(zip(COLUMNS, sheet.total, strict=True)) for sheet in tally.sheets(grids, COLUMNS, hides=True)]
    part = tally.sheets(grids, ["done", "helped"], hides=True)
    assert [sheet.total for sheet in part] == [(each["done"], each["helped"]) for each in whole] == [(None, 11)] * 3
