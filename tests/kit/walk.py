"""The walk: every answer of every question of a guide, each once, with the border values of every condition."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from bot.engine import path
from bot.engine.answer import Refusal, read_answer
from bot.engine.event import AskedForHelp, Event, Muted, Picked, Resumed, Said, Started, TimeCame, WentBack, local_day
from bot.engine.turn import Turn, take_turn
from bot.flow.model import INPUTS, PASSED, SCORE, Kind
from tests.kit.clock import MINUTE, MORNING
from tests.kit.walker import check, stored

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from bot.engine.session import Session
    from bot.flow.model import Flow, Step
    from bot.flow.rule import Comparison

State = tuple[str, tuple[tuple[str, object], ...]]
"""Where somebody stands, and what they have said that a condition asks for."""

_COMMON = {Kind.NUMBER: ("1",), Kind.TEXT: ("Hoa",), Kind.DATE: ("1958-03-05",), Kind.PHONE: ("0912345678",)}
_SECONDS = 60


@dataclass(frozen=True)
class Seen:
    """One turn of the walk: from where, by what, to what."""

    before: State | None
    event: Event
    turn: Turn
    after: State


def walk(flow: Flow) -> Iterator[Seen]:
    """Every turn a person can cause, once from every state."""
    conditions = _conditions(flow)
    asked = _asked(conditions)
    first = take_turn(flow, None, Started(MORNING))
    yield Seen(None, Started(MORNING), first, _state(flow, first.session, asked))
    todo = [first.session]
    known = {_state(flow, first.session, asked)}
    while todo:
        session = stored(todo.pop(0))
        before = _state(flow, session, asked)
        for event in events(flow, session, conditions):
            turn = take_turn(flow, session, event)
            check(flow, turn)
            after = _state(flow, turn.session, asked)
            yield Seen(before, event, turn, after)
            if after not in known:
                known.add(after)
                todo.append(turn.session)


def ways_to_ends(flow: Flow, at: int) -> dict[str, list[Picked | Said]]:
    """The shortest way to every end that somebody can come to by answers alone, begun at that time; by the end's name."""
    conditions = _conditions(flow)
    asked = _asked(conditions)
    first = take_turn(flow, None, Started(at)).session
    todo: list[tuple[Session, list[Picked | Said]]] = [(first, [])]
    known = {_state(flow, first, asked)}
    found: dict[str, list[Picked | Said]] = {}
    while todo:
        session, way = todo.pop(0)
        if session.finished:
            found.setdefault(session.step, way)
            continue
        for event in events(flow, session, conditions):
            if isinstance(event, Picked | Said):
                after = take_turn(flow, session, event).session
                if (state := _state(flow, after, asked)) not in known:
                    known.add(state)
                    todo.append((after, [*way, event]))
    return found


def events(flow: Flow, session: Session, conditions: list[Comparison]) -> Iterator[Event]:
    """Everything a person (or silence) can do at this step."""
    at = session.since + _SECONDS * MINUTE
    step = flow.steps[session.step]
    for answer in path.answers(step):
        yield Picked(at, step.name, answer)
    for problem in step.stuck:
        yield Picked(at, step.name, path.STUCK + problem)
    if step.kind in INPUTS:
        for typed in typed_answers(step, conditions, local_day(at)):
            yield Said(at, typed)
        yield Said(at, "?" if step.kind is not Kind.TEXT else "")
    if step.kind is not Kind.END:
        yield TimeCame(at, step.name)
        yield Picked(at, step.name, "record")
        yield Muted(at)
        yield AskedForHelp(at)
        yield Picked(at, flow.start, "record")
    yield WentBack(at, step.name)
    yield Resumed(at)


def typed_answers(step: Step, conditions: list[Comparison], today: date) -> list[str]:
    """Texts that fit the step: a usual one, its limits, and the values on both sides of every condition on it."""
    found = [*_COMMON[step.kind]]
    if step.kind is Kind.NUMBER:
        found += [f"{limit:g}" for limit in (step.min, step.max) if limit is not None]
    if step.kind is Kind.TEXT and step.min:
        found.append("x" * int(step.min))
    for each in conditions:
        if each.name != step.save:
            continue
        values = each.fixed if isinstance(each.fixed, tuple) else (each.fixed,)
        for value in values:
            if each.function:
                found += [day.isoformat() for day in _days(each.function, int(value), today)]
            elif isinstance(value, str):
                found.append(value)
            else:
                found += [f"{value + by:g}" for by in (-1, 0, 1)]
    return [typed for typed in dict.fromkeys(found) if not isinstance(read_answer(step, typed), Refusal)]


def _days(function: str, value: int, today: date) -> list[date]:
    """The days around the one that is `value` years (or days) ago."""
    if function == "days_since":
        middle = today - timedelta(days=value)
    else:
        middle = today.replace(year=today.year - value, day=min(today.day, 28))
    return [middle + timedelta(days=by) for by in (-1, 0, 1)]


def _conditions(flow: Flow) -> list[Comparison]:
    return [each for step in flow.steps.values() for b in step.branches if b.rule for each in b.rule.comparisons()]


def _asked(conditions: list[Comparison]) -> set[str]:
    """The names that conditions ask for."""
    asked = {each.name for each in conditions}
    return asked | {name.removesuffix(PASSED) + SCORE for name in asked if name.endswith(PASSED)}


def _state(flow: Flow, session: Session, asked: set[str]) -> State:
    saved = path.values(flow, session.visits)
    return session.step, tuple(sorted((name, value) for name, value in saved.items() if name in asked))
