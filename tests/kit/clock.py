"""A clock for tests: it stands still until it is moved."""

from __future__ import annotations

from datetime import datetime

from bot.engine.event import VIETNAM

MORNING = int(datetime(2026, 11, 24, 9, 0, tzinfo=VIETNAM).timestamp() * 1000)
"""A Tuesday, nine o'clock in Viet Nam, outside all quiet hours; in milliseconds since 1970 UTC."""

MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR


class Clock:
    """The present moment, in milliseconds since 1970 UTC."""

    def __init__(self, at: int = MORNING) -> None:
        self.at = at

    def tick(self, milliseconds: int = MINUTE) -> int:
        """Move on; the new moment."""
        self.at += milliseconds
        return self.at
