"""The way of a message, from door to door. Read this file first.

    channel        update          -> Incoming                       (bot/channel/*)
    accept         Incoming        -> waits here until all it leads to is committed; then the platform may forget it
    respond        text or tap     -> secret? command? cry for help? button? answer? guide?   no I/O
    talk           events          -> take_turn (none, one or several), effects into words    no I/O
    errands        what respond could not know: looked up inside the transaction              (service/errand.py)
    store          ONE transaction :  inbox row + chat + session + journal + jobs + outbox    (service/unit_of_work.py)
    sender         outbox row      -> channel.send                                            (service/sender.py)

What is due (a reminder, a notice from another chat) comes in by the same door: clock -> Incoming TIME or NOTICE.

One loop takes everything that waits, in the order it came, lets each happen in memory (a turn takes well under a
millisecond), and commits the lot at once: so the things of one chat are in order without any lock, and durable does
not mean slow.

Where several processes serve together, what came in for a chat that another one owns is written to the relay instead,
and what others have written there for our chats goes first (bot/store/relay.py).
"""

from __future__ import annotations

import asyncio
import logging
import time
from typing import TYPE_CHECKING

import orjson
from sqlalchemy.exc import DBAPIError

from bot.channel.base import Incoming, Message, What
from bot.service import metrics
from bot.service.errand import Desk
from bot.service.house import buttons_of
from bot.service.profiles import comes
from bot.service.relayed import Waiting, settled, sort
from bot.service.respond import arrive, respond
from bot.service.talk import Reply, Switch
from bot.service.unit_of_work import DUE, UnitOfWork, new_chat
from bot.store import buttons, chats, inbox, jobs, outbox, profiles, relay
from bot.store.hot import fetch
from bot.store.news import RELAY
from bot.store.outbox import Ids, OutboxRow

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from bot.config import Config
    from bot.engine.button import ButtonMeaning
    from bot.engine.chat import Chat
    from bot.service.house import House
    from bot.service.sender import Sender
    from bot.store.database import Database
    from bot.store.hot import Connection

log = logging.getLogger(__name__)

MOST_AT_ONCE = 200
"""Incoming things in one transaction."""

MOST_BUTTONS = 50_000
"""Button meanings kept in memory; the rest are looked up."""

PAUSE_AFTER_FAULT = 0.5
"""Seconds to wait when the database refuses, before the next try."""


FORGIVES = 30.0
"""Seconds for which a database that refused counts as not working."""

PLAINEST = "Lỗi này do máy, không phải do người nhắn. Nhắn lại giúp máy nhé."
"""Said when even the words for a fault of ours are broken."""


class NotStored(Exception):
    """The incoming thing could not be stored: the platform must not be told that we have it."""


class Conversation:
    """Brings what came in to the core and stores what it led to."""

    def __init__(self, house: House, database: Database, sender: Sender, config: Config) -> None:
        self.house = house
        self._database = database
        self._owner = database.owner
        self._sender = sender
        self._config = config
        self._ids = Ids()
        self._meanings: dict[str, ButtonMeaning] = {}
        self._waiting: list[Waiting] = []
        self._is_relayed = False
        self._wake = asyncio.Event()
        self._stopping = False
        self._ended = False
        self._refused_at = -FORGIVES
        self._owner.listen(RELAY, self.relayed)

    @property
    def stores(self) -> bool:
        """Whether what comes in can be stored, as far as the last half minute tells."""
        return time.monotonic() - self._refused_at >= FORGIVES

    async def accept(self, incoming: Incoming) -> None:
        """Take one incoming thing; returns when it and all it led to are stored. Raises NotStored."""
        if self._ended:
            raise NotStored
        stored: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting.append((incoming, stored))
        self._wake.set()
        is_anothers = await stored
        if is_anothers and incoming.channel == outbox.SHOWS:
            await settled(self._database, incoming.key)

    def relayed(self, parts: str = "") -> None:
        """Something may wait in the relay, in these partitions ("3 17"; "": in any)."""
        if not parts or not (self._owner.parts or frozenset()).isdisjoint(map(int, parts.split())):
            self._is_relayed = True
            self._wake.set()

    async def move_in(self, house: House) -> None:
        """Put a (new) house into service: its buttons are written down before anybody can see them."""
        meanings: dict[str, ButtonMeaning] = house.everywhere()
        for flow in house.flows.values():
            meanings.update(buttons_of(flow))
        async with self._database.write() as connection:
            await buttons.add(connection, meanings)
        self.house = house

    async def standing(self, flow: str) -> dict[str, int]:
        """How many people are on the way through a guide, by step."""
        async with self._database.read() as connection:
            return await chats.standing(connection, flow)

    async def run(self) -> None:
        """The loop. Ends after `stop`, when nothing waits any more."""
        while not (self._stopping and not self._waiting):
            await self._wake.wait()
            self._wake.clear()
            while self._waiting or self._is_relayed:
                self._is_relayed = False
                batch, self._waiting = self._waiting[:MOST_AT_ONCE], self._waiting[MOST_AT_ONCE:]
                await self._take(batch)
        self._ended = True

    def stop(self) -> None:
        """End the loop once everything that waits is done."""
        self._stopping = True
        self._wake.set()

    async def _take(self, waiting: Sequence[Waiting], most_relayed: int = MOST_AT_ONCE) -> None:
        begun = time.perf_counter()
        relayed: list[tuple[int, Incoming]] = []
        try:
            async with self._sender.news() as write_outcomes, self._database.batch() as connection:
                ours, others = sort(self._owner, waiting)
                if self._owner.parts and most_relayed:
                    relayed = await relay.waiting(connection, self._owner.parts, most_relayed)
                is_more = len(relayed) == MOST_AT_ONCE
                later = ours if is_more else []  # what waits there came before
                works = [
                    await self._worked(connection, incoming)
                    for incoming in ([one for _, one in relayed], [] if later else [one for one, _ in ours])
                    if incoming
                ]
                await relay.take(connection, [row for row, _ in relayed])
                await relay.add(connection, [one for one, _ in others if one.what not in DUE])  # or its job stays due
                await write_outcomes(connection)
        except (DBAPIError, OSError) as error:
            self._refused_at = time.monotonic()
            reason = self._database.hint(error) or type(error).__name__
            log.error("not stored", extra={"reason": reason, "waiting": len(waiting)})  # noqa: TRY400
            metrics.NOT_STORED.inc(len(waiting))
            await asyncio.sleep(PAUSE_AFTER_FAULT)
            if self._owner.parts is not None:  # what woke us there is not told again
                asyncio.get_running_loop().call_later(PAUSE_AFTER_FAULT, self.relayed)
            for _, stored in waiting:
                if not stored.done():
                    stored.set_exception(NotStored)
            return
        except Exception as error:  # noqa: BLE001 (a fault of ours that one brings in: the others go on without it)
            await self._one_by_one(waiting, relayed, error)
            return
        self._answer(others, is_anothers=True)
        self._answer([] if later else ours)
        self._waiting = [*later, *self._waiting]
        self._is_relayed |= is_more
        for work in works:
            self._sender.put(work.sent)
            self._deliver(work.posted)
            metrics.TURNS.inc(work.turns)
        metrics.TURN_SECONDS.observe(time.perf_counter() - begun)

    async def _worked(self, connection: Connection, incoming: Sequence[Incoming]) -> UnitOfWork:
        work = await self._turns(connection, incoming)
        await work.store(connection)
        return work

    @staticmethod
    def _answer(waiting: Iterable[Waiting], *, is_anothers: bool = False) -> None:
        for _, stored in waiting:
            if not stored.done():
                stored.set_result(is_anothers)

    async def _one_by_one(
        self, waiting: Sequence[Waiting], relayed: Sequence[tuple[int, Incoming]], error: Exception
    ) -> None:
        """One of these brings in a fault of ours."""
        if len(waiting) + len(relayed) > 1:
            for _ in relayed:
                await self._take([], 1)
            for one in waiting:
                await self._take([one], 0)
        elif relayed:
            [(row, incoming)] = relayed
            await self._set_aside(incoming, asyncio.get_running_loop().create_future(), error, [row])
        elif waiting:
            await self._set_aside(*waiting[0], error)
        else:
            log.error("not stored", exc_info=error)

    async def _set_aside(
        self, incoming: Incoming, stored: asyncio.Future[bool], error: Exception, relayed: Sequence[int] = ()
    ) -> None:
        """What cannot be dealt with for a fault of ours: the row says what to look for, the person hears so."""
        log.error("set aside", exc_info=error, extra={"what": incoming.what.value})
        metrics.PARKED.inc()
        sorry = () if incoming.what in DUE else self._sorry(new_chat(self.house, self._config, incoming)).outgoing
        rows = [OutboxRow(self._ids.next(), incoming.channel, incoming.chat, outgoing) for outgoing in sorry]
        try:
            with self._owner.bound(incoming.key):
                async with self._database.write() as connection:
                    await inbox.add(connection, [(incoming, type(error).__name__)])
                    await outbox.add(connection, rows, incoming.at)
                    await relay.take(connection, relayed)
                    if incoming.what in DUE:
                        await jobs.park(connection, {jobs.key_of(incoming.external): type(error).__name__})
        except Exception:
            log.exception("not set aside")
            if not stored.done():
                stored.set_exception(NotStored)
                stored.exception()  # nobody may wait for it
            return
        self._answer([(incoming, stored)])
        self._sender.put(rows)

    async def _turns(self, connection: Connection, incoming: Sequence[Incoming]) -> UnitOfWork:
        """Let everything happen, in order, in memory."""
        work = UnitOfWork(self.house, self._config, self._ids)
        keys = {i.key for i in incoming}
        dealt_with, stored = await fetch(connection, inbox.known(incoming), chats.stored(keys))
        known = {(channel, external) for channel, external in dealt_with}
        work.chats, work.sessions = chats.read(stored, keys)
        await self._look_up([i.tap for i in incoming if i.tap], connection)
        work.due = await jobs.names(connection, {jobs.key_of(i.external) for i in incoming if i.what in DUE})
        for one in incoming:
            if one.what in DUE:  # known by its row, whatever the clock says
                if not work.begin(one):
                    continue
            elif (one.channel, one.external) in known:
                continue
            known.add((one.channel, one.external))
            chat = work.chats.get(one.key) or work.new_chat(one)
            reason = ""
            try:
                reply = respond(self.house, chat, work.sessions[one.key], one, self._meanings.get(one.tap))
            except Exception as error:
                # A fault of ours: the person hears so, the rest of the batch goes on, the row says what to look for.
                log.exception("turn failed", extra={"what": one.what.value, "flow": chat.flow})
                reason = type(error).__name__
                metrics.PARKED.inc()
                if one.what in DUE:
                    work.park(one, reason)
                    continue
                reply = self._sorry(chat)
            await self._carry_out(connection, work, one, reply)
            work.done.append((one, reason))
        return work

    async def _carry_out(self, connection: Connection, work: UnitOfWork, incoming: Incoming, reply: Reply) -> None:
        """A reply, and all that it leads to."""
        work.gather(incoming, reply)
        if reply.switch is not None:
            await self._switch(connection, work, incoming, reply.switch)
        for errand in reply.errands:
            further = await errand.run(Desk(connection, work, incoming))
            if further is not None:
                await self._carry_out(connection, work, incoming, further)

    async def _switch(self, connection: Connection, work: UnitOfWork, incoming: Incoming, switch: Switch) -> None:
        """The phone goes to somebody else. All that has happened so far is written first: it is the former person's."""
        key = incoming.key
        await work.store(connection)
        await profiles.switch(connection, work.chats[key], switch.coming.number, leaves=switch.leaves)
        found, sessions = await chats.load(connection, [key])
        work.chats[key] = comes(switch, found.get(key))
        work.sessions[key] = sessions[key]
        work.gather(incoming, arrive(self.house, work.chats[key], sessions[key], incoming))

    def _deliver(self, posted: Sequence[jobs.Job]) -> None:
        """Notices for other chats come in at once; one that gets lost here is due at the clock's next look."""
        for job in posted:
            stored: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
            stored.add_done_callback(asyncio.Future.exception)
            self._waiting.append((notice(job), stored))
        if posted:
            self._wake.set()

    async def _look_up(self, taps: Sequence[str], connection: Connection) -> None:
        unknown = {tap for tap in taps if tap not in self._meanings}
        if unknown:
            if len(self._meanings) > MOST_BUTTONS:
                self._meanings.clear()
            self._meanings.update(await buttons.find(connection, unknown))

    def _sorry(self, chat: Chat) -> Reply:
        """Our fault, said kindly; needs nothing but one sentence."""
        try:
            words = self.house.speaker(chat).address.words
            text = self.house.library.piece(chat.language, "_bot/error", "text", words)
        except Exception:
            log.exception("no words for a fault of ours")
            text = PLAINEST
        head, _, body = text.partition("\n\n")
        return Reply(chat, outgoing=(Message(head, body),))


def notice(job: jobs.Job) -> Incoming:
    """A notice as it comes in. Raises KeyError for a damaged row."""
    channel, _, chat = job.chat.partition(":")
    kind, said = job.payload["kind"], orjson.dumps(job.payload).decode()
    return Incoming(channel, chat, job.name, job.due_at, What.NOTICE, text=kind, detail=said)
