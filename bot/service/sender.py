"""Outbox rows to channels: in order per chat, at the pace the platform allows, each outcome written down.

A row is sent after its transaction is committed, and marked after the channel has it. A crash between the two sends it
again at the next start: at least once, and at most those in flight twice.

Where several processes serve together (bot/store/owner.py) a chat's rows are sent by the owner of the chat alone: what
has not begun when the chat goes to another is dropped here and read there.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from contextlib import asynccontextmanager
from contextvars import Context
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

from sqlalchemy.exc import DBAPIError

from bot.channel.base import Deletion, Document, Fault, Keyboard, Message, Photo, SendFailed, VoiceNote
from bot.service import metrics
from bot.service.pace import Pace
from bot.service.turnstile import Turnstile
from bot.store import chats, outbox
from bot.store.outbox import OUR_ID, OutboxRow, Outcome
from bot.store.parts import part_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterable, Mapping

    from bot.channel.base import Channel, Outgoing, Receipt
    from bot.store.database import Database
    from bot.store.hot import Connection

log = logging.getLogger(__name__)

Listener: TypeAlias = "Callable[[Connection, Collection[str]], Awaitable[None]]"
"""Told which chats a message has not reached, in the transaction that says so."""

NEW = (Message, VoiceNote, Document, Photo)
"""What a person sees as one more message; the rest changes one that is there."""

AT_ONCE = 500
"""Sends in flight on one channel."""

ACKNOWLEDGE = 0.02
"""Seconds for which outcomes wait to be written: what comes in meanwhile takes them into its own transaction."""

MOST_RECEIPTS = 10_000
"""Newest messages whose platform id is kept in memory."""

MOMENT = 0.1
"""Seconds between two looks whether we are sure again that the chats are ours."""

Lane = tuple[str, str]
"""(channel, chat): what one chat is sent goes in order, and no chat waits for another. What comes in has no lanes."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a channel that does not answer is tried, in seconds; as it is, one row for about half an hour."""

    first: float = 0.5  # the first pause; it doubles …
    longest: float = 30.0  # … up to this
    attempts: int = 60  # tries of one row; then it is failed

    def pause(self, attempts: int) -> float:
        """The pause after that many tries."""
        return min(self.longest, self.first * 2.0 ** min(attempts, 16))


class Sender:
    """Sends what is in the outbox."""

    def __init__(self, database: Database, patience: Patience | None = None) -> None:
        self.patience = patience or Patience()
        self._database = database
        self._owner = database.owner
        self._channels: Mapping[str, Channel] = {}
        self._lanes: dict[Lane, deque[OutboxRow]] = {}
        self._tasks: dict[Lane, asyncio.Task[None]] = {}
        self._flying: set[Lane] = set()  # lanes of which one row is with the channel at this moment
        self._known: set[int] = set()  # rows that wait here, or whose outcome is not yet written
        self._paces: dict[str, Pace] = {}
        self._turnstiles: dict[str, Turnstile] = {}
        self._room: dict[str, asyncio.Semaphore] = {}
        self._outcomes: list[Outcome] = []
        self._writing: list[list[Outcome]] = []  # being written at this moment
        self._gone: set[Lane] = set()
        self._receipts: dict[int, str] = {}
        self._flush: asyncio.Task[None] | None = None
        self._closing = False
        self._begun: dict[str, int] = {}
        self.listeners: list[Listener] = []

    async def start(self, channels: Mapping[str, Channel]) -> None:
        """Send through these channels; begins with what an earlier run left."""
        self._channels = channels
        self._paces = {name: Pace(channel.capabilities) for name, channel in channels.items()}
        counted = {name: channel.capabilities for name, channel in channels.items() if channel.capabilities.burst}
        self._turnstiles = {name: Turnstile(self._database, name, can) for name, can in counted.items()}
        self._room = {name: asyncio.Semaphore(AT_ONCE) for name in channels}
        await self.take_over(self._owner.parts)

    async def take_over(self, parts: Collection[int] | None) -> None:
        """Send in these partitions (None: in all) from now on; begins with what was left there."""
        async with self._database.write() as connection:  # so that nobody here writes rows meanwhile
            left: list[OutboxRow] = []
            channels = list(self._channels)
            while more := await outbox.waiting(connection, channels, left[-1].id if left else 0, parts=parts):
                left += more
            if left:
                log.info("sending what was left", extra={"rows": len(left)})
            self._owner.confirm(parts or ())
            self.put(left)

    def let_go(self, parts: Collection[int]) -> set[int]:
        """Begin no more in these partitions; those of them in which something is under way, or not yet written."""
        busy = {part_of(_key(outcome.row)) for outcomes in (self._outcomes, *self._writing) for outcome in outcomes}
        for lane in list(self._lanes):
            if (part := part_of(_chat(lane))) not in parts:
                continue
            if lane in self._flying:
                busy.add(part)
            else:
                self._tasks.pop(lane).cancel()
                self._forget(self._lanes.pop(lane))
        return busy & {*parts}

    def put(self, rows: Iterable[OutboxRow]) -> None:
        """Take committed rows; they are sent in this order within each chat."""
        for row in rows:
            if row.channel not in self._channels or row.id in self._known or not self._owner.sends(_key(row)):
                continue  # another process sends it, or it is here already
            self._known.add(row.id)
            lane = (row.channel, row.chat)
            queue = self._lanes.get(lane)
            if queue is None:
                self._lanes[lane] = queue = deque((row,))
                self._tasks[lane] = asyncio.create_task(self._run(lane, queue), context=Context())
            else:
                queue.append(row)

    async def drain(self, seconds: float) -> None:
        """Send what is waiting for at most `seconds`; what is left stays in the outbox."""
        if self._tasks:
            await asyncio.wait(self._tasks.values(), timeout=seconds)
        self._closing = True
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        while self._flush is not None:
            await self._flush

    @property
    def backlog(self) -> dict[str, int]:
        """Rows that wait, by channel."""
        counted = dict.fromkeys(self._channels, 0)
        for (channel, _), queue in self._lanes.items():
            counted[channel] += len(queue)
        return counted

    @property
    def rates(self) -> dict[str, float]:
        """Messages a second that each channel allows for everybody, where it says so."""
        return {name: rate for name, each in self._channels.items() if (rate := each.capabilities.rate)}

    def pace(self, channel: str) -> Pace:
        """How fast a channel may be sent to, by whoever sends."""
        return self._paces[channel]

    def is_busy(self, channel: str, chat: str) -> bool:
        """Whether something waits for this chat, which goes before whatever nobody asked for."""
        return (channel, chat) in self._lanes

    def begun(self, channel: str) -> int:
        """How many messages have been sent on a channel since this was last asked."""
        return self._begun.pop(channel, 0)

    async def _run(self, lane: Lane, queue: deque[OutboxRow]) -> None:
        """One chat, until nothing waits for it or it is not ours any more; then the lane goes away."""
        key = _chat(lane)
        try:
            while queue and not self._closing and self._owner.sends(key):
                if not self._owner.is_sure:
                    await asyncio.sleep(MOMENT)
                    continue
                result = await self._send(queue[0], lane)
                if isinstance(result, Outcome):
                    queue.popleft()
                    if result.row.chat != lane[1]:  # it has moved, and is this lane's all the same
                        result = replace(result, row=replace(result.row, chat=lane[1]))
                    self._note(result)
                else:
                    queue[0] = result
        finally:
            if self._lanes.get(lane) is queue:  # or it was let go
                del self._lanes[lane], self._tasks[lane]
                self._forget(queue)

    def _forget(self, queue: Iterable[OutboxRow]) -> None:
        self._known.difference_update([row.id for row in queue])

    async def _send(self, row: OutboxRow, lane: Lane) -> Outcome | OutboxRow:
        """The outcome, or the row as it is to be tried again."""
        channel = self._channels[row.channel]
        pace = self._paces[row.channel]
        keeps = channel.capabilities.keeps
        try:
            outgoing = row.outgoing
            if isinstance(outgoing, Keyboard | Deletion) and outgoing.message.startswith(OUR_ID):
                message = await self._message_of(int(outgoing.message.removeprefix(OUR_ID)))
                if not message:
                    return Outcome(row, "failed", reason="no message to change", keeps=keeps)
                outgoing = replace(outgoing, message=message)
            is_new = isinstance(outgoing, NEW)
            await pace.wait(row.chat, counts=is_new)
            if is_new and row.channel in self._turnstiles:
                await self._turnstiles[row.channel].wait()
            async with self._room[row.channel]:
                if not (self._owner.sends(_chat(lane)) and self._owner.is_sure):
                    return row  # the wait was long: it may be another's by now
                self._begun[row.channel] = self._begun.get(row.channel, 0) + 1
                receipt = await self._fly(channel, row.chat, outgoing, lane)
        except SendFailed as failed:
            return await self._failed(row, failed)
        except Exception:
            log.exception("send failed", extra={"channel": row.channel, "row": f"r{row.id}"})
            return Outcome(row, "failed", reason="fault of ours", keeps=keeps)
        message = receipt.message or str(row.id)
        if isinstance(row.outgoing, Message) and row.outgoing.buttons:
            self._remember(row.id, message)
        return Outcome(row, "sent", message, keeps=keeps)

    async def _fly(self, channel: Channel, chat: str, outgoing: Outgoing, lane: Lane) -> Receipt:
        self._flying.add(lane)
        try:
            return await channel.send(chat, outgoing)
        finally:
            self._flying.discard(lane)

    async def _message_of(self, row: int) -> str:
        """The platform's id of a message we sent; empty if there is none."""
        if row in self._receipts:
            return self._receipts[row]
        try:
            async with self._database.read() as connection:
                return await outbox.receipt(connection, row)
        except (DBAPIError, OSError) as error:
            raise SendFailed(Fault.PASSING, type(error).__name__) from error

    def _remember(self, row: int, message: str) -> None:
        """The newest messages are the ones whose keyboards change: they need not be looked up."""
        self._receipts[row] = message
        if len(self._receipts) > MOST_RECEIPTS:
            del self._receipts[next(iter(self._receipts))]

    async def _failed(self, row: OutboxRow, failed: SendFailed) -> Outcome | OutboxRow:
        """What a failure means, by its class alone."""
        tried = replace(row, attempts=row.attempts + 1)
        again = tried.attempts < self.patience.attempts
        log.warning("not sent", extra={"channel": row.channel, "row": f"r{row.id}", "fault": failed.fault.value})
        match failed.fault:
            case Fault.WAIT:
                self._paces[row.channel].hold(failed.retry_after)
                return row
            case Fault.PASSING if again:
                await asyncio.sleep(self.patience.pause(row.attempts))
                return tried
            case Fault.SETUP:  # for as long as it takes: an operator has to act
                await asyncio.sleep(self.patience.longest)
                return row
            case Fault.MOVED if again and failed.moved_to:
                return replace(tried, chat=failed.moved_to)
            case Fault.GONE:
                self._gone.add((row.channel, row.chat))
                return Outcome(row, "failed", reason=failed.fault)
            case Fault.UNKNOWN:
                return Outcome(row, "unknown", reason=failed.fault)
            case _:
                return Outcome(row, "failed", reason=failed.reason[:200])

    def _note(self, outcome: Outcome) -> None:
        metrics.sent(outcome.row.channel, outcome.state).inc()
        self._outcomes.append(outcome)
        if self._flush is None:
            self._flush = asyncio.create_task(self._acknowledge(), context=Context())

    @asynccontextmanager
    async def news(self) -> AsyncIterator[Callable[[Connection], Awaitable[None]]]:
        """What writes the outcomes so far into a transaction; if that fails in here, they are kept for the next one."""
        outcomes, self._outcomes = self._outcomes, []
        gone, self._gone = self._gone, set()

        async def write(connection: Connection) -> None:
            ours = outcomes
            if self._owner.parts is not None:
                ours = [outcome for outcome in outcomes if self._owner.owns(_key(outcome.row))]
            await outbox.finish(connection, ours)  # those of others are sent again by who has the chat now
            await chats.mark_unreachable(connection, gone)
            lost = {_key(each.row) for each in ours if each.state == "failed" and isinstance(each.row.outgoing, NEW)}
            for listener in self.listeners if lost else ():
                await listener(connection, lost)

        self._writing.append(outcomes)
        try:
            yield write
        except BaseException:
            self._outcomes = outcomes + self._outcomes
            self._gone |= gone
            raise
        finally:
            self._writing = [each for each in self._writing if each is not outcomes]
        self._forget([outcome.row for outcome in outcomes])

    async def _acknowledge(self) -> None:
        """Write down outcomes, many at a time, when nothing came in with which they could go."""
        while self._outcomes:
            await asyncio.sleep(0 if self._closing else ACKNOWLEDGE)
            if not self._outcomes:
                break  # they went with what came in meanwhile
            try:
                async with self.news() as write, self._database.batch() as connection:
                    await write(connection)
            except (DBAPIError, OSError) as error:
                log.error("outcomes not stored", extra={"error": type(error).__name__})  # noqa: TRY400
                if self._closing:
                    break
                await asyncio.sleep(1)
        self._flush = None


def _chat(lane: Lane) -> str:
    """The key of a lane's chat."""
    return f"{lane[0]}:{lane[1]}"


def _key(row: OutboxRow) -> str:
    return f"{row.channel}:{row.chat}"
