"""What this process may do of all that is to be done. On SQLite, and for a command, that is everything.

Where several processes serve together (bot/store/shares.py) each owns some of the partitions, and for each duty one of
them stands. Both are locks of the connection that writes: who asks inside a transaction is told what holds for it.
"""

from __future__ import annotations

import time
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

CHORES, BROADCASTS = "chores", "broadcasts"
"""Duties: the bot's own due work; sending broadcasts. Asking a platform for updates is one for each channel."""

POLL = "poll {}"
"""The name of the duty to ask a platform."""

_bound: ContextVar[str] = ContextVar("bound", default="")


@dataclass(frozen=True, slots=True)
class Process:
    """One that serves: "<machine>:<process id>", its version, since when (milliseconds), what it owns."""

    name: str
    version: str
    since: int
    parts: tuple[int, ...]
    duties: tuple[str, ...] = ()


class NotOwner(OSError):
    """Another process has taken over what this one was doing: nothing of it is stored here."""


class Owner:
    """A process that owns everything. `number` tells processes that serve together apart."""

    number = 0
    alive: frozenset[int] = frozenset()
    parts: frozenset[int] | None = None  # None: all of them

    def now(self) -> int:
        """Milliseconds, by the clock that all who serve together count by."""
        return time.time_ns() // 1_000_000

    def owns(self, key: str) -> bool:
        """Whether a chat is ours; inside a transaction: until it ends."""
        del key
        return True

    def sends(self, key: str) -> bool:
        """Whether we are the one who sends to a chat."""
        del key
        return True

    @property
    def is_sure(self) -> bool:
        """Whether nobody can have taken over meanwhile. Else: wait, and look again."""
        return True

    def leads(self, duty: str) -> bool:
        """Whether a duty is ours."""
        del duty
        return True

    async def turn(self, duty: str) -> None:
        """Returns when a duty is ours."""

    def listen(self, topic: str, hear: Callable[[str], None]) -> None:
        """Hear what the other processes tell about a topic. There are none."""

    def confirm(self, parts: Collection[int]) -> None:
        """We send in these partitions from now on."""

    def check(self) -> None:
        """Raises NotOwner when what this transaction is bound to is not ours."""

    @contextmanager
    def bound(self, to: str) -> Iterator[None]:
        """What is written in this block (and in tasks begun there) is written only while `to` is ours.

        `to` is a duty, or the key of a chat.
        """
        token = _bound.set(to)
        try:
            yield
        finally:
            _bound.reset(token)


def bound_to() -> str:
    """What the running task is bound to; "": nothing."""
    return _bound.get()
