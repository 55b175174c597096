"""An edited flow never loses anyone: old visits walked through the new flow, as far as they still hold."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bot.engine import path
from bot.engine.event import local_day
from bot.flow.model import Kind
from bot.flow.quiz import past_quiz

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from bot.engine.answer import Value
    from bot.engine.session import Session, Visit
    from bot.flow.model import Flow, Step


def replay(flow: Flow, session: Session, today: date) -> Session:
    """The session in `flow` as it is now: the longest part of the visits that still holds.

    Walks from the start and answers each question with the person's own next answer to that step. Visits of steps that
    are gone, and answers to quiz questions that are gone, are dropped. A step that was put in before a point the person
    had passed is passed over if nothing but a score hangs on it (an action, a quiz); otherwise the person is asked it.
    For an unchanged flow the result is the session itself.
    """
    old = [replace(visit, step=path.now_called(flow, visit.step)) for visit in session.visits]
    old = [visit for visit in old if not _is_gone(flow, visit)]
    stood = path.now_called(flow, session.step)
    kept: list[Visit] = []
    name = path.way_on(flow, flow.start, {}, today).step
    remaining = old
    for _ in range(len(session.visits) + path.CEILING):
        index = next((i for i, visit in enumerate(remaining) if visit.step == name), None)
        if index is None and name != stood:
            known = {visit.step for visit in remaining} | {stood}
            name, passed = _pass_over(flow, name, known, path.values(flow, kept), today)
            index = next((i for i, visit in enumerate(remaining) if visit.step == name), None) if passed else None
        if index is None:
            break
        visit = remaining[index]
        taken = [*kept, visit]
        saved = path.values(flow, taken)
        then = local_day(visit.at)  # a condition on today is asked of the day the person passed it
        there = path.after(flow, name, visit.answer, saved, then)
        if there is None:
            break
        kept, remaining = taken, remaining[index + 1 :]
        name = path.way_on(flow, there, saved, then).step
    here = flow.steps[name]
    last = session.last and replace(session.last, step=path.now_called(flow, session.last.step))
    return replace(
        session,
        digest=flow.digest,
        step=name,
        visits=tuple(kept),
        last=last if name == stood else None,
        finished=here.kind is Kind.END,
    )


def _pass_over(flow: Flow, name: str, known: set[str], saved: Mapping[str, Value], today: date) -> tuple[str, bool]:
    """From an unknown action or quiz on to a step the person knows: (that step, True), or (name, False)."""
    here = name
    for _ in range(path.CEILING):
        step = flow.steps[here]
        if here in known:
            return here, here != name
        there = path.onward(step, saved, today) if step.kind is Kind.DO else _past_quiz(flow, step)
        if not there:
            break
        here = path.way_on(flow, there, saved, today).step
    return name, False


def _past_quiz(flow: Flow, step: Step) -> str:
    """Where a quiz question leads whatever is answered, or the way past a quiz where it is offered; else ""."""
    if step.kind is Kind.QUIZ:
        first, *others = set(step.go.values())
        return "" if others else first
    return past_quiz(flow, step)


def _is_gone(flow: Flow, visit: Visit) -> bool:
    """Whether the visit answers a quiz question by what is no answer of it any more."""
    step = flow.steps.get(visit.step)
    return step is not None and step.kind is Kind.QUIZ and not path.fits(step, visit.answer)
