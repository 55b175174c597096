"""The product in one function: `take_turn(flow, session, event) -> Turn(session, effects)`. Pure and total."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, assert_never

from bot.engine import path, quiz
from bot.engine.answer import Refusal, read_answer
from bot.engine.effect import Effect, Forget, Note, Record, Show, Tell, Wait
from bot.engine.event import (
    AskedAgain,
    AskedForHelp,
    Event,
    Muted,
    Picked,
    Resumed,
    Returned,
    Said,
    Started,
    Stopped,
    TimeCame,
    WentBack,
    local_day,
)
from bot.engine.replay import replay
from bot.engine.session import Session, Visit
from bot.flow.model import INPUTS, QUESTIONS, Kind

if TYPE_CHECKING:
    from bot.flow.model import Flow

DOUBLE_TAP = 3_000
"""Milliseconds in which the same answer to the same step is the same tap."""

MOST_REMINDERS = 2
"""Reminders in one guide."""

SMALL_ROW = ("back", "again")
"""The small row under every question."""


@dataclass(frozen=True, slots=True)
class Turn:
    """What one event led to."""

    session: Session
    effects: tuple[Effect, ...]


def take_turn(flow: Flow, session: Session | None, event: Event) -> Turn:
    """One event happens to one person in one guide. Never raises for anything a person can do."""
    if session is None:
        return _start(flow, event)
    now, lost = catch_up(flow, session, event.at)
    turn = _happen(flow, now, event)
    if not lost:
        return turn
    if isinstance(event, TimeCame) and not turn.effects:
        return Turn(session, ())  # the step it was about is gone: the person is told when they come back
    changed = (Tell("changed"),)
    if any(isinstance(effect, Show) for effect in turn.effects):
        return Turn(turn.session, changed + turn.effects)
    return Turn(turn.session, (*turn.effects, *changed, *_show(flow, turn.session)))


def catch_up(flow: Flow, session: Session, at: int) -> tuple[Session, bool]:
    """The session in the flow as it is now, and whether the person's place had to change."""
    if session.digest == flow.digest:
        return session, False
    now = replay(flow, session, local_day(at))
    there = (path.now_called(flow, session.step), len(session.visits))
    return now, not now.finished and there != (now.step, len(now.visits))


def _happen(flow: Flow, session: Session, event: Event) -> Turn:
    match event:
        case Started():
            return _start(flow, event, muted=session.muted)
        case Resumed() | AskedAgain():
            return Turn(session, (*_show(flow, session), *_wait(flow, session)))
        case Picked():
            return _picked(flow, session, event)
        case Said():
            return _said(flow, session, event)
        case WentBack():
            return _went_back(flow, session, event)
        case Returned():
            return _returned(flow, session, event)
        case TimeCame():
            return _time_came(flow, session, event)
        case _:
            return _beside(flow, session, event)


def _beside(flow: Flow, session: Session, event: Muted | Stopped | AskedForHelp) -> Turn:
    """What happens beside the way: the position stays."""
    match event:
        case Muted():
            session = replace(session, muted=True)
            forget = (Forget(), *_wait(flow, session))  # a silence that leads on is part of the way
            return Turn(session, (*forget, Note("muted", session.step), Tell("reminders_off")))
        case Stopped():
            return Turn(session, (Forget(), Note("left", session.step)))
        case AskedForHelp():
            return Turn(session, (Note("help", session.step), Tell("human", session.step, ("stay",))))
        case _:
            assert_never(event)


def offers(flow: Flow, session: Session) -> tuple[str, ...]:
    """The answers under the current question, in the order shown; none after the end."""
    step = flow.steps[session.step]
    if step.kind is Kind.END:
        suggestion = (f"open:{step.suggest}",) if step.suggest else ()
        if step.end != path.DONE:
            return (*suggestion, "home")
        return (*suggestion, "good", "so_so", "bad", "home", f"send:{flow.name}")
    small = SMALL_ROW if session.visits else SMALL_ROW[1:]
    return path.answers(step) + small


def _start(flow: Flow, event: Event, *, muted: bool = False) -> Turn:
    today = local_day(event.at)
    if isinstance(event, Started) and event.step:
        target = path.now_called(flow, event.step)
        is_question = target in flow.steps and flow.steps[target].kind in QUESTIONS
        visits = path.path_to(flow, target, event.at, today) if is_question else None
        if visits is not None:
            session = Session(flow.name, flow.digest, target, event.at, visits, muted=muted)
            return Turn(session, (Note("opened", target), *_show(flow, session), *_wait(flow, session)))
    way = path.way_on(flow, flow.start, {}, today)
    session = Session(flow.name, flow.digest, way.step, event.at, muted=muted)
    turn = _arrive(flow, session, way)
    return Turn(turn.session, (Note("started", way.step), *turn.effects))


def _picked(flow: Flow, session: Session, event: Picked) -> Turn:
    name = path.now_called(flow, event.step)
    tap = Visit(name, event.answer, event.at)
    if _is_double(session, tap):
        return Turn(session, ())
    if session.finished or name != session.step:
        return _stale(session, name)
    step = flow.steps[name]
    if path.fits(step, event.answer):
        return _answered(flow, session, tap) or _stale(session, name)
    session = replace(session, last=tap)
    match event.answer:
        case "not_yet" if step.kind is Kind.DO:
            patience = Tell("not_yet", name, offers(flow, session))
            return Turn(session, (Note("not_yet", name), patience, *_wait(flow, session)))
        case "stuck" if step.kind is Kind.DO:
            return Turn(session, (Note("stuck", name), _known_problems(flow, session)))
        case "record":
            return Turn(session, _show(flow, session))
        case "other":
            return Turn(session, (Note("help", name), Tell("human", name, ("stay",))))
        case _:
            return _stale(session, name)


def _is_double(session: Session, tap: Visit) -> bool:
    """Whether the last tap was the same, a moment ago."""
    last = session.last
    if last is None or (last.step, last.answer) != (tap.step, tap.answer):
        return False
    return 0 <= tap.at - last.at < DOUBLE_TAP


def _answered(flow: Flow, session: Session, visit: Visit) -> Turn | None:
    """The answer leads on; None if it is no answer of that step (any more)."""
    today = local_day(visit.at)
    visits = (*session.visits, visit)
    saved = path.values(flow, visits)
    there = path.after(flow, visit.step, visit.answer, saved, today)
    if there is None:
        return None
    way = path.way_on(flow, there, saved, today)
    step = flow.steps[visit.step]
    kept = "" if step.private or step.kind in {Kind.TEXT, Kind.PHONE, Kind.DATE, Kind.QUIZ} else visit.answer
    session = replace(session, step=way.step, since=visit.at, visits=visits, last=visit)
    turn = _arrive(flow, session, way)
    heard: tuple[Effect, ...] = (Record(visit.step, visit.answer), Note("answered", visit.step, kept))
    return Turn(turn.session, (*heard, *quiz.reaction(step, visit.answer), *turn.effects))


def _arrive(flow: Flow, session: Session, way: path.Way) -> Turn:
    """Speak what was passed, then ask (or end)."""
    said = tuple(Show(name) for name in way.said)
    step = flow.steps[way.step]
    if step.kind is Kind.END:
        session = replace(session, finished=True)
        notes: tuple[Note, ...] = (*quiz.result(flow, session), Note("ended", way.step, step.end))
        return Turn(session, (*said, *_show(flow, session), Forget(), *notes))
    return Turn(session, (*said, *_show(flow, session), *_wait(flow, session)))


def _show(flow: Flow, session: Session) -> tuple[Effect, ...]:
    return (Show(session.step, offers=offers(flow, session)),)


def _wait(flow: Flow, session: Session) -> tuple[Effect, ...]:
    step = flow.steps[session.step]
    if step.kind is Kind.END:
        return ()
    if step.silence and step.silence.to:
        return (Wait(step.name, step.silence.after),)
    if session.muted or session.reminders >= MOST_REMINDERS:
        return ()
    return (Wait(step.name, step.silence.after if step.silence else None),)


def _known_problems(flow: Flow, session: Session) -> Effect:
    step = flow.steps[session.step]
    if not step.stuck:
        return Tell("stuck_none", step.name, ("human", "stay"))
    problems = tuple(path.STUCK + key for key in step.stuck)
    return Show(step.name, "stuck", (*problems, "other", "stay"))


def _said(flow: Flow, session: Session, event: Said) -> Turn:
    step = flow.steps[session.step]
    if session.finished:
        return Turn(session, (Tell("ended", step.name, ("restart", "home")),))
    if step.kind not in INPUTS:
        return Turn(session, (Tell("not_understood"), *_show(flow, session)))
    answer = read_answer(step, event.text)
    if isinstance(answer, Refusal):
        return Turn(session, (Note("refused", step.name), Show(step.name, "refused", offers(flow, session))))
    return _answered(flow, session, Visit(step.name, answer, event.at)) or Turn(session, _show(flow, session))


def _stale(session: Session, name: str) -> Turn:
    """An old button explains itself and offers the way; it never answers the question that is open now."""
    visited = any(visit.step == name for visit in session.visits)
    choices = ("return", "stay") if visited else ("stay",)
    if session.finished:
        choices = (*choices[:-1], "restart", "home")
    # Its buttons belong to a step that is there: the old one may be gone, or have become one that asks nothing.
    return Turn(session, (Note("stale", name), Tell("stale", name if visited else session.step, choices)))


def _went_back(flow: Flow, session: Session, event: WentBack) -> Turn:
    name = path.now_called(flow, event.step)
    tap = Visit(name, "back", event.at)
    if _is_double(session, tap):  # the first one has already gone back from that step
        return Turn(session, ())
    if name != session.step:
        return _stale(session, name)
    visits = session.visits
    while (
        visits and visits[-1].step == name and visits[-1].answer.startswith(path.STUCK)
    ):  # a problem of this very step, solved: that was no way on
        visits = visits[:-1]
    if not visits:
        return Turn(session, (Tell("at_start"), *_show(flow, session)))
    session = replace(
        session,
        step=visits[-1].step,
        since=event.at,
        visits=visits[:-1],
        last=tap,
        finished=False,
    )
    return Turn(session, (Note("back", session.step), *_show(flow, session), *_wait(flow, session)))


def _returned(flow: Flow, session: Session, event: Returned) -> Turn:
    name = path.now_called(flow, event.step)
    for index, visit in enumerate(session.visits):
        if visit.step == name:
            session = replace(session, step=name, since=event.at, visits=session.visits[:index], finished=False)
            return Turn(session, (Note("back", name), *_show(flow, session), *_wait(flow, session)))
    return Turn(session, _show(flow, session))


def _time_came(flow: Flow, session: Session, event: TimeCame) -> Turn:
    if session.finished or path.now_called(flow, event.step) != session.step:
        return Turn(session, ())
    step = flow.steps[session.step]
    if step.silence and step.silence.to:
        return _answered(flow, session, Visit(step.name, path.SILENT, event.at)) or Turn(session, ())
    if session.muted or session.reminders >= MOST_REMINDERS:
        return Turn(session, ())
    session = replace(session, reminders=session.reminders + 1)
    reminder = Tell("remind", step.name, ("resume", "no_reminders"))
    return Turn(session, (Note("reminded", step.name), reminder, *_wait(flow, session)))
