"""What a guide says, step by step: every message that a person may see at a step, whatever way they came there."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from bot.engine import path
from bot.engine.effect import Show
from bot.engine.event import AskedAgain, Picked, Said, local_day
from bot.engine.session import Session, Visit
from bot.engine.turn import take_turn
from bot.flow.model import INPUTS, Kind
from bot.service.offered import is_answered_by_typing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.channel.base import Message
    from bot.engine.event import Event
    from bot.flow.model import Flow, Step
    from bot.wording.render import Speaker

_TYPED = {Kind.TEXT: "Hoa", Kind.DATE: "1958-03-05", Kind.PHONE: "0912345678"}
"""What somebody might type."""

_SPEAKS = frozenset(Kind) - {Kind.FORK, Kind.ENTER, Kind.INCLUDE}
"""Kinds that have words of their own."""


@dataclass(frozen=True, slots=True)
class Scene:
    """One message of a step. `about` says when it comes, "" for the step itself."""

    about: str
    message: Message


@dataclass(frozen=True, slots=True)
class Stop:
    """One step with its messages. `solves`: (step, known problem) of those that lead here."""

    step: Step
    scenes: tuple[Scene, ...]
    solves: tuple[tuple[str, str], ...]


def stops(flow: Flow, speaker: Speaker, at: int) -> Iterator[Stop]:
    """The steps of a linked flow that say something, in its order. `at`: the time of whoever walks it, milliseconds.

    The steps of a guide that is entered are that guide's.
    """
    ways = _ways(flow, at)
    fixes = [(step.name, key, to) for step in flow.steps.values() for key, to in step.stuck.items()]
    for step in flow.steps.values():
        if step.kind in _SPEAKS and not step.scope:
            solves = tuple((name, key) for name, key, to in fixes if to == step.name)
            session = Session(flow.name, flow.digest, step.name, at, ways.get(step.name, _all_answered(flow, at)))
            session = replace(session, finished=step.kind is Kind.END)
            yield Stop(step, tuple(_scenes(flow, speaker, session, at)), solves)


def _scenes(flow: Flow, speaker: Speaker, session: Session, at: int) -> Iterator[Scene]:
    step = flow.steps[session.step]
    typed = is_answered_by_typing(flow, session)
    if step.kind is Kind.SAY:
        shows = [("", Show(step.name))]
    else:
        shows = [(about, each) for about, event in _events(step, at) for each in _shown(flow, session, event)]
    for about, show in shows:
        message = speaker.show(flow, session, show, at)
        yield Scene(about, replace(message, language=speaker.language, typed=typed))


def _events(step: Step, at: int) -> list[tuple[str, Event]]:
    """What makes a step speak."""
    events: list[tuple[str, Event]] = [("", AskedAgain(at))]
    if step.kind is Kind.QUIZ:
        events += [(f"answered “{answer}”", Picked(at, step.name, answer)) for answer in step.go]
    if step.stuck:
        events.append(("stuck", Picked(at, step.name, "stuck")))
    if step.kind in INPUTS:
        events.append(("not what was asked", Said(at, "")))
    return events


def _shown(flow: Flow, session: Session, event: Event) -> list[Show]:
    """What the step where somebody stands says then."""
    return [
        each for each in take_turn(flow, session, event).effects if isinstance(each, Show) and each.step == session.step
    ]


def _ways(flow: Flow, at: int) -> dict[str, tuple[Visit, ...]]:
    """The shortest way to each step that somebody may come to by answers of ours."""
    today = local_day(at)
    first = path.way_on(flow, flow.start, {}, today)
    found: dict[str, tuple[Visit, ...]] = dict.fromkeys((*first.said, first.step), ())
    queue = [first.step]
    while queue:
        name = queue.pop(0)
        for answer in _answers(flow.steps[name]):
            taken = (*found[name], Visit(name, answer, at))
            saved = path.values(flow, taken)
            there = path.after(flow, name, answer, saved, today)
            if there is None:
                continue
            way = path.way_on(flow, there, saved, today)
            if way.step not in found:
                queue.append(way.step)
            for passed in (*way.said, way.step):
                found.setdefault(passed, taken)
    return found


def _all_answered(flow: Flow, at: int) -> tuple[Visit, ...]:
    """For a step that none of our answers leads to: everything that a text may name has been answered."""
    return tuple(Visit(step.name, _answers(step)[0], at) for step in flow.steps.values() if step.save)


def _answers(step: Step) -> tuple[str, ...]:
    if step.kind in INPUTS:
        return (_TYPED.get(step.kind) or str(int(step.min or 1)),)
    if step.kind is Kind.DO:
        return (path.DONE, *(path.STUCK + key for key in step.stuck))
    return tuple(step.go)
