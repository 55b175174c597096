"""When the next message may go out: evenly, never faster, whatever the clocks do."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.store import pace
from bot.store.database import open_database
from bot.store.hot import fetch
from bot.store.pace import FAR, SECOND, SLACK, Moment

NOW = 1_800_000_000_000


def test_without_a_limit_there_are_as_many_as_are_wanted():
    """Now, all of them."""
    assert Moment().slots(NOW, 0, 250, 77) == (NOW * 1000, 77)


def test_slots_lie_ahead_evenly_and_end_with_the_window():
    """At ten a second a quarter of a second has three; who is ahead waits."""
    each = SECOND / 10
    first, number = Moment(NOW * 1000).slots(NOW, each, 250, 100)
    assert (first, number) == (NOW * 1000, 3)
    assert Moment(NOW * 1000 + 300_000).slots(NOW, each, 250, 100)[1] == 0
    assert Moment(NOW * 1000).slots(NOW, each, 250, 2)[1] == 2


def test_who_was_held_up_catches_up_by_no_more_than_the_slack():
    """An hour of silence is no credit."""
    first, _ = Moment((NOW - 3_600_000) * 1000).slots(NOW, SECOND / 10, 250, 100)
    assert first == NOW * 1000 - SLACK


def test_a_clock_that_was_set_back_stops_nobody():
    """A next moment an hour ahead, and a hold that begins in the future, are of another clock."""
    ahead = Moment(NOW * 1000 + FAR + SECOND)
    assert ahead.slots(NOW, SECOND / 10, 250, 100) == (NOW * 1000, 3)
    assert Moment(0, NOW - 1, NOW + 5).is_held(NOW)
    assert not Moment(0, NOW - 1, NOW + 5).is_held(NOW + 5)
    assert not Moment(0, NOW + 1, NOW + 5_000).is_held(NOW)


@given(
    st.integers(1, 200),
    st.lists(st.tuples(st.integers(0, 400), st.integers(0, 128)), min_size=1, max_size=40),
)
def test_no_second_holds_more_than_the_rate(rate, looks):
    """However often and late somebody looks, and however many are taken."""
    moment, now, times = Moment(), NOW, []
    each = SECOND / rate
    for later, most in looks:
        now += later
        first, number = moment.slots(now, each, 250, most)
        times += [first + index * each for index in range(number)]
        if number:
            moment = Moment(int(first + number * each))
    slack = SLACK / each + 1
    assert all(sum(at <= t < at + SECOND for t in times) <= rate + slack for at in times)


@given(st.integers(5, 200), st.integers(-8_000, 8_000), st.lists(st.integers(0, 1), min_size=20, max_size=60))
def test_machines_whose_clocks_differ_share_one_rate(rate, skew, turns):
    """By up to eight seconds: together they take no more than one alone would, by the clock of whoever is ahead."""
    moment, each, taken = Moment(), SECOND / rate, 0
    for number, turn in enumerate(turns):
        now = NOW + 100 * number + (skew if turn else 0)
        first, room = moment.slots(now, each, 250, 10_000)
        if room:
            taken += room
            moment = Moment(int(first + room * each))
    seconds = len(turns) / 10 + 0.25 + (SLACK + abs(skew) * 1000) / SECOND
    assert taken <= seconds * rate + 2


async def test_a_row_is_written_found_and_dropped(database_url):
    """On either database; a key nobody has written begins now."""
    database = await open_database(database_url)
    async with database.batch() as batch:
        await pace.save(batch, {"telegram": Moment(5, 6, 7)})
        [rows] = await fetch(batch, pace.stored(["telegram", "broadcast 1"]))
        assert pace.read(rows, ["telegram", "broadcast 1"]) == {"telegram": Moment(5, 6, 7), "broadcast 1": Moment()}
        await pace.drop(batch, "telegram")
        [rows] = await fetch(batch, pace.stored(["telegram"]))
        assert rows == []
    await database.close()


@pytest.mark.parametrize("rate", [28.5, 950])
def test_the_rate_is_reached(rate):
    """Looked at every tenth of a second, a minute has the messages of a minute."""
    moment, sent, each = Moment(), 0, SECOND / rate
    for tick in range(600):
        first, number = moment.slots(NOW + tick * 100, each, 250, 128)
        if number:
            moment, sent = Moment(int(first + number * each)), sent + number
    assert sent >= 0.98 * rate * 60
