"""The way of a message, from door to door. Read this file first.

    channel        update          -> Incoming                       (bot/channel/*)
    accept         Incoming        -> waits here until all it leads to is committed; then the platform may forget it
    respond        text or tap     -> secret? command? cry for help? button? answer? guide?   no I/O
    talk           events          -> take_turn (none, one or several), effects into words    no I/O
    store          ONE transaction :  inbox row + chat + session + journal + jobs + outbox rows
    sender         outbox row      -> channel.send                                            (service/sender.py)

One loop takes everything that waits, in the order it came, lets each happen in memory (a turn takes well under a
millisecond), and commits the lot at once: so the things of one chat are in order without any lock, and durable does
not mean slow.
"""

from __future__ import annotations

import asyncio
import logging
import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from sqlalchemy.exc import DBAPIError

from bot.channel.base import Incoming, Message, What
from bot.engine.chat import Chat
from bot.service import metrics
from bot.service.house import buttons_of
from bot.service.mydata import my_data, receipt
from bot.service.profiles import after_erasing, comes
from bot.service.quiet import allowed
from bot.service.respond import arrive, respond
from bot.service.talk import Reply, Switch
from bot.service.typed import is_answered_by_typing
from bot.store import buttons, chats, inbox, jobs, journal, optouts, outbox, profiles, requests
from bot.store.hot import fetch
from bot.store.outbox import Ids, OutboxRow

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.config import Config
    from bot.engine.button import ButtonMeaning
    from bot.engine.session import Session
    from bot.service.house import House
    from bot.service.sender import Sender
    from bot.service.talk import Wish
    from bot.store.database import Database
    from bot.store.hot import Connection

log = logging.getLogger(__name__)

MOST_AT_ONCE = 200
"""Incoming things in one transaction."""

MOST_BUTTONS = 50_000
"""Button meanings kept in memory; the rest are looked up."""

PAUSE_AFTER_FAULT = 0.5
"""Seconds to wait when the database refuses, before the next try."""


PLAINEST = "Lỗi này do máy, không phải do người nhắn. Nhắn lại giúp máy nhé."
"""Said when even the words for a fault of ours are broken."""

SPOKEN = frozenset({What.TEXT, What.TAP, What.MEDIA, What.EDITED})
"""What shows that somebody is there."""


class NotStored(Exception):
    """The incoming thing could not be stored: the platform must not be told that we have it."""


@dataclass
class _Batch:
    """What one transaction will hold. Written and to be sent are the rows in `sent` alone, the others not yet."""

    at: int = 0  # when the newest thing came in
    turns: int = 0
    sent: list[OutboxRow] = field(default_factory=list)
    due: dict[str, str] = field(default_factory=dict)  # job -> its name, as long as it is still to be done
    chats: dict[str, Chat] = field(default_factory=dict)
    touched: set[str] = field(default_factory=set)  # chats to be written
    sessions: dict[str, dict[str, Session]] = field(default_factory=dict)
    changed: dict[tuple[str, str], Session] = field(default_factory=dict)
    done: list[tuple[Incoming, str]] = field(default_factory=list)
    rows: list[OutboxRow] = field(default_factory=list)
    lines: list[journal.Line] = field(default_factory=list)
    jobs: dict[str, jobs.Job] = field(default_factory=dict)
    cancelled: set[str] = field(default_factory=set)
    parked: dict[str, str] = field(default_factory=dict)  # job -> why
    erased: dict[str, Chat] = field(default_factory=dict)  # by receipt
    requests: list[requests.Request] = field(default_factory=list)
    wishes: list[tuple[str, Wish]] = field(default_factory=list)  # (chat, wish)

    @property
    def written(self) -> tuple[dict[Any, Any] | list[Any] | set[Any], ...]:
        """What is written, and then empty again."""
        return (
            *(self.touched, self.changed, self.done, self.rows, self.lines),
            *(self.jobs, self.cancelled, self.parked, self.erased, self.requests),
            self.wishes,
        )


class Conversation:
    """Brings what came in to the core and stores what it led to."""

    def __init__(self, house: House, database: Database, sender: Sender, config: Config) -> None:
        self.house = house
        self._database = database
        self._sender = sender
        self._config = config
        self._ids = Ids()
        self._meanings: dict[str, ButtonMeaning] = {}
        self._waiting: list[tuple[Incoming, asyncio.Future[None]]] = []
        self._wake = asyncio.Event()
        self._stopping = False
        self._ended = False

    async def accept(self, incoming: Incoming) -> None:
        """Take one incoming thing; returns when it and all it led to are stored. Raises NotStored."""
        if self._ended:
            raise NotStored
        stored: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((incoming, stored))
        self._wake.set()
        await stored

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
            while self._waiting:
                batch, self._waiting = self._waiting[:MOST_AT_ONCE], self._waiting[MOST_AT_ONCE:]
                await self._take(batch)
        self._ended = True

    def stop(self) -> None:
        """End the loop once everything that waits is done."""
        self._stopping = True
        self._wake.set()

    async def _take(self, waiting: Sequence[tuple[Incoming, asyncio.Future[None]]]) -> None:
        begun = time.perf_counter()
        try:
            async with self._sender.news() as write_outcomes, self._database.batch() as connection:
                batch = await self._turns(connection, [incoming for incoming, _ in waiting])
                await self._store(connection, batch)
                await write_outcomes(connection)
        except (DBAPIError, OSError) as error:
            log.error("not stored", extra={"error": type(error).__name__, "waiting": len(waiting)})  # noqa: TRY400
            metrics.NOT_STORED.inc(len(waiting))
            await asyncio.sleep(PAUSE_AFTER_FAULT)
            for _, stored in waiting:
                if not stored.done():
                    stored.set_exception(NotStored)
            return
        except Exception as error:  # noqa: BLE001 (a fault of ours that one brings in: the others go on without it)
            if len(waiting) > 1:
                for one in waiting:
                    await self._take([one])
            else:
                await self._set_aside(*waiting[0], error)
            return
        for _, stored in waiting:
            if not stored.done():
                stored.set_result(None)
        self._sender.put(batch.sent)
        metrics.TURNS.inc(batch.turns)
        metrics.TURN_SECONDS.observe(time.perf_counter() - begun)

    async def _set_aside(self, incoming: Incoming, stored: asyncio.Future[None], error: Exception) -> None:
        """What cannot be dealt with for a fault of ours: the row says what to look for, the person hears so."""
        log.error("set aside", exc_info=error, extra={"what": incoming.what.value})
        metrics.PARKED.inc()
        sorry = () if incoming.what is What.TIME else self._sorry(self._new_chat(incoming)).outgoing
        rows = [OutboxRow(self._ids.next(), incoming.channel, incoming.chat, outgoing) for outgoing in sorry]
        try:
            async with self._database.write() as connection:
                await inbox.add(connection, [(incoming, type(error).__name__)])
                await outbox.add(connection, rows, incoming.at)
                if incoming.what is What.TIME:
                    await jobs.park(connection, {jobs.waiting_for(incoming.key): type(error).__name__})
        except Exception:
            log.exception("not set aside")
            if not stored.done():
                stored.set_exception(NotStored)
            return
        if not stored.done():
            stored.set_result(None)
        self._sender.put(rows)

    async def _turns(self, connection: Connection, incoming: Sequence[Incoming]) -> _Batch:
        """Let everything happen, in order, in memory."""
        batch = _Batch()
        keys = {i.key for i in incoming}
        dealt_with, stored = await fetch(connection, inbox.known(incoming), chats.stored(keys))
        known = {(channel, external) for channel, external in dealt_with}
        batch.chats, batch.sessions = chats.read(stored, keys)
        await self._look_up([i.tap for i in incoming if i.tap], connection)
        batch.due = await jobs.names(connection, {jobs.waiting_for(i.key) for i in incoming if i.what is What.TIME})
        for one in incoming:
            identity = (one.channel, one.external)
            wait_key = jobs.waiting_for(one.key)
            if identity in known and one.what is not What.TIME:  # a job is known by its row, whatever the clock says
                continue
            known.add(identity)
            if one.what is What.TIME and one.key not in batch.chats:  # erased meanwhile: nobody to remind
                batch.cancelled.add(wait_key)
                continue
            if one.what is What.TIME and batch.due.get(wait_key) != one.external:
                continue  # the person was quicker: that job is no more
            chat = batch.chats.get(one.key) or self._new_chat(one)
            try:
                reply = respond(self.house, chat, batch.sessions[one.key], one, self._meanings.get(one.tap))
            except Exception as error:
                # A fault of ours: the person hears so, the rest of the batch goes on, the row says what to look for.
                log.exception("turn failed", extra={"what": one.what.value, "flow": chat.flow})
                reason = type(error).__name__
                metrics.PARKED.inc()
                if one.what is What.TIME:
                    batch.parked[wait_key] = reason
                    continue
                reply = self._sorry(chat)
            else:
                reason = ""
                if reply.show_data is not None:
                    reply = await self._with_data(connection, chat, one, reply)
            batch.at = max(batch.at, one.at)
            self._gather(batch, one, reply)
            if reply.switch is not None:
                await self._switch(connection, batch, one, reply.switch)
            batch.done.append((one, reason))
        return batch

    async def _switch(self, connection: Connection, batch: _Batch, incoming: Incoming, switch: Switch) -> None:
        """The phone goes to somebody else. All that has happened so far is written first: it is the former person's."""
        key = incoming.key
        await self._store(connection, batch)
        await profiles.switch(connection, batch.chats[key], switch.coming.number, leaves=switch.leaves)
        found, sessions = await chats.load(connection, [key])
        batch.chats[key] = comes(switch, found.get(key))
        batch.sessions[key] = sessions[key]
        self._gather(batch, incoming, arrive(self.house, batch.chats[key], sessions[key], incoming))

    def _gather(self, batch: _Batch, incoming: Incoming, reply: Reply) -> None:
        """Add what one reply holds to the batch."""
        key, chat = incoming.key, reply.chat
        for session in reply.sessions:
            batch.sessions[key][session.flow] = session
            batch.changed[key, session.flow] = session
        typed = is_answered_by_typing(self.house.flows.get(chat.flow), batch.sessions[key].get(chat.flow))
        asked = chat.asked
        for each in reply.outgoing:
            outgoing = replace(each, language=chat.language, typed=typed) if isinstance(each, Message) else each
            row = OutboxRow(self._ids.next(), incoming.channel, incoming.chat, outgoing)
            batch.rows.append(row)
            if isinstance(outgoing, Message) and outgoing.buttons:
                asked = row.id
        seen = incoming.at if incoming.what in SPOKEN else chat.seen_at
        batch.chats[key] = replace(chat, asked=asked, seen_at=seen)
        batch.lines += [journal.Line(key, flow, n.step, n.what, n.answer, incoming.at) for flow, n in reply.notes]
        batch.wishes += [(key, wish) for wish in reply.wishes]
        wait_key = jobs.waiting_for(key)
        batch.touched.add(key)
        if reply.show_data is not None:
            given = receipt(key, incoming.external, incoming.at)
            batch.requests.append(requests.done("see", given, incoming.at))
        if reply.forget or reply.wait or reply.erase or incoming.what is What.TIME:
            batch.due.pop(wait_key, None)
        if reply.forget or incoming.what is What.TIME:
            batch.cancelled.add(wait_key)
            batch.jobs.pop(wait_key, None)
        if reply.wait is not None:
            flow, wait = reply.wait
            seconds = self._config.reminder_after if wait.after is None else wait.after
            due = allowed(incoming.at + seconds * 1000, self._config)
            batch.jobs[wait_key] = jobs.Job(wait_key, key, due, {"flow": flow, "step": wait.step})
        if reply.erase:
            self._erase(batch, incoming, reply)

    def _erase(self, batch: _Batch, incoming: Incoming, reply: Reply) -> None:
        """The person is forgotten, and with them whatever the batch holds; who shares the phone only if they say so."""
        key, chat = incoming.key, reply.chat
        others = [chat.aside(other.number) for other in chat.others] if reply.erase_all else []
        erased = {reply.erase: chat} | {f"{reply.erase}/{other.number}": other for other in others}
        batch.erased |= erased
        batch.requests += [requests.done("delete", given, incoming.at, each.person) for given, each in erased.items()]
        batch.sessions[key] = {}
        batch.jobs.pop(jobs.waiting_for(key), None)
        batch.changed = {k: s for k, s in batch.changed.items() if k[0] != key}
        batch.lines = [line for line in batch.lines if line.chat != key]
        batch.wishes = [(chat_key, wish) for chat_key, wish in batch.wishes if chat_key != key]
        batch.chats[key] = self._new_chat(incoming)
        batch.touched.discard(key)
        if chat.others and not reply.erase_all:
            batch.chats[key] = after_erasing(chat, incoming)
            batch.touched.add(key)

    async def _store(self, connection: Connection, batch: _Batch) -> None:
        """Write all of it that is not yet written; the caller commits."""
        for chat in batch.erased.values():
            await chats.erase(connection, chat)
        await requests.add(connection, batch.requests)
        await jobs.cancel(connection, batch.cancelled - batch.jobs.keys())
        await jobs.park(connection, batch.parked)
        await chats.save(connection, [batch.chats[key] for key in batch.touched])
        await chats.save_sessions(connection, [(key, s) for (key, _), s in batch.changed.items()], batch.at)
        await journal.add(connection, batch.lines)
        for key, wish in batch.wishes:
            await (
                optouts.drop(connection, key, wish.topic)
                if wish.more
                else optouts.add(connection, key, wish.topic, batch.at)
            )
        await jobs.add(connection, batch.jobs.values())
        await outbox.add(connection, batch.rows, batch.at)
        await inbox.add(connection, batch.done)
        batch.sent += batch.rows
        batch.turns += len(batch.done)
        for written in batch.written:
            written.clear()

    async def _with_data(self, connection: Connection, chat: Chat, incoming: Incoming, reply: Reply) -> Reply:
        """The reply with all that is kept about the chat."""
        rows = await chats.everything(connection, chat)
        shown = my_data(self.house, reply.chat, rows, incoming.at, reply.show_data or ())
        return replace(reply, outgoing=(*reply.outgoing, *shown))

    async def _look_up(self, taps: Sequence[str], connection: Connection) -> None:
        unknown = {tap for tap in taps if tap not in self._meanings}
        if unknown:
            if len(self._meanings) > MOST_BUTTONS:
                self._meanings.clear()
            self._meanings.update(await buttons.find(connection, unknown))

    def _new_chat(self, incoming: Incoming) -> Chat:
        spoken = incoming.language.partition("-")[0]
        language = spoken if spoken in self.house.library.languages else self._config.language
        return Chat(incoming.key, incoming.channel, incoming.chat, language, incoming.at, incoming.at)

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
