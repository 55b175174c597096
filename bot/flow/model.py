"""What a guide is, as the flow file says it and as the engine walks it. Every part knows its place in the file.

The reader makes a `Flow` per file; `link` (bot/flow/link.py) replaces `include` and `enter` steps by the steps of
the other flow, so that the engine knows neither and needs no stack.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date
    from pathlib import Path

    from bot.flow.rule import Rule


class Kind(StrEnum):
    """What a step does. Exactly one per step."""

    SAY = "say"  # says something and goes on
    DO = "do"  # asks the person to act: done / not yet / stuck
    CHOICE = "choice"  # ask = "choice"
    QUIZ = "quiz"  # ask = "quiz": a choice with right and wrong answers
    NUMBER = "number"  # ask = "number"
    TEXT = "text"  # ask = "text"
    DATE = "date"  # ask = "date"
    PHONE = "phone"  # ask = "phone"
    FORK = "fork"  # only branches: says nothing
    ENTER = "enter"  # another guide, and back
    INCLUDE = "include"  # the steps of a shared piece
    END = "end"


QUESTIONS = frozenset({Kind.DO, Kind.CHOICE, Kind.QUIZ, Kind.NUMBER, Kind.TEXT, Kind.DATE, Kind.PHONE})
"""Kinds that wait for the person."""

CHOICES = frozenset({Kind.CHOICE, Kind.QUIZ})
"""Kinds answered by one of the answers in `go`."""

INPUTS = frozenset({Kind.NUMBER, Kind.TEXT, Kind.DATE, Kind.PHONE})
"""Kinds answered by typing."""

SCORE, PASSED = "score", "passed"
"""What conditions and texts know of the quiz, beside saved names: a number, and "yes" or "no"."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands in a file; both count from 1."""

    path: Path
    line: int
    column: int = 1


@dataclass(frozen=True, slots=True)
class Branch:
    """One way on: taken when `rule` holds; the last one has none."""

    to: str
    place: Place
    rule: Rule | None = None


@dataclass(frozen=True, slots=True)
class Silence:
    """Nobody answered for `after` seconds: go `to` that step, or (when empty) remind."""

    after: int
    to: str
    place: Place


@dataclass(frozen=True, slots=True)
class Source:
    """Where a fact of the guide comes from, and the day it was last looked up."""

    url: str
    checked: date
    place: Place
    note: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """One step. `go` maps an answer to the next step, in the order shown; `stuck` a known problem likewise.

    `text` names the template that holds its words: "<flow>/<step>" (for a linked step: of the flow it came from).
    `place` is the table's head; `places` holds the place of every key, e.g. "next", "go.yes", "branch.0.when".
    """

    name: str
    kind: Kind
    text: str
    place: Place
    places: dict[str, Place] = field(default_factory=dict, compare=False)
    next: str = ""
    go: dict[str, str] = field(default_factory=dict)
    branches: tuple[Branch, ...] = ()
    stuck: dict[str, str] = field(default_factory=dict)
    right: tuple[str, ...] = ()  # QUIZ: the answers of `go` that are right
    save: str = ""
    private: bool = False
    min: float | None = None
    max: float | None = None
    picture: str = ""  # below content/media/
    voice: str = ""  # below content/media/voice/<language>/
    silence: Silence | None = None
    flow: str = ""  # ENTER, INCLUDE: the other flow's name
    end: str = ""  # END: what kind of end, e.g. "done"
    suggest: str = ""  # END: at most one other guide
    scope: str = ""  # linked steps of an entered guide: the prefix of the saved names its texts use, e.g. "ask_eid/"


@dataclass(frozen=True)
class Flow:
    """One flow file, or a linked guide. `digest` changes whenever the way through it may change."""

    name: str
    path: Path
    start: str
    steps: dict[str, Step]
    topics: tuple[str, ...] = ()
    menu: int | None = None  # its place in the list of guides; None: not listed
    chapter: str = ""  # the chapter it is listed in; "": on the home screen itself
    alarm: bool = False  # its alarm words lead here before anything else
    moved: dict[str, str] = field(default_factory=dict)  # old step name -> new one
    sources: tuple[Source, ...] = ()
    review_by: date | None = None
    passes: dict[str, int] = field(default_factory=dict)  # scope -> right answers that pass; "" is the guide itself
    digest: str = ""
    places: dict[str, Place] = field(default_factory=dict, compare=False)

    @property
    def is_piece(self) -> bool:
        """A piece is only ever included; it needs no sources, title or review date of its own."""
        return self.name.startswith("pieces/")

    @cached_property
    def counted(self) -> frozenset[str]:
        """The questions a person is told the number of: none of a quiz, nor the choice that leads into one."""
        quiz = {name for name, step in self.steps.items() if step.kind is Kind.QUIZ}
        asks = {name for name, step in self.steps.items() if step.kind in QUESTIONS and name not in quiz}
        ways_in = {n for n in asks if self.steps[n].kind is Kind.CHOICE and quiz & set(self.steps[n].go.values())}
        return frozenset(asks - ways_in)
