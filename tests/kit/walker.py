"""A person at random: events for the engine, and what must hold after every one of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson
from hypothesis import strategies as st

from bot.engine import path
from bot.engine.effect import Show, Wait
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
)
from bot.engine.session import Session
from bot.engine.turn import Turn, take_turn
from bot.flow.model import QUESTIONS, Kind
from tests.kit.clock import MORNING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bot.flow.model import Flow

TEXTS = ("12", "67", "5/3/1958", "2015-02-01", "0912345678", "x", "", "nonsense 🙂", "31/2/2020", "1.500.000")
NONSENSE = ("done", "home", "market", "stuck:lost", "nowhere", "silence", "record", "back", "", "stuck:")

Move = tuple[str, int, int]
"""What somebody does next: the sort of event, which of the possible ones, and how many milliseconds later."""

SORTS = (
    *("answer",) * 8,
    *("say", "say", "back", "back", "stale", "wrong", "silence", "silence"),
    *("return", "again", "resume", "mute", "stop", "help", "restart", "link"),
)

moves = st.lists(
    st.tuples(st.sampled_from(SORTS), st.integers(0, 11), st.sampled_from([1, 500, 60_000, 90_000_000])), max_size=25
)
"""Random walks; the usual thing to do is to answer."""

answers_only = st.lists(st.tuples(st.sampled_from(["answer"]), st.integers(0, 11), st.just(60_000)), max_size=20)
"""Walks of somebody who only answers."""


def stored(session: Session) -> Session:
    """The session as it comes back from the database. Demands that nothing is lost."""
    back = Session.from_json(orjson.loads(orjson.dumps(session.to_json())))
    assert back == session
    return back


def turn(flow: Flow, session: Session | None, event: Event) -> Turn:
    """One turn, twice, on a session that has been stored; demands that both are the same and sound."""
    first = take_turn(flow, session, event)
    second = take_turn(flow, stored(session) if session else None, event)
    assert first == second
    check(flow, first)
    return Turn(stored(first.session), first.effects)


def check(flow: Flow, happened: Turn) -> None:
    """What holds after every turn of a valid flow."""
    session = happened.session
    step = flow.steps[session.step]
    assert step.kind in QUESTIONS | {Kind.END}
    assert session.finished == (step.kind is Kind.END)
    assert session.digest == flow.digest
    for effect in happened.effects:
        if isinstance(effect, Show):
            assert flow.steps[effect.step].kind in QUESTIONS | {Kind.END, Kind.SAY}
        if isinstance(effect, Wait):
            assert effect.step == session.step


def walk(flow: Flow, steps: Iterable[Move]) -> tuple[Session, int]:
    """Where a person stands after all these moves, and when."""
    at = MORNING
    session = turn(flow, None, Started(at)).session
    for move in steps:
        at += move[2]
        session = turn(flow, session, event_of(flow, session, move, at)).session
    return session, at


def event_of(flow: Flow, session: Session, move: Move, at: int) -> Event:
    """The event that a move means for somebody who stands there."""
    sort, which, _ = move
    names = list(flow.steps)
    simple: dict[str, Event] = {
        "again": AskedAgain(at),
        "resume": Resumed(at),
        "mute": Muted(at),
        "stop": Stopped(at),
        "help": AskedForHelp(at),
        "restart": Started(at),
        "link": Started(at, names[which % len(names)]),
        "silence": TimeCame(at, session.step),
        "back": WentBack(at, session.step),
        "return": Returned(at, session.visits[which % len(session.visits)].step if session.visits else "gone"),
        "say": Said(at, TEXTS[which % len(TEXTS)]),
        "wrong": Picked(at, session.step, NONSENSE[which % len(NONSENSE)]),
        "stale": Picked(at, names[which % len(names)] if which else "gone", NONSENSE[which % len(NONSENSE)]),
    }
    return simple.get(sort) or answer_of(flow, session, which, at)


def answer_of(flow: Flow, session: Session, which: int, at: int) -> Event:
    """One of the answers that lead on from where the person stands."""
    step = flow.steps[session.step]
    match step.kind:
        case Kind.CHOICE | Kind.QUIZ:
            return Picked(at, step.name, list(step.go)[which % len(step.go)])
        case Kind.DO:
            answers = [path.DONE, path.DONE, *(path.STUCK + key for key in step.stuck)]
            return Picked(at, step.name, answers[which % len(answers)])
        case Kind.NUMBER:
            return Said(at, str(which * 7))
        case Kind.DATE:
            return Said(at, f"{which + 1}/3/{1940 + which * 7}")
        case Kind.PHONE:
            return Said(at, "0912 345 678")
        case _:
            return Said(at, TEXTS[which % 6])
