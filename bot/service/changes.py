"""Corrects or deletes what was sent, message by message.

To change a message twice does no harm, so nothing is claimed: what was not written down is done again.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from bot.service.delivery import Delivery, Result
from bot.service.lane import Lane, Run, Sending, go_back, wake
from bot.service.slots import LOOK
from bot.store import claims
from bot.store.recipients import DELETED, FAILED, PLANNED, SENT

if TYPE_CHECKING:
    from bot.store.broadcasts import Row
    from bot.store.database import Database

TRIES = 3
"""Tries of changing one message."""


class Changes:
    """Messages being changed."""

    def __init__(self, database: Database, lane: Lane) -> None:
        self.lane = lane
        self._database = database
        self._changed: list[tuple[int, int, int, str, str]] = []

    def is_settled(self, row: Row, run: Run) -> bool:
        """Whether everything that was begun for a broadcast is written down."""
        return not run.under_way and all(changed[0] != row.id for changed in self._changed)

    async def change(self, row: Row, run: Run, delivery: Delivery, now: int) -> float | None:
        """Correct or delete the next messages of one channel; seconds until the next, None if there are no more."""
        name = delivery.name
        if (rest := self.lane.rest(name)) > 0:
            return min(rest, LOOK)
        keeps = delivery.channel.capabilities.keeps
        async with self._database.batch() as batch:
            room = await self.lane.slots(batch, delivery, now, {})
            about = {"version": row.version, "after": run.changed.get(name, 0), "most": room.number}
            found = await claims.delivered(batch, row.id, name, **about) if room.number else []
            people = (await claims.look_up(batch, row.id, [one.chat for one in found], "", now))[0] if found else {}
            todo = [(one, run.words.change(row.change, one.message, people.get(one.chat))) for one in found]
            if keeps:
                await self.lane.show(batch, name, [(one.external, outgoing) for one, outgoing in todo], now)
                await claims.changed(batch, [(row.id, row.version, one.n, _after(row.change), "") for one in found])
            await room.take(batch, len(found))
        if not room.number:
            return room.again(0)
        if not found:
            return None
        run.changed[name] = found[-1].n
        for index, (one, outgoing) in enumerate(todo):
            if keeps:
                self.lane.begin(wake(delivery, one.external, outgoing))
            else:
                run.under_way += 1
                sending = Sending(row, run, delivery, one.n, one.external, outgoing, room.delay(index))
                self.lane.begin(self._change(sending))
        return room.again(len(found))

    async def _change(self, one: Sending) -> None:
        """Change one message."""
        result = Result(PLANNED)
        try:
            await asyncio.sleep(one.delay)
            if not self.lane.stopping:
                result = await one.delivery.deliver(one.chat, one.outgoing, 0)
        finally:
            self.lane.note(one, result)
            change, about = one.row.change, (one.row.id, one.row.version, one.n)
            tries = one.run.tries[one.n] = one.run.tries.get(one.n, 0) + result.tried
            if result.state == SENT:
                self._changed.append((*about, _after(change), ""))
            elif result.state == FAILED or tries >= TRIES:
                self._changed.append((*about, SENT, f"{change}_{result.reason or 'failed'}"))
            else:
                go_back(one.run.changed, one)

    async def write(self) -> None:
        """Write down what has been changed. Raises DBAPIError; then it is kept for the next time."""
        changed, self._changed = self._changed, []
        if not changed:
            return
        try:
            async with self._database.batch() as batch:
                await claims.changed(batch, changed)
        except BaseException:
            self._changed = changed + self._changed
            raise


def _after(change: str) -> str:
    """The state of a message that was corrected or deleted."""
    return DELETED if change == "delete" else SENT
