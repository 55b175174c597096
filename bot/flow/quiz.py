"""The way in to a quiz, and the way past it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.flow.model import Kind

if TYPE_CHECKING:
    from bot.flow.model import Flow, Step


def is_quiz(flow: Flow, name: str) -> bool:
    """Whether the step of that name is a question of a quiz."""
    step = flow.steps.get(name)
    return step is not None and step.kind is Kind.QUIZ


def _offers_quiz(flow: Flow, step: Step) -> bool:
    """Whether the step is a choice that leads into a quiz."""
    return step.kind is Kind.CHOICE and any(is_quiz(flow, to) for to in step.go.values())


def past_quiz(flow: Flow, step: Step) -> str:
    """The step behind a quiz for who does not want it, where `step` offers one; "" if there is none, or several."""
    ways = {to for to in step.go.values() if not is_quiz(flow, to)} if _offers_quiz(flow, step) else set()
    return ways.pop() if len(ways) == 1 else ""
