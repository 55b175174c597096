"""When the next messages of a channel may go out: the pace everybody shares, held rows, replies that go beside."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from bot.store import pace
from bot.store.hot import fetch

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.store.hot import Batch
    from bot.store.pace import Moment

UNDER = 0.95
"""The part of the allowed rate that is used: replies and clocks that differ need room."""

WINDOW = 250
"""Milliseconds ahead for which slots are taken: a crash leaves these in doubt, and no more."""

LOOK = 1.0
"""Seconds after which everything is looked at anew."""


@dataclass(frozen=True, slots=True)
class Slots:
    """`number` moments, from `first` on one every `step` (microseconds); `rows` is what is to be moved on."""

    now: int
    first: float
    step: float
    number: int
    rows: Mapping[str, tuple[Moment, float]]

    def delay(self, index: int) -> float:
        """Seconds until that one."""
        return max(0.0, (self.first + index * self.step - self.now) / 1e6)

    def again(self, taken: int) -> float:
        """Seconds until it is worth asking for more, when so many were taken."""
        return min(max(self.delay(taken) - WINDOW / 2000, 0.005), LOOK)

    async def take(self, batch: Batch, number: int) -> None:
        """So many messages go out in these slots."""
        last = self.first + (number - 1) * self.step
        rows = {key: replace(m, next_at=int(last + each)) if number else m for key, (m, each) in self.rows.items()}
        await pace.save(batch, rows)


async def slots(
    batch: Batch,
    channel: str,
    rate: float,
    *,
    spread: Mapping[str, float],
    hold: float,
    beside: int,
    now: int,
    most: int,
) -> Slots:
    """The next at most `most` slots of a channel that allows `rate` messages a second (0: any number).

    `spread`: more keys, with the microseconds from one message to the next. `hold`: seconds for which the platform has
    just said that everybody has to wait. `beside`: replies that went out meanwhile and take their room.
    """
    each = {channel: 1_000_000 / (rate * UNDER) if rate else 0.0, **spread}
    [found] = await fetch(batch, pace.stored(each))
    moments = pace.read(found, each)
    here = now * 1000
    own = moments[channel]
    if hold:
        own = replace(own, held_at=now, held_until=now + int(hold * 1000))
    if beside and each[channel]:
        own = replace(own, next_at=int(max(own.next_at, here) + beside * each[channel]))
    moments[channel] = own
    rows = {key: (moment, each[key]) for key, moment in moments.items()}
    if own.is_held(now):
        return Slots(here, own.held_until * 1000, 0, 0, rows)
    ways = [moment.slots(now, per, WINDOW, most) for moment, per in rows.values()]
    return Slots(here, max(at for at, _ in ways), max(each.values()), min(number for _, number in ways), rows)
