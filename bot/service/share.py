"""Keeps this process's part of the work while several serve together: looks every second, hands over and takes over."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from typing import TYPE_CHECKING

from sqlalchemy.exc import DBAPIError

from bot.service.slots import UNDER
from bot.store import pace
from bot.store.hot import fetch
from bot.store.owner import BROADCASTS
from bot.store.shares import Shares

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.service.sender import Sender
    from bot.store.database import Database
    from bot.store.hot import Batch

log = logging.getLogger(__name__)

LOOK = 1.0
"""Seconds between two looks: a part of somebody who has died is noticed within so long."""

NEARLY = 100
"""Milliseconds: two holds that end so close together are the same."""


class Share:
    """The loop. `news` is called when chats have become ours: something may wait for them."""

    def __init__(self, database: Database, sender: Sender, news: Callable[[], None]) -> None:
        self._database = database
        self._sender = sender
        self._news = news
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        """Own no more than now, and show no more signs of life."""
        self._stopping.set()

    async def run(self) -> None:
        """The loop; where one process owns everything it has nothing to do."""
        owner = self._database.owner
        if not isinstance(owner, Shares):
            return
        stopping = asyncio.create_task(self._stopping.wait())
        while not self._stopping.is_set():
            owner.lost.clear()
            try:
                await self.look(owner)
            except (DBAPIError, OSError) as error:
                log.warning("the database cannot be asked what is ours", extra={"error": type(error).__name__})
            except Exception:
                log.exception("could not look what is ours")
            lost = asyncio.create_task(owner.lost.wait())
            await asyncio.wait((lost, stopping), timeout=LOOK, return_when=asyncio.FIRST_COMPLETED)
            lost.cancel()

    async def look(self, owner: Shares) -> None:
        """Once. Raises DBAPIError, OSError."""
        async with self._database.batch() as batch:
            await owner.look(batch, self._sender.let_go)
            await self._tell_pace(batch, owner)
        fresh = owner.unconfirmed
        if fresh and (ready := fresh - self._sender.let_go(fresh)):
            await self._sender.take_over(ready)
            self._news()

    async def _tell_pace(self, batch: Batch, owner: Shares) -> None:
        """Our replies take their room in the pace all share; when the platform says "too fast", everybody waits."""
        rates = self._sender.rates
        if not rates:
            return
        now = owner.now()
        [found] = await fetch(batch, pace.stored(rates))
        before = pace.read(found, rates)
        after = {}
        for name, moment in before.items():
            mine, held = self._sender.pace(name), moment
            until = now + int(mine.rest * 1000)
            if moment.is_held(now) and moment.held_until > until + NEARLY:
                mine.hold((moment.held_until - now) / 1000)
            elif until > max(now, moment.held_until * moment.is_held(now)) + NEARLY:
                held = replace(held, held_at=now, held_until=until)
            if not owner.leads(BROADCASTS) and (begun := self._sender.begun(name)):  # who leads counts its own
                each = pace.SECOND / (rates[name] * UNDER)
                held = replace(held, next_at=int(max(held.next_at, now * 1000) + begun * each))
            after[name] = held
        await pace.save(batch, {name: moment for name, moment in after.items() if moment != before[name]})
