"""Quiet hours: when nobody is written to unasked."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING

from bot.engine.event import VIETNAM, local_time

if TYPE_CHECKING:
    from bot.config import Config


def allowed(at: int, config: Config) -> int:
    """The first moment from `at` on (milliseconds) that is outside all quiet hours."""
    moment = local_time(at)
    for _ in range(2 * len(config.quiet) + 1):
        end = next((end for span in config.quiet if (end := _end_of(span, moment))), None)
        if end is None:
            break
        moment = end
    return int(moment.timestamp() * 1000)


def _end_of(span: tuple[time, time], moment: datetime) -> datetime | None:
    """When the quiet span that `moment` lies in is over; None if it lies outside. A span may pass midnight."""
    start, end = span
    clock = moment.time()
    inside = start <= clock < end if start <= end else clock >= start or clock < end
    if not inside:
        return None
    day = moment.date() + timedelta(days=1 if clock >= end else 0)
    return datetime.combine(day, end, VIETNAM)
