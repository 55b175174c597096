"""Sends broadcasts: looks what is to be done, gathers who gets them, rests when nobody is to be disturbed, ends them.

look      broadcast rows, at least once a second: that is how a pause reaches us; a series is due by a job (series.py)
gather    audience -> recipients, in pieces, so that replies can be stored in between
rest      quiet hours, weekends, a canary being judged
send      bot/service/bulk.py, message by message bot/service/delivery.py
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from typing import TYPE_CHECKING

from sqlalchemy.exc import DBAPIError

from bot.broadcast.audience import read_audience
from bot.broadcast.model import Kind
from bot.service.broadcast_words import Words
from bot.service.bulk import FREE, HOUR, Bulk, spread_key
from bot.service.changes import Changes
from bot.service.lane import Lane, Run, is_error
from bot.service.progress import CANARY, QUIET
from bot.service.quiet import allowed, working
from bot.service.series import Occasions
from bot.service.slots import LOOK
from bot.store import audience, broadcasts, buttons, claims, jobs, pace, recipients, results, series
from bot.store.audience import CAPPED, DAY, WEEK, Terms
from bot.store.broadcasts import DONE, PAUSED, RUNNING, SCHEDULED, STOPPED, STOPPING, WAITING
from bot.store.owner import BROADCASTS
from bot.store.recipients import CLAIMED, HELD_OUT, PLANNED, SENT, SKIPPED

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from bot.broadcast.model import Broadcast
    from bot.channel.base import Channel
    from bot.config import Config
    from bot.service.house import House
    from bot.service.sender import Sender
    from bot.store.broadcasts import Row
    from bot.store.database import Database

log = logging.getLogger(__name__)

PIECE, SPELL = 5_000, 0.5
"""Recipients gathered, called off or forgotten in one transaction; seconds of gathering between two looks."""

SOON = 0.04
"""Seconds for which outcomes wait to be written together."""

BREATH = 0.02
"""Seconds between two pieces, for the replies."""

CANARY_FROM, LEAST_CANARY = 500, 20
"""A smaller audience has no canary; the fewest people of one."""

GROWN = 10
"""Percent, and people, by which an audience may have grown since somebody looked at it."""


class Broadcasts:
    """The loop."""

    def __init__(self, database: Database, sender: Sender, config: Config, house: Callable[[], House]) -> None:
        self.lane = Lane(sender, database.owner.now)
        self.bulk = Bulk(database, self.lane, config)
        self.changes = Changes(database, self.lane)
        self._database = database
        self._config = config
        self._house = house
        self._runs: dict[int, Run] = {}
        self._owner = self.lane.owner = database.owner
        self._alive = frozenset({0})  # the processes whose claims stand
        self._stopping = False
        self._next_look = 0.0  # loop time
        self._occasions = Occasions(database, self.wake)
        self.carriers = {jobs.SERIES: self._occasions.carry_out}

    async def start(self, channels: Mapping[str, Channel]) -> None:
        """Send through these channels. What an earlier run had claimed is in doubt, and stays so. Raises DBAPIError."""
        self.lane.start(channels)
        await self._occasions.start(self.lane.now())
        await self._recover(self._owner.alive - {self._owner.number})

    async def _recover(self, alive: frozenset[int]) -> None:
        async with self._database.write() as connection:
            lost = await recipients.recover(connection, alive)
        if lost:
            log.warning("recipients of a broadcast are in doubt after a crash", extra={"recipients": lost})

    async def run(self) -> None:
        """The loop. Ends after `stop`."""
        clock = asyncio.get_running_loop().time
        while not self._stopping:
            try:
                if clock() >= self._next_look:
                    self._next_look = clock() + LOOK
                    if self._owner.leads(BROADCASTS):
                        with self._owner.bound(BROADCASTS):
                            wait = await self.look()
                        self._next_look = min(self._next_look, clock() + wait)
                await self.bulk.write()
                await self.changes.write()
            except (DBAPIError, OSError) as error:
                log.error("broadcasts wait for the database", extra={"error": type(error).__name__})  # noqa: TRY400
                await asyncio.sleep(LOOK)
            except Exception:
                log.exception("broadcasts could not look")
                await asyncio.sleep(LOOK)
            try:
                await asyncio.wait_for(self.lane.news.wait(), max(0.001, self._next_look - clock()))
            except TimeoutError:
                continue
            await asyncio.sleep(min(SOON, max(0.0, self._next_look - clock())))
            self.lane.news.clear()

    def wake(self) -> None:
        """Look at once: there is something new to send."""
        self._next_look = 0.0
        self.lane.news.set()

    def stop(self) -> None:
        """Claim nobody any more."""
        self._stopping = True
        self.lane.stop()

    async def drain(self, seconds: float) -> None:
        """What is under way may end for at most `seconds`; then all that is known is written down."""
        try:
            await self.lane.drain(seconds)
            await self.bulk.write()
            await self.changes.write()
        except (DBAPIError, OSError) as error:  # the next start finds them claimed: in doubt
            log.error("outcomes of broadcasts not stored", extra={"error": type(error).__name__})  # noqa: TRY400

    async def look(self) -> float:
        """Do what is to be done now; seconds until the next look. Raises DBAPIError."""
        now = self.lane.now()
        if self._owner.number and self._owner.alive != self._alive:
            self._alive = self._owner.alive
            await self._recover(self._alive)
        await self._pause_faulty()
        async with self._database.read() as connection:
            rows = await broadcasts.at_work(connection, now)
        at_work = {row.id for row in rows}
        self._runs = {id_: run for id_, run in self._runs.items() if id_ in at_work or run.under_way}
        wait = LOOK
        for row in rows:
            wait = min(wait, await self._work(row, now))
        return wait

    async def sweep(self, now: int) -> None:
        """Recipients of broadcasts that ended long ago are forgotten; what was counted stays."""
        before = now - max(self._config.keep_messages_days, 8) * DAY  # a week counts for the caps
        async with self._database.read() as connection:
            old = await broadcasts.forgettable(connection, before)
        for row in old:
            async with self._database.write() as connection:
                if not row.counts:
                    await broadcasts.change(connection, row.id, counts=await results.results(connection, row))
            gone = PIECE
            while gone == PIECE:
                async with self._database.write() as connection:
                    gone = await recipients.forget(connection, row.id, PIECE)
                await asyncio.sleep(BREATH)

    def terms(self, row: Row | Broadcast) -> Terms:
        """What keeps people from getting it."""
        config = self._config
        able = {name: delivery.channel.capabilities.window for name, delivery in self.lane.deliveries.items()}
        windows = tuple((name, hours * HOUR) for name, hours in able.items() if hours)
        return Terms(row.topic, row.kind, tuple(able), config.tips_a_day, config.tips_a_week, windows)

    # --- one broadcast

    async def _work(self, row: Row, now: int) -> float:
        """Its next piece of work; seconds until the one after."""
        if row.state == SCHEDULED:
            async with self._database.write() as connection:
                await broadcasts.change(connection, row.id, only_if=[SCHEDULED], state=RUNNING)
            return 0
        run = await self._run_of(row)
        if row.change:
            wait = await self._change(row, run, now)
            if row.state != RUNNING:
                return wait
        if row.state == STOPPING:
            return await self._call_off(row, run, now)
        if row.state != RUNNING:
            return LOOK
        if row.series and (gone := [guide for guide in row.content.guides if guide not in self._house().flows]):
            await self._set(row, state=PAUSED, reason=f"there is no guide '{gone[0]}' any more")
            return LOOK
        if not row.gathered_at:
            return await self._gather(row, now)
        rest = await self._rest(row, run, now)
        return await self._send(row, run, now) if rest is None else rest

    async def _run_of(self, row: Row) -> Run:
        run = self._runs.get(row.id)
        if run is not None and run.version == row.version:
            return run
        words = Words(self._house(), row.content, "" if row.kind == Kind.TEST else row.name)
        async with self._database.write() as connection:
            await buttons.add(connection, words.meanings())
        if run is None:
            run = self._runs[row.id] = Run(words, row.version, await self._spread(row))
        run.words, run.version = words, row.version
        run.changed.clear()
        return run

    async def _spread(self, row: Row) -> float:
        """Microseconds from one message to the next when it is spread over hours, else 0."""
        if not row.content.plan.spread or not row.gathered_at:
            return 0.0
        async with self._database.read() as connection:
            counted = await recipients.counts(connection, row.id)
        to_come = (PLANNED, CLAIMED)  # of a series; what it sent at other times does not count
        people = sum(n for (state, _), n in counted.items() if (state in to_come if row.series else state != SKIPPED))
        return row.content.plan.spread * 1_000_000 / max(people, 1)

    async def _gather(self, row: Row, now: int) -> float:
        """The next pieces of the audience; at the end it is looked whether it is what was expected."""
        clock = asyncio.get_running_loop().time
        until, after = clock() + SPELL, row.gathered_to
        holdout = row.content.plan.holdout
        meant = await self._meant(row, now)
        piece = recipients.piece(row.id, meant, now=now, holdout=holdout, most=PIECE)
        while clock() < until and not self._stopping:
            async with self._database.write() as connection:
                found, after = await recipients.gather(connection, row.id, piece, after)
                await broadcasts.change(connection, row.id, gathered_to=after)
            if found < PIECE:
                await self._gathered(row, now)
                break
            await asyncio.sleep(0)  # replies that wait for the database go first: its lock is fair
        return 0

    async def _meant(self, row: Row, now: int) -> audience.Meant:
        node, terms = read_audience(row.content.audience), self.terms(row)
        if row.series:
            return series.meant(row, node, terms, now)
        async with self._database.read() as connection:
            if not await broadcasts.some_count(connection, CAPPED, now - WEEK, row.id):
                terms = replace(terms, a_day=0, a_week=0)  # nobody can have had enough: a fifth of the work is saved
        return audience.meant(node, terms, now)

    async def _gathered(self, row: Row, now: int) -> None:
        """Everybody stands: is it who was expected, and is there to be a canary?"""
        async with self._database.write() as connection:
            await recipients.analyze(connection)
        async with self._database.read() as connection:  # to count a million takes half a second: replies go on
            counted = await recipients.counts(connection, row.id)
        planned, plan = counted.get((PLANNED, ""), 0), row.content.plan
        found = planned + (0 if row.series else counted.get((SKIPPED, HELD_OUT), 0))
        values: dict[str, object] = {"gathered_at": now}
        if row.kind not in FREE and plan.canary and planned >= CANARY_FROM:
            share = max(LEAST_CANARY, int(planned * plan.canary / 100))
            async with self._database.read() as connection:
                values["until_n"] = await recipients.nth_planned(connection, row.id, share)
        most = row.expected + max(GROWN, row.expected * GROWN // 100)
        if found > (max(most, self._config.approve_above) if row.series else most):
            reason = f"the audience has grown from {row.expected} to {found}: look, then resume"
            values |= {"state": PAUSED, "reason": reason, "expected": found}
        async with self._database.write() as connection:
            await broadcasts.change(connection, row.id, only_if=[RUNNING], **values)
        self._runs.pop(row.id, None)  # how it is spread depends on how many they are

    async def _call_off(self, row: Row, run: Run, now: int) -> float:
        """Whoever has not got it yet does not get it."""
        async with self._database.write() as connection:
            found = await recipients.call_off(connection, row.id, PIECE)
            if found < PIECE and self.bulk.is_settled(row, run):
                await broadcasts.change(connection, row.id, only_if=[STOPPING], state=STOPPED, ended_at=now)
        return BREATH

    async def _rest(self, row: Row, run: Run, now: int) -> float | None:
        """Seconds until it is looked again while nobody is to be sent anything; None when it goes on."""
        until = self._allowed(row, now)
        if until > now:
            await self._set(row, reason=QUIET, rest_until=until)
            return LOOK
        if row.reason == QUIET:
            await self._set(row, reason="", rest_until=0)
        if not row.until_n or not self.bulk.is_settled(row, run):
            return None
        if row.reason == CANARY:
            return LOOK if row.rest_until > now else await self._judge(row)
        async with self._database.read() as connection:
            if await recipients.some_left(connection, row.id, row.until_n):
                return None
        await self._set(row, reason=CANARY, rest_until=now + row.content.plan.canary_wait * 1000)
        return LOOK

    def _allowed(self, row: Row, now: int) -> int:
        """The first moment from now on at which it may be sent."""
        if row.kind in FREE:
            return now
        at, before = now, -1
        while at != before:
            before, at = at, allowed(at, self._config)
            if row.content.plan.days == "working":
                at = working(at)
        return at

    async def _judge(self, row: Row) -> float:
        """The canary has had its time: go on, or wait for somebody to look."""
        async with self._database.read() as connection:
            counted = await recipients.counts(connection, row.id)
        good = sum(number for (state, _), number in counted.items() if state == SENT)
        bad = sum(number for (state, why), number in counted.items() if is_error(state, why))
        if bad * 100 > row.content.plan.errors * (good + bad):
            reason = f"canary: {bad} of {good + bad} failed"
            await self._set(row, state=PAUSED, reason=reason, rest_until=0)
        else:
            await self._set(row, reason="", rest_until=0, until_n=0)
        return 0

    async def _send(self, row: Row, run: Run, now: int) -> float:
        """Claim on every channel what its pace allows; the end when there is nobody left."""
        if row.series:
            node = read_audience(row.content.audience)
            async with self._database.write() as connection:
                for name in self.lane.deliveries:
                    await series.thin(connection, row, node, name, most=claims.MOST, now=now)
        waits = [await self.bulk.claim(row, run, delivery, now) for delivery in self.lane.deliveries.values()]
        if more := [wait for wait in waits if wait is not None]:
            return min(more)
        if not self.bulk.is_settled(row, run):
            return SOON
        async with self._database.write() as connection:
            if await recipients.some_left(connection, row.id):
                return LOOK if not row.until_n else SOON  # on a channel that is not in service: they wait for it
            if not row.until_n:
                ends = {"state": WAITING} if row.series else {"state": DONE, "ended_at": now}
                await broadcasts.change(connection, row.id, only_if=[RUNNING], reason="", **ends)
                await pace.drop(connection, spread_key(row))
        return SOON

    async def _change(self, row: Row, run: Run, now: int) -> float:
        """Correct or delete what was sent; the end when all has been."""
        able = [
            delivery
            for delivery in self.lane.deliveries.values()
            if (
                delivery.channel.capabilities.deletes if row.change == "delete" else delivery.channel.capabilities.edits
            )
        ]
        waits = [await self.changes.change(row, run, delivery, now) for delivery in able]
        if more := [wait for wait in waits if wait is not None]:
            return min(more)
        if self.changes.is_settled(row, run):
            async with self._database.write() as connection:
                await broadcasts.change(connection, row.id, change="")
        return SOON

    async def _pause_faulty(self) -> None:
        """Something is wrong with how these are sent: they wait for somebody to look."""
        for id_, reason in list(self.lane.faults.items()):
            async with self._database.write() as connection:
                await broadcasts.change(connection, id_, only_if=[RUNNING], state=PAUSED, reason=reason)
            log.error("a broadcast is paused: %s", reason)
            self._runs.pop(id_, None)
            del self.lane.faults[id_]

    async def _set(self, row: Row, **values: object) -> None:
        if any(getattr(row, name) != value for name, value in values.items()):
            async with self._database.write() as connection:
                await broadcasts.change(connection, row.id, only_if=[RUNNING], **values)
