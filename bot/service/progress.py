"""How far a broadcast is: the same numbers for `bot broadcast status`, its bar, and whoever watches over the web."""

from __future__ import annotations

import time
from collections import deque
from typing import TYPE_CHECKING, Any

from bot.engine.event import local_time
from bot.store import broadcasts, recipients
from bot.store.broadcasts import ENDED, RUNNING
from bot.store.recipients import CLAIMED, FAILED, PLANNED, SENT, SKIPPED, UNKNOWN

if TYPE_CHECKING:
    from bot.store.broadcasts import Row
    from bot.store.database import Database

QUIET, CANARY = "quiet", "canary"
"""Why a broadcast rests."""

EVERY = 1.0
"""Seconds between two looks, at least."""

MOMENT = 10.0
"""Seconds over which the rate of the moment is taken."""


class Progress:
    """Looks at one broadcast again and again. Its counts are the database's, its rate that of the newest seconds."""

    def __init__(self, database: Database, name: str) -> None:
        self._database = database
        self._name = name
        self._seen: deque[tuple[float, int]] = deque()
        self.pause = EVERY

    async def look(self) -> dict[str, Any] | None:
        """How far it is now; None if no broadcast of that name was sent. Raises DBAPIError.

        `pause` is how many seconds to wait before the next look: to count a million rows takes a second.
        """
        begun = time.monotonic()
        async with self._database.read() as connection:
            row = await broadcasts.find(connection, self._name)
            if row is None:
                return None
            counted = await recipients.counts(connection, row.id)
            now = time.time_ns() // 1_000_000
            since = row.start_at if row.series else 0  # what a series sent at other times says nothing of this one
            lately = await recipients.sent_since(connection, row.id, since) if since else None
        states: dict[str, int] = dict(row.counts.get("states", {})) if row.counts else {}
        for (state, _), number in counted.items():
            states[state] = states.get(state, 0) + number
        data = {**brief(row), **self._numbers(row, states, states.get(SENT, 0) if lately is None else lately, now)}
        self.pause = max(EVERY, 4 * (time.monotonic() - begun))
        return data

    def _numbers(self, row: Row, states: dict[str, int], sent: int, now: int) -> dict[str, Any]:
        left = states.get(PLANNED, 0) + states.get(CLAIMED, 0)
        seconds = ((row.ended_at or now) - row.gathered_at) / 1000 if row.gathered_at else 0
        mean = sent / seconds if seconds > 0 else 0.0
        lately = self._rate(sent)
        rate = mean if lately is None else lately
        return {
            "states": states,
            **{state: states.get(state, 0) for state in (SENT, FAILED, SKIPPED, UNKNOWN)},
            "total": sum(states.values()),
            "left": left,
            "rate": round(rate, 1),
            "mean_rate": round(mean, 1),
            "eta_seconds": round(left / rate) if rate and row.state == RUNNING else None,
            "waits": row.waits,
            "ended": row.state in ENDED and not row.change,
        }

    def _rate(self, sent: int) -> float | None:
        """Messages a second since the oldest look that still counts; None at the first."""
        at = time.monotonic()
        self._seen.append((at, sent))
        while self._seen[0][0] < at - MOMENT:
            self._seen.popleft()
        begun, before = self._seen[0]
        return max(0.0, (sent - before) / (at - begun)) if at > begun else None


def brief(row: Row) -> dict[str, Any]:
    """What a broadcast is and how it stands, without counting."""
    reason = row.reason
    if row.state == RUNNING and row.reason in {QUIET, CANARY} and row.rest_until:
        why = "quiet hours" if row.reason == QUIET else "the first ones are judged"
        reason = f"rests ({why}) until {clock(row.rest_until)}"
    return {
        "name": row.name,
        "series": row.series,
        "class": row.kind,
        "topic": row.topic,
        "state": row.state,
        "reason": reason,
        "change": row.change,
        "sender": row.sender,
        "approvals": list(row.approvals),
        "start": clock(row.start_at),
        "end": clock(row.ended_at) if row.ended_at else "",
    }


def clock(at: int) -> str:
    """A time as the people of the place read it, with its weekday."""
    return local_time(at).strftime("%a %Y-%m-%d %H:%M")
