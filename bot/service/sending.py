"""What decides how a broadcast is sent: the same for the commands and for tips written in the chat. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.broadcast.model import Kind
from bot.broadcast.reason import Reason
from bot.store.broadcasts import ASKED, OPEN, PAUSED, RUNNING, SCHEDULED, STOPPING, WAITING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from bot.store.broadcasts import Row

TOLERANCE = 50
"""One person in so many may come or go between looking and sending."""

BY_HAND = "by hand"
"""Why it is paused or stopped when somebody wanted it so."""

TURNS: dict[str, tuple[tuple[str, ...], str, str]] = {
    "pause": ((SCHEDULED, RUNNING, WAITING), PAUSED, BY_HAND),
    "resume": ((PAUSED,), SCHEDULED, ""),
    "stop": (OPEN, STOPPING, BY_HAND),
}
"""What can be done with one on its way: from which states, to which, and why. Where `resume` leads, `resumed` says."""


def gets(counted: Mapping[str, int]) -> int:
    """How many get it, of a count by reason: who walks through a guide gets it later."""
    return counted.get("", 0) + counted.get(Reason.IN_A_GUIDE, 0)


def fits(people: int, expect: int) -> bool:
    """Whether there are about as many people as somebody expects."""
    return abs(people - expect) <= expect // TOLERANCE


def needed(kind: str, people: int, threshold: int) -> int:
    """How many others have to approve what somebody sends."""
    return 2 if kind == Kind.EMERGENCY else 1 if people > threshold else 0


def begins(lacks: int, *, series: bool = False) -> str:
    """The state of one that lacks so many approvals."""
    return ASKED if lacks > 0 else WAITING if series else SCHEDULED


def has_spoken(who: str, sender: str, approvals: Iterable[str]) -> bool:
    """Whether somebody sent it or approved it before, by what they call themselves."""
    return any(who.casefold() == other.casefold() for other in (sender, *approvals))


def resumed(row: Row, now: int) -> str:
    """The state in which a paused broadcast goes on. A part of a series that had not begun waits for its time."""
    if row.series:
        return RUNNING if row.gathered_at or row.gathered_to else WAITING
    return goes_on(row.start_at, now)


def goes_on(start_at: int, now: int) -> str:
    """The same of one that is no series."""
    return RUNNING if start_at <= now else SCHEDULED
