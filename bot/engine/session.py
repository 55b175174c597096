"""Where a person is in a guide and how they came there. Everything else is derived from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Visit:
    """One answered step. `answer` is the canonical text of the answer; `at` milliseconds since 1970 UTC."""

    step: str
    answer: str
    at: int


@dataclass(frozen=True, slots=True)
class Session:
    """A person's place in one guide: the visits behind them and the step they stand on.

    `digest` is the flow's digest at the last turn: when it differs, the visits are replayed. `since` is when the
    position was reached. `last` is the last pick, so that a double tap stays one tap. `reminders` counts those sent.
    """

    flow: str
    digest: str
    step: str
    since: int
    visits: tuple[Visit, ...] = ()
    last: Visit | None = None
    reminders: int = 0
    muted: bool = False
    finished: bool = False

    def to_json(self) -> dict[str, Any]:
        """Plain data for storing; `from_json` is its inverse."""
        return {
            "flow": self.flow,
            "digest": self.digest,
            "step": self.step,
            "since": self.since,
            "visits": [[v.step, v.answer, v.at] for v in self.visits],
            "last": [self.last.step, self.last.answer, self.last.at] if self.last else None,
            "reminders": self.reminders,
            "muted": self.muted,
            "finished": self.finished,
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Session:
        """A session from what `to_json` gave."""
        last = data["last"]
        return cls(
            flow=data["flow"],
            digest=data["digest"],
            step=data["step"],
            since=data["since"],
            visits=tuple([Visit(*v) for v in data["visits"]]),
            last=Visit(*last) if last else None,
            reminders=data["reminders"],
            muted=data["muted"],
            finished=data["finished"],
        )
