"""What a broadcast is: a text in each language, an audience, a class and a plan. Frozen as JSON when it is sent."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    """Classes of broadcasts: they differ in what they may pass."""

    TIP = "tip"  # advice nobody asked for
    NOTICE = "notice"  # about the service itself
    EMERGENCY = "emergency"  # passes quiet hours, frequency cap and open guides; two people approve
    TEST = "test"  # goes to named chats, counts for nothing


@dataclass(frozen=True, slots=True)
class Plan:
    """How it goes out. Shares are percent of the recipients, times are seconds."""

    spread: int = 0
    canary: float = 1.0
    canary_wait: int = 600
    holdout: float = 0.0
    errors: float = 5.0
    days: str = "all"


WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


@dataclass(frozen=True, slots=True)
class Series:
    """When the parts of a series go out: `at` minutes after midnight, each part to whoever has not got it.

    With `finished` a part goes `days` after that guide was finished, one number for each part. Without, the next part
    goes on each weekday of `every` (0 is Monday).
    """

    every: tuple[int, ...] = tuple(range(7))
    at: int = 8 * 60
    finished: str = ""
    days: tuple[int, ...] = ()


class Newer(ValueError):
    """A broadcast says something that this version does not know: a newer bot sends it."""


@dataclass(frozen=True, slots=True)
class Broadcast:
    """One broadcast. `words` is its template by language; `buttons` are answers that need no guide ("open:tea").

    Of a series: one part, `part` counts from 1 and stands behind the name ("monday/2").
    """

    name: str
    topic: str
    kind: Kind
    audience: str
    buttons: tuple[str, ...] = ()
    picture: str = ""  # below content/media/
    voice: str = ""  # below content/media/voice/<language>/
    plan: Plan = field(default_factory=Plan)
    words: dict[str, str] = field(default_factory=dict)
    series: Series | None = None
    part: int = 0

    @property
    def guides(self) -> tuple[str, ...]:
        """Every guide without which it says something untrue."""
        opened = [answer.removeprefix("open:") for answer in self.buttons if answer.startswith("open:")]
        return (*opened, *([self.series.finished] if self.series and self.series.finished else []))

    @property
    def guide(self) -> str:
        """The guide it is to lead to, by whose starts and finishes it is judged; "" if none."""
        return next((answer.removeprefix("open:") for answer in self.buttons if answer.startswith("open:")), "")

    def to_json(self) -> dict[str, Any]:
        """Plain data for storing; `from_json` is its inverse."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Broadcast:
        """A broadcast from what `to_json` gave. Raises Newer for what only a newer bot knows."""
        if strange := {*data, *data["plan"], *(data.get("series") or {})} - _KNOWN:
            raise Newer(", ".join(sorted(strange)))
        series = data.get("series")
        return cls(
            **{
                **data,
                "kind": Kind(data["kind"]),
                "buttons": tuple(data["buttons"]),
                "plan": Plan(**data["plan"]),
                "series": Series(**{**series, "every": tuple(series["every"]), "days": tuple(series["days"])})
                if series
                else None,
            }
        )


_KNOWN = frozenset(each.name for kind in (Broadcast, Plan, Series) for each in fields(kind))
