"""What a broadcast is: a text in each language, an audience, a class and a plan. Frozen as JSON when it is sent."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
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


@dataclass(frozen=True, slots=True)
class Broadcast:
    """One broadcast. `words` is its template by language; `buttons` are answers that need no guide ("open:tea")."""

    name: str
    topic: str
    kind: Kind
    audience: str
    buttons: tuple[str, ...] = ()
    picture: str = ""  # below content/media/
    voice: str = ""  # below content/media/voice/<language>/
    plan: Plan = field(default_factory=Plan)
    words: dict[str, str] = field(default_factory=dict)

    @property
    def guide(self) -> str:
        """The guide it is to lead to, by whose starts and finishes it is judged; "" if none."""
        return next((answer.removeprefix("open:") for answer in self.buttons if answer.startswith("open:")), "")

    def to_json(self) -> dict[str, Any]:
        """Plain data for storing; `from_json` is its inverse."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Broadcast:
        """A broadcast from what `to_json` gave."""
        return cls(
            **{
                **data,
                "kind": Kind(data["kind"]),
                "buttons": tuple(data["buttons"]),
                "plan": Plan(**data["plan"]),
            }
        )
