"""What all sending of broadcasts shares: channels below the replies, their slots, what is under way and what failed."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bot.channel.base import Message
from bot.service.delivery import Delivery, Result
from bot.service.slots import slots
from bot.store import claims, outbox
from bot.store.outbox import Ids, OutboxRow
from bot.store.owner import BROADCASTS, Owner
from bot.store.recipients import FAILED, PLANNED, UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Mapping, Sequence
    from typing import Any

    from bot.channel.base import Channel, Outgoing
    from bot.service.broadcast_words import Words
    from bot.service.sender import Sender
    from bot.service.slots import Slots
    from bot.store.broadcasts import Row
    from bot.store.hot import Batch

log = logging.getLogger(__name__)

MOST_UNDER_WAY = 400
"""Messages being sent at once."""

JUDGED, ENOUGH = 200, 20
"""How many of the newest outcomes are judged, and how many there must be."""


def is_error(state: str, reason: str) -> bool:
    """Whether something is wrong with how it is sent; that people block the bot is none of it."""
    return state == UNKNOWN or (state == FAILED and reason != "gone")


@dataclass
class Run:
    """A broadcast that is being sent, in memory: nothing here is needed after a crash."""

    words: Words
    version: int
    each: float  # microseconds from one message to the next when it is spread over hours
    cursor: dict[str, int] = field(default_factory=dict)  # channel -> the last recipient that was claimed
    changed: dict[str, int] = field(default_factory=dict)  # channel -> the last message that was changed
    tries: dict[int, int] = field(default_factory=dict)  # recipient -> changes tried in vain
    under_way: int = 0
    recent: deque[bool] = field(default_factory=lambda: deque(maxlen=JUDGED))  # whether it was an error


@dataclass(frozen=True, slots=True)
class Sending:
    """One message in its slot: `delay` seconds from now."""

    row: Row
    run: Run
    delivery: Delivery
    n: int
    chat: str  # the platform's id
    outgoing: Outgoing
    delay: float
    attempts: int = 0


class Lane:
    """All channels, as broadcasts use them. `now` gives the time in milliseconds."""

    def __init__(self, sender: Sender, now: Callable[[], int]) -> None:
        self.now = now
        self.deliveries: dict[str, Delivery] = {}
        self.news = asyncio.Event()
        self.stopping = False
        self.owner = Owner()
        self.faults: dict[int, str] = {}  # broadcasts that must pause, and why
        self.waits: list[int] = []  # broadcasts that were told to wait, once for each time
        self._sender = sender
        self._ids = Ids()
        self._tasks: set[asyncio.Task[None]] = set()
        self._holds: dict[str, float] = {}  # channel -> seconds the platform asked for, to be written down
        self._rests: dict[str, float] = {}  # channel -> loop time until which it is left alone: a fault that passes

    def start(self, channels: Mapping[str, Channel]) -> None:
        """Send through these channels, as far as they have buttons: a typed number would answer something else."""
        able = {name: channel for name, channel in channels.items() if channel.capabilities.buttons}
        self.deliveries = {name: Delivery(name, channel, self._sender) for name, channel in able.items()}

    def is_ours(self) -> bool:
        """Whether we are the one who sends broadcasts, and go on."""
        return not self.stopping and self.owner.leads(BROADCASTS)

    def stop(self) -> None:
        """What has not begun does not begin."""
        self.stopping = True
        self.news.set()

    async def drain(self, seconds: float) -> None:
        """What is under way may end for at most `seconds`; then it is cut off."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=seconds)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def begin(self, work: Coroutine[Any, Any, None]) -> None:
        """Something that goes on by itself."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def rest(self, channel: str) -> float:
        """Seconds for which a channel is left alone; none while that is still to be written down for the others."""
        if channel in self._holds:
            return 0.0
        passing = self._rests.get(channel, 0.0) - asyncio.get_running_loop().time()
        return max(self._sender.pace(channel).rest, passing)

    async def slots(self, batch: Batch, delivery: Delivery, now: int, spread: Mapping[str, float]) -> Slots:
        """The next slots of a channel, as many as may be under way beside the others."""
        name = delivery.name
        return await slots(
            batch,
            name,
            delivery.channel.capabilities.rate,
            spread=spread,
            hold=self._holds.pop(name, 0.0),
            beside=0 if delivery.channel.capabilities.burst else self._sender.begun(name),
            now=now,
            most=max(0, min(claims.MOST, MOST_UNDER_WAY - len(self._tasks))),
        )

    async def show(self, batch: Batch, channel: str, messages: Sequence[tuple[str, Outgoing]], now: int) -> list[int]:
        """Where people are shown what stands in the outbox, it is sent by standing there; the rows' ids."""
        rows = [OutboxRow(self._ids.next(), channel, chat, outgoing) for chat, outgoing in messages]
        await outbox.add(batch, rows, now)
        await outbox.finish(batch, [outbox.Outcome(row, "sent", str(row.id), keeps=True) for row in rows])
        return [row.id for row in rows]

    def note(self, one: Sending, result: Result) -> None:
        """What a result means for those who come after it."""
        one.run.under_way -= 1
        name = one.delivery.name
        if result.waited:
            self.waits.append(one.row.id)
            self._holds[name] = max(self._holds.get(name, 0.0), result.hold)
        elif result.hold:
            until = asyncio.get_running_loop().time() + result.hold
            self._rests[name] = max(self._rests.get(name, 0.0), until)
        if result.setup:
            self.faults[one.row.id] = f"{name}: {result.setup}"
        if result.state != PLANNED and isinstance(one.outgoing, Message):
            self.judge(one.row, one.run, result.state, result.reason)
        self.news.set()

    def judge(self, row: Row, run: Run, state: str, reason: str) -> None:
        """Too many errors among the newest outcomes: the broadcast must pause."""
        run.recent.append(is_error(state, reason))
        bad = sum(run.recent)
        if len(run.recent) >= ENOUGH and bad * 100 > row.content.plan.errors * len(run.recent):
            self.faults.setdefault(row.id, f"{bad} of the last {len(run.recent)} failed, the newest: {reason}")


async def wake(delivery: Delivery, chat: str, outgoing: Outgoing) -> None:
    """Tell a page that is open that there is something new."""
    try:
        await delivery.channel.send(chat, outgoing)
    except Exception:
        log.exception("page not woken", extra={"channel": delivery.name})


def go_back(cursor: dict[str, int], one: Sending) -> None:
    """This one is to be taken again."""
    cursor[one.delivery.name] = min(cursor.get(one.delivery.name, 0), one.n - 1)
