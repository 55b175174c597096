"""Quiet hours: the first moment outside all of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import time, timedelta
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from bot.config import Config
from bot.engine.event import local_time
from bot.service.quiet import allowed

CONFIG = Config(root=Path(), database="")
MINUTE = 60_000
DAY = 86_400_000

times = st.builds(time, st.integers(0, 23), st.integers(0, 59))
spans = st.lists(st.tuples(times, times).filter(lambda span: span[0] != span[1]), max_size=4)
moments = st.integers(1_700_000_000_000, 1_900_000_000_000)


def _inside(at: int, quiet: list[tuple[time, time]]) -> bool:
    clock = local_time(at).time()
    for start, end in quiet:
        if start < end and start <= clock < end:
            return True
        if start > end and (clock >= start or clock < end):
            return True
    return False


def _first_outside(at: int, quiet: list[tuple[time, time]]) -> int | None:
    """The same by looking at every minute of two days."""
    if not _inside(at, quiet):
        return at
    step = at - at % MINUTE
    for _ in range(2 * 24 * 60):
        step += MINUTE
        if not _inside(step, quiet):
            return step
    return None


@given(at=moments, quiet=spans)
def test_it_is_the_first_moment_outside(at, quiet):
    """Compared with a search minute by minute; hours that leave no gap at all still give an answer."""
    found = allowed(at, replace(CONFIG, quiet=tuple(quiet)))
    wanted = _first_outside(at, quiet)
    if wanted is None:
        assert at <= found <= at + 9 * DAY
    else:
        assert found == wanted


@given(at=moments)
def test_with_the_usual_settings_nobody_waits_longer_than_the_night(at):
    """At most eleven hours, and never into the night or the noon rest."""
    found = allowed(at, CONFIG)
    assert 0 <= found - at <= timedelta(hours=11).total_seconds() * 1000
    assert not _inside(found, list(CONFIG.quiet))


@given(at=moments)
def test_without_quiet_hours_it_is_now(at):
    """Nothing is shifted."""
    assert allowed(at, replace(CONFIG, quiet=())) == at
