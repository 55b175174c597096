"""The quiz of a guide: what is said of an answer, and the score. It is counted from the visits and stored nowhere."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from bot.engine import path
from bot.engine.effect import Note, Show
from bot.flow.model import Kind

if TYPE_CHECKING:
    from bot.engine.session import Session
    from bot.flow.model import Flow, Step

RIGHT, WHY = "right", "why"
"""Blocks: said of a right answer, and of a wrong one; "why_<answer>" of that one alone."""


@dataclass(frozen=True, slots=True)
class Score:
    """Questions answered so far, and how many of them right. `passed`: as many right as the guide's `pass` asks for."""

    right: int
    asked: int
    passed: bool


def score(flow: Flow, session: Session) -> Score:
    """The score of a person in a (linked) guide as it is now; zeros where it has no quiz.

    A question counts as it was answered last. Those of a guide that is entered count there alone. Whether the guide was
    walked to its end is another question: `session.finished`.
    """
    visits = [replace(visit, step=path.now_called(flow, visit.step)) for visit in session.visits]
    marks = path.marks(flow, visits)
    right = sum(marks.values())
    return Score(right, len(marks), "" in flow.passes and right >= flow.passes[""])


def reaction(step: Step, answer: str) -> tuple[Show, ...]:
    """What is said of an answer to a question of the quiz; nothing of a silence, or at other steps."""
    if step.kind is not Kind.QUIZ or answer not in step.go:
        return ()
    return (Show(step.name, RIGHT if answer in step.right else f"{WHY}_{answer}"),)


def result(flow: Flow, session: Session) -> tuple[Note, ...]:
    """The line for the journal at the end of a guide with a quiz: how many right of how many answered, no answers."""
    found = score(flow, session)
    return (Note("scored", session.step, f"{found.right}/{found.asked}"),) if found.asked else ()
