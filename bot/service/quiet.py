"""Quiet hours: when nobody is written to unasked."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

from bot.engine.event import VIETNAM, local_time

if TYPE_CHECKING:
    from bot.config import Config, Span

MINUTE = 60_000
FARTHEST = 60
"""Days that are looked ahead for the next hours of duty: no holiday is that long."""
SATURDAY = 5


def allowed(at: int, config: Config) -> int:
    """The first moment from `at` on (milliseconds) that is outside all quiet hours."""
    later = _end(at // MINUTE, config.quiet)
    return at if later is None else later


def working(at: int) -> int:
    """The first moment from `at` on that is on a working day, Monday to Friday. Holidays are not known."""
    moment = local_time(at)
    if moment.weekday() < SATURDAY:
        return at
    monday = moment.date() + timedelta(days=7 - moment.weekday())
    return int(datetime.combine(monday, time(), VIETNAM).timestamp() * 1000)


def on_duty(at: int, config: Config) -> int:
    """The first moment from `at` on at which helpers are there: in the hours of duty, on no holiday."""
    moment = local_time(at)
    for ahead in range(FARTHEST):
        day = moment.date() + timedelta(days=ahead)
        for start, end in sorted(config.help_hours) if day not in config.help_holidays else ():
            if moment < datetime.combine(day, end, VIETNAM):
                return max(at, int(datetime.combine(day, start, VIETNAM).timestamp() * 1000))
    return at


@lru_cache(maxsize=4096)
def _end(minute: int, quiet: tuple[Span, ...]) -> int | None:
    """When the quiet hours that `minute` lies in are over (milliseconds); None outside of them."""
    moment = first = local_time(minute * MINUTE)
    for _ in range(2 * len(quiet) + 1):
        end = next((end for span in quiet if (end := _end_of(span, moment))), None)
        if end is None:
            break
        moment = end
    return None if moment is first else int(moment.timestamp() * 1000)


def _end_of(span: tuple[time, time], moment: datetime) -> datetime | None:
    """When the quiet span that `moment` lies in is over; None if it lies outside. A span may pass midnight."""
    start, end = span
    clock = moment.time()
    inside = start <= clock < end if start <= end else clock >= start or clock < end
    if not inside:
        return None
    day = moment.date() + timedelta(days=1 if clock >= end else 0)
    return datetime.combine(day, end, VIETNAM)
