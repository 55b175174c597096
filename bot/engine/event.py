"""What can happen to a session. Each event carries its time, in milliseconds since 1970 UTC: the core has no clock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone

VIETNAM = timezone(timedelta(hours=7))
"""Viet Nam's time all year: no daylight saving (IANA Asia/Ho_Chi_Minh, since 1975)."""


def local_time(at: int) -> datetime:
    """The wall clock of the person at `at`."""
    return datetime.fromtimestamp(at / 1000, tz=UTC).astimezone(VIETNAM)


def local_day(at: int) -> date:
    """The calendar day of the person at `at`."""
    return local_time(at).date()


@dataclass(frozen=True, slots=True)
class Started:
    """Opens the guide from its beginning, or (a forwarded link) at `step`."""

    at: int
    step: str = ""


@dataclass(frozen=True, slots=True)
class Resumed:
    """Comes back to the guide where it was left."""

    at: int


@dataclass(frozen=True, slots=True)
class Said:
    """Typed something that is no button."""

    at: int
    text: str


@dataclass(frozen=True, slots=True)
class Picked:
    """Chose `answer` on the message of `step`: by a tap, its number or its words."""

    at: int
    step: str
    answer: str


@dataclass(frozen=True, slots=True)
class WentBack:
    """Takes the last answer back."""

    at: int
    step: str


@dataclass(frozen=True, slots=True)
class Returned:
    """Goes back to an earlier `step`, to answer it anew."""

    at: int
    step: str


@dataclass(frozen=True, slots=True)
class AskedAgain:
    """Wants to see the current step again."""

    at: int


@dataclass(frozen=True, slots=True)
class TimeCame:
    """Nobody answered `step` for as long as the flow allows."""

    at: int
    step: str


@dataclass(frozen=True, slots=True)
class Muted:
    """Wants no more reminders of this guide."""

    at: int


@dataclass(frozen=True, slots=True)
class Stopped:
    """Leaves the guide; the place is kept."""

    at: int


@dataclass(frozen=True, slots=True)
class AskedForHelp:
    """Wants a human."""

    at: int


Event = Started | Resumed | Said | Picked | WentBack | Returned | AskedAgain | TimeCame | Muted | Stopped | AskedForHelp
