"""Claims recipients as the pace allows, sends to them, writes down what became of them.

What is claimed when we die may have been sent: it is "unknown" then, and nobody gets it again by itself. So no more is
claimed than goes out in the next quarter of a second.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from typing import TYPE_CHECKING

from bot.broadcast.model import Kind
from bot.broadcast.reason import Reason
from bot.engine.chat import ASIDE
from bot.service.delivery import Delivery, Result
from bot.service.lane import Lane, Run, Sending, go_back, wake
from bot.service.slots import LOOK
from bot.store import broadcasts, chats, claims, windows
from bot.store.audience import CAPPED, DAY, IN_A_GUIDE, TO_ALL
from bot.store.claims import Claimed, Outcome, Person
from bot.store.recipients import FAILED, PLANNED, SENT, SKIPPED, UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bot.channel.base import Message
    from bot.config import Config
    from bot.store.broadcasts import Row
    from bot.store.database import Database
    from bot.store.hot import Batch

log = logging.getLogger(__name__)

HOUR = 3_600_000

FREE = (Kind.EMERGENCY, Kind.TEST)
"""Classes that pass quiet hours, caps and open guides."""


def spread_key(row: Row) -> str:
    """The key of the pace of a broadcast that is spread over hours."""
    return f"broadcast {row.id}"


class Bulk:
    """Recipients on their way."""

    def __init__(self, database: Database, lane: Lane, config: Config) -> None:
        self.lane = lane
        self._database = database
        self._config = config
        self._outcomes: list[Outcome] = []
        self._gone: set[tuple[str, str]] = set()

    def is_settled(self, row: Row, run: Run) -> bool:
        """Whether everything that was begun for a broadcast is written down."""
        return not run.under_way and all(outcome.broadcast != row.id for outcome in self._outcomes)

    async def claim(self, row: Row, run: Run, delivery: Delivery, now: int) -> float | None:
        """Claim some of one channel and send to them; seconds until the next may be claimed, None if nobody is left."""
        name = delivery.name
        if (rest := self.lane.rest(name)) > 0:
            return min(rest, LOOK)
        after = run.cursor.get(name, 0)
        each = {spread_key(row): run.each} if run.each else {}
        keeps = delivery.channel.capabilities.keeps
        outcomes, self._outcomes = self._outcomes, []
        try:
            async with self._database.batch() as batch:
                await claims.acknowledge(batch, outcomes, self._database.owner.number)
                room = await self.lane.slots(batch, delivery, now, each)
                claimed: list[Claimed] = []
                goes: list[tuple[Claimed, Person, Message]] = []
                if room.number:
                    until = row.until_n or 2**62
                    us = self._database.owner.number
                    about = {"after": after, "until": until, "most": room.number, "now": now, "owner": us}
                    claimed = await claims.claim(batch, row.id, name, **about)
                    goes, not_ = await self._sort(batch, row, run, claimed, delivery=delivery, now=now)
                    kept = await self._put_in_outbox(batch, row, goes, now) if keeps else []
                    await claims.acknowledge(batch, [*not_, *kept], us)
                await room.take(batch, len(goes))
        except BaseException:
            self._outcomes = outcomes + self._outcomes
            raise
        if not room.number:
            return room.again(0)
        if not claimed:
            run.cursor[name] = 0
            return 0.0 if after else None
        run.cursor[name] = claimed[-1].n
        for index, (one, person, message) in enumerate(goes):
            if keeps:
                self.lane.begin(wake(delivery, person.external, message))
            else:
                run.under_way += 1
                sending = Sending(row, run, delivery, one.n, person.external, message, room.delay(index), one.attempts)
                self.lane.begin(self._deliver(sending))
        return room.again(len(goes))

    async def _sort(
        self, batch: Batch, row: Row, run: Run, claimed: Sequence[Claimed], *, delivery: Delivery, now: int
    ) -> tuple[list[tuple[Claimed, Person, Message]], list[Outcome]]:
        """To whom it goes, and why not to the others: as things stand at this moment."""
        if not claimed:
            return [], []
        keys = [one.chat for one in claimed]
        people, refused, had, got = await claims.look_up(batch, row.id, keys, row.topic, now)
        hours = delivery.channel.capabilities.window
        phones = [person.external for person in people.values()] if hours else []
        reach = await windows.find(batch, delivery.name, phones)
        goes, not_ = [], []
        for one in claimed:
            person = people.get(one.chat)
            why = Reason.ERASED if person is None else self._why_not(row, person, one.chat in refused, had, now)
            if not why and one.chat in got and row.kind not in TO_ALL:
                why = Reason.SAME_PERSON
            if person is not None and hours and not why and row.kind != Kind.TEST:
                why = reach[person.external].why_not(now, hours * HOUR)
            if person is None or why:
                not_.append(Outcome(row.id, one.n, SKIPPED, why, one.attempts, at=now))
                continue
            try:
                goes.append((one, person, run.words.message(person.language, person.address)))
            except Exception:
                log.exception("no words for a broadcast", extra={"language": person.language})
                not_.append(Outcome(row.id, one.n, FAILED, "words", one.attempts, at=now))
                self.lane.judge(row, run, FAILED, "words")
        return goes, not_

    def _why_not(self, row: Row, person: Person, refused: bool, had: Mapping[str, list[int]], now: int) -> str:
        if row.kind == Kind.TEST:
            return ""
        if ASIDE in person.external:
            return Reason.SET_ASIDE
        if not person.reachable:
            return Reason.UNREACHABLE
        if refused:
            return Reason.OPTED_OUT
        times = had.get(person.key, ())
        a_day, a_week = self._config.tips_a_day, self._config.tips_a_week
        today = sum(at > now - DAY for at in times)
        if row.kind in CAPPED and ((a_day and today >= a_day) or (a_week and len(times) >= a_week)):
            return Reason.HAD_ENOUGH
        walks = row.kind not in FREE and person.flow and person.seen_at > now - IN_A_GUIDE
        return Reason.IN_A_GUIDE if walks else ""

    async def _put_in_outbox(
        self, batch: Batch, row: Row, goes: Sequence[tuple[Claimed, Person, Message]], now: int
    ) -> list[Outcome]:
        """Sent, by standing where people are shown it."""
        name = goes[0][1].channel if goes else ""
        ids = await self.lane.show(batch, name, [(person.external, message) for _, person, message in goes], now)
        return [
            Outcome(row.id, one.n, SENT, "", one.attempts, str(there), row.version, now)
            for (one, _, _), there in zip(goes, ids, strict=True)
        ]

    async def _deliver(self, one: Sending) -> None:
        """Send one message."""
        result = Result(PLANNED)
        try:
            await asyncio.sleep(one.delay)
            if self.lane.is_ours() and one.row.id not in self.lane.faults:
                result = Result(UNKNOWN, "no_answer")
                result = await one.delivery.deliver(one.chat, one.outgoing, one.attempts)
        finally:  # also when it is cut off
            self.lane.note(one, result)
            if result.state == PLANNED:
                go_back(one.run.cursor, one)
            if result.reason == "gone":
                self._gone.add((one.delivery.name, one.chat))
            version = one.row.version if result.state == SENT else 0
            outcome = Outcome(one.row.id, one.n, result.state, result.reason, one.attempts + result.tried)
            self._outcomes.append(replace(outcome, message=result.message, version=version, at=self.lane.now()))

    async def write(self) -> None:
        """Write down what became of recipients. Raises DBAPIError; then it is kept for the next time."""
        outcomes, self._outcomes = self._outcomes, []
        gone, self._gone = self._gone, set()
        waits, self.lane.waits = self.lane.waits, []
        if not (outcomes or gone or waits):
            return
        try:
            async with self._database.batch() as batch:
                await claims.acknowledge(batch, outcomes, self._database.owner.number)
                await broadcasts.count_waits(batch, waits)
                await chats.mark_unreachable(batch, gone)
        except BaseException:
            self._outcomes = outcomes + self._outcomes
            self._gone |= gone
            self.lane.waits = waits + self.lane.waits
            raise
