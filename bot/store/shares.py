"""Several processes serve together from one PostgreSQL database: who owns which chats, who stands for which duty.

Everything owned is an advisory lock of the connection that writes. So it ends with that connection, however that ends;
and what was begun by an owner who has lost its connection cannot be committed. A connection of a process that has
stopped moving, or is cut off, is ended by the server after CUT: the process has to show itself every few seconds, and
what it sends to people it sends only while it is sure (LEASE) that nobody can have taken over.
"""

from __future__ import annotations

import asyncio
import logging
import os
import random
import socket
import time
from typing import TYPE_CHECKING, Any
from zlib import crc32

from sqlalchemy import ARRAY, BigInteger, Integer, bindparam, func, select, text
from sqlalchemy.exc import OperationalError

from bot import __version__
from bot.store.database import LOCKS, SERVING, TAKEN
from bot.store.news import TOPICS, channel
from bot.store.outbox import NEWEST, Ids
from bot.store.owner import BROADCASTS, CHORES, POLL, NotOwner, Owner, Process, bound_to
from bot.store.parts import PARTITIONS, part_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

    from sqlalchemy.ext.asyncio import AsyncConnection

    from bot.store.hot import Batch

log = logging.getLogger(__name__)

PROCESS, PARTITION, DUTY = LOCKS + 1, LOCKS + 2, LOCKS + 3
"""The first numbers of our advisory locks; the second is that of the process, partition or duty."""

CUT = 10
"""Seconds of silence after which the server ends the connection that writes, and with it frees all that is owned."""

LEASE = 6.0
"""Seconds after a sign of life within which nobody can have taken over; less than CUT."""

PROMPT = 500
"""Milliseconds within which the server's answer tells the time."""

NUMBERS = range(1, 1024)
"""Numbers of processes: ten bits of every outbox id."""

_FOUND = text(
    "SELECT classid::bigint, objid::bigint, pid = pg_backend_pid(),"
    " (extract(epoch FROM clock_timestamp()) * 1000)::bigint FROM pg_locks"
    " WHERE locktype = 'advisory' AND granted AND classid::bigint = ANY (:classes)"
    " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
).bindparams(bindparam("classes", type_=ARRAY(BigInteger)))

_TRY = text(
    "SELECT n::bigint FROM unnest(CAST(:numbers AS bigint[])) AS n"
    " WHERE CASE WHEN :take THEN pg_try_advisory_lock(:of, n::int) ELSE pg_advisory_unlock(:of, n::int) END"
).bindparams(bindparam("numbers", type_=ARRAY(BigInteger)), bindparam("of", type_=Integer))
"""Takes locks, or gives them back: those with which it worked."""

_WHO = text(
    "SELECT l.classid::bigint, l.objid::bigint, a.pid, a.application_name,"
    " (extract(epoch FROM a.backend_start) * 1000)::bigint FROM pg_locks l JOIN pg_stat_activity a USING (pid)"
    " WHERE l.locktype = 'advisory' AND l.granted AND l.classid::bigint = ANY (:classes)"
    " AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())"
).bindparams(bindparam("classes", type_=ARRAY(BigInteger)))

_SETTINGS = text(
    "SELECT set_config('idle_session_timeout', :cut, false), set_config('application_name', :name, false),"
    " set_config('idle_in_transaction_session_timeout', :cut, false)"
)

_CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
"""A clock that nobody sets, and that goes on while the machine sleeps."""


def number_of(duty: str) -> int:
    """The number of a duty's lock."""
    return crc32(duty.encode()) & 0x7FFF_FFFF


class Shares(Owner):
    """The part of one process."""

    parts: frozenset[int]
    _sending: frozenset[int]
    _leaving: frozenset[int]

    def __init__(self) -> None:
        self.name = f"cam-tay {socket.gethostname()}:{os.getpid()} {__version__}"[-63:]
        self.lease = LEASE
        self.lost = asyncio.Event()  # set when everything was lost with the connection
        self._hearers: dict[str, Callable[[str], None]] = {}
        self._duties: dict[str, asyncio.Event] = {}  # those we stand for; set while they are ours
        self._sure_until = 0.0
        self._driver: Any = None
        self._lose()

    # --- what the rest of the process asks

    def now(self) -> int:
        """Milliseconds, by the server's clock."""
        return time.time_ns() // 1_000_000 - Ids.ahead

    def owns(self, key: str) -> bool:
        """Whether a chat is ours; inside a transaction: until it ends."""
        return part_of(key) in self.parts

    def sends(self, key: str) -> bool:
        """Whether we are the one who sends to a chat."""
        return part_of(key) in self._sending

    @property
    def is_sure(self) -> bool:
        """Whether nobody can have taken over meanwhile."""
        return time.clock_gettime(_CLOCK) < self._sure_until

    def leads(self, duty: str) -> bool:
        """Whether a duty is ours, for sure. Who asks stands for it."""
        return self._duty(duty).is_set() and self.is_sure

    async def turn(self, duty: str) -> None:
        """Returns when a duty is ours. Who asks stands for it."""
        await self._duty(duty).wait()

    def listen(self, topic: str, hear: Callable[[str], None]) -> None:
        """Hear what the other processes tell about a topic."""
        self._hearers[channel(topic)] = hear

    def check(self) -> None:
        """Raises NotOwner when what this transaction is bound to is not ours."""
        to = bound_to()
        if to and not (self.owns(to) if ":" in to else self._duty(to).is_set()):
            raise NotOwner(to)

    @property
    def unconfirmed(self) -> frozenset[int]:
        """Partitions that are ours, and in which we do not send yet."""
        return self.parts - self._sending - self._leaving

    def confirm(self, parts: Collection[int]) -> None:
        """We send in these partitions from now on, as long as they are ours."""
        self._sending |= self.parts & frozenset(parts) - self._leaving

    # --- how it comes to own something; all of it while nobody else uses the connection that writes

    async def begin(self, connection: AsyncConnection) -> None:
        """On a new connection nothing is owned yet. Raises OperationalError while a copy is made, DBAPIError."""
        self._lose()
        async with connection.begin():
            await connection.execute(_SETTINGS, {"cut": f"{CUT}s", "name": self.name})
            if not await connection.scalar(select(func.pg_try_advisory_lock_shared(LOCKS, SERVING))):
                log.error(TAKEN)
                raise OperationalError("pg_try_advisory_lock_shared", None, BlockingIOError(TAKEN))
            for number in (*([self.number] if self.number else []), *random.sample(NUMBERS, len(NUMBERS))):
                if await connection.scalar(select(func.pg_try_advisory_lock(PROCESS, number))):
                    self.number = Ids.process = number
                    break
            else:
                raise OperationalError("pg_try_advisory_lock", None, BlockingIOError("too many processes"))
        assert connection.sync_connection is not None
        driver: Any = connection.sync_connection.connection.driver_connection
        driver.add_termination_listener(self._ended)
        self._driver = driver
        for topic in TOPICS:
            try:
                await driver.add_listener(channel(topic), self._hear)
            except Exception as error:  # the driver's own
                raise OperationalError("LISTEN", None, error) from error
        self.lost.set()

    async def look(self, batch: Batch, busy: Callable[[frozenset[int]], Collection[int]]) -> None:
        """Take our fair part of what is free, and give back what is more. Raises DBAPIError.

        `busy` says in which of these partitions something is under way; it may let go of what is not.
        """
        begun, here = time.clock_gettime(_CLOCK), time.time_ns() // 1_000_000
        [rows] = await batch.ask([(_FOUND, {"classes": [PROCESS, PARTITION, DUTY]})])
        self._sure_until = begun + self.lease
        back = time.time_ns() // 1_000_000
        if back - here < PROMPT:  # or the answer says little about what time it is now
            Ids.ahead = (here + back) // 2 - rows[0][3]  # all machines count by the server's clock
        self.alive = frozenset(number for of, number, _, _ in rows if of == PROCESS)
        await self._share(batch, rows, busy)
        await self._stand(batch, {number for of, number, _, _ in rows if of == DUTY})

    async def _share(self, batch: Batch, rows: Any, busy: Callable[[frozenset[int]], Collection[int]]) -> None:
        taken = {number for of, number, _, _ in rows if of == PARTITION}
        mine = frozenset(number for of, number, is_mine, _ in rows if of == PARTITION and is_mine)
        self._own(mine)
        fair = -(-PARTITIONS // len(self.alive))
        before = self._leaving & mine
        more = [*sorted(before), *sorted(mine - before)][: max(0, len(mine) - fair)]
        self._leaving = frozenset(more)
        self._sending -= before | self._leaving  # who leaves no more begins to send anew
        if self._leaving and (quiet := self._leaving.difference(busy(self._leaving))):
            self._own(mine - frozenset(await _lock(batch, PARTITION, quiet, take=False)))
        elif len(mine) < fair and (free := sorted(set(range(PARTITIONS)) - taken)):
            wanted = random.sample(free, min(len(free), fair - len(mine)))
            self._own(mine | frozenset(await _lock(batch, PARTITION, wanted, take=True)))
            [[(newest,)]] = await batch.ask([(NEWEST, {})])
            Ids.after(newest)  # what comes for these chats stands behind what waits there, whatever our clock says
        if self.parts != mine:
            log.info("partitions", extra={"own": len(self.parts), "processes": len(self.alive)})

    async def _stand(self, batch: Batch, taken: Collection[int]) -> None:
        free = {number_of(duty): duty for duty in self._duties if number_of(duty) not in taken}
        if free:
            for number in await _lock(batch, DUTY, free, take=True):
                self._duties[free[number]].set()
                log.info("duty", extra={"duty": free[number]})

    def _duty(self, duty: str) -> asyncio.Event:
        return self._duties.setdefault(duty, asyncio.Event())

    def _own(self, parts: frozenset[int]) -> None:
        self.parts = parts
        self._sending &= parts
        self._leaving &= parts

    def _lose(self) -> None:
        """Everything is gone with the connection."""
        self.parts = self._sending = self._leaving = frozenset()
        for duty in self._duties.values():
            duty.clear()
        self._sure_until = 0.0

    def _ended(self, driver: object) -> None:
        """A connection has ended; if it is the one, everything is gone this very moment."""
        if driver is self._driver:
            self._lose()
            self.lost.set()

    def _hear(self, _connection: object, _pid: int, topic: str, words: str) -> None:
        if topic in self._hearers:
            self._hearers[topic](words)


async def _lock(batch: Batch, of: int, numbers: Iterable[int], *, take: bool) -> list[int]:
    [rows] = await batch.ask([(_TRY, {"numbers": list(numbers), "of": of, "take": take})])
    return [number for (number,) in rows]


async def processes(connection: AsyncConnection, channels: Iterable[str]) -> list[Process]:
    """Who serves from this database, by what the server knows of their locks. `channels`: those that may be asked."""
    duties = {number_of(duty): duty for duty in (CHORES, BROADCASTS, *map(POLL.format, channels))}
    held: dict[int, dict[int, list[int]]] = {}
    about: dict[int, tuple[str, int]] = {}
    for of, number, pid, name, since in await connection.execute(_WHO, {"classes": [PROCESS, PARTITION, DUTY]}):
        held.setdefault(pid, {}).setdefault(of, []).append(number)
        about[pid] = name, since
    found = []
    for pid, locks in held.items():
        name, since = about[pid]
        where, _, version = name.removeprefix("cam-tay ").partition(" ")
        own = tuple(sorted(locks.get(PARTITION, ())))
        stands = tuple(sorted(duties.get(number, "?") for number in locks.get(DUTY, ())))
        found.append(Process(where, version, since, own, stands))
    return sorted(found, key=lambda process: (process.since, process.name))
